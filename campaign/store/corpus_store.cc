// SPDX-License-Identifier: Apache-2.0
#include "campaign/store/corpus_store.h"

#include <algorithm>
#include <system_error>

#include "common/fs.h"
#include "common/hash.h"

namespace percuss::campaign {

using common::ErrorCode;
using common::Fail;
using common::Result;

namespace {

// What engines and people put beside inputs.
bool IsInputName(const std::string& name) {
  return !name.empty() && name.front() != '.' && name != "ORIGIN.md" &&
         name.rfind("README", 0) != 0;
}

}  // namespace

Result<bool> CorpusStore::Import(const std::filesystem::path& file) const {
  const Result<std::string> bytes = common::ReadFile(file, kInputLimitBytes);
  if (!bytes) return tl::unexpected(bytes.error().While("an input could not be imported"));
  return ImportBytes(*bytes);
}

Result<bool> CorpusStore::ImportBytes(std::string_view bytes) const {
  const std::filesystem::path path = folder_ / common::Sha256Hex(bytes);
  std::error_code error;
  if (std::filesystem::is_regular_file(path, error) &&
      std::filesystem::file_size(path, error) == bytes.size()) {
    return false;
  }
  common::Status done = common::MakeFolder(folder_);
  if (done) done = common::WriteFileAtomically(path, bytes);
  if (!done) return tl::unexpected(done.error().While("an input could not be saved to the corpus"));
  return true;
}

Result<int64_t> CorpusStore::MergeFrom(const std::filesystem::path& folder) const {
  int64_t added = 0;
  for (const std::filesystem::path& file : common::ListFiles(folder)) {
    if (!IsInputName(file.filename().string())) continue;
    Result<bool> is_new = Import(file);
    // A running engine replaces its own files: what went away meanwhile comes back under another
    // name.
    if (!is_new && is_new.error().code == ErrorCode::kNotFound) continue;
    if (!is_new) return tl::unexpected(is_new.error());
    if (*is_new) added++;
  }
  return added;
}

std::vector<std::filesystem::path> CorpusStore::Inputs() const {
  std::vector<std::filesystem::path> inputs;
  for (const std::filesystem::path& file : common::ListFiles(folder_)) {
    const std::string name = file.filename().string();
    const bool is_digest =
        name.size() == 64 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (is_digest) inputs.push_back(file);
  }
  return inputs;
}

Result<std::string> CorpusStore::Digest() const {
  std::vector<std::string> digests;
  for (const std::filesystem::path& file : Inputs()) {
    Result<std::string> digest = common::Sha256FileHex(file);
    if (!digest) return digest;
    if (*digest != file.filename().string()) {
      return Fail(ErrorCode::kCorrupt,
                  "its bytes are not those that its name stands for; delete it", file.string());
    }
    digests.push_back(std::move(*digest));
  }
  return common::Sha256OfSet(std::move(digests));
}

Result<std::vector<std::filesystem::path>> ListRegressionInputs(
    const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> inputs;
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) return inputs;
  const Result<std::vector<std::string>> tree = common::ListTree(folder);
  if (!tree) return tl::unexpected(tree.error());
  for (const std::string& relative : *tree) {
    const std::filesystem::path path = folder / relative;
    if (IsInputName(path.filename().string())) inputs.push_back(path);
  }
  return inputs;
}

}  // namespace percuss::campaign

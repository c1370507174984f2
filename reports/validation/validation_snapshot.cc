// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/validation_snapshot.h"

#include "common/fs.h"

namespace percuss::reports {

using common::ErrorCode;
using common::Result;
using common::Status;

Result<ValidationTexts> ReadValidationTexts(
    const std::map<std::string, std::filesystem::path>& files) {
  ValidationTexts texts;
  for (const auto& [kind, file] : files) {
    auto text = common::ReadFile(file, kLargestValidationFile);
    if (!text) {
      common::Error error = text.error();
      error.code = ErrorCode::kBadInput;
      return tl::make_unexpected(error);
    }
    texts[kind] = std::move(*text);
  }
  return texts;
}

Status WriteSnapshot(const ValidationTexts& texts,
                     const std::map<std::string, std::string>& documents,
                     const std::filesystem::path& staging) {
  const auto folder = staging / kSnapshotFolder;
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  if (error) return common::FailErrno(error.value(), "cannot remove", folder);
  if (texts.empty()) return {};
  if (auto made = common::MakeFolder(folder); !made) return made;
  for (const auto& [kind, text] : texts) {
    if (auto written = common::WriteFileAtomically(folder / (kind + ".json"), text); !written) {
      return written;
    }
  }
  for (const auto& [name, text] : documents) {
    const auto file = folder / name;
    if (auto made = common::MakeFolder(file.parent_path()); !made) return made;
    if (auto written = common::WriteFileAtomically(file, text); !written) return written;
  }
  return {};
}

Result<ValidationTexts> ReadSnapshot(const PackageReader& reader) {
  ValidationTexts texts;
  for (const char* kind : kValidationKinds) {
    const std::string path = ValidationPath(kSnapshotFolder, kind);
    const PackageEntry* entry = reader.Find(path);
    if (entry == nullptr) continue;
    if (entry->bytes > kLargestValidationFile) {
      return common::Fail(ErrorCode::kCorrupt, path + " is larger than a validation file may be",
                          reader.Path());
    }
    auto text = reader.Read(path);
    if (!text) return tl::make_unexpected(text.error());
    texts[kind] = std::move(*text);
  }
  return texts;
}

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// Files as whole values. Every function is thread-safe for distinct paths.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace percuss::common {

constexpr uint64_t kDefaultFileLimit = uint64_t{1} << 30;

// The whole file as bytes. kNotFound when it is not there, kBadInput when it has more than
// limit_bytes.
[[nodiscard]] Result<std::string> ReadFile(const std::filesystem::path& path,
                                           uint64_t limit_bytes = kDefaultFileLimit);

// Either the old content or the new is on disk, whatever happens: writes beside it, syncs, renames,
// syncs the folder. An error names `path`, not the file beside it.
[[nodiscard]] Status WriteFileAtomically(const std::filesystem::path& path, std::string_view bytes);

// Creates the folder and its parents.
[[nodiscard]] Status MakeFolder(const std::filesystem::path& path);

// Regular files directly in the folder, sorted by name; empty when there is no such folder.
[[nodiscard]] std::vector<std::filesystem::path> ListFiles(const std::filesystem::path& folder);

// Regular files at any depth, sorted, as paths relative to the folder. Links are not followed.
[[nodiscard]] Result<std::vector<std::string>> ListTree(const std::filesystem::path& folder);

[[nodiscard]] Status CopyFile(const std::filesystem::path& from, const std::filesystem::path& to);

// A folder of its own below the system's temporary folder, deleted with all content by the
// destructor.
class TemporaryFolder {
 public:
  [[nodiscard]] static Result<TemporaryFolder> Make(const std::string& prefix);
  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&& other) noexcept;
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  [[nodiscard]] const std::filesystem::path& Path() const { return path_; }

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace percuss::common

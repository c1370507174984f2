// SPDX-License-Identifier: Apache-2.0
//
// Opens a package of unknown origin, a zip or the same as a folder. Nothing in it is believed:
// names go through PathGuard, sizes are counted while reading, links and devices are refused, and
// nothing is written outside of the folder that ExtractTo was given. Opening reads every byte once,
// to digest it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/model/run_record.h"
#include "common/result.h"
#include "reports/evidence/package_path.h"

namespace percuss::reports {

struct PackageEntry {
  std::string path;
  uint64_t bytes = 0;
  std::string sha256;
  std::string damage;  // what the container says is wrong with the content, such as its checksum;
                       // empty when nothing
};

// Const members may be called by several threads: each call opens the file anew.
class PackageReader {
 public:
  // kNotFound or kIo when there is no such file or it cannot be read, kCorrupt (with the entry in
  // the message) when it is no package, is cut short, breaks a limit or tries a trick.
  [[nodiscard]] static common::Result<PackageReader> Open(const std::filesystem::path& package,
                                                          const PackageLimits& limits = {});

  [[nodiscard]] const std::filesystem::path& Path() const { return path_; }
  [[nodiscard]] bool IsFolder() const { return is_folder_; }
  // Files only, sorted by path.
  [[nodiscard]] const std::vector<PackageEntry>& List() const { return entries_; }
  // Of a zip: where it is first not, byte for byte, the one form that its files have (see
  // stored_zip.h); none when it is, and for a folder.
  [[nodiscard]] std::optional<uint64_t> DiffersAt() const { return differs_at_; }
  // nullptr when there is none.
  [[nodiscard]] const PackageEntry* Find(const std::string& path) const;

  // The whole file. kNotFound when there is none, kCorrupt when it is damaged or changed since
  // Open.
  [[nodiscard]] common::Result<std::string> Read(const std::string& path) const;
  // Writes all files below `folder`, which must be empty or not exist. Modes are 0755 below
  // replay/, else 0644.
  [[nodiscard]] common::Status ExtractTo(const std::filesystem::path& folder) const;

 private:
  [[nodiscard]] common::Status DigestFiles();
  std::filesystem::path path_;
  bool is_folder_ = false;
  PackageLimits limits_;
  std::vector<PackageEntry> entries_;
  std::optional<uint64_t> differs_at_;
};

// manifest.json as JSON, and as the record in it.
[[nodiscard]] common::Result<nlohmann::json> ReadManifest(const PackageReader& reader);
[[nodiscard]] common::Result<common::RunRecord> ReadRunRecord(const PackageReader& reader);

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// A folder of packages and files of signed records, and an SQLite index of what is in it, for
// queries of the user's. It is nothing but an index: it can be deleted at any time, and it is never
// believed. Whoever opens a store gets what its files are now; an index that says anything else is
// made anew. What is concluded from a package is read from the package, which is verified.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/result.h"

namespace percuss::reports {

// In the store's folder.
constexpr const char* kIndexName = "percuss-index.sqlite";

struct StoreEntry {
  enum class Kind { kPackage, kRecords, kOther };
  std::string path;  // relative to the folder, '/' between its parts
  Kind kind = Kind::kOther;
  std::string sha256;
  // Of a package, as its manifest says.
  std::string package_id;
  std::string started_at;
  std::string verdict;
  std::string software_version;

  bool operator==(const StoreEntry&) const = default;
};
// "package", "records", "other".
[[nodiscard]] const char* StoreKindName(StoreEntry::Kind kind);

struct Store {
  std::filesystem::path folder;
  std::vector<StoreEntry> entries;  // by path
  bool index_made = false;          // anew, because of:
  std::string why;                  // there was none; it was stale, and in what; it was damaged

  // As paths that can be opened; a package that is there twice is named once.
  [[nodiscard]] std::vector<std::string> Packages() const;
  [[nodiscard]] std::vector<std::string> Records() const;
};

// Every zip (*.zip) and file of records (*.jsonl with its .head) below the folder; links are not
// followed. Each file is digested. An index that does not fit is made anew, with one rename at the
// end; where the folder cannot be written there is none, and the result is the same. Errors:
// kCorrupt for a zip that cannot be opened, for records without their head and for a head without
// its records, so that nothing is left out without a word; otherwise what the operating system
// refuses.
[[nodiscard]] common::Result<Store> OpenStore(const std::filesystem::path& folder);

// The same, without a look at the index that is there.
[[nodiscard]] common::Result<Store> RebuildIndex(const std::filesystem::path& folder);

}  // namespace percuss::reports

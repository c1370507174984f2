// SPDX-License-Identifier: Apache-2.0
//
// Brings entries of another tool into a folder of validation files. What is new is added. What
// differs from what is there is a proposed change, which only the user can accept. What the source
// does not name stays as it is. Nothing is written unless the files hold together afterwards.
//
// Not thread-safe for the same folder.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/json_file.h"
#include "reports/import/import_kind.h"
#include "reports/import/import_map.h"

namespace percuss::reports {

struct ProposedChange {
  std::string id;
  std::string member;
  std::string from;  // lists as "a; b"
  std::string to;
  std::string file;  // of the source
  int line = 0;
};

struct ImportResult {
  std::string path;  // of the validation file
  std::vector<std::string> added;
  std::vector<ProposedChange> changes;
  size_t unchanged = 0;
  std::vector<std::string> not_in_source;  // ids that are there and that the source does not name
  std::vector<std::string> left_out;       // fields of the source
  std::vector<std::string> skipped;        // items of the source, and why
  std::vector<Problem> problems;           // of the source, the map or what would come of them
  bool written = false;                    // false too when there was nothing to write
  // The folder and the file, where they were not there and were made, or would be.
  std::vector<std::string> made;
};

struct ImportRequest {
  std::filesystem::path source;
  std::filesystem::path folder;  // of validation files; made when it is not there
  std::optional<std::filesystem::path> map;
  std::string format;  // csv, doorstop or reqif; empty: by the source's name
  bool accept_changes = false;
  bool dry_run = false;  // nothing is written
};

// Errors: kBadInput when the source's format is unknown; else what the operating system refuses.
// With problems, which are all that the source has, up to kMostProblems, nothing was written.
[[nodiscard]] common::Result<ImportResult> ImportEntries(const ImportKind& kind,
                                                         const ImportRequest& request);

// The names that --format takes.
[[nodiscard]] std::vector<std::string> ImportFormats();

// What --json prints.
[[nodiscard]] common::Json ImportJson(const ImportKind& kind, const ImportRequest& request,
                                      const ImportResult& result);

}  // namespace percuss::reports

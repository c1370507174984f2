// SPDX-License-Identifier: Apache-2.0
//
// The other way: entries of validation files in the forms that are imported, for people who keep
// them elsewhere. What is exported and imported again is the same.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/result.h"
#include "reports/export/item.h"
#include "reports/import/import_kind.h"

namespace percuss::reports {

// The entries as items, their fields as import names them. kBadInput, naming the first problem,
// when the folder's files do not hold together.
[[nodiscard]] common::Result<std::vector<Item>> ReadEntries(const ImportKind& kind,
                                                            const std::filesystem::path& folder);

// The same of the text of a file that was seen to hold together, which is called `path`.
[[nodiscard]] common::Result<std::vector<Item>> ParseEntries(const ImportKind& kind,
                                                             const std::string& text,
                                                             const std::string& path);

// A file and its text. Doorstop's folder has several; their paths are relative to the folder.
struct ExportedFile {
  std::string path;  // empty: the one file that the user named
  std::string text;
};

// Format is one of ImportFormats(). Errors as of ReadEntries.
[[nodiscard]] common::Result<std::vector<ExportedFile>> ExportEntries(
    const ImportKind& kind, const std::filesystem::path& folder, const std::string& format);

}  // namespace percuss::reports

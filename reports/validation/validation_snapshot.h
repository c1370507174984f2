// SPDX-License-Identifier: Apache-2.0
//
// The validation files as they were when a campaign began, carried in its package below
// validation/: what was planned, and by which criteria, can then be shown from the package alone.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "common/result.h"
#include "reports/evidence/package_reader.h"
#include "reports/validation/validation_files.h"

namespace percuss::reports {

// In a package; the files are validation/<kind>.json.
constexpr const char* kSnapshotFolder = "validation";

// Of a document that compliance.json names.
[[nodiscard]] inline std::string SnapshotPath(const std::string& name) {
  return kSnapshotFolder + ("/" + name);
}

// By kind. kBadInput for one that cannot be read or is too large: whatever it is, it was named by
// mistake. What the texts say is not looked at.
[[nodiscard]] common::Result<ValidationTexts> ReadValidationTexts(
    const std::map<std::string, std::filesystem::path>& files);

// Into the folder that will be sealed, with documents by their names (named_documents.h). An
// earlier snapshot there is replaced.
[[nodiscard]] common::Status WriteSnapshot(const ValidationTexts& texts,
                                           const std::map<std::string, std::string>& documents,
                                           const std::filesystem::path& staging);

// None when the package has none. kCorrupt when a file in it is damaged or too large.
[[nodiscard]] common::Result<ValidationTexts> ReadSnapshot(const PackageReader& reader);

}  // namespace percuss::reports

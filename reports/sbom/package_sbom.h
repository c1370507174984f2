// SPDX-License-Identifier: Apache-2.0
//
// The bill of materials as a part of a package: sbom.cdx.json, and the user's own as they were: of
// targets below sboms/, of the device sbom.device.json (or .spdx).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/model/run_record.h"
#include "common/result.h"
#include "reports/sbom/compose.h"
#include "reports/sbom/sbom.h"

namespace percuss::reports {

constexpr const char* kSbomPath = "sbom.cdx.json";

// A bill of materials that the user named for a target, or with an empty one for the device.
struct UsersSbom {
  std::string target;
  std::string text;  // as it was read
  Sbom sbom;         // what was read in it
};

// kBadInput whatever is wrong with the file; the text is kept so that the package carries what was
// validated.
[[nodiscard]] common::Result<UsersSbom> ReadUsersSbom(const std::string& target,
                                                      const std::filesystem::path& file);

// Composes it, writes it into the folder that will be sealed, and says so in record.sbom.
[[nodiscard]] common::Result<Sbom> AddSbomToPackage(common::RunRecord& record,
                                                    const std::filesystem::path& staging,
                                                    std::vector<common::BuildFacts> built,
                                                    const std::vector<UsersSbom>& given);

}  // namespace percuss::reports

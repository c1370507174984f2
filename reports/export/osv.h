// SPDX-License-Identifier: Apache-2.0
//
// OSV (Open Source Vulnerability schema): a list with one record per finding, under ids of our own,
// which the schema wants to begin with "x_". A finding that a person has signed off as a false
// positive is withdrawn.
#pragma once

#include <string>

#include "common/model/run_record.h"
#include "common/result.h"
#include "reports/export/package_facts.h"

namespace percuss::reports {

// kBadInput without a finding where something could not be judged: an empty list would look clean.
[[nodiscard]] common::Result<std::string> WriteOsv(const common::RunRecord& record,
                                                   const PackageFacts& package);

}  // namespace percuss::reports

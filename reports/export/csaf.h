// SPDX-License-Identifier: Apache-2.0
//
// CSAF 2.0 (OASIS Standard, 18 November 2022), profile 5 "VEX": a vulnerability per finding, with
// the state of each product. The document is "interim": publishing one is a decision of its
// publisher.
#pragma once

#include <string>

#include "common/model/run_record.h"
#include "common/result.h"
#include "reports/export/package_facts.h"
#include "reports/export/vex.h"

namespace percuss::reports {

// kBadInput without a statement: the profile has no document without a vulnerability.
[[nodiscard]] common::Result<std::string> CsafText(const VexDocument& document);

[[nodiscard]] common::Result<std::string> WriteCsaf(const common::RunRecord& record,
                                                    const PackageFacts& package);

}  // namespace percuss::reports

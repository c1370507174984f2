// SPDX-License-Identifier: Apache-2.0
//
// OpenVEX 0.2.0 (openvex/spec): a statement per finding, or per product that a vulnerability is
// known of.
#pragma once

#include <string>

#include "common/model/run_record.h"
#include "common/result.h"
#include "reports/export/package_facts.h"
#include "reports/export/vex.h"

namespace percuss::reports {

// kBadInput without a statement: the format has no document without one.
[[nodiscard]] common::Result<std::string> OpenVexText(const VexDocument& document);

[[nodiscard]] common::Result<std::string> WriteOpenVex(const common::RunRecord& record,
                                                       const PackageFacts& package);

}  // namespace percuss::reports

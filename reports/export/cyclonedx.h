// SPDX-License-Identifier: Apache-2.0
//
// CycloneDX 1.6 (ECMA-424): the package's bill of materials with what the campaign says of it. A
// vulnerability per cluster of findings, with an analysis where persons decided on all that is in
// it; ratings are left out, for nobody scored. In the declarations a claim per target and per
// acceptance criterion, with the package as evidence: what could not be judged has no score, which
// is neither conformance nor its absence. Without a bill of materials in the package, the
// components are those that the record names.
#pragma once

#include <string>

#include "common/model/run_record.h"
#include "common/result.h"
#include "reports/export/package_facts.h"

namespace percuss::reports {

[[nodiscard]] common::Result<std::string> WriteCyclonedx(const common::RunRecord& record,
                                                         const PackageFacts& package);

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// OSCAL assessment results 1.0.6 (NIST, oscal_assessment-results): what was assessed are the
// campaign's targets and acceptance criteria, each an objective of this assessment; no catalogue of
// controls is claimed. Satisfied is only what was judged and held: what could not be judged is
// not-satisfied for the reason "other".
#pragma once

#include <string>

#include "common/model/run_record.h"
#include "common/result.h"
#include "reports/export/package_facts.h"

namespace percuss::reports {

// kInternal when the JSON library fails.
[[nodiscard]] common::Result<std::string> WriteOscal(const common::RunRecord& record,
                                                     const PackageFacts& package);

}  // namespace percuss::reports

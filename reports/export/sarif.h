// SPDX-License-Identifier: Apache-2.0
//
// SARIF 2.1.0 (OASIS Standard, 27 March 2020): a result per finding, at the first frame of the
// user's code, with the stack, both keys as partial fingerprints and the CWE as a taxon. A target
// that could not be judged is a result too, so that a viewer which looks at results alone does not
// show an empty, clean list.
#pragma once

#include <string>

#include "common/model/run_record.h"
#include "common/result.h"
#include "reports/export/package_facts.h"

namespace percuss::reports {

[[nodiscard]] common::Result<std::string> WriteSarif(const common::RunRecord& record,
                                                     const PackageFacts& package);

}  // namespace percuss::reports

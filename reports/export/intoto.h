// SPDX-License-Identifier: Apache-2.0
//
// Two in-toto Statements v1 (in-toto attestation framework) about the binaries that were tested,
// one a line: a test-result v0.1, and an SVR v0.1 (simple verification result) that lists what
// held. Neither has a word for "not judged": what was not judged is a failed test, and no property.
// Without a signature; reports/envelope/bundle.h signs the lines.
#pragma once

#include <string>

#include "common/model/run_record.h"
#include "common/result.h"
#include "reports/export/package_facts.h"

namespace percuss::reports {

// kInternal when the JSON library fails.
[[nodiscard]] common::Result<std::string> WriteIntoto(const common::RunRecord& record,
                                                      const PackageFacts& package);

}  // namespace percuss::reports

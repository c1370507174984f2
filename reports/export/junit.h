// SPDX-License-Identifier: Apache-2.0
//
// JUnit XML in the form that Jenkins and GitLab read: a suite per target with the case "survives"
// and a failing case per finding, and a suite for the campaign with its verdict, acceptance
// criteria and self-check. Whatever could not be judged is an <error>, so that a pipeline is never
// green on what percuss does not know.
#pragma once

#include <string>

#include "common/model/run_record.h"
#include "common/result.h"
#include "reports/export/package_facts.h"

namespace percuss::reports {

[[nodiscard]] common::Result<std::string> WriteJunit(const common::RunRecord& record,
                                                     const PackageFacts& package);

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// From what was learned to one word, and the reasons for it. Never pass when something is not
// known.
//
//   infrastructure_error  the tool could not do its job for some target, or its oracle did not
//   prove itself fail                  else, and there is a finding inconclusive          else, and
//   a budget was not reached or the run was interrupted pass                  else
#pragma once

#include <string>
#include <vector>

#include "common/model/run_record.h"

namespace percuss::campaign {

// Sets run.verdict and run.reasons.
void JudgeTarget(const std::vector<std::string>& failures,
                 const std::vector<common::Finding>& findings, bool interrupted,
                 common::TargetRun& run);

// Sets verdict, reasons, acceptance and negative_results of the record, whose other sections are
// complete. `problems` are failures that belong to no target.
void JudgeCampaign(const std::vector<std::string>& problems, common::RunRecord& record);

// The criteria that hold whatever was done: that the oracle proved itself, and that there is no
// finding.
void AddCriteriaOfFindings(common::RunRecord& record);

// Of targets whose campaign file asks for it, and of those in which something grows: adds nothing
// where there are none.
void AddRetentionCriterion(common::RunRecord& record);

// Why what the process holds after many inputs keeps a pass from being one; mostly empty. A growth
// that no input could be found for is no finding, and no pass.
[[nodiscard]] std::string RetentionDoubt(const common::Retention& retention);

}  // namespace percuss::campaign

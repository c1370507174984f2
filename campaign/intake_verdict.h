// SPDX-License-Identifier: Apache-2.0
//
// The verdict on what was handed in. Never pass when something is not known.
//
//   infrastructure_error  the tool could not do its job, or its oracle did not prove itself
//   fail                  else, and there is a finding
//   inconclusive          else, and something failed before and did not here, or was not judged
//   pass                  else: all inputs were run and survived, and nobody said that one failed
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/model/run_record.h"

namespace percuss::campaign {

// Numbers of distinct inputs and logs, but for same_bytes.
struct IntakeTally {
  int64_t inputs = 0;
  int64_t logs = 0;            // without an input
  int64_t same_bytes = 0;      // further files with an input's bytes
  int64_t of_findings = 0;     // inputs and logs that are one of the findings
  int64_t not_reproduced = 0;  // failed before, in no rerun here, and have no report
  int64_t survived = 0;        // nobody said that they failed, and they did not
  int64_t not_run = 0;         // the target could not be run on them
  std::string why_not_run;     // of the first
  int64_t not_judged = 0;      // interrupted before
  int64_t passed_over = 0;     // files that are no inputs, or could not be read
  int64_t reruns = 0;          // of each
  bool tells_that_it_ran = false;
};

// Sets verdict, reasons, acceptance and negative_results of the record, which has one target and is
// complete otherwise. `problems`: what kept the tool from its job.
void JudgeIntake(const std::vector<std::string>& problems, const IntakeTally& tally,
                 common::RunRecord& record);

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
//
// InputRunner by the supervisor's RunInput: a fresh process, our own clock, the whole tree gone
// afterwards. Thread-safe.
#pragma once

#include <filesystem>
#include <vector>

#include "campaign/supervise/run_input.h"
#include "campaign/triage/input_runner.h"
#include "common/result.h"

namespace percuss::campaign {

// What triage needs to know of a run of so many inputs.
[[nodiscard]] Observation ObservationOf(InputOutcome outcome, size_t inputs);

class ProcessInputRunner : public InputRunner {
 public:
  ProcessInputRunner(TargetCommand target, InputLimits limits, RunOptions options = {});

  [[nodiscard]] common::Result<Observation> Run(const std::vector<std::filesystem::path>& history,
                                                const std::filesystem::path& input,
                                                const RunVariation& variation) override;
  [[nodiscard]] size_t MostInOneProcess() const override;
  [[nodiscard]] Variable Varies() const override;

 private:
  TargetCommand target_;
  InputLimits limits_;
  RunOptions options_;
};

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
//
// The runs of a minimisation: candidates as files, many to a process where the runner takes them,
// judged by the finding's strict key. Not thread-safe.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "campaign/triage/input_runner.h"
#include "campaign/triage/minimiser.h"
#include "common/model/finding.h"
#include "common/result.h"

namespace percuss::campaign {

class CandidateRuns {
 public:
  // most: candidates to one process, no more than the runner takes. The files go into the folder,
  // which exists. limits: of the time limit, what each candidate has. Runner and finding must
  // outlive this.
  CandidateRuns(InputRunner& runner, const common::Finding& finding, std::filesystem::path folder,
                size_t most, double limits = 1);

  // A TryInOrder. Of a process whose end cannot be put down to one of several candidates nothing is
  // believed; from then on each has a process of its own.
  [[nodiscard]] common::Result<Attempt> Try(const std::vector<std::string>& candidates);

  [[nodiscard]] bool TakesMany() const { return most_ > 1; }

 private:
  [[nodiscard]] bool IsSameBug(const Observation& seen);

  InputRunner& runner_;
  const common::Finding& finding_;
  std::filesystem::path folder_;
  size_t most_;
  double limits_;
  // By the key of the stack without names, which costs nothing.
  std::map<std::string, bool> known_;
};

}  // namespace percuss::campaign

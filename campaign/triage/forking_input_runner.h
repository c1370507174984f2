// SPDX-License-Identifier: Apache-2.0
//
// InputRunner by copies of started processes where the target has a fork server, and by a process
// of its own for all that these cannot tell: a history, a longer time limit, what breaks a limit,
// targets without the SDK. For the many runs that only ask whether it is still the same bug: copies
// share one address-space layout. Thread-safe: each call in progress has a server of its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "campaign/supervise/fork_server.h"
#include "campaign/triage/input_runner.h"
#include "campaign/triage/process_input_runner.h"
#include "common/result.h"

namespace percuss::campaign {

class ForkingInputRunner : public InputRunner {
 public:
  ForkingInputRunner(TargetCommand target, InputLimits limits, RunOptions options = {});

  [[nodiscard]] common::Result<Observation> Run(const std::vector<std::filesystem::path>& history,
                                                const std::filesystem::path& input,
                                                const RunVariation& variation) override;
  [[nodiscard]] common::Result<Observation> RunInOrder(const std::vector<std::string>& inputs,
                                                       const std::filesystem::path& folder,
                                                       const RunVariation& variation) override;
  [[nodiscard]] size_t MostInOneProcess() const override;
  [[nodiscard]] Variable Varies() const override;

 private:
  // Of a variation, what all copies of a process have.
  struct Setting {
    std::map<std::string, std::string> environment;
    Surroundings surroundings;
    bool operator==(const Setting&) const = default;
  };
  struct Idle {
    std::unique_ptr<ForkServer> server;
    Setting setting;
  };

  // Nothing: it needs a process of its own.
  [[nodiscard]] std::optional<InputOutcome> RunInCopy(const std::filesystem::path& input,
                                                      const Setting& setting, bool several);
  [[nodiscard]] std::unique_ptr<ForkServer> TakeServer(const std::filesystem::path& input,
                                                       const Setting& setting);
  void GiveBack(std::unique_ptr<ForkServer> server, const Setting& setting, bool told);

  TargetCommand target_;
  InputLimits limits_;
  RunOptions options_;
  ProcessInputRunner processes_;
  std::mutex mutex_;
  std::vector<Idle> idle_;  // the longest unused first
  int untold_ = 0;          // runs in a row of which no server told anything
};

}  // namespace percuss::campaign

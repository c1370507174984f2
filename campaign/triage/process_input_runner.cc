// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/process_input_runner.h"

#include <utility>

namespace percuss::campaign {

namespace {

int64_t Scaled(int64_t limit_ms, double factor) {
  return static_cast<int64_t>(static_cast<double>(limit_ms) * factor);
}

}  // namespace

Observation ObservationOf(InputOutcome outcome, size_t inputs) {
  Observation seen;
  seen.kind = std::move(outcome.kind);
  seen.log = std::move(outcome.log);
  seen.wall_ns = outcome.input_wall_ns;
  seen.cpu_ns = outcome.input_cpu_ns;
  seen.withheld_ns = outcome.input_withheld_ns;
  seen.time_use = std::move(outcome.time_use);
  seen.signal = outcome.exit.signal;
  seen.exit_code = outcome.exit.code;
  seen.last_input = std::move(outcome.last_input);
  seen.detail = std::move(outcome.detail);
  // Where nothing tells at which input it ended, the last one is taken to have been reached.
  seen.history_failed =
      outcome.ended_at_input >= 0 && outcome.ended_at_input < static_cast<int64_t>(inputs) - 1;
  return seen;
}

ProcessInputRunner::ProcessInputRunner(TargetCommand target, InputLimits limits, RunOptions options)
    : target_(std::move(target)), limits_(limits), options_(std::move(options)) {}

common::Result<Observation> ProcessInputRunner::Run(
    const std::vector<std::filesystem::path>& history, const std::filesystem::path& input,
    const RunVariation& variation) {
  std::vector<std::filesystem::path> inputs = history;
  inputs.push_back(input);
  InputLimits limits = limits_;
  limits.wall_ms = Scaled(limits.wall_ms, variation.time_limit_factor);
  limits.cpu_ms = Scaled(limits.cpu_ms, variation.time_limit_factor);
  RunOptions options = options_;
  for (const auto& [name, value] : variation.environment) options.environment[name] = value;
  options.surroundings = variation.surroundings;
  if (!variation.history_has_time) options.history_allowance = 1;
  common::Result<InputOutcome> outcome = RunInput(target_, inputs, limits, options);
  if (!outcome) return tl::unexpected(outcome.error());
  return ObservationOf(std::move(*outcome), inputs.size());
}

size_t ProcessInputRunner::MostInOneProcess() const {
  constexpr size_t kMostFiles = 256;  // whose names are arguments
  const bool takes_one = target_.style == "plain" || target_.style == "emulate";
  return takes_one ? 1 : kMostFiles;
}

Variable ProcessInputRunner::Varies() const {
  Variable variable;
  if (target_.style != "emulate") return WhatVaries(target_.environment);
  variable.exact = true;
  return variable;
}

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/forking_input_runner.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include "common/log.h"

namespace percuss::campaign {

namespace {

// A target of which no server ever tells anything costs each input twice.
constexpr int kMostUntold = 20;
// An environment of its own lasts for one measurement as a rule, and its server would wait for
// ever.
constexpr size_t kMostIdle = 4;

}  // namespace

ForkingInputRunner::ForkingInputRunner(TargetCommand target, InputLimits limits, RunOptions options)
    : target_(std::move(target)),
      limits_(limits),
      options_(std::move(options)),
      processes_(target_, limits_, options_),
      untold_(ForkServer::IsIn(target_) ? 0 : kMostUntold) {}

std::unique_ptr<ForkServer> ForkingInputRunner::TakeServer(const std::filesystem::path& input,
                                                           const Setting& setting) {
  {
    const std::scoped_lock lock(mutex_);
    if (untold_ >= kMostUntold) return nullptr;
    const auto found = std::find_if(idle_.begin(), idle_.end(),
                                    [&](const Idle& idle) { return idle.setting == setting; });
    if (found != idle_.end()) {
      auto server = std::move(found->server);
      idle_.erase(found);
      return server;
    }
  }
  RunOptions options = options_;
  for (const auto& [name, value] : setting.environment) options.environment[name] = value;
  options.surroundings = setting.surroundings;
  auto started = ForkServer::Start(target_, input, limits_, options);
  if (started) return std::make_unique<ForkServer>(std::move(*started));
  common::LogDebug("no fork server: {}", started.error().Text());
  const std::scoped_lock lock(mutex_);
  untold_ = kMostUntold;
  return nullptr;
}

void ForkingInputRunner::GiveBack(std::unique_ptr<ForkServer> server, const Setting& setting,
                                  bool told) {
  const bool lives = server->Lives();
  const std::scoped_lock lock(mutex_);
  untold_ = told ? 0 : untold_ + 1;
  if (lives) idle_.push_back({std::move(server), setting});
  if (idle_.size() > kMostIdle) idle_.erase(idle_.begin());
}

std::optional<InputOutcome> ForkingInputRunner::RunInCopy(const std::filesystem::path& input,
                                                          const Setting& setting, bool several) {
  auto server = TakeServer(input, setting);
  if (!server) return std::nullopt;
  auto outcome = several ? server->RunSeveral(input) : server->Run(input);
  GiveBack(std::move(server), setting, outcome.has_value());
  return outcome;
}

common::Result<Observation> ForkingInputRunner::Run(
    const std::vector<std::filesystem::path>& history, const std::filesystem::path& input,
    const RunVariation& variation) {
  if (history.empty() && variation.time_limit_factor <= 1) {
    if (auto outcome = RunInCopy(input, {variation.environment, variation.surroundings}, false))
      return ObservationOf(std::move(*outcome), 1);
  }
  return processes_.Run(history, input, variation);
}

common::Result<Observation> ForkingInputRunner::RunInOrder(const std::vector<std::string>& inputs,
                                                           const std::filesystem::path& folder,
                                                           const RunVariation& variation) {
  if (variation.time_limit_factor <= 1) {
    const std::filesystem::path batch = folder / "in-order";
    std::ofstream file(batch, std::ios::binary | std::ios::trunc);
    file << ForkServer::Batch(inputs);
    file.close();
    if (!file) return common::Fail(common::ErrorCode::kIo, "cannot write", batch);
    if (auto outcome = RunInCopy(batch, {variation.environment, variation.surroundings}, true)) {
      return ObservationOf(std::move(*outcome), inputs.size());
    }
  }
  return processes_.RunInOrder(inputs, folder, variation);
}

size_t ForkingInputRunner::MostInOneProcess() const { return processes_.MostInOneProcess(); }

Variable ForkingInputRunner::Varies() const { return processes_.Varies(); }

}  // namespace percuss::campaign

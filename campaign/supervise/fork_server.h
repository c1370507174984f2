// SPDX-License-Identifier: Apache-2.0
//
// Many inputs in copies of one started process, for targets with the harness SDK
// (harnesses/sdk/fork_server.h): a fraction of what a process for each costs, and as little of one
// input reaches the next.
//
// It tells only of inputs that end by themselves within the limits. What takes longer, eats memory
// or ends the server itself is not told: it needs a process of its own, and the full judgement of
// RunInput. All copies have one address-space layout, so they say nothing of bugs that depend on
// it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "campaign/supervise/run_input.h"
#include "common/result.h"

namespace percuss::campaign {

// Not thread-safe; distinct ones are.
class ForkServer {
 public:
  // Whether the target's binary has a server at all.
  [[nodiscard]] static bool IsIn(const TargetCommand& target);

  // Starts the process; input: what it is given on its command line, and never runs.
  [[nodiscard]] static common::Result<ForkServer> Start(const TargetCommand& target,
                                                        const std::filesystem::path& input,
                                                        const InputLimits& limits,
                                                        const RunOptions& options = {});
  ForkServer(ForkServer&& other) noexcept;
  ForkServer& operator=(ForkServer&& other) noexcept;
  ForkServer(const ForkServer&) = delete;
  ForkServer& operator=(const ForkServer&) = delete;
  ~ForkServer();  // with all copies

  // As RunInput for one input, where it can tell. Times are of the whole copy, from its fork to its
  // end. Nothing where it cannot: see Lives.
  [[nodiscard]] std::optional<InputOutcome> Run(const std::filesystem::path& input);

  // As Run, for several inputs in one copy, in order, until one ends it: last_input says which. The
  // limits are those of all together, and leaks are not looked for. The file is a Batch of them.
  [[nodiscard]] std::optional<InputOutcome> RunSeveral(const std::filesystem::path& batch);
  [[nodiscard]] static std::string Batch(const std::vector<std::string>& inputs);

  // false: another server must be started for the next input.
  [[nodiscard]] bool Lives() const;

 private:
  struct State;
  [[nodiscard]] std::optional<InputOutcome> Run(const std::filesystem::path& path, bool several);
  explicit ForkServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace percuss::campaign

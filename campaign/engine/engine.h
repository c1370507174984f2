// SPDX-License-Identifier: Apache-2.0
//
// One fuzzing engine at work on one target. The campaign's loop polls it; the engine restarts its
// process when a crash ended it, gathers what it found and counts what it did. An engine never
// judges: it hands over raw sightings.
//
// States: created --Start--> running --Stop or failure--> stopped. Stop is idempotent and the
// destructor stops. Not thread-safe: one thread calls all of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "campaign/campaign_file.h"
#include "campaign/supervise/edge_tally_file.h"
#include "campaign/supervise/watchdog.h"
#include "common/model/run_record.h"
#include "common/result.h"

namespace percuss::campaign {

// A file in which an engine left an input that crashed, hung, leaked or exhausted memory.
struct RawSighting {
  std::string hint;  // crash|hang|oom|leak|slow, as the engine named it
  std::filesystem::path input;
  std::string log;  // the engine's own last words about it, empty when there are none
  std::vector<std::string> history;  // inputs that ran before it in the same process, oldest first
};

struct EngineState {
  bool running = false;
  bool began = false;      // it has run its first input, or nothing tells when it does
  int64_t executions = 0;  // since Start; of an earlier run that is resumed, none
  int64_t edges = 0;
  int64_t corpus = 0;
  int64_t restarts = 0;
  double last_find_s = -1;  // seconds after Start; -1: nothing yet
  double stability_percent = -1;
  std::string failure;  // why the engine cannot do its job; empty while it can
};

// The pointers outlive the engine.
struct EngineSetup {
  std::string id;  // distinct in the campaign: "<target>/libfuzzer0"
  const TargetSpec* target = nullptr;
  InputWatchdog* watchdog = nullptr;
  std::filesystem::path folder;  // the engine's own, created by it
  std::filesystem::path seeds;   // folder of inputs that are known to survive, not empty
  int64_t seed = 1;
  int instance = 0;  // several engines of a kind can share a target
};

class Engine {
 public:
  virtual ~Engine() = default;
  [[nodiscard]] virtual const std::string& Name() const = 0;
  [[nodiscard]] virtual common::Status Start() = 0;
  // Looks at the process and its files; restarts it after a crash. Cheap: for several calls a
  // second.
  [[nodiscard]] virtual EngineState Poll() = 0;
  // Sightings and corpus files that were not handed over before.
  [[nodiscard]] virtual std::vector<RawSighting> TakeSightings() = 0;
  [[nodiscard]] virtual std::vector<std::filesystem::path> TakeNewCorpus() = 0;
  // Offers a find of another engine.
  [[nodiscard]] virtual common::Status Offer(const std::filesystem::path& input) = 0;
  // This input hangs or is slow: it must not be loaded again by a life to come. Engines that load
  // their inputs once do nothing.
  virtual void SetAside(const std::string& /*input*/) {}
  // Every input that the engine holds.
  [[nodiscard]] virtual std::vector<std::filesystem::path> CorpusFiles() const = 0;
  virtual void Stop() = 0;
  // What the evidence says of this engine; complete after Stop.
  [[nodiscard]] virtual common::EngineRun Record() const = 0;
  // How often its inputs have reached each edge; the error says why it cannot tell.
  [[nodiscard]] virtual common::Result<EdgeTally> Tally() const = 0;
  // The end of the engine's own output, for error messages.
  [[nodiscard]] virtual std::string LogTail() const = 0;
};

// The explicit table of engines. kBadInput for a name that is not in it.
[[nodiscard]] common::Result<std::unique_ptr<Engine>> MakeEngine(const std::string& name,
                                                                 EngineSetup setup);

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
//
// The process of an engine and its log: what both engines share. Not thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "campaign/engine/engine.h"
#include "campaign/supervise/process.h"
#include "common/result.h"

namespace percuss::campaign {

// Seconds between two points of a curve, so that a curve has some hundred points however long the
// campaign is.
[[nodiscard]] int64_t CurveStepS(int64_t elapsed_s);

class EngineProcess {
 public:
  // role: the binary that the engine runs, such as "libfuzzer".
  EngineProcess(const EngineSetup& setup, std::string role);
  ~EngineProcess();
  EngineProcess(const EngineProcess&) = delete;
  EngineProcess& operator=(const EngineProcess&) = delete;

  // Environment of the target: sanitizers set up for fuzzing, heartbeat, preload, the campaign's
  // own. `more` wins.
  void SetEnvironment(const std::map<std::string, std::string>& more);
  [[nodiscard]] const std::map<std::string, std::string>& Environment() const {
    return environment_;
  }

  // Starts a new life; its log replaces the last one's.
  [[nodiscard]] common::Status Start(const std::vector<std::string>& argv);
  // The exit, once per life.
  [[nodiscard]] std::optional<ExitStatus> Poll();
  // Asks politely, then kills the whole tree. The exit, if the process still ran.
  std::optional<ExitStatus> Stop();

  // AFL++'s file with the input that runs now, for targets that do not say it themselves.
  void SetCurrentInputFile(std::filesystem::path file) { current_input_ = std::move(file); }

  // Inputs begun since the heartbeat file was made, over all lives; 0 when the binary does not beat
  // exactly.
  [[nodiscard]] int64_t Beats() const;
  // As Engine::Tally.
  [[nodiscard]] common::Result<EdgeTally> Tally() const;
  // Whether Beats says when the first input began.
  [[nodiscard]] bool TellsInputs() const { return exact_beats_; }
  // What the process ran last; nothing where the SDK does not tell.
  [[nodiscard]] std::optional<std::string> LastInput() const;
  // The last inputs of the process that ended, oldest first, without the one that ended it; and
  // what the process that ran this input had run before, as far as the ring still holds it. Empty
  // after some hundred calls, as the first sightings are what a history helps with and each may
  // take a megabyte on disk.
  [[nodiscard]] std::vector<std::string> HistoryOfLife();
  [[nodiscard]] std::vector<std::string> HistoryBefore(const std::filesystem::path& input);
  [[nodiscard]] std::string WholeLog() const;
  [[nodiscard]] std::string LogTail() const;

 private:
  void Watch(pid_t pid);

  EngineSetup setup_;
  std::string role_;
  std::filesystem::path log_;
  std::filesystem::path current_input_;
  std::optional<HeartbeatFile> heartbeat_;
  std::optional<EdgeTallyFile> tally_;
  bool exact_beats_ = false;
  bool preloaded_ = false;
  int histories_taken_ = 0;
  uint64_t last_pid_ = 0;
  std::map<std::string, std::string> more_environment_;
  std::map<std::string, std::string> environment_;
  std::optional<Process> process_;
};

}  // namespace percuss::campaign

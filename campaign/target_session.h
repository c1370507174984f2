// SPDX-License-Identifier: Apache-2.0
//
// One target of a campaign, from its first seed to its last number: checks, engines side by side,
// what they find shared both ways while they run, and the measurements over the final corpus.
//
//   Prepare ──► StartEngines ──► Poll ... Poll ──► StopEngines ──► Measure ──► Record
//
// One thread calls all of it.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "campaign/campaign_file.h"
#include "campaign/engine/engine.h"
#include "campaign/preflight.h"
#include "campaign/store/corpus_store.h"
#include "campaign/store/work_dir.h"
#include "campaign/supervise/watchdog.h"
#include "campaign/triage_queue.h"
#include "common/model/run_record.h"
#include "common/result.h"

namespace percuss::campaign {

struct EngineProgress {
  std::string target;
  std::string engine;
  EngineState state;
  double executions_per_s = -1;  // -1 before the first execution
};

// The pointers outlive the session.
struct SessionContext {
  const WorkDir* work = nullptr;
  InputWatchdog* watchdog = nullptr;
  TriageQueue* triage = nullptr;
  const std::atomic<bool>* interrupted = nullptr;
  int64_t seed = 1;
  int64_t wall_s = 0;  // this target's share
  int instances_per_engine = 1;
};

class TargetSession {
 public:
  TargetSession(const TargetSpec& target, const SessionContext& context);

  // Regression corpus, seeds, binaries. What fails here is in Failures() and keeps the engines from
  // starting.
  void Prepare();
  void StartEngines();
  // To be called some times a second while Running().
  void Poll();
  [[nodiscard]] bool Running() const { return running_; }
  void StopEngines();
  // MSan replay, coverage and timing over the final corpus. The package gets the inputs that the
  // numbers are shown by; those that miss a deadline are reported.
  void Measure();

  // From the watchdog's thread.
  void OnHang(const HangSighting& hang);
  void OnSlow(const std::string& input);

  [[nodiscard]] const std::string& Id() const { return target_.id; }
  [[nodiscard]] std::vector<EngineProgress> Progress() const;
  [[nodiscard]] double ElapsedS() const;  // since StartEngines
  [[nodiscard]] const std::vector<std::string>& Failures() const { return failures_; }
  [[nodiscard]] const std::vector<std::string>& Deviations() const { return deviations_; }
  [[nodiscard]] common::TargetRun Record() const;

 private:
  void PrepareRecord();
  void RunRegression();
  void CollectSeeds();
  void WriteFirstSeed(const CorpusStore& seeds);
  void CheckHeard(const ReplaySummary& replay);
  void ReportFailed(const std::string& engine, const std::string& role,
                    const std::vector<std::filesystem::path>& inputs);
  void ReportSighting(const std::string& engine, const RawSighting& raw, int64_t executions);
  void Share(Engine& finder);
  // Hanging and slow inputs would eat every life of an engine that loads them again.
  void SetAsideSlowInputs();
  // A budget is for fuzzing: what engines need until their first input is not taken from it.
  void NoteFirstInputs();
  void CheckBudget();
  void KeepLog(const Engine& engine, size_t number);
  void NoteFlood(const std::string& engine_id);
  void MeasureCosts(const std::vector<std::filesystem::path>& inputs,
                    const std::filesystem::path& scratch);
  void KeepMeasuredInputs();
  void Fail(const std::string& what);

  TargetSpec target_;
  SessionContext context_;
  CorpusStore corpus_;
  std::vector<std::unique_ptr<Engine>> engines_;
  std::vector<std::string> engine_ids_;
  std::vector<EngineState> states_;
  common::TargetRun record_;
  std::vector<std::string> failures_;
  std::vector<std::string> deviations_;  // from the plan
  std::mutex slow_mutex_;
  std::vector<std::string> slow_;    // told by the watchdog, not set aside yet
  std::set<std::string> set_aside_;  // digests
  int64_t started_ns_ = 0;
  int64_t fuzzing_since_ns_ = 0;  // every engine has had an input; 0 before
  int64_t shared_ns_ = 0;
  double ended_after_s_ = 0;
  bool running_ = false;
  std::string stop_reason_;  // why the engines were stopped; empty while they run
};

}  // namespace percuss::campaign

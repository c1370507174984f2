// SPDX-License-Identifier: Apache-2.0
//
// Triage beside the engines. A sighting is on disk in the journal when Report returns; a worker
// thread then judges it, and minimises new findings whenever no sighting waits.
//
// Thread-safe: the campaign's loop and the watchdog report, the workers judge.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "campaign/campaign_file.h"
#include "campaign/store/journal.h"
#include "campaign/store/work_dir.h"
#include "campaign/triage/finding_book.h"
#include "campaign/triage/judge.h"
#include "common/result.h"

namespace percuss::campaign {

struct TriageProgress {
  int64_t reported = 0;    // distinct inputs
  int64_t waiting = 0;     // sightings that are not yet judged
  int64_t minimising = 0;  // findings whose input is not yet minimised
};

constexpr int64_t kInterruptedDrainS = 30;

// What became of one sighting.
struct JudgedSighting {
  std::string finding;                // id; empty: no fault was seen, or `problem`
  common::Reproduction reproduction;  // of this sighting where there is no finding, else of that
  std::string problem;                // why it could not be judged, or not be run
};

struct TriageOptions {
  int workers = 1;  // side by side once the engines leave them the cores (EndRest), one until then
  int reruns = 10;
  bool minimise = true;
  // Called by the workers for each sighting; may be empty. Must not call the queue.
  std::function<void(const Sighting&, const JudgedSighting&)> on_judged = {};
};

class TriageQueue {
 public:
  TriageQueue(const WorkDir& work, Journal& journal, FindingBook& book, TriageOptions options);
  TriageQueue(const TriageQueue&) = delete;
  TriageQueue& operator=(const TriageQueue&) = delete;
  ~TriageQueue();  // cancels what waits

  // Before the first sighting of a target. `packaged`: role to the binary's path in the package,
  // where it is carried.
  void AddTarget(const TargetSpec& target, const std::map<std::string, std::string>& packaged);

  // Journals, then queues. An input that was reported before for this target is counted, not judged
  // again.
  [[nodiscard]] common::Status Report(Sighting sighting);
  // What is on disk already is queued without being journalled: what an earlier run wrote down,
  // as nobody knows how far that run came, and what was handed in.
  void Requeue(Sighting sighting);

  [[nodiscard]] TriageProgress Progress() const;
  // Gives up on minimising what is not minimised yet; the number of findings.
  [[nodiscard]] int64_t DropUnminimised();
  // While engines run, a target whose hangs turn out to be known has them judged a tenth of the
  // time, so that a flood of them does not take the engines' cores. From now on: all the time, and
  // by all workers.
  void EndRest();
  // Gives up on judging one by one the hangs of targets that have such a finding already; their
  // number per target. They stay in the journal.
  [[nodiscard]] std::map<std::string, int64_t> DropRepeatedHangs();
  // By target, inputs that were over their time once and in no rerun, and are no findings: a busy
  // host does that. They stay in the journal.
  [[nodiscard]] std::map<std::string, int64_t> OverTimeOnce() const;
  // For a run that was interrupted: judges for so many seconds more, without minimising. Sightings
  // that still wait then are not judged; those of a campaign stay in the journal, for --resume.
  // Their number.
  [[nodiscard]] int64_t DrainInterrupted(int64_t for_s = kInterruptedDrainS);
  // What went wrong: each makes the campaign an infrastructure error.
  [[nodiscard]] std::vector<std::string> Problems() const;

 private:
  struct TargetTriage;

  void Queue(Sighting sighting);  // with the lock held
  void Work(bool first, const std::stop_token& stop);
  // Judges or minimises what is next; false where nothing is. Unlocks meanwhile.
  bool WorkOnce(std::unique_lock<std::mutex>& lock);
  // The next sighting that may be judged now, with the lock held.
  [[nodiscard]] std::optional<Sighting> TakeNext();
  // As JudgeSighting, and rests the target's hangs after one that was known.
  void JudgeHang(const Sighting& sighting, const std::stop_token& stop);
  // One more sighting of the finding whose unsymbolised stack this is, where that is known.
  std::optional<common::Finding> CountByRawKey(const std::string& target,
                                               const std::string& raw_key);
  // Whether it is a new finding.
  bool JudgeOne(const Sighting& sighting, const std::stop_token& stop);
  [[nodiscard]] common::Result<Judgement> JudgeOn(TargetTriage& triage, const Sighting& sighting,
                                                  const std::stop_token& stop);
  // Of an input that was handed in and fails in no other way.
  [[nodiscard]] common::Result<Judgement> JudgeDeadlineOf(TargetTriage& triage, Sighting sighting,
                                                          const std::stop_token& stop);
  void AddNewFinding(const TargetSpec& target, const std::string& role, common::Finding& finding);
  void MinimiseOne(const common::Finding& finding, const std::stop_token& stop);
  void AddProblem(const std::string& what);
  struct FirstLook {
    std::string role;     // of the build that judges it
    std::string raw_key;  // the unsymbolised stack's; empty where there is none, as for hangs
  };
  // One run without symbols, where the engine left no log.
  [[nodiscard]] FirstLook LookOnce(TargetTriage& triage, const Sighting& sighting);

  const WorkDir& work_;
  Journal& journal_;
  FindingBook& book_;
  TriageOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::unique_ptr<TargetTriage>> targets_;
  std::deque<Sighting> sightings_;
  std::deque<Sighting> hangs_;  // each rerun of one costs its time limit: they wait for all others
  std::map<std::string, int64_t> hangs_rest_until_ns_;  // by target
  std::map<std::string, int64_t> over_time_once_;       // by target
  bool rest_allowed_ = true;
  std::deque<common::Finding> unminimised_;
  std::set<std::string> reported_;  // target and input digest
  std::map<std::string, std::string> strict_by_raw_key_;
  std::map<std::string, std::string> role_by_finding_;
  std::vector<std::string> problems_;
  int64_t judging_ = 0;  // workers that do
  int64_t minimising_ = 0;
  std::atomic<uint64_t> looks_ = 0;
  std::stop_source cancel_judging_;
  std::vector<std::jthread> workers_;
};

}  // namespace percuss::campaign

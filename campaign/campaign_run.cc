// SPDX-License-Identifier: Apache-2.0
#include "campaign/campaign_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <thread>

#include "campaign/measure/host.h"
#include "campaign/record_parts.h"
#include "campaign/rehost_programs.h"
#include "campaign/verdict.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/json_file.h"
#include "common/log.h"
#include "common/words.h"

namespace percuss::campaign {
namespace {

using common::Fail;
using common::Result;
using common::RunRecord;
namespace stdfs = std::filesystem;

constexpr int64_t kDefaultTargetWallS = 300;
constexpr int64_t kLeastMinimisingS = 60;
constexpr int64_t kLeastHangsS = 60;
// An engine that died of a crash waits for the next tick, and some die every tenth of a second.
constexpr auto kTick = std::chrono::milliseconds(20);

class CampaignRunner {
 public:
  CampaignRunner(const CampaignSpec& campaign, const CampaignOptions& options)
      : campaign_(campaign),
        options_(options),
        work_(stdfs::absolute(options.out)),
        started_ns_(common::SystemClock().MonotonicNs()) {}

  Result<RunRecord> Run() {
    if (auto opened = OpenFolder(); !opened) return tl::make_unexpected(opened.error());
    if (auto made = MakeRehostPrograms(work_, campaign_); !made) {
      return tl::make_unexpected(made.error());
    }
    auto journal = Journal::Open(work_.Journal());
    if (!journal) return tl::make_unexpected(journal.error());
    DescribeRun(campaign_, {options_.command, options_.tool_version, options_.jobs, options_.seed},
                record_);
    if (const auto copied = common::CopyFile(campaign_.file, work_.Package() / "campaign.json");
        !copied) {
      problems_.push_back(copied.error().Text());
    }
    TriageQueue triage(work_, **journal, book_,
                       {.workers = static_cast<int>(record_.campaign.jobs)});
    triage_ = &triage;
    InputWatchdog watchdog([this](const HangSighting& hang) { OnHang(hang); },
                           [](const StallSighting& stall) { OnStall(stall); },
                           [this](const std::string& engine_id, const std::string& input) {
                             OnSlow(engine_id, input);
                           });
    watchdog_ = &watchdog;
    SelfCheck();
    MakeSessions();
    if (proven_) Fuzz();
    phase_ = "judging";
    Drain();
    if (proven_) MeasureAll();
    Drain();
    RunRecord record = Finish();
    sessions_.clear();  // engines take leave of the watchdog, which ends with this function
    return record;
  }

 private:
  // Errors name the folder as the user did.
  common::Status OpenFolder() {
    std::error_code ignored;
    if (stdfs::exists(options_.out, ignored) && !stdfs::is_directory(options_.out, ignored)) {
      return Fail(common::ErrorCode::kBadInput, "is a file; --out wants a folder",
                  options_.out.string());
    }
    const auto state = common::ReadJsonFile(work_.StateFile());
    if (state && state->value("handed_in", false)) {
      return Fail(common::ErrorCode::kBadInput,
                  "holds what was handed in to percuss triage: pass "
                  "another --out",
                  work_.Out().string());
    }
    if (state && !options_.resume) {
      return Fail(common::ErrorCode::kBadInput,
                  "already holds a campaign: pass --resume to go on with it, or another --out",
                  work_.Out().string());
    }
    if (!state && state.error().code != common::ErrorCode::kNotFound) {
      return tl::make_unexpected(state.error());
    }
    if (!state && options_.resume) {
      return Fail(common::ErrorCode::kBadInput, "holds no campaign to resume",
                  work_.Out().string());
    }
    if (state) {
      record_.campaign.resumed_from_s = state->value("spent_wall_s", int64_t{0});
      stdfs::remove_all(work_.Package(), ignored);
    }
    auto written = work_.Create();
    if (written) written = SaveState(0);
    if (written) return {};
    return Fail(written.error().code, "cannot be written to: " + written.error().Text(),
                options_.out.string());
  }

  common::Status SaveState(int64_t spent_s) {
    return common::WriteJsonFile(work_.StateFile(),
                                 {{"schema", "percuss.state.v1"},
                                  {"campaign_sha256", campaign_.file_sha256},
                                  {"spent_wall_s", record_.campaign.resumed_from_s + spent_s}});
  }

  void SelfCheck() {
    phase_ = "self-check";
    ShowProgress(true);
    auto cases = ProveOracle(campaign_, options_.harness_root, work_, *options_.interrupted);
    if (!cases) {
      problems_.push_back("self-check: " + cases.error().Text());
      return;
    }
    record_.self_check = *cases;
    proven_ = !*options_.interrupted && IsProven(*cases);
  }

  size_t Lanes() const {
    size_t engines = 1;
    for (const TargetSpec& target : campaign_.targets)
      engines = std::max(engines, target.engines.size());
    return std::max<size_t>(1, static_cast<size_t>(record_.campaign.jobs) / engines);
  }

  // What a target may use of the wall time: its own budget, else its share of the campaign's.
  int64_t WallShareS(const TargetSpec& target, size_t lanes) const {
    const int64_t whole_s = options_.wall_s > 0 ? options_.wall_s : campaign_.budget.wall_s;
    if (options_.wall_s == 0 && target.budget.wall_s > 0) return target.budget.wall_s;
    if (whole_s == 0) return kDefaultTargetWallS;
    const size_t rounds = (campaign_.targets.size() + lanes - 1) / lanes;
    return std::max<int64_t>(1, whole_s / static_cast<int64_t>(rounds));
  }

  void MakeSessions() {
    const size_t lanes = Lanes();
    const size_t busy_lanes = std::min(lanes, campaign_.targets.size());
    for (const TargetSpec& target : campaign_.targets) {
      SessionContext context;
      context.work = &work_;
      context.watchdog = watchdog_;
      context.triage = triage_;
      context.interrupted = options_.interrupted;
      context.seed = options_.seed;
      context.wall_s = WallShareS(target, lanes);
      context.instances_per_engine = static_cast<int>(std::max<size_t>(
          1, static_cast<size_t>(record_.campaign.jobs) / busy_lanes / target.engines.size()));
      record_.campaign.planned_wall_s += context.wall_s;
      triage_->AddTarget(target, PackBinaries(target, work_, problems_));
      sessions_.push_back(std::make_unique<TargetSession>(target, context));
    }
    record_.campaign.planned_wall_s /= static_cast<int64_t>(busy_lanes);
    if (options_.resume) RequeueJournal();
  }

  void RequeueJournal() {
    const auto contents = ReadJournal(work_.Journal());
    if (!contents) return problems_.push_back(contents.error().Text());
    for (const auto& problem : contents->problems) {
      problems_.push_back(fmt::format("journal, line {}: {}", problem.line, problem.what));
    }
    std::set<std::string> known;
    for (const TargetSpec& target : campaign_.targets) known.insert(target.id);
    for (const JournalEntry& entry : contents->entries) {
      if (!known.contains(entry.target)) continue;
      auto blobs = ReadJournalBlobs(work_.Journal(), entry);
      if (!blobs) {
        problems_.push_back(blobs.error().Text());
        continue;
      }
      triage_->Requeue({entry.target, entry.engine, blobs->input, blobs->history,
                        entry.first_seen_s, entry.first_seen_executions, blobs->log, entry.kind,
                        entry.signal});
    }
  }

  void Fuzz() {
    fuzzing_since_s_ = ElapsedS();
    const size_t lanes = Lanes();
    size_t next = 0;
    while (next < sessions_.size() || !active_.empty()) {
      while (active_.size() < lanes && next < sessions_.size() && !*options_.interrupted) {
        TargetSession& session = *sessions_[next++];
        phase_ = "preparing";
        ShowProgress(true);
        session.Prepare();
        session.StartEngines();
        active_.push_back(&session);
      }
      if (*options_.interrupted) next = sessions_.size();
      phase_ = "fuzzing";
      for (TargetSession* session : active_) session->Poll();
      std::erase_if(active_, [&](TargetSession* session) {
        if (session->Running()) return false;
        session->StopEngines();
        ++done_;
        return true;
      });
      ShowProgress(false);
      std::this_thread::sleep_for(kTick);
    }
  }

  void Drain() {
    triage_->EndRest();
    const int64_t begin_s = ElapsedS();
    while (triage_->Progress().waiting + triage_->Progress().minimising > 0) {
      ShowProgress(false);
      if (*options_.interrupted) {
        const int64_t left = triage_->DrainInterrupted();
        if (left > 0) {
          record_.reasons.push_back(
              fmt::format("interrupted: {} sightings wait in the journal to be judged, which a run "
                          "with --resume does",
                          left));
        }
        return;
      }
      LimitHangs(ElapsedS() - begin_s);
      LimitMinimising();
      std::this_thread::sleep_for(kTick);
    }
  }

  int64_t ElapsedS() const {
    return (common::SystemClock().MonotonicNs() - started_ns_) / 1'000'000'000;
  }

  // An engine that cannot go round a hang leaves hundreds of inputs, and judging each takes its
  // whole time limit.
  void LimitHangs(int64_t drained_s) {
    if (drained_s < std::max(kLeastHangsS, record_.campaign.planned_wall_s / 10)) return;
    for (const auto& [target, count] : triage_->DropRepeatedHangs()) {
      record_.campaign.deviations.push_back(
          fmt::format("{}: {} more inputs over the time limit were not judged one by one, for want "
                      "of time; they are in the journal",
                      target, count));
    }
  }

  // Smaller inputs are a convenience, and what a campaign may take has a bound: a quarter of the
  // planned time more.
  void LimitMinimising() {
    const int64_t planned_s = record_.campaign.planned_wall_s;
    if (triage_->Progress().waiting > 0 ||
        ElapsedS() < planned_s + std::max(kLeastMinimisingS, planned_s / 4))
      return;
    const int64_t dropped = triage_->DropUnminimised();
    if (dropped == 0) return;
    record_.campaign.deviations.push_back(
        fmt::format("{} findings were not minimised, for want of time", dropped));
  }

  void MeasureAll() {
    phase_ = "measuring";
    for (const auto& session : sessions_) {
      ShowProgress(true);
      session->Measure();
    }
  }

  // nullptr where no target of the campaign has such an engine.
  TargetSession* SessionOf(const std::string& engine_id) const {
    const auto found = std::find_if(sessions_.begin(), sessions_.end(), [&](const auto& session) {
      return engine_id.starts_with(session->Id() + "/");
    });
    return found == sessions_.end() ? nullptr : found->get();
  }

  void OnHang(const HangSighting& hang) {
    if (TargetSession* session = SessionOf(hang.engine_id)) session->OnHang(hang);
  }

  void OnSlow(const std::string& engine_id, const std::string& input) {
    if (TargetSession* session = SessionOf(engine_id)) session->OnSlow(input);
  }

  static void OnStall(const StallSighting& stall) {
    common::LogWarning("{}: no input for {} s although the engine lives{}", stall.engine_id,
                       stall.idle_ns / 1'000'000'000,
                       stall.engine_stopped ? "; its process was stopped and goes on now" : "");
  }

  void ShowProgress(bool now) {
    const int64_t time_ns = common::SystemClock().MonotonicNs();
    if (!options_.on_progress || (!now && time_ns - shown_ns_ < 1'000'000'000)) return;
    shown_ns_ = time_ns;
    CampaignProgress progress;
    progress.phase = phase_;
    progress.elapsed_s = ElapsedS();
    // Unknown until the targets share out the time, which none of the self-check is.
    progress.left_s = fuzzing_since_s_ < 0
                          ? -1
                          : std::max<int64_t>(0, record_.campaign.planned_wall_s -
                                                     (progress.elapsed_s - fuzzing_since_s_));
    progress.targets_done = done_;
    progress.targets_total = static_cast<int64_t>(campaign_.targets.size());
    for (const TargetSession* session : active_) {
      const auto engines = session->Progress();
      progress.engines.insert(progress.engines.end(), engines.begin(), engines.end());
    }
    progress.triage = triage_->Progress();
    for (const auto& finding : book_.All()) {
      ++progress.findings;
      if (finding.flaky) ++progress.flaky;
    }
    options_.on_progress(progress);
  }

  RunRecord Finish() {
    common::CampaignRun& run = record_.campaign;
    run.interrupted = *options_.interrupted;
    run.stop_reason = "every target reached a bound of its budget";
    if (!proven_) run.stop_reason = "the self-check failed: nothing was fuzzed";
    if (run.interrupted) {
      run.stop_reason = proven_ ? "interrupted" : "interrupted during the self-check";
    }
    run.ended_at = common::Rfc3339(common::SystemClock().UnixS());
    run.actual_wall_s = ElapsedS();
    run.cpu_s = ChildCpuS();
    run.host.load_after = HostLoad();
    KeepFindings(book_, work_, record_, problems_);
    for (const std::string& problem : triage_->Problems()) problems_.push_back(problem);
    for (const auto& [target, count] : triage_->OverTimeOnce()) {
      run.deviations.push_back(
          fmt::format("{}: {} over the time limit once and in no rerun, as a busy host does to "
                      "inputs: no finding; in the journal",
                      target, common::Counted(count, "input")));
    }
    for (const auto& session : sessions_) {
      common::TargetRun target = session->Record();
      if (target.id.empty()) target.id = session->Id();
      auto failures = session->Failures();
      if (!proven_ && !run.interrupted) failures.emplace_back("not run: the self-check failed");
      run.deviations.insert(run.deviations.end(), session->Deviations().begin(),
                            session->Deviations().end());
      JudgeTarget(failures, record_.findings, run.interrupted, target);
      record_.targets.push_back(std::move(target));
    }
    if (auto saved = SaveState(run.actual_wall_s); !saved)
      problems_.push_back(saved.error().Text());
    KeepOnlyNeededBinaries(work_, record_);
    JudgeCampaign(problems_, record_);
    return record_;
  }

  CampaignSpec campaign_;
  const CampaignOptions& options_;
  WorkDir work_;
  FindingBook book_;
  TriageQueue* triage_ = nullptr;
  InputWatchdog* watchdog_ = nullptr;
  RunRecord record_;
  std::vector<std::unique_ptr<TargetSession>> sessions_;
  std::vector<TargetSession*> active_;
  std::vector<std::string> problems_;
  std::string phase_;
  int64_t done_ = 0;
  int64_t started_ns_ = 0;
  int64_t shown_ns_ = 0;
  int64_t fuzzing_since_s_ = -1;
  bool proven_ = false;
};

}  // namespace

Result<RunRecord> RunCampaign(const CampaignSpec& campaign, const CampaignOptions& options) {
  return CampaignRunner(campaign, options).Run();
}

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
#include "campaign/intake_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "campaign/handed_in_target.h"
#include "campaign/intake_cores.h"
#include "campaign/intake_verdict.h"
#include "campaign/measure/host.h"
#include "campaign/measure/retention.h"
#include "campaign/measure/retention_runner.h"
#include "campaign/rehost_programs.h"
#include "campaign/triage_queue.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/hash.h"
#include "common/json_file.h"
#include "common/words.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;
using common::Result;
using common::RunRecord;
using common::Status;

constexpr auto kTick = std::chrono::milliseconds(20);
// Sightings that wait with their bytes in memory.
constexpr int64_t kAhead = 64;
constexpr const char* kNotFuzzed = "nothing was fuzzed: crashes that were handed in were judged";
constexpr const char* kNotReproduced = "not_reproduced";
constexpr uint64_t kMostKeptBytes = uint64_t{256} << 20;

// One file or log, and what became of it.
struct Item {
  HandedIn handed;
  std::string sha256;  // of the input; empty for a log
  int64_t bytes = -1;
  size_t same_as = 0;  // an earlier item with the same bytes; its own index where there is none
  bool judged = false;
  JudgedSighting became;
};

std::string OutcomeOf(const Item& item) {
  if (!item.judged) return "not_judged";
  if (!item.became.problem.empty()) return "not_run";
  if (!item.became.finding.empty()) return "finding";
  if (item.became.reproduction.reruns == 0) return "not_run";
  return item.handed.failed_before ? "not_reproduced" : "survived";
}

class IntakeRunner {
 public:
  IntakeRunner(const CampaignSpec& campaign, Intake intake, const IntakeOptions& options)
      : campaign_(campaign),
        target_(campaign_.targets.front()),
        options_(options),
        passed_over_(std::move(intake.passed_over)),
        work_(stdfs::absolute(options.out)),
        started_ns_(common::SystemClock().MonotonicNs()) {
    KeepThoseOfTarget(intake.items);
    for (HandedIn& handed : intake.items) {
      items_.push_back({std::move(handed), "", -1, items_.size(), false, {}});
    }
  }

  Result<RunRecord> Run() {
    if (items_.empty()) {
      return Fail(ErrorCode::kBadInput,
                  "there is nothing to judge for the target " + target_.id +
                      (passed_over_.empty()
                           ? ""
                           : ": " + passed_over_.front().path + ": " + passed_over_.front().why));
    }
    ReadAll();
    if (const auto unread = NothingRead()) return tl::make_unexpected(*unread);
    if (auto opened = OpenFolder(); !opened) return tl::make_unexpected(opened.error());
    if (auto made = MakeRehostPrograms(work_, campaign_); !made) {
      return tl::make_unexpected(made.error());
    }
    auto journal = Journal::Open(work_.Journal());
    if (!journal) return tl::make_unexpected(journal.error());
    DescribeRun(campaign_, options_.settings, record_);
    Begin();
    if (proven_) {
      TriageOptions triage;
      triage.workers = static_cast<int>(record_.campaign.jobs);
      triage.reruns = options_.reruns;
      triage.minimise = options_.minimise;
      triage.on_judged = [this](const Sighting& sighting, const JudgedSighting& judged) {
        Note(sighting, judged);
      };
      TriageQueue queue(work_, **journal, book_, triage);
      Judge(queue);
    }
    return Finish();
  }

 private:
  // Of journals and packages of several targets only this one's are meant, as far as they name it.
  void KeepThoseOfTarget(std::vector<HandedIn>& items) {
    const bool named = std::any_of(items.begin(), items.end(),
                                   [&](const HandedIn& item) { return item.target == target_.id; });
    if (!named) return;
    std::erase_if(items, [&](const HandedIn& item) {
      const bool others = !item.target.empty() && item.target != target_.id;
      if (others) of_other_targets_.push_back({item.path, "it is of the target " + item.target});
      return others;
    });
  }

  Status OpenFolder() {
    std::error_code ignored;
    if (stdfs::exists(options_.out, ignored) && !stdfs::is_directory(options_.out, ignored)) {
      return Fail(ErrorCode::kBadInput, "is a file; --out wants a folder", options_.out.string());
    }
    if (stdfs::exists(work_.StateFile(), ignored) || stdfs::exists(work_.Package(), ignored)) {
      return Fail(ErrorCode::kBadInput, "already holds a package: pass another --out",
                  options_.out.string());
    }
    Status made = work_.Create();
    if (made) made = work_.CreateTarget(target_.id);
    if (made) {
      made = common::WriteJsonFile(work_.StateFile(), {{"schema", "percuss.state.v1"},
                                                       {"campaign_sha256", campaign_.file_sha256},
                                                       {"spent_wall_s", 0},
                                                       {"handed_in", true}});
    }
    if (made) return {};
    return Fail(made.error().code, "cannot be written to: " + made.error().Text(),
                options_.out.string());
  }

  // What the record says before anything is judged.
  void Begin() {
    if (!campaign_.file.empty()) {
      const auto copied = common::CopyFile(campaign_.file, work_.Package() / "campaign.json");
      if (!copied) problems_.push_back(copied.error().Text());
    }
    record_.targets.push_back(DescribeTarget(target_, problems_));
    common::TargetRun& run = record_.targets.front();
    run.retention.absent_reason = "no campaign file asks for it of inputs that were handed in";
    run.retention.asked = target_.retention.asked;
    run.coverage.absent_reason = run.timing.absent_reason = run.discovery.absent_reason =
        kNotFuzzed;
    record_.absent.push_back({"targets.engines", kNotFuzzed});
    if (!options_.minimise) {
      record_.campaign.deviations.emplace_back("findings were not minimised, as was asked for");
    }
    EnterPhase("self-check", 0);
    ShowProgress();
    auto cases = ProveOracle(campaign_, options_.harness_root, work_, *options_.interrupted);
    if (!cases) return problems_.push_back("self-check: " + cases.error().Text());
    record_.self_check = std::move(*cases);
    proven_ = !*options_.interrupted && IsProven(record_.self_check);
  }

  // Told apart by their bytes: a campaign's folders, and those of its instances, hold many twice.
  void ReadAll() {
    EnterPhase("reading", items_.size());
    std::map<std::string, size_t> first_of;
    for (size_t i = 0; i < items_.size() && !*options_.interrupted; ++i) {
      Item& item = items_[i];
      done_ = static_cast<int64_t>(i);
      ShowProgress();
      if (item.handed.file.empty()) continue;
      auto bytes = ReadInput(item.handed);
      if (!bytes) {
        item.judged = true;
        item.became.problem = bytes.error().message;
        continue;
      }
      item.bytes = static_cast<int64_t>(bytes->size());
      item.sha256 = common::Sha256Hex(*bytes);
      const auto [first, is_new] = first_of.emplace(item.sha256, i);
      if (!is_new) Join(item, items_[first->second], first->second);
    }
  }

  [[nodiscard]] std::optional<common::Error> NothingRead() const {
    const auto unread = [](const Item& item) { return !item.became.problem.empty(); };
    if (!std::all_of(items_.begin(), items_.end(), unread)) return std::nullopt;
    const Item& first = items_.front();
    return common::Error{ErrorCode::kBadInput,
                         fmt::format("none of {} can be read; of the first: {}",
                                     common::Counted(static_cast<int64_t>(items_.size()), "file"),
                                     first.became.problem),
                         first.handed.path, 0};
  }

  static void Join(Item& item, Item& first, size_t index) {
    item.same_as = index;
    if (first.handed.log.empty()) first.handed.log = item.handed.log;
    if (first.handed.history.empty()) first.handed.history = item.handed.history;
    first.handed.failed_before = first.handed.failed_before || item.handed.failed_before;
  }

  static Result<std::string> ReadInput(const HandedIn& handed) {
    auto bytes = ReadRegularFile(handed.file, IntakeLimits().input_bytes);
    if (bytes && !handed.sha256.empty() && common::Sha256Hex(*bytes) != handed.sha256) {
      return Fail(ErrorCode::kCorrupt, "its bytes are not those that were journalled", handed.path);
    }
    return bytes;
  }

  Result<Sighting> SightingOf(size_t index) {
    const HandedIn& handed = items_[index].handed;
    Sighting sighting;
    sighting.target = target_.id;
    sighting.engine = handed.engine;
    sighting.kind = handed.kind;
    sighting.signal = handed.signal;
    sighting.first_seen_s = handed.first_seen_s;
    sighting.first_seen_executions = handed.first_seen_executions;
    sighting.log = handed.log;
    sighting.handed_in = true;
    sighting.handed_in_as = index;
    sighting.has_input = !handed.file.empty();
    if (!sighting.has_input) return sighting;
    auto input = ReadInput(handed);
    if (!input) return tl::make_unexpected(input.error());
    sighting.input = std::move(*input);
    for (const stdfs::path& file : handed.history) {
      auto earlier = ReadRegularFile(file, IntakeLimits().input_bytes);
      if (!earlier) return tl::make_unexpected(earlier.error());
      sighting.history.push_back(std::move(*earlier));
    }
    return sighting;
  }

  // Inputs first: a log is one more sighting of what an input shows.
  void Judge(TriageQueue& queue) {
    queue.AddTarget(target_, PackBinaries(target_, work_, problems_));
    queue.EndRest();
    std::vector<size_t> logs;
    std::vector<size_t> inputs;
    for (size_t i = 0; i < items_.size(); ++i) {
      if (items_[i].judged || items_[i].same_as != i) continue;
      (items_[i].handed.file.empty() ? logs : inputs).push_back(i);
    }
    EnterPhase("judging", inputs.size() + logs.size());
    for (const auto* const some : {&inputs, &logs}) {
      for (const size_t index : *some) Feed(index, queue);
      while (queue.Progress().waiting > 0 && !*options_.interrupted) Wait(queue);
    }
    MeasureSurvivors(queue);
    EnterPhase("minimising", static_cast<size_t>(queue.Progress().minimising));
    while (queue.Progress().minimising > 0 && !*options_.interrupted) Wait(queue);
    if (*options_.interrupted) static_cast<void>(queue.DrainInterrupted(0));
    for (const std::string& problem : queue.Problems()) problems_.push_back(problem);
  }

  // Many times over in one process, where the campaign file asks for it.
  void MeasureSurvivors(TriageQueue& queue) {
    if (!target_.retention.asked || *options_.interrupted) return;
    std::vector<stdfs::path> survivors;
    std::map<stdfs::path, size_t> index_of;
    for (size_t i = 0; i < items_.size(); ++i) {
      const std::string outcome = OutcomeOf(items_[i]);
      const bool survived = outcome == "survived" || outcome == "not_reproduced";
      if (!survived || items_[i].same_as != i || items_[i].bytes < 0) continue;
      survivors.push_back(items_[i].handed.file);
      index_of[items_[i].handed.file] = i;
    }
    auto measured = MeasureRetention(target_, survivors, *options_.interrupted);
    record_.targets.front().retention = std::move(measured.result);
    for (const stdfs::path& input : measured.growing) {
      auto sighting = SightingOf(index_of.at(input));
      if (!sighting) continue;
      sighting->engine = kRetentionEngine;
      sighting->kind = "leak";
      sighting->log.clear();
      sighting->history.clear();
      queue.Requeue(std::move(*sighting));
    }
    while (queue.Progress().waiting > 0 && !*options_.interrupted) Wait(queue);
  }

  void Feed(size_t index, TriageQueue& queue) {
    while (queue.Progress().waiting >= kAhead && !*options_.interrupted) Wait(queue);
    if (*options_.interrupted) return;
    auto sighting = SightingOf(index);
    if (sighting) return queue.Requeue(std::move(*sighting));
    const std::scoped_lock lock(mutex_);
    items_[index].judged = true;
    items_[index].became.problem = sighting.error().message;
  }

  void Wait(const TriageQueue& queue) {
    const auto progress = queue.Progress();
    if (phase_ == "minimising") done_ = total_ - progress.minimising;
    ShowProgress();
    std::this_thread::sleep_for(kTick);
  }

  // From the queue's workers.
  void Note(const Sighting& sighting, const JudgedSighting& judged) {
    const std::scoped_lock lock(mutex_);
    Item& item = items_[sighting.handed_in_as];
    // One that was stopped half-way, by an interrupt, has not had its reruns.
    const bool cut_short = *options_.interrupted && judged.finding.empty() &&
                           judged.reproduction.reruns < options_.reruns;
    item.judged = !cut_short;
    item.became = judged;
    ++noted_;
  }

  int64_t ElapsedS() const {
    return (common::SystemClock().MonotonicNs() - started_ns_) / 1'000'000'000;
  }

  void EnterPhase(const std::string& phase, size_t total) {
    phase_ = phase;
    total_ = static_cast<int64_t>(total);
    done_ = 0;
    phase_since_ns_ = common::SystemClock().MonotonicNs();
  }

  void ShowProgress() {
    constexpr int64_t kShowEveryNs = 250'000'000;
    const int64_t now_ns = common::SystemClock().MonotonicNs();
    if (!options_.on_progress || now_ns - shown_ns_ < kShowEveryNs) return;
    shown_ns_ = now_ns;
    IntakeProgress progress;
    progress.phase = phase_;
    progress.elapsed_s = ElapsedS();
    progress.total = total_;
    progress.done = done_;
    if (phase_ == "judging") {
      const std::scoped_lock lock(mutex_);
      progress.done = noted_;
    }
    const double phase_s = static_cast<double>(now_ns - phase_since_ns_) / 1e9;
    if (progress.done > 0 && phase_s > 1) {
      progress.per_s = static_cast<double>(progress.done) / phase_s;
      progress.left_s = static_cast<int64_t>(static_cast<double>(progress.total - progress.done) /
                                             progress.per_s);
    }
    for (const auto& finding : book_.All()) {
      ++progress.findings;
      if (finding.flaky) ++progress.flaky;
    }
    options_.on_progress(progress);
  }

  // An input that could not be read again, or whose report is all that there is, counts as what it
  // became.
  IntakeTally Count() const {
    IntakeTally tally;
    tally.reruns = options_.reruns;
    tally.passed_over = static_cast<int64_t>(passed_over_.size());
    tally.tells_that_it_ran = TellsThatItRan(target_);
    for (size_t i = 0; i < items_.size(); ++i) {
      const Item& item = items_[i];
      if (item.judged && item.bytes < 0 && !item.handed.file.empty()) {
        ++tally.passed_over;
        continue;
      }
      if (item.same_as != i) {
        ++tally.same_bytes;
        continue;
      }
      ++(item.handed.file.empty() ? tally.logs : tally.inputs);
      const std::string outcome = OutcomeOf(item);
      if (outcome == "finding") ++tally.of_findings;
      if (outcome == "not_reproduced") ++tally.not_reproduced;
      if (outcome == "survived") ++tally.survived;
      if (outcome == "not_run" && ++tally.not_run == 1) tally.why_not_run = item.became.problem;
      if (outcome == "not_judged") ++tally.not_judged;
    }
    return tally;
  }

  common::Json RowOf(size_t index) const {
    const Item& item = items_[index];
    const Item& first = items_[item.same_as];
    common::Json row = {{"source", item.handed.source},
                        {"path", item.handed.path},
                        {"note", item.handed.note},
                        {"failed_before", item.handed.failed_before},
                        {"kind", item.handed.kind},
                        {"signal", item.handed.signal},
                        {"sha256", item.sha256},
                        {"bytes", item.bytes},
                        {"has_report", !item.handed.log.empty()},
                        {"outcome", OutcomeOf(first)},
                        {"finding", first.became.finding},
                        {"reproduced", first.became.reproduction.reproduced},
                        {"reruns", first.became.reproduction.reruns}};
    if (!first.became.problem.empty()) row["problem"] = first.became.problem;
    return row;
  }

  Status WriteList() const {
    common::Json list = {{"schema", "percuss.intake.v1"},
                         {"target", target_.id},
                         {"items", common::Json::array()},
                         {"passed_over", common::Json::array()}};
    for (size_t i = 0; i < items_.size(); ++i) list["items"].push_back(RowOf(i));
    for (const auto* const some : {&passed_over_, &of_other_targets_}) {
      for (const PassedOver& one : *some) {
        list["passed_over"].push_back({{"path", one.path}, {"why", one.why}});
      }
    }
    return common::WriteJsonFile(work_.Package() / "intake.json", list);
  }

  // What failed for somebody else is kept, up to a bound that is told.
  Status KeepNotReproduced() {
    uint64_t kept_bytes = 0;
    int64_t left_out = 0;
    for (size_t i = 0; i < items_.size(); ++i) {
      const Item& item = items_[i];
      const std::string outcome = OutcomeOf(item);
      const bool keep = outcome == "not_reproduced" || outcome == "not_run";
      if (!keep || item.same_as != i || item.bytes < 0) continue;
      kept_bytes += static_cast<uint64_t>(item.bytes);
      const auto bytes = ReadInput(item.handed);
      if (!bytes || kept_bytes > kMostKeptBytes) {
        ++left_out;
        continue;
      }
      const auto folder = work_.Package() / kNotReproduced;
      auto written = common::MakeFolder(folder);
      if (written) written = common::WriteFileAtomically(folder / item.sha256, *bytes);
      if (!written) return written;
    }
    if (left_out > 0) {
      record_.campaign.deviations.push_back(
          common::Counted(left_out, "input") +
          " that did not reproduce are in intake.json with their SHA-256, but not in "
          "not_reproduced/: too large together, or no longer there");
    }
    return {};
  }

  RunRecord Finish() {
    common::CampaignRun& run = record_.campaign;
    run.interrupted = *options_.interrupted;
    run.stop_reason = "everything that was handed in was judged";
    if (!proven_) run.stop_reason = "the self-check failed: nothing was judged";
    if (run.interrupted) run.stop_reason = "interrupted";
    run.ended_at = common::Rfc3339(common::SystemClock().UnixS());
    run.actual_wall_s = ElapsedS();
    run.cpu_s = ChildCpuS();
    run.host.load_after = HostLoad();
    record_.targets.front().actual_wall_s = run.actual_wall_s;
    KeepFindings(book_, work_, record_, problems_);
    for (const auto& write : {KeepNotReproduced(), WriteList()}) {
      if (!write) problems_.push_back(write.error().Text());
    }
    KeepOnlyNeededBinaries(work_, record_);
    JudgeIntake(problems_, Count(), record_);
    return record_;
  }

  CampaignSpec campaign_;
  const TargetSpec& target_;
  const IntakeOptions& options_;
  std::vector<PassedOver> passed_over_;
  std::vector<PassedOver> of_other_targets_;
  std::vector<Item> items_;
  WorkDir work_;
  FindingBook book_;
  RunRecord record_;
  std::vector<std::string> problems_;
  bool proven_ = false;
  std::mutex mutex_;  // items_ and noted_ while the queue lives
  int64_t noted_ = 0;
  std::string phase_;
  int64_t done_ = 0;
  int64_t total_ = 0;
  int64_t started_ns_ = 0;
  int64_t phase_since_ns_ = 0;
  int64_t shown_ns_ = 0;
};

}  // namespace

Result<RunRecord> JudgeHandedIn(const CampaignSpec& campaign, Intake intake,
                                const IntakeOptions& options) {
  TakeCores(campaign.targets.front(), *options.interrupted, intake);
  return IntakeRunner(campaign, std::move(intake), options).Run();
}

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
#include "campaign/target_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "campaign/engine/block_coverage.h"
#include "campaign/engine/engine_log.h"
#include "campaign/measure/cost.h"
#include "campaign/measure/coverage.h"
#include "campaign/measure/deadline.h"
#include "campaign/measure/discovery.h"
#include "campaign/measure/retention.h"
#include "campaign/measure/retention_runner.h"
#include "campaign/measure/session_states.h"
#include "campaign/measure/timing.h"
#include "campaign/preflight.h"
#include "campaign/record_parts.h"
#include "campaign/stop_reasons.h"
#include "campaign/target_command.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/hash.h"
#include "common/log.h"
#include "protocols/model_reader.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;

constexpr int64_t kShareEveryNs = 2'000'000'000;
constexpr double kLongestStartS = 60;
constexpr const char* kFirstSeed = "0";  // where the user gives none

int64_t NowNs() { return common::SystemClock().MonotonicNs(); }

// "<target>/libfuzzer0" to "libfuzzer".
std::string EngineOf(const std::string& id) {
  const size_t begin = id.rfind('/') + 1;
  return id.substr(begin, id.find_last_not_of("0123456789") + 1 - begin);
}

// Of a model's file; where it uses others, of the set of all that was read. Empty: it cannot be.
std::string DigestOfModel(const std::filesystem::path& path) {
  std::vector<std::string> digests;
  if (!protocols::ReadModelFile(path, &digests)) return {};
  for (std::string& text : digests) text = common::Sha256Hex(text);
  return digests.size() == 1 ? digests.front() : common::Sha256OfSet(std::move(digests));
}

}  // namespace

TargetSession::TargetSession(const TargetSpec& target, const SessionContext& context)
    : target_(target), context_(context), corpus_(context.work->Corpus(target.id)) {}

void TargetSession::Fail(const std::string& what) {
  common::LogError("{}: {}", target_.id, what);
  failures_.push_back(what);
}

void TargetSession::Prepare() {
  PrepareRecord();
  if (auto made = context_.work->CreateTarget(target_.id); !made) return Fail(made.error().Text());
  const auto before = corpus_.Digest();
  if (!before) return Fail("the stored corpus cannot be trusted: " + before.error().Text());
  record_.corpus.sha256_before = *before;
  RunRegression();
  if (failures_.empty()) CollectSeeds();
}

void TargetSession::PrepareRecord() {
  std::vector<std::string> failures;
  record_ = DescribeTarget(target_, failures);
  record_.planned_wall_s = context_.wall_s;
  for (const std::string& failure : failures) Fail(failure);
  if (!target_.dictionary.empty()) {
    record_.corpus.dictionary_sha256 = common::Sha256FileHex(target_.dictionary).value_or("");
  }
  if (target_.along_model) {
    record_.corpus.model = target_.model.stem().string();
    record_.corpus.model_sha256 = DigestOfModel(target_.model);
  }
}

void TargetSession::RunRegression() {
  if (target_.regression.empty()) return;
  const auto inputs = ListRegressionInputs(target_.regression);
  if (!inputs) return Fail("regression corpus: " + inputs.error().Text());
  record_.corpus.regression_inputs = static_cast<int64_t>(inputs->size());
  const std::string role = MainRole(target_);
  const size_t reported = failures_.size();
  const int64_t failed_before = record_.corpus.regression_failed;
  ReportFailed("regression", role, *inputs);
  if (target_.binaries.contains("msan")) ReportFailed("msan_replay", "msan", *inputs);
  if (failures_.size() == reported && record_.corpus.regression_failed > failed_before) {
    common::LogInfo("{}: {} of {} regression inputs fail", target_.id,
                    record_.corpus.regression_failed, inputs->size());
  }
}

// Runs the inputs and reports those that fail as sightings of `engine`.
void TargetSession::ReportFailed(const std::string& engine, const std::string& role,
                                 const std::vector<stdfs::path>& inputs) {
  auto replay = ReplayAll(target_, role, inputs, *context_.interrupted);
  if (!replay) return Fail(replay.error().Text());
  if (engine == "regression") {
    record_.corpus.regression_failed += static_cast<int64_t>(replay->failed.size());
  }
  for (const FailedInput& failed : replay->failed) {
    ReportSighting(engine, {failed.outcome.kind, failed.path, "", {}}, -1);
  }
}

void TargetSession::CollectSeeds() {
  const auto folder = context_.work->Engine(target_.id, "seeds");
  std::error_code ignored;
  stdfs::remove_all(folder, ignored);
  const CorpusStore seeds(folder);
  for (const auto& from : {target_.seeds, corpus_.Folder()}) {
    if (from.empty()) continue;
    const auto merged = seeds.MergeFrom(from);
    if (!merged) return Fail("seeds: " + merged.error().Text());
  }
  const auto inputs = seeds.Inputs();
  record_.corpus.seeds = static_cast<int64_t>(inputs.size());
  if (inputs.empty()) return WriteFirstSeed(seeds);
  auto replay = ReplayAll(target_, MainRole(target_), inputs, *context_.interrupted);
  if (!replay) return Fail(replay.error().Text());
  for (const FailedInput& failed : replay->failed) {
    ReportSighting("seed", {failed.outcome.kind, failed.path, "", {}}, -1);
    stdfs::remove(failed.path, ignored);
  }
  if (replay->survivors.empty() && !*context_.interrupted) {
    return Fail(
        fmt::format("all {} seeds fail: there is nothing to start from, and the target may "
                    "be broken",
                    inputs.size()));
  }
  CheckHeard(*replay);
}

void TargetSession::WriteFirstSeed(const CorpusStore& seeds) {
  if (!target_.seeds.empty()) {
    common::LogWarning("{}: no input is in the folder of seeds {}: the engines start from \"{}\"",
                       target_.id, target_.seeds.string(), kFirstSeed);
  }
  const auto first = seeds.ImportBytes(kFirstSeed);
  if (!first) return Fail("cannot write a first seed: " + first.error().Text());
  // On a host everything is read. Whether it is survived the engines find out.
  if (!target_.binaries.contains("firmware")) return;
  auto replay = ReplayAll(target_, MainRole(target_), seeds.Inputs(), *context_.interrupted);
  if (!replay) return Fail(replay.error().Text());
  CheckHeard(*replay);
}

// What survives because it never arrives would be a pass that shows nothing.
void TargetSession::CheckHeard(const ReplaySummary& replay) {
  if (replay.unheard == 0) return;
  const auto survivors = static_cast<int64_t>(replay.survivors.size());
  if (replay.unheard == survivors) {
    return Fail(fmt::format("no seed reaches the firmware as it is: {}", replay.why_unheard));
  }
  common::LogWarning("{}: {} of {} seeds do not reach the firmware as they are: {}", target_.id,
                     replay.unheard, survivors, replay.why_unheard);
}

void TargetSession::StartEngines() {
  started_ns_ = NowNs();
  if (!failures_.empty()) return;
  int number = 0;
  for (const std::string& name : target_.engines) {
    for (int i = 0; i < context_.instances_per_engine; ++i, ++number) {
      EngineSetup setup;
      setup.id = fmt::format("{}/{}{}", target_.id, name, i);
      setup.target = &target_;
      setup.watchdog = context_.watchdog;
      // Instances of AFL++ share a folder: that is how they share finds.
      setup.folder = context_.work->Engine(
          target_.id, name == "libfuzzer" || name == "cost" ? fmt::format("{}{}", name, i) : name);
      setup.seeds = context_.work->Engine(target_.id, "seeds");
      setup.seed = context_.seed + number;
      setup.instance = i;
      auto engine = MakeEngine(name, setup);
      if (!engine) return Fail(engine.error().Text());
      if (auto started = (*engine)->Start(); !started) {
        return Fail(name + " could not start: " + started.error().Text());
      }
      engines_.push_back(std::move(*engine));
      engine_ids_.push_back(setup.id);
    }
  }
  states_.resize(engines_.size());
  running_ = true;
}

void TargetSession::ReportSighting(const std::string& engine, const RawSighting& raw,
                                   int64_t executions) {
  const auto bytes = common::ReadFile(raw.input);
  if (!bytes) return Fail("a crash could not be read: " + bytes.error().Text());
  Sighting sighting;
  sighting.target = target_.id;
  sighting.engine = engine;
  sighting.input = *bytes;
  sighting.history = raw.history;
  sighting.log = raw.log;
  sighting.kind = raw.hint;
  sighting.handed_in = engine == kRetentionEngine;  // it did not fail: reruns alone can tell
  sighting.first_seen_s = started_ns_ == 0 ? 0 : ElapsedS();
  sighting.first_seen_executions = executions;
  if (auto reported = context_.triage->Report(std::move(sighting)); !reported) {
    Fail(reported.error().Text());
  }
}

void TargetSession::OnHang(const HangSighting& hang) {
  if (!hang.input) return;  // the engine's own artifact will tell
  OnSlow(*hang.input);
  Sighting sighting;
  sighting.target = target_.id;
  sighting.engine = EngineOf(hang.engine_id);
  sighting.input = *hang.input;
  sighting.kind = "hang";
  sighting.time_use = hang.time_use;
  sighting.first_seen_s = ElapsedS();
  sighting.first_seen_executions = static_cast<int64_t>(hang.sequence / 2);
  // A failure is kept by the queue, and ends the campaign as an infrastructure error.
  static_cast<void>(context_.triage->Report(std::move(sighting)));
}

void TargetSession::OnSlow(const std::string& input) {
  const std::lock_guard lock(slow_mutex_);
  slow_.push_back(input);
}

void TargetSession::SetAsideSlowInputs() {
  std::vector<std::string> slow;
  {
    const std::lock_guard lock(slow_mutex_);
    slow.swap(slow_);
  }
  for (const std::string& input : slow) {
    if (!set_aside_.insert(common::Sha256Hex(input)).second) continue;
    for (const auto& engine : engines_) engine->SetAside(input);
  }
}

void TargetSession::Share(Engine& finder) {
  for (const auto& input : finder.TakeNewCorpus()) {
    const auto kept = corpus_.Import(input);
    // An engine may have replaced the file meanwhile by a smaller one; anything else is a failed
    // save.
    if (!kept && kept.error().code != common::ErrorCode::kNotFound) {
      Fail("the corpus could not be saved: " + kept.error().Text());
    }
    if (!kept || !*kept) continue;
    const auto digest = common::Sha256FileHex(input);
    if (!digest || set_aside_.contains(*digest)) continue;
    for (const auto& other : engines_) {
      if (other.get() == &finder || other->Name() == finder.Name()) continue;
      if (auto offered = other->Offer(input); !offered) {
        common::LogDebug("{}: a find could not be shared: {}", target_.id, offered.error().Text());
      }
    }
  }
}

void TargetSession::Poll() {
  if (!running_) return;
  SetAsideSlowInputs();
  const bool share = NowNs() - shared_ns_ >= kShareEveryNs;
  for (size_t i = 0; i < engines_.size(); ++i) {
    Engine& engine = *engines_[i];
    const bool was_running = states_[i].failure.empty();
    states_[i] = engine.Poll();
    for (const RawSighting& raw : engine.TakeSightings()) {
      ReportSighting(engine.Name(), raw, states_[i].executions);
    }
    if (share) Share(engine);
    if (was_running && !states_[i].failure.empty()) Fail(engine.Name() + ": " + states_[i].failure);
  }
  if (share) shared_ns_ = NowNs();
  NoteFirstInputs();
  CheckBudget();
}

void TargetSession::NoteFirstInputs() {
  if (fuzzing_since_ns_ != 0) return;
  const bool all_began = std::all_of(states_.begin(), states_.end(), [](const EngineState& state) {
    return state.began || !state.failure.empty();
  });
  if (all_began || ElapsedS() >= kLongestStartS) fuzzing_since_ns_ = NowNs();
}

void TargetSession::CheckBudget() {
  int64_t executions = 0;
  double last_find_s = 0;
  bool any_alive = false;
  for (const EngineState& state : states_) {
    executions += state.executions;
    last_find_s = std::max(last_find_s, state.last_find_s);
    any_alive = any_alive || state.failure.empty();
  }
  const double fuzzing_s =
      fuzzing_since_ns_ == 0 ? 0 : static_cast<double>(NowNs() - fuzzing_since_ns_) * 1e-9;
  const auto reached = [&](int64_t bound, double value) {
    return bound > 0 && value >= static_cast<double>(bound);
  };
  const Budget& budget = target_.budget;
  if (!any_alive) {
    stop_reason_ = kStoppedWithoutEngine;
  } else if (*context_.interrupted) {
    stop_reason_ = kStoppedByInterrupt;
  } else if (reached(context_.wall_s, fuzzing_s)) {
    stop_reason_ = kStoppedByWallTime;
  } else if (reached(budget.executions, static_cast<double>(executions))) {
    stop_reason_ = kStoppedByExecutions;
  } else if (reached(budget.plateau_s, fuzzing_s - last_find_s)) {
    stop_reason_ = kStoppedByPlateau;
  } else if (reached(budget.cpu_s, fuzzing_s * static_cast<double>(engines_.size()))) {
    stop_reason_ = kStoppedByCpuTime;
  }
  running_ = stop_reason_.empty();
}

void TargetSession::StopEngines() {
  if (started_ns_ == 0) return;
  ended_after_s_ = ElapsedS();
  running_ = false;
  for (size_t i = 0; i < engines_.size(); ++i) {
    Engine& engine = *engines_[i];
    engine.Stop();
    for (const RawSighting& raw : engine.TakeSightings()) {
      ReportSighting(engine.Name(), raw, states_[i].executions);
    }
    Share(engine);
    for (const auto& input : engine.CorpusFiles()) {
      const auto kept = corpus_.Import(input);
      if (!kept) Fail("the corpus could not be saved: " + kept.error().Text());
    }
    KeepLog(engine, i);
    NoteFlood(engine_ids_[i]);
    record_.engines.push_back(engine.Record());
    common::EngineRun& run = record_.engines.back();
    if (run.stop_reason.empty()) run.stop_reason = stop_reason_;
    if (*context_.interrupted) continue;  // it may not have come to its first input
    if (run.executions == 0) {
      Fail(engine.Name() + " executed nothing: " + WhyItEnded(engine.LogTail()));
    }
    const std::string failure = engine.Poll().failure;
    if (states_[i].failure.empty() && !failure.empty()) Fail(engine.Name() + ": " + failure);
  }
  record_.actual_wall_s = static_cast<int64_t>(ended_after_s_);
  record_.discovery = EstimateDiscovery(engines_);
}

void TargetSession::Measure() {
  const auto inputs = corpus_.Inputs();
  record_.corpus.inputs_after = static_cast<int64_t>(inputs.size());
  const auto digest = corpus_.Digest();
  if (!digest) Fail("the corpus could not be saved: " + digest.error().Text());
  record_.corpus.sha256_after = digest.value_or("");
  if (target_.binaries.contains("msan") && failures_.empty()) {
    ReportFailed("msan_replay", "msan", inputs);
  }
  const auto scratch = context_.work->Scratch(target_.id);
  record_.coverage = MeasureCoverage(target_, inputs, scratch, *context_.interrupted);
  record_.session_states = ReadSessionStates(scratch / kSessionStatesFolder);
  record_.block_coverage =
      MeasureBlocks(target_, inputs, context_.work->Package(),
                    stdfs::path("coverage") / WorkDir::SafeName(target_.id) / "blocks.json",
                    *context_.interrupted);
  ReplyGraph replies;
  record_.timing = MeasureTiming(target_, inputs, scratch, *context_.interrupted, replies);
  if (!record_.session_states.present) record_.session_states = replies.States();
  MeasureCosts(inputs, scratch);
  auto retention = MeasureRetention(target_, inputs, *context_.interrupted);
  record_.retention = std::move(retention.result);
  KeepMeasuredInputs();
  for (const stdfs::path& input : retention.growing) {
    ReportSighting(kRetentionEngine, {"leak", input, "", {}}, -1);
  }
  const auto deadline = HoldAgainstDeadline(target_, inputs, scratch, *context_.interrupted);
  record_.timing.deadline = deadline.result;
  for (const stdfs::path& input : deadline.missed) {
    ReportSighting("timing", {"deadline", input, "", {}}, -1);
  }
}

void TargetSession::MeasureCosts(const std::vector<stdfs::path>& inputs,
                                 const stdfs::path& scratch) {
  const auto& engines = target_.engines;
  if (std::find(engines.begin(), engines.end(), "cost") == engines.end()) return;
  auto costliest = CostliestInputs(target_, inputs, scratch, *context_.interrupted);
  if (costliest) {
    record_.costliest = std::move(*costliest);
  } else if (!*context_.interrupted) {
    deviations_.push_back(target_.id + ": what the inputs of the cost search cost is not known: " +
                          costliest.error().Text());
  }
}

void TargetSession::KeepLog(const Engine& engine, size_t number) {
  const auto folder = context_.work->Package() / "logs" / WorkDir::SafeName(target_.id);
  auto kept = common::MakeFolder(folder);
  if (kept) {
    kept = common::WriteFileAtomically(folder / fmt::format("{}-{}.txt", number, engine.Name()),
                                       engine.LogTail());
  }
  if (!kept) Fail("the engine's log could not be saved: " + kept.error().Text());
}

void TargetSession::NoteFlood(const std::string& engine_id) {
  const int64_t count = context_.watchdog->CutShort(engine_id);
  if (count == 0) return;
  deviations_.push_back(
      fmt::format("{}: after {} inputs over the time limit, {} more were stopped at a tenth of it; "
                  "one in {} had its whole time",
                  engine_id, kFloodHangs, count, kFloodShare));
}

// Those that the numbers name, each once whatever it stands for.
void TargetSession::KeepMeasuredInputs() {
  const auto place = stdfs::path("timing") / WorkDir::SafeName(target_.id);
  const auto folder = context_.work->Package() / place;
  common::Timing& timing = record_.timing;
  auto& growing = record_.retention.growing;
  if (timing.slowest.empty() && record_.costliest.empty() && growing.empty()) return;
  auto kept = common::MakeFolder(folder);
  std::map<std::string, std::string> names;  // by digest
  const auto keep = [&](std::string& path, const std::string& sha256, const std::string& name) {
    const auto [it, is_new] = names.emplace(sha256, name);
    if (kept && is_new) kept = common::CopyFile(path, folder / name);
    path = (place / it->second).generic_string();
  };
  for (size_t i = 0; i < timing.slowest.size(); ++i) {
    keep(timing.slowest[i].path, timing.slowest[i].sha256, fmt::format("slow-{}", i));
  }
  for (size_t i = 0; i < timing.outliers.size(); ++i) {
    keep(timing.outliers[i].path, timing.outliers[i].sha256, fmt::format("outlier-{}", i));
  }
  for (common::Growth& growth : timing.growth) {
    for (common::SlowInput& input : growth.shown_by) {
      keep(input.path, input.sha256, fmt::format("{}-{}", growth.of, input.bytes));
    }
  }
  for (size_t i = 0; i < record_.costliest.size(); ++i) {
    common::SlowInput& input = record_.costliest[i];
    keep(input.path, input.sha256, fmt::format("costly-{}", i));
  }
  for (size_t i = 0; i < growing.size(); ++i) {
    keep(growing[i].path, growing[i].sha256, fmt::format("growing-{}", i));
  }
  if (!kept) Fail("the measured inputs could not be saved: " + kept.error().Text());
}

std::vector<EngineProgress> TargetSession::Progress() const {
  std::vector<EngineProgress> progress;
  for (size_t i = 0; i < states_.size(); ++i) {
    progress.push_back(
        {target_.id, engines_[i]->Name(), states_[i],
         states_[i].executions > 0 ? static_cast<double>(states_[i].executions) / ElapsedS() : -1});
  }
  return progress;
}

double TargetSession::ElapsedS() const { return static_cast<double>(NowNs() - started_ns_) * 1e-9; }

common::TargetRun TargetSession::Record() const { return record_; }

}  // namespace percuss::campaign

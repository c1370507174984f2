// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage_queue.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <span>
#include <utility>

#include "campaign/engine/board_target.h"
#include "campaign/engine/program_target.h"
#include "campaign/harness_facts.h"
#include "campaign/measure/deadline.h"
#include "campaign/measure/retention_runner.h"
#include "campaign/model_dump.h"
#include "campaign/supervise/sanitizer_environment.h"
#include "campaign/target_command.h"
#include "campaign/triage/confirmation.h"
#include "campaign/triage/crash_report.h"
#include "campaign/triage/firmware_report.h"
#include "campaign/triage/forking_input_runner.h"
#include "campaign/triage/process_input_runner.h"
#include "campaign/triage/signature.h"
#include "campaign/triage/source_lines_runner.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/hash.h"
#include "common/log.h"
#include "protocols/message_stream.h"
#include "protocols/model_reader.h"
#include "protocols/reductions.h"
#include "protocols/stream_reductions.h"

namespace percuss::campaign {
namespace {

// Times what judging a known hang took, before the target's next one.
constexpr int64_t kHangRestFactor = 9;

constexpr size_t kMostParts = 256;

// Streams and blocks of streams, of firmware whose inputs may have some.
std::vector<ReducedInput> StreamPartsOf(const std::string& input) {
  std::vector<ReducedInput> reduced;
  const std::span bytes(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  for (const protocols::Reduction& one : protocols::StreamReductions(bytes, kMostParts)) {
    reduced.push_back(
        {one.at, one.size, {one.result.begin(), one.result.end()}, one.also_at, one.also});
  }
  return reduced;
}

// Along the target's model, which was read when the campaign file was, and by stream; nullptr where
// there is neither.
ReduceByParts PartsOf(const TargetSpec& target) {
  const bool streams = !target.rehost.firmware.empty();
  const auto by_stream = streams ? ReduceByParts(StreamPartsOf) : nullptr;
  if (target.model.empty()) return by_stream;
  const auto read = protocols::ReadModelFile(target.model);
  if (!read) return by_stream;
  const auto model = std::make_shared<const protocols::Model>(*read);
  return [model, streams, stream = target.rehost.message_stream](const std::string& input) {
    std::vector<ReducedInput> reduced;
    if (streams) reduced = StreamPartsOf(input);
    const std::span bytes(reinterpret_cast<const uint8_t*>(input.data()), input.size());
    protocols::MessagePlace place = {true, 0, bytes.size(), bytes.size(), 0};
    if (stream) place = protocols::FindMessage(bytes, *stream);
    if (!place.found) return reduced;
    const auto message = bytes.subspan(place.begin, place.size);
    for (const protocols::Reduction& one : protocols::Reductions(*model, message, kMostParts)) {
      const protocols::Bytes whole = protocols::WithMessage(bytes, place, one.result);
      reduced.push_back({place.begin + one.at, one.size, {whole.begin(), whole.end()}, 0, 0});
    }
    return reduced;
  };
}

// Of roles and paths: where source lines of firmware on the fast core are looked up.
template <typename Path>
auto ImageOfLines(const std::map<std::string, Path>& binaries) {
  const auto symbols = binaries.find("symbols");
  return symbols != binaries.end() ? symbols : binaries.find("image");
}

}  // namespace

struct TriageQueue::TargetTriage {
  struct Build {
    std::unique_ptr<InputRunner> runner;
    std::unique_ptr<InputRunner> unsymbolised;  // of builds with a sanitizer
    std::unique_ptr<InputRunner> quick;         // likewise
    std::unique_ptr<InputRunner> last_writer;   // of firmware
    std::unique_ptr<Judge> judge;
  };
  TargetSpec target;
  std::map<std::string, Build> builds;  // by role

  void AddBoard(const std::map<std::string, std::string>& packaged, ReplayRecipe& recipe) const {
    const auto carried = packaged.find("board");
    const auto& path = target.binaries.at("board");
    const auto tools = BoardTools(path);
    if (!tools.empty()) recipe.emulator_sha256 = tools.front().sha256;
    recipe.board_sha256 = common::Sha256FileHex(path).value_or("");
    recipe.argv = EmulateCommand("percuss", recipe.argv.front(),
                                 carried == packaged.end() ? path.string() : carried->second,
                                 kInputPlaceholder);
  }

  void AddProgram(const std::map<std::string, std::string>& packaged, ReplayRecipe& recipe) const {
    const auto tools = ProgramTools(target.binaries.at("program"));
    if (!tools.empty()) recipe.emulator_sha256 = tools.front().sha256;
    recipe.program = target.program;
    const auto carried = packaged.find("sysroot");
    if (carried != packaged.end()) recipe.program->sysroot = carried->second;
    recipe.argv =
        EmulateProgramCommand("percuss", recipe.argv.front(), *recipe.program, kInputPlaceholder);
  }

  // Firmware on the fast core explains its failures itself; percuss-confirm asks another processor.
  void AddRehost(const std::filesystem::path& program, Build& build, JudgeOptions& options) const {
    TargetCommand explaining = CommandFor(target, options.recipe.binary_role);
    explaining.environment[kExplainVariable] = "1";
    build.last_writer =
        std::make_unique<ProcessInputRunner>(explaining, LimitsToExplain(LimitsFor(target)));
    options.confirm = [program](const std::filesystem::path& input) {
      return ConfirmOnOtherProcessor(ConfirmProgram(), program, input);
    };
    const auto image = ImageOfLines(target.binaries);
    if (image == target.binaries.end()) return;
    for (auto* runner : {&build.runner, &build.unsymbolised, &build.quick, &build.last_writer}) {
      *runner = std::make_unique<SourceLinesRunner>(std::move(*runner), image->second);
    }
  }

  TargetTriage(const TargetSpec& spec, const std::map<std::string, std::string>& packaged,
               const WorkDir& work, FindingBook& book, int reruns)
      : target(spec) {
    for (const auto& [role, path] : target.binaries) {
      const bool of_deadline = role == "benchmark" && target.deadline.asked;
      if (!JudgesFindings(role) && !of_deadline) continue;
      JudgeOptions options;
      options.reruns = reruns;
      options.parts = PartsOf(target);
      options.dump = DumpByModel(target);
      options.package_folder = work.Package();
      options.scratch_folder = work.Scratch(target.id);
      options.recipe = RecipeFor(role, path, packaged);
      Build build;
      if (of_deadline) {
        build.runner = std::make_unique<DeadlineRunner>(
            DeadlineSetting{path, target.environment, target.deadline.cpu_us,
                            target.deadline.source},
            options.scratch_folder);
      } else {
        const TargetCommand command = CommandFor(target, role);
        TargetCommand fast = command;
        fast.symbolize = false;
        build.runner = std::make_unique<ProcessInputRunner>(command, LimitsFor(target));
        build.unsymbolised = std::make_unique<ProcessInputRunner>(fast, LimitsFor(target));
        build.quick = std::make_unique<ForkingInputRunner>(fast, LimitsFor(target));
        if (!target.rehost.firmware.empty()) AddRehost(path, build, options);
        if (role == "firmware") {
          TargetCommand telling = command;
          telling.argv.emplace_back("--last-writer");
          build.last_writer = std::make_unique<ProcessInputRunner>(telling, LimitsFor(target));
        }
      }
      options.unsymbolised = build.unsymbolised.get();
      options.quick = build.quick.get();
      options.last_writer = build.last_writer.get();
      build.judge = std::make_unique<Judge>(*build.runner, book, options);
      builds.emplace(role, std::move(build));
    }
    AddRetention(packaged, work, book, reruns);
  }

  // What grows over many inputs is judged by many runs in one process.
  void AddRetention(const std::map<std::string, std::string>& packaged, const WorkDir& work,
                    FindingBook& book, int reruns) {
    const std::string role = MainRole(target);
    if (role != "libfuzzer" && role != "aflpp") return;
    if (target.binaries.contains("image")) return;  // each input begins from one snapshot
    JudgeOptions options;
    options.reruns = reruns;
    options.package_folder = work.Package();
    options.scratch_folder = work.Scratch(target.id);
    options.recipe = RecipeFor(role, target.binaries.at(role), packaged);
    options.recipe.repetition = kRepetition;
    if (role == "libfuzzer") {
      // By hand: whoever watches the process sees it grow.
      options.recipe.argv.insert(
          options.recipe.argv.begin() + 1,
          "-runs=" + std::to_string(kRepetition.rounds * kRepetition.inputs));
    }
    Build build;
    build.runner =
        std::make_unique<RetentionRunner>(CommandFor(target, role), LimitsFor(target), kRepetition);
    build.judge = std::make_unique<Judge>(*build.runner, book, options);
    builds.emplace(kRetentionEngine, std::move(build));
  }

  ReplayRecipe RecipeFor(const std::string& role, const std::filesystem::path& path,
                         const std::map<std::string, std::string>& packaged) const {
    ReplayRecipe recipe;
    recipe.harness = target.harness;
    if (const auto facts = ReadHarnessFacts(path)) {
      recipe.input_format_version = facts->input_format_version;
    }
    recipe.binary_role = role;
    recipe.binary_sha256 = common::Sha256FileHex(path).value_or("");
    if (const auto it = packaged.find(role); it != packaged.end())
      recipe.binary_packaged = it->second;
    recipe.binary_path = path.string();
    recipe.argv = {recipe.binary_packaged.empty() ? path.string() : recipe.binary_packaged,
                   kInputPlaceholder};
    if (role == "firmware") AddBoard(packaged, recipe);
    if (role == "program") AddProgram(packaged, recipe);
    const auto image = ImageOfLines(packaged);
    if (!target.rehost.firmware.empty()) {
      recipe.image = image == packaged.end() ? std::string() : image->second;
    }
    recipe.environment = JudgingEnvironment(target.environment, target.limits.rss_mib);
    recipe.target_environment = target.environment;
    recipe.input_limit_ms = target.limits.input_ms;
    recipe.rss_limit_mib = target.limits.rss_mib;
    if (role == "benchmark") {
      recipe.deadline_us = target.deadline.cpu_us;
      recipe.deadline_source = target.deadline.source;
    }
    return recipe;
  }
};

TriageQueue::TriageQueue(const WorkDir& work, Journal& journal, FindingBook& book,
                         TriageOptions options)
    : work_(work), journal_(journal), book_(book), options_(std::move(options)) {
  for (int i = 0; i < options_.workers; ++i) {
    workers_.emplace_back([this, i](const std::stop_token& stop) { Work(i == 0, stop); });
  }
}

TriageQueue::~TriageQueue() {
  cancel_judging_.request_stop();
  for (std::jthread& worker : workers_) worker.request_stop();
  changed_.notify_all();
}

void TriageQueue::AddTarget(const TargetSpec& target,
                            const std::map<std::string, std::string>& packaged) {
  auto triage = std::make_unique<TargetTriage>(target, packaged, work_, book_, options_.reruns);
  const std::scoped_lock lock(mutex_);
  targets_[target.id] = std::move(triage);
}

common::Status TriageQueue::Report(Sighting sighting) {
  const std::string seen = sighting.target + "/" + common::Sha256Hex(sighting.input);
  {
    const std::scoped_lock lock(mutex_);
    if (!reported_.insert(seen).second) return {};
  }
  JournalEntry entry;
  entry.target = sighting.target;
  entry.engine = sighting.engine;
  entry.kind = sighting.kind;
  entry.signal = sighting.signal;
  entry.first_seen_s = sighting.first_seen_s;
  entry.first_seen_executions = sighting.first_seen_executions;
  auto written = journal_.AppendSighting(entry, {sighting.input, sighting.history, sighting.log});
  if (!written) {
    AddProblem("a crash could not be written down: " + written.error().Text());
    return tl::make_unexpected(written.error());
  }
  const std::scoped_lock lock(mutex_);
  Queue(std::move(sighting));
  return {};
}

void TriageQueue::Queue(Sighting sighting) {
  auto& queue = IsTimeKind(sighting.kind) ? hangs_ : sightings_;
  queue.push_back(std::move(sighting));
  changed_.notify_all();
}

void TriageQueue::Requeue(Sighting sighting) {
  const std::scoped_lock lock(mutex_);
  reported_.insert(sighting.target + "/" + common::Sha256Hex(sighting.input));
  Queue(std::move(sighting));
}

TriageProgress TriageQueue::Progress() const {
  const std::scoped_lock lock(mutex_);
  return {static_cast<int64_t>(reported_.size()),
          static_cast<int64_t>(sightings_.size() + hangs_.size()) + judging_,
          static_cast<int64_t>(unminimised_.size()) + minimising_};
}

int64_t TriageQueue::DropUnminimised() {
  const std::scoped_lock lock(mutex_);
  const auto dropped = static_cast<int64_t>(unminimised_.size());
  unminimised_.clear();
  return dropped;
}

int64_t TriageQueue::DrainInterrupted(int64_t for_s) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(for_s);
  int64_t left = 0;
  std::unique_lock lock(mutex_);
  while (judging_ + minimising_ > 0 || !sightings_.empty() || !hangs_.empty() ||
         !unminimised_.empty()) {
    unminimised_.clear();
    if (std::chrono::steady_clock::now() >= deadline) {
      left += static_cast<int64_t>(sightings_.size() + hangs_.size());
      sightings_.clear();
      hangs_.clear();
      cancel_judging_.request_stop();
    }
    changed_.wait_for(lock, std::chrono::milliseconds(100));
  }
  return left;
}

void TriageQueue::EndRest() {
  const std::scoped_lock lock(mutex_);
  rest_allowed_ = false;
}

std::map<std::string, int64_t> TriageQueue::DropRepeatedHangs() {
  std::set<std::string> hanging;
  for (const common::Finding& finding : book_.All()) {
    if (IsTimeKind(finding.kind)) hanging.insert(finding.target);
  }
  std::map<std::string, int64_t> dropped;
  const std::scoped_lock lock(mutex_);
  std::erase_if(hangs_, [&](const Sighting& sighting) {
    if (!hanging.contains(sighting.target)) return false;
    ++dropped[sighting.target];
    return true;
  });
  return dropped;
}

std::map<std::string, int64_t> TriageQueue::OverTimeOnce() const {
  const std::scoped_lock lock(mutex_);
  return over_time_once_;
}

std::vector<std::string> TriageQueue::Problems() const {
  const std::scoped_lock lock(mutex_);
  return problems_;
}

void TriageQueue::AddProblem(const std::string& what) {
  common::LogError("{}", what);
  const std::scoped_lock lock(mutex_);
  problems_.push_back(what);
}

std::optional<Sighting> TriageQueue::TakeNext() {
  auto* queue = &sightings_;
  auto next = sightings_.begin();
  if (sightings_.empty()) {
    const int64_t now = common::SystemClock().MonotonicNs();
    queue = &hangs_;
    next = std::find_if(hangs_.begin(), hangs_.end(), [&](const Sighting& sighting) {
      return !rest_allowed_ || hangs_rest_until_ns_[sighting.target] <= now;
    });
  }
  if (next == queue->end()) return std::nullopt;
  std::optional<Sighting> sighting(std::move(*next));
  queue->erase(next);
  return sighting;
}

void TriageQueue::JudgeHang(const Sighting& sighting, const std::stop_token& stop) {
  const common::Clock& clock = common::SystemClock();
  const int64_t begin_ns = clock.MonotonicNs();
  if (JudgeOne(sighting, stop)) return;
  const int64_t end_ns = clock.MonotonicNs();
  const std::scoped_lock lock(mutex_);
  hangs_rest_until_ns_[sighting.target] = end_ns + kHangRestFactor * (end_ns - begin_ns);
}

void TriageQueue::Work(bool first, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if ((first || !rest_allowed_) && WorkOnce(lock)) continue;
    changed_.wait_for(lock, std::chrono::milliseconds(200));
  }
}

bool TriageQueue::WorkOnce(std::unique_lock<std::mutex>& lock) {
  const auto counted_in = [&](int64_t& workers, const auto& work) {
    ++workers;
    lock.unlock();
    work(cancel_judging_.get_token());
    lock.lock();
    --workers;
    changed_.notify_all();
  };
  if (const auto sighting = TakeNext()) {
    counted_in(judging_, [&](const std::stop_token& stop) {
      if (IsTimeKind(sighting->kind)) {
        JudgeHang(*sighting, stop);
      } else {
        JudgeOne(*sighting, stop);
      }
    });
    return true;
  }
  if (unminimised_.empty()) return false;
  const common::Finding finding = std::move(unminimised_.front());
  unminimised_.pop_front();
  counted_in(minimising_, [&](const std::stop_token& stop) { MinimiseOne(finding, stop); });
  return true;
}

// AFL++ and libFuzzer build the same code differently, and one bug would have two stacks: what
// libFuzzer's build shows as well is judged there.
TriageQueue::FirstLook TriageQueue::LookOnce(TargetTriage& triage, const Sighting& sighting) {
  FirstLook look;
  const bool of_retention = sighting.engine == kRetentionEngine;
  look.role = of_retention ? kRetentionEngine : RoleFor(triage.target, sighting.engine);
  if (!sighting.has_input) return look;
  // What others say of an input is not what this build does with it.
  std::string log = sighting.handed_in ? "" : sighting.log;
  CrashHint hint{sighting.kind, sighting.signal, 0};
  // A run of what hangs tells nothing but the build, and takes its whole time.
  const bool of_interest = !IsTimeKind(sighting.kind) || look.role == "aflpp";
  if (log.empty() && of_interest) {
    const auto input =
        work_.Scratch(sighting.target) / ("sighting-" + std::to_string(looks_.fetch_add(1)));
    if (!common::WriteFileAtomically(input, sighting.input)) return look;
    std::vector<std::string> candidates;
    if (look.role == "aflpp") candidates.emplace_back("libfuzzer");
    // What nothing points to any more is a leak that one run shows.
    if (of_retention) candidates.push_back(MainRole(triage.target));
    const bool one_run_tells =
        !IsTimeKind(sighting.kind) && look.role != "benchmark" && !of_retention;
    if (one_run_tells) candidates.push_back(look.role);
    for (const std::string& role : candidates) {
      const auto build = triage.builds.find(role);
      if (build == triage.builds.end()) continue;
      const auto seen = build->second.quick->Run({}, input, {});
      if (!seen || seen->kind == "ok" || seen->kind == "error") continue;
      look.role = role;
      log = seen->log;
      hint = {seen->kind, seen->signal, seen->exit_code};
      break;
    }
    std::error_code ignored;
    std::filesystem::remove(input, ignored);
  }
  if (log.empty() || IsTimeKind(hint.kind)) return look;
  const auto report = ParseCrashReport(log, hint);
  if (!report || report->stack.empty()) return look;
  look.raw_key = sighting.target + "/" + look.role + "/" + StrictKey(*report);
  return look;
}

std::optional<common::Finding> TriageQueue::CountByRawKey(const std::string& target,
                                                          const std::string& raw_key) {
  std::string strict_key;
  {
    const std::scoped_lock lock(mutex_);
    const auto known = strict_by_raw_key_.find(raw_key);
    if (known == strict_by_raw_key_.end()) return std::nullopt;
    strict_key = known->second;
  }
  return book_.CountIfKnown(target, strict_key);
}

bool TriageQueue::JudgeOne(const Sighting& sighting, const std::stop_token& stop) {
  TargetTriage* triage = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    const auto it = targets_.find(sighting.target);
    if (it != targets_.end()) triage = it->second.get();
  }
  common::Result<Judgement> judgement =
      triage != nullptr
          ? JudgeOn(*triage, sighting, stop)
          : common::Fail(common::ErrorCode::kBadInput, "the target is not in the campaign");
  JudgedSighting judged;
  if (!judgement) {
    judged.problem = judgement.error().Text();
    AddProblem("a sighting of " + sighting.target + " could not be judged: " + judged.problem);
  } else {
    judged.finding = judgement->finding.id;
    judged.reproduction = judgement->finding.reproduction;
    if (judgement->no_fault) judged.problem = judgement->why_not_run;
  }
  if (options_.on_judged) options_.on_judged(sighting, judged);
  return judgement && judgement->is_new;
}

common::Result<Judgement> TriageQueue::JudgeOn(TargetTriage& triage, const Sighting& sighting,
                                               const std::stop_token& stop) {
  // An engine that meets a known crash a thousand times leaves a thousand inputs. One run without
  // symbols is enough to count each: judging them all would starve the engines.
  const auto [role, raw_key] = LookOnce(triage, sighting);
  const auto build = triage.builds.find(role);
  if (build == triage.builds.end()) {
    return common::Fail(common::ErrorCode::kBadInput,
                        "no build can judge what " + sighting.engine + " saw");
  }
  if (auto known = CountByRawKey(sighting.target, raw_key)) {
    return Judgement{std::move(*known), false, false, ""};
  }
  auto judgement = build->second.judge->JudgeSighting(sighting, stop);
  if (judgement && judgement->over_time_once) {
    const std::scoped_lock lock(mutex_);
    ++over_time_once_[sighting.target];
  }
  if (judgement && judgement->no_fault && sighting.has_input && sighting.engine != "timing" &&
      sighting.engine != kRetentionEngine && sighting.handed_in &&
      triage.builds.contains("benchmark")) {
    return JudgeDeadlineOf(triage, sighting, stop);
  }
  if (!judgement || judgement->no_fault) return judgement;
  if (!raw_key.empty()) {
    const std::scoped_lock lock(mutex_);
    strict_by_raw_key_[raw_key] = judgement->finding.strict_key;
  }
  if (judgement->is_new) AddNewFinding(triage.target, role, judgement->finding);
  return judgement;
}

common::Result<Judgement> TriageQueue::JudgeDeadlineOf(TargetTriage& triage, Sighting sighting,
                                                       const std::stop_token& stop) {
  sighting.engine = "timing";
  sighting.kind = "deadline";
  sighting.log.clear();
  sighting.history.clear();
  auto judgement = triage.builds.at("benchmark").judge->JudgeSighting(sighting, stop);
  if (judgement && judgement->is_new) {
    AddNewFinding(triage.target, "benchmark", judgement->finding);
  }
  return judgement;
}

void TriageQueue::AddNewFinding(const TargetSpec& target, const std::string& role,
                                common::Finding& finding) {
  if (target.disclosure.needed) finding.disclosure = target.disclosure;
  finding.known_defect = KnownDefectOf(target, finding);
  if (target.disclosure.needed || !finding.known_defect.empty()) book_.Replace(finding);
  common::LogDebug("{}: {}", finding.id, finding.summary);
  const std::scoped_lock lock(mutex_);
  role_by_finding_[finding.id] = role;
  // A smaller input that is too late as well is another input; one that is kept as well may be.
  const bool of_one_input = role != "benchmark" && role != kRetentionEngine;
  if (options_.minimise && of_one_input) unminimised_.push_back(finding);
}

void TriageQueue::MinimiseOne(const common::Finding& finding, const std::stop_token& stop) {
  Judge* judge = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    const std::string& role = role_by_finding_.at(finding.id);
    judge = targets_.at(finding.target)->builds.at(role).judge.get();
  }
  auto smaller = judge->MinimiseFinding(finding, kMinimiseBudget, stop);
  if (!smaller) {
    AddProblem(finding.id + " could not be minimised: " + smaller.error().Text());
  }
}

}  // namespace percuss::campaign

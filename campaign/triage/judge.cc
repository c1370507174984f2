// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "campaign/triage/candidate_runs.h"
#include "campaign/triage/cwe_table.h"
#include "campaign/triage/edge_spectra.h"
#include "campaign/triage/evidence.h"
#include "campaign/triage/exploitability.h"
#include "campaign/triage/firmware_report.h"
#include "campaign/triage/influence.h"
#include "campaign/triage/memory_block.h"
#include "campaign/triage/report_text.h"
#include "campaign/triage/root_cause.h"
#include "campaign/triage/scratch_inputs.h"
#include "campaign/triage/signature.h"
#include "campaign/triage/stack_text.h"
#include "campaign/triage/surroundings_effect.h"
#include "campaign/triage/symbolizer.h"
#include "common/fs.h"
#include "common/hash.h"
#include "common/log.h"

namespace percuss::campaign {

namespace {

using common::Finding;
using common::Result;
using common::Status;

// A hang costs its whole time limit: so many reruns tell whether it is one that is known.
constexpr size_t kHangProbes = 3;
constexpr int64_t kNearLimitShare = 4;
// Each step of what hangs costs all of its limit, so it has less; the result is held against more,
// as what hangs by a hair does not on another host.
constexpr double kImpatience = 0.5;
constexpr double kHangMargin = 2;

// Gathers evidence for one sighting until it is enough, or until it turns out that the bug is
// known.
class Investigation {
 public:
  Investigation(InputRunner& runner, FindingBook& book, const JudgeOptions& options,
                const Sighting& sighting, const std::stop_token& cancel)
      : runner_(runner),
        book_(book),
        options_(options),
        sighting_(sighting),
        cancel_(cancel),
        scratch_(options.scratch_folder) {
    evidence_.varies = runner.Varies();
  }

  [[nodiscard]] Status Run() {
    Status done = scratch_.Put(sighting_.input, sighting_.history);
    if (done) done = AskQuickly();
    if (!done || known_) return done;
    done = RunUpTo(1, false);
    if (done && !Known(evidence_.alone)) done = Probe();
    if (!done || known_) return done;
    done = RunEnough(false);
    if (done && MostFrequent(evidence_.alone).reproduced == 0 && !sighting_.history.empty()) {
      done = RunEnough(true);
    }
    if (done && !known_) done = WaitLonger();
    if (done && !known_) done = AskLastWriter();
    return done;
  }

  [[nodiscard]] const std::optional<Finding>& KnownFinding() const { return known_; }
  [[nodiscard]] const Evidence& Found() const { return evidence_; }

 private:
  // Most sightings are of what is known, which a run tells several times as fast where we look up
  // its symbols. What it does not tell is asked for as if it had not been.
  [[nodiscard]] Status AskQuickly() {
    if (options_.unsymbolised == nullptr || IsTimeKind(sighting_.kind)) return {};
    const Result<Rerun> rerun = RunUnsymbolised(*options_.unsymbolised, {}, scratch_.Input(),
                                                VariationAfter(evidence_.alone));
    if (!rerun) return tl::unexpected(rerun.error());
    if (rerun->report && !IsTimeKind(rerun->report->kind)) {
      known_ = book_.CountIfKnown(sighting_.target, rerun->key);
    }
    return {};
  }

  [[nodiscard]] RunVariation VariationAfter(const std::vector<Rerun>& before) const {
    RunVariation variation;
    variation.surroundings = Within(
        options_.surroundings.value_or(SurroundingsOfRerun(before.size())), evidence_.varies);
    return variation;
  }

  // One or a few runs more that can spare the full number.
  [[nodiscard]] Status Probe() {
    const DominantFault first = MostFrequent(evidence_.alone);
    if (first.reproduced == 0 && IsTimeKind(sighting_.kind)) {
      Status done = SampleBelowLimit();
      if (!done || known_) return done;
    }
    if (first.reproduced == 0 && !sighting_.history.empty()) {
      Status done = RunUpTo(1, true);
      if (!done || Known(evidence_.with_history)) return done;
    }
    if (first.reproduced > 0 && IsTimeKind(first.report->kind)) {
      Status done = RunUpTo(kHangProbes, false);
      if (done) (void)Known(evidence_.alone);
      return done;
    }
    return {};
  }

  // All reruns, and more where they do not show the same and the fault is a new one.
  [[nodiscard]] Status RunEnough(bool with_history) {
    const auto reruns = static_cast<size_t>(options_.reruns);
    Status done = RunUpTo(reruns, with_history);
    const std::vector<Rerun>& made = with_history ? evidence_.with_history : evidence_.alone;
    if (!done || !Differ(made) || Known(made)) return done;
    return RunUpTo(reruns * static_cast<size_t>(options_.times_where_reruns_differ), with_history);
  }

  // Fills up to `count` runs.
  [[nodiscard]] Status RunUpTo(size_t count, bool with_history) {
    std::vector<Rerun>& reruns = with_history ? evidence_.with_history : evidence_.alone;
    const auto history = with_history ? scratch_.History() : std::vector<std::filesystem::path>();
    while (reruns.size() < count && !cancel_.stop_requested()) {
      Result<Rerun> rerun = RunAgain(history, reruns);
      if (!rerun) return tl::unexpected(rerun.error());
      reruns.push_back(std::move(*rerun));
    }
    return {};
  }

  // A process that looks up its own symbols takes several times as long. After the first rerun we
  // look them up, as long as that comes to the same key.
  [[nodiscard]] Result<Rerun> RunAgain(const std::vector<std::filesystem::path>& history,
                                       const std::vector<Rerun>& before) {
    const RunVariation variation = VariationAfter(before);
    const bool crashed =
        !before.empty() && before.front().report && !IsTimeKind(before.front().report->kind);
    if (!crashed || options_.unsymbolised == nullptr || !own_names_agree_) {
      return RunOnce(runner_, history, scratch_.Input(), variation);
    }
    Result<Rerun> rerun =
        RunUnsymbolised(*options_.unsymbolised, history, scratch_.Input(), variation);
    if (!rerun || !rerun->report || before.size() > 1 || rerun->key == before.front().key) {
      return rerun;
    }
    own_names_agree_ = false;
    return RunOnce(runner_, history, scratch_.Input(), variation);
  }

  // It was over the limit once and is not now, which a busy host can do to whoever comes near it.
  // Stopped half-way it shows where its time goes, and whether that is known.
  [[nodiscard]] Status SampleBelowLimit() {
    constexpr int64_t kNsPerMs = 1'000'000;
    const Observation& ended = evidence_.alone.front().observation;
    const int64_t limit_ns = options_.recipe.input_limit_ms * kNsPerMs;
    if (limit_ns <= 0 || ended.wall_ns < limit_ns / kNearLimitShare) return {};
    RunVariation impatience;
    impatience.time_limit_factor =
        static_cast<double>(ended.wall_ns) / 2 / static_cast<double>(limit_ns);
    Result<Rerun> rerun = RunOnce(runner_, {}, scratch_.Input(), impatience);
    if (!rerun) return tl::unexpected(rerun.error());
    if (!rerun->report || !IsTimeKind(rerun->report->kind)) return {};
    known_ = book_.CountIfSameSample(sighting_.target, rerun->report->stack);
    evidence_.half_way = std::move(*rerun);
    return {};
  }

  // Too slow or without end? Waiting longer tells.
  [[nodiscard]] Status WaitLonger() {
    const DominantFault verdict = MostFrequent(evidence_.Deciding());
    if (!verdict.report || !IsTimeKind(verdict.report->kind) || cancel_.stop_requested()) return {};
    const bool with_history = &evidence_.Deciding() == &evidence_.with_history;
    RunVariation patience;
    patience.time_limit_factor = options_.grace_factor;
    patience.surroundings = verdict.example->surroundings;
    Result<Rerun> rerun =
        RunOnce(runner_, with_history ? scratch_.History() : std::vector<std::filesystem::path>(),
                scratch_.Input(), patience);
    if (!rerun) return tl::unexpected(rerun.error());
    if (rerun->Counts()) evidence_.patient = std::move(*rerun);
    return {};
  }

  // Of what failed alone: where its bad value is from. A run that shows something else, as that it
  // takes too long so, tells nothing.
  [[nodiscard]] Status AskLastWriter() {
    const DominantFault verdict = MostFrequent(evidence_.alone);
    if (options_.last_writer == nullptr || !verdict.report || IsTimeKind(verdict.report->kind) ||
        cancel_.stop_requested()) {
      return {};
    }
    RunVariation patience;
    patience.time_limit_factor = options_.grace_factor;
    Result<Rerun> rerun = RunOnce(*options_.last_writer, {}, scratch_.Input(), patience);
    if (!rerun) return tl::unexpected(rerun.error());
    if (rerun->key == verdict.strict_key) evidence_.traced = std::move(*rerun);
    return {};
  }

  // True when the fault of these reruns is a finding already; it then has one more sighting.
  // Whether a long run is a hang or slow is not known at this point: either will do.
  bool Known(const std::vector<Rerun>& reruns) {
    const DominantFault verdict = MostFrequent(reruns);
    if (!verdict.report) return false;
    if (!IsTimeKind(verdict.report->kind)) {
      known_ = book_.CountIfKnown(sighting_.target, verdict.strict_key);
      return known_.has_value();
    }
    known_ = book_.CountIfSameSample(sighting_.target, verdict.report->stack);
    if (known_) return true;
    if (reruns.size() < kHangProbes) return false;
    CrashReport report = *verdict.report;
    for (const char* kind : {"hang", "slow"}) {
      report.kind = report.bug_class = kind;
      known_ = book_.CountIfKnown(sighting_.target, StrictKey(report));
      if (known_) return true;
    }
    return false;
  }

  InputRunner& runner_;
  FindingBook& book_;
  const JudgeOptions& options_;
  const Sighting& sighting_;
  const std::stop_token& cancel_;
  ScratchInputs scratch_;
  Evidence evidence_;
  std::optional<Finding> known_;
  bool own_names_agree_ = true;
};

// What the process said when it was first seen: all that there is when no rerun shows a fault.
// What is handed in names files of other hosts, which are not looked into for symbols.
CrashReport FirstSightingReport(const Sighting& sighting) {
  CrashHint hint;
  hint.kind = sighting.kind.empty() ? "crash" : sighting.kind;
  hint.signal = sighting.signal;
  if (std::optional<CrashReport> report = ParseCrashReport(sighting.log, hint)) {
    if (!sighting.handed_in) Symbolize(report->stack);
    return *report;
  }
  CrashReport report;
  report.source = "supervisor";
  report.kind = "crash";
  report.bug_class = "unexpected-exit";
  report.message = "the engine reported a fault and nothing else";
  return report;
}

bool HostLeftNoTime(const std::vector<Rerun>& reruns) {
  return !reruns.empty() && std::all_of(reruns.begin(), reruns.end(), [](const Rerun& rerun) {
    return rerun.observation.time_use.how == "withheld";
  });
}

// Of runs that all say nothing of the input, what the last one said at its end.
std::string LastWords(const std::vector<Rerun>& reruns) {
  if (reruns.empty()) return "";
  if (HostLeftNoTime(reruns)) return reruns.back().observation.detail;
  return LastLine(reruns.back().observation.log);
}

common::MemoryBlock BlockOf(const CrashReport& report, const std::string& log, bool is_ours) {
  common::MemoryBlock block = ReadMemoryBlock(log, report);
  if (is_ours) {
    Symbolize(block.allocated);
    Symbolize(block.freed);
    Symbolize(block.written);
  }
  return block;
}

bool NobodySawAFault(const Sighting& sighting) {
  return sighting.handed_in && !ParseCrashReport(sighting.log, {});
}

// No rerun shows it, and what was seen at first may be the host's doing.
bool OnlyOnceOverTime(const Sighting& sighting, const Evidence& evidence, int64_t limit_ms) {
  if (sighting.handed_in || !IsTimeKind(sighting.kind)) return false;
  const std::string& how = sighting.time_use.how;
  if (how != "processor" && how != "sleep" && how != "blocked" && how != "stopped") return true;
  constexpr int64_t kNsPerMs = 1'000'000;
  const std::vector<Rerun>& reruns = evidence.Deciding();
  return std::any_of(reruns.begin(), reruns.end(), [&](const Rerun& rerun) {
    return OwnNs(rerun.observation) >= limit_ms * kNsPerMs / kNearLimitShare;
  });
}

void DescribeReport(const CrashReport& report, Finding& finding) {
  finding.kind = report.kind;
  finding.bug_class = report.bug_class;
  finding.access = report.access;
  finding.access_bytes = report.access_bytes;
  finding.property_id = report.property_id;
  finding.stride = report.stride;
  finding.threat = report.threat;
  finding.retention = report.retention;
  finding.summary = SummaryOf(report);
  finding.stack = report.stack;
  finding.loose_key = LooseKey(report);
  if (const common::StackFrame* frame = FirstUserFrame(report)) {
    finding.function = frame->function;
    finding.file = frame->file;
    finding.line = frame->line;
  }
}

void TellTimeUse(const Sighting& sighting, const Evidence& evidence, Finding& finding) {
  finding.time_use = TimeUseOf(evidence);
  if (finding.time_use.how.empty()) finding.time_use = sighting.time_use;
  const std::string words = TimeUseText(finding.time_use);
  if (!words.empty()) finding.summary += "; it " + words;
}

// The patient run's answer: what ended by itself is slow, what was stopped even then is a hang.
void ApplyPatience(const Evidence& evidence, DominantFault& verdict) {
  if (!evidence.patient || !IsTimeKind(verdict.report->kind)) return;
  const std::string& kind = evidence.patient->observation.kind;
  if (kind != "ok" && kind != "slow" && kind != "hang") return;
  const bool ended = kind != "hang";
  verdict.report->kind = verdict.report->bug_class = ended ? "slow" : "hang";
  verdict.report->message =
      fmt::format("{} {:.1f} s", ended ? "ended by itself after" : "did not end within",
                  static_cast<double>(evidence.patient->observation.wall_ns) / 1e9);
  verdict.strict_key = StrictKey(*verdict.report);
}

}  // namespace

Judge::Judge(InputRunner& runner, FindingBook& book, JudgeOptions options)
    : runner_(runner), book_(book), options_(std::move(options)) {}

Result<Judgement> Judge::JudgeSighting(const Sighting& sighting, const std::stop_token& cancel) {
  if (!sighting.has_input) return Record(sighting, {});
  const std::string input_sha256 = common::Sha256Hex(sighting.input);
  if (const std::optional<Finding> seen = book_.CountIfSeen(sighting.target, input_sha256)) {
    return Judgement{*seen, false, false, ""};
  }
  Investigation investigation(runner_, book_, options_, sighting, cancel);
  const Status done = investigation.Run();
  if (!done) return tl::unexpected(done.error().While("a sighting could not be judged"));
  if (const std::optional<Finding>& known = investigation.KnownFinding()) {
    book_.NoteInput(sighting.target, input_sha256, known->strict_key);
    return Judgement{*known, false, false, ""};
  }
  const std::vector<Rerun>& reruns = investigation.Found().Deciding();
  if (!sighting.handed_in && IsTimeKind(sighting.kind) && HostLeftNoTime(reruns)) {
    return common::Fail(common::ErrorCode::kIo, LastWords(reruns));
  }
  Result<Judgement> judgement = Record(sighting, investigation.Found());
  if (judgement && !judgement->no_fault) {
    book_.NoteInput(sighting.target, input_sha256, judgement->finding.strict_key);
  }
  return judgement;
}

Result<Judgement> Judge::Record(const Sighting& sighting, const Evidence& evidence) {
  const std::vector<Rerun>& reruns = evidence.Deciding();
  DominantFault verdict = MostFrequent(reruns);
  Judgement judgement;
  Finding& finding = judgement.finding;
  const bool once =
      !verdict.report && OnlyOnceOverTime(sighting, evidence, options_.recipe.input_limit_ms);
  if (once || (!verdict.report && NobodySawAFault(sighting))) {
    finding.reproduction = ReproductionOf(evidence, verdict);
    judgement.no_fault = true;
    judgement.over_time_once = once;
    if (finding.reproduction.reruns == 0) judgement.why_not_run = LastWords(reruns);
    return judgement;
  }
  finding.confidence = verdict.report ? "judged" : "first_sighting_only";
  if (!verdict.report) {
    verdict.report = FirstSightingReport(sighting);
    if (evidence.half_way) verdict.report->stack = evidence.half_way->report->stack;
    verdict.strict_key = StrictKey(*verdict.report);
  }
  ApplyPatience(evidence, verdict);
  finding.target = sighting.target;
  finding.engine = sighting.engine;
  finding.first_seen_s = sighting.first_seen_s;
  finding.first_seen_executions = sighting.first_seen_executions;
  finding.strict_key = verdict.strict_key;
  finding.id = FindingId(sighting.target, verdict.strict_key);
  DescribeReport(*verdict.report, finding);
  if (!sighting.has_input) finding.summary += " (from a log alone: no input was at hand)";
  finding.reproduction = ReproductionOf(evidence, verdict);
  finding.flaky = finding.reproduction.reproduced < finding.reproduction.reruns;
  if (IsTimeKind(finding.kind)) TellTimeUse(sighting, evidence, finding);
  const OwnTimes times = OwnTimesOf(evidence);
  const CweVerdict cwe = ClassifyCwe(*verdict.report, times.cpu_ns, times.own_ns);
  finding.cwe = cwe.cwe;
  finding.cwe_reason = cwe.reason;
  finding.cwe_list_version = cwe.list_version;
  finding.cwe_table_sha256 = cwe.table_sha256;
  finding.exploitability = ExploitabilityOf(finding);
  const Rerun* example = evidence.traced ? &*evidence.traced : verdict.example;
  finding.root_cause.block =
      BlockOf(*verdict.report, example != nullptr ? example->observation.log : sighting.log,
              example != nullptr || !sighting.handed_in);
  finding.root_cause = FindRootCause(finding, {});
  if (evidence.traced) finding.firmware = ReadFirmwareCrash(evidence.traced->observation.log);
  judgement.is_new = book_.Add(finding);
  if (!judgement.is_new) return judgement;
  if (options_.confirm) TellFirmware(finding, sighting.input);
  FindingFiles files;
  files.input = sighting.input;
  files.has_input = sighting.has_input;
  files.report = ReportText(finding, sighting.log, evidence, example);
  // An input that shows its bug alone needs no history; one that does not at all keeps it, for
  // whoever looks.
  if (finding.reproduction.mode != "alone") files.history = sighting.history;
  const Status written =
      WriteFindingFiles(options_.package_folder, files, options_.recipe, finding);
  if (!written) return tl::unexpected(written.error());
  book_.Replace(finding);
  return judgement;
}

void Judge::TellFirmware(Finding& finding, const std::string& input) const {
  common::FirmwareCrash& crash = finding.firmware;
  crash.confirmation.verdict = "not_run";
  std::string& why = crash.confirmation.reason;
  if (IsTimeKind(finding.kind)) {
    why = "what takes too long is no end of the firmware's";
  } else if (finding.reproduction.mode != "alone") {
    why = "it fails in no rerun of this input alone";
  } else {
    ScratchInputs scratch(options_.scratch_folder);
    why = "its input could not be written down";
    if (scratch.Put(input, {})) crash.confirmation = options_.confirm(scratch.Input());
  }
  if (!crash.judged.empty()) return;
  crash.judged = "undecided";
  crash.reasons = {"the run that explains it showed something else, or did not end in time"};
}

Result<Minimised> Judge::Shrink(const Finding& finding, const std::string& input,
                                const MinimiseBudget& budget, const std::stop_token& cancel) {
  ScratchInputs scratch(options_.scratch_folder);
  const Status put = scratch.Put(input, {});
  if (!put) return tl::unexpected(put.error());
  // What failed in each rerun needs no more than one to confirm it.
  MinimiseBudget enough = budget;
  if (!finding.flaky) enough.confirmations = std::min(1, budget.confirmations);
  const bool hangs = finding.kind == "hang";
  const auto minimise = [&](CandidateRuns& steps, CandidateRuns& alone) {
    const auto through = [](CandidateRuns& runs) {
      return [&runs](const std::vector<std::string>& candidates) { return runs.Try(candidates); };
    };
    return Minimise({through(steps), through(alone), steps.TakesMany(), hangs, options_.parts},
                    input, enough, cancel);
  };
  const double margin = hangs ? kHangMargin : 1;
  if (options_.unsymbolised != nullptr) {
    // Copies tell nothing of what breaks a limit, and of several inputs nothing of leaks.
    const bool in_copies =
        options_.quick != nullptr && !IsTimeKind(finding.kind) && finding.kind != "leak";
    InputRunner& fast = in_copies ? *options_.quick : *options_.unsymbolised;
    CandidateRuns steps(fast, finding, scratch.Folder(), fast.MostInOneProcess(),
                        hangs ? kImpatience : 1);
    CandidateRuns alone(*options_.unsymbolised, finding, scratch.Folder(), 1, margin);
    // Names that we look up may not be those that the process told.
    const Result<Attempt> original = steps.Try({input});
    if (!original) return tl::unexpected(original.error());
    if (original->same_bug) {
      Minimised minimised = minimise(steps, alone);
      if (minimised.same_bug) return minimised;
    }
  }
  CandidateRuns steps(runner_, finding, scratch.Folder(), 1, margin);
  return minimise(steps, steps);
}

void Judge::RunNearHang(const Finding& finding, const std::string& input, SpectraRecorder& spectra,
                        const std::stop_token& cancel) {
  ScratchInputs scratch(options_.scratch_folder);
  const RunNear run = [&](const std::string& bytes) -> Result<NearRun> {
    const Status put = scratch.Put(bytes, {});
    if (!put) return tl::unexpected(put.error());
    RunVariation variation = spectra.NextRun();
    variation.time_limit_factor = kImpatience;
    variation.surroundings = SurroundingsToShow(finding);
    const Result<Rerun> rerun = RunOnce(runner_, {}, scratch.Input(), variation);
    if (!rerun) return tl::unexpected(rerun.error());
    NearRun seen = NearRun::kOther;
    if (rerun->observation.kind == "ok") seen = NearRun::kSurviving;
    if (rerun->report && IsTimeKind(rerun->report->kind)) seen = NearRun::kFailing;
    spectra.Note(seen);
    // Where nothing is traced, further runs would tell nothing.
    const std::string& why_none = spectra.Spectra().why_none;
    if (!why_none.empty()) return common::Fail(common::ErrorCode::kNotFound, why_none);
    return seen;
  };
  RunNearby(run, input, {}, cancel);
}

common::Influence Judge::InfluenceOf(const Finding& finding, const std::string& input,
                                     SpectraRecorder& spectra, const std::stop_token& cancel) {
  common::Influence none;
  none.reason = "what takes too long is not run for each byte again";
  if (IsTimeKind(finding.kind)) {
    RunNearHang(finding, input, spectra, cancel);
    return none;
  }
  ScratchInputs scratch(options_.scratch_folder);
  InputRunner& runner = options_.quick == nullptr ? runner_ : *options_.quick;
  std::optional<std::string> key;  // as this runner has it
  if (options_.quick == nullptr) key = finding.strict_key;
  const TryBytes try_bytes = [&](const std::string& bytes) -> Result<std::optional<std::string>> {
    const Status put = scratch.Put(bytes, {});
    if (!put) return tl::unexpected(put.error());
    RunVariation variation = spectra.NextRun();
    variation.surroundings = SurroundingsToShow(finding);
    const Result<Rerun> rerun = RunOnce(runner, {}, scratch.Input(), variation);
    if (!rerun) return tl::unexpected(rerun.error());
    if (rerun->observation.kind == "ok") spectra.Note(NearRun::kSurviving);
    if (!rerun->report) return std::optional<std::string>();
    if (!key) key = rerun->key;
    if (rerun->key != *key) return std::optional<std::string>();
    spectra.Note(NearRun::kFailing);
    return std::optional(FaultText(rerun->observation.log, *rerun->report));
  };
  return MeasureInfluence(try_bytes, input, options_.influence, cancel);
}

Result<Finding> Judge::MinimiseFinding(const Finding& finding, const MinimiseBudget& budget,
                                       const std::stop_token& cancel) {
  if (finding.reproduction.mode != "alone") return finding;
  const std::filesystem::path folder = options_.package_folder / finding.folder;
  Result<std::string> input = common::ReadFile(folder / "input");
  if (!input) return tl::unexpected(input.error());
  Result<std::string> report = common::ReadFile(folder / "report.txt");
  if (!report) return tl::unexpected(report.error());
  const Result<Minimised> shrunk = Shrink(finding, *input, budget, cancel);
  if (!shrunk) return tl::unexpected(shrunk.error());
  const Minimised& minimised = *shrunk;
  common::LogDebug("{}: {} to {} bytes in {} runs ({})", finding.id, input->size(),
                   minimised.bytes.size(), minimised.how.runs, minimised.how.stop_reason);
  if (!minimised.same_bug) return finding;
  Finding smaller = finding;
  smaller.minimised_same_bug = true;
  smaller.minimisation = minimised.how;
  if (options_.dump) smaller.input_dump = options_.dump(minimised.bytes);
  SpectraRecorder spectra(options_.recipe.binary_path);
  smaller.influence = InfluenceOf(finding, minimised.bytes, spectra, cancel);
  smaller.exploitability = ExploitabilityOf(smaller);
  smaller.root_cause = FindRootCause(smaller, spectra.Spectra());
  FindingFiles files;
  files.input = std::move(*input);
  files.minimised = minimised.bytes;
  files.report = std::move(*report);
  const Status written =
      WriteFindingFiles(options_.package_folder, files, options_.recipe, smaller);
  if (!written) return tl::unexpected(written.error());
  book_.Replace(smaller);
  return smaller;
}

}  // namespace percuss::campaign

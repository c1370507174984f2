// SPDX-License-Identifier: Apache-2.0
#include "campaign/bisect/bisection.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "campaign/supervise/process.h"
#include "campaign/triage/reproduction.h"
#include "common/fs.h"
#include "common/hash.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;
using common::Result;

constexpr size_t kShortHash = 12;

bool Stopped(const BisectionRequest& request) {
  return request.cancel != nullptr && *request.cancel;
}

// The user's own, for a command of the user's; but nothing that tells git of another repository.
std::map<std::string, std::string> BuildEnvironment(const std::string& revision) {
  std::map<std::string, std::string> all;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos || text.starts_with("GIT_")) continue;
    all.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  all["PERCUSS_BISECT_REV"] = revision;
  return all;
}

// Digest of all that decides what is asked of a revision.
Result<std::string> QuestionOf(const BisectionRequest& request) {
  const auto folder = request.package_folder / "findings" / request.finding;
  const auto files = common::ListTree(folder);
  if (!files) return tl::make_unexpected(files.error());
  std::string question =
      fmt::format("{}\n{}\n{}\n", request.command, request.binary.string(), request.reruns);
  for (const std::string& file : *files) {
    const auto digest = common::Sha256FileHex(folder / file);
    if (!digest) return tl::make_unexpected(digest.error());
    question += file + " " + *digest + "\n";
  }
  return common::Sha256Hex(question);
}

// Tests revisions and remembers what it saw.
class Tester {
 public:
  Tester(const BisectionRequest& request, const GitSearch& search, Ledger ledger,
         std::string question)
      : request_(request),
        search_(search),
        ledger_(std::move(ledger)),
        question_(std::move(question)) {}

  // How revisions other than the bad end are asked.
  void Expect(bool minimised, int runs) {
    minimised_ = minimised;
    runs_ = runs;
  }

  // The bad end is run in full, to know the rate, and with the minimised input where the original
  // one does not show the finding.
  Result<RevisionEvidence> TestBadEnd(const std::string& revision, BisectionResult& result) {
    return Test(revision, true, result);
  }
  Result<RevisionEvidence> Test(const std::string& revision, BisectionResult& result) {
    return Test(revision, false, result);
  }

 private:
  Result<RevisionEvidence> Test(const std::string& revision, bool bad_end,
                                BisectionResult& result) {
    const RevisionEvidence* known = ledger_.Find(revision, question_);
    const bool enough = known != nullptr && (known->verdict != "good" || known->runs >= runs_) &&
                        (bad_end || known->minimised == minimised_ || known->build != "ok");
    RevisionEvidence evidence;
    if (enough) {
      evidence = *known;
    } else {
      evidence.revision = revision;
      evidence.question = question_;
      auto done = search_.CheckOut(revision);
      if (done) done = Build(evidence);
      if (done && evidence.build == "ok") done = Run(bad_end, evidence);
      if (!done) return tl::make_unexpected(done.error());
      if (Stopped(request_)) return evidence;
      if (auto kept = ledger_.Keep(evidence); !kept) return tl::make_unexpected(kept.error());
    }
    result.reused += enough ? 1 : 0;
    result.seen.push_back(evidence);
    if (request_.progress) request_.progress(evidence, enough);
    return evidence;
  }

  common::Status Build(RevisionEvidence& evidence) {
    const auto logs = request_.folder / "logs";
    if (auto made = common::MakeFolder(logs); !made) return made;
    evidence.log = "logs/" + evidence.revision.substr(0, kShortHash) + ".log";
    ProcessSpec spec;
    spec.argv = {"/bin/sh", "-c", request_.command};
    spec.environment = BuildEnvironment(evidence.revision);
    spec.folder = search_.Worktree();
    spec.stdout_path = spec.stderr_path = request_.folder / evidence.log;
    spec.limits.processes = kBuildProcesses;
    auto process = Process::Spawn(spec);
    if (!process) return tl::make_unexpected(process.error());
    const auto ended = WaitFor(*process);
    if (!ended) {
      evidence.build = "timed out";
      evidence.why =
          fmt::format("the build did not end within {} s", request_.build_timeout_ms / 1000);
    } else if (!ended->exited || ended->code != 0) {
      evidence.build = "failed";
      evidence.why = ended->exited ? fmt::format("does not build: exit code {}", ended->code)
                                   : fmt::format("does not build: signal {} {}", ended->signal,
                                                 ended->kill_reason);
    } else {
      evidence.build = "ok";
    }
    if (ended) evidence.build_s = static_cast<double>(ended->wall_ns) / 1e9;
    if (evidence.build != "ok") evidence.verdict = "skip";
    return {};
  }

  std::optional<ExitStatus> WaitFor(Process& process) const {
    constexpr int64_t kSliceMs = 200;
    for (int64_t waited = 0; waited < request_.build_timeout_ms; waited += kSliceMs) {
      if (auto ended = process.WaitFor(std::min(kSliceMs, request_.build_timeout_ms - waited))) {
        return ended;
      }
      if (Stopped(request_)) break;
    }
    process.KillTree();
    return std::nullopt;
  }

  common::Status Run(bool bad_end, RevisionEvidence& evidence) {
    ReplayOptions options;
    options.binary = search_.Worktree() / request_.binary;
    options.runs = bad_end ? request_.reruns : runs_;
    options.scratch = request_.scratch;
    options.minimised = minimised_;
    options.stop_when_shown = !bad_end;
    options.same_target = true;
    options.cancel = request_.cancel;
    std::error_code ignored;
    if (!stdfs::is_regular_file(options.binary, ignored)) {
      evidence.verdict = "skip";
      evidence.why = "the build leaves no " + request_.binary.string();
      return {};
    }
    auto replay = ReplayFinding(request_.package_folder, request_.finding, options);
    const auto small = request_.package_folder / "findings" / request_.finding / "input.min";
    if (replay && bad_end && replay->shown + replay->shown_loosely == 0 &&
        stdfs::exists(small, ignored) && !Stopped(request_)) {
      options.minimised = true;
      auto again = ReplayFinding(request_.package_folder, request_.finding, options);
      if (!again || again->shown + again->shown_loosely > 0) {
        replay = std::move(again);
        evidence.minimised = true;
      }
    }
    if (!replay) return tl::make_unexpected(replay.error());
    if (!bad_end) evidence.minimised = minimised_;
    Judge(*replay, evidence);
    return {};
  }

  static void Judge(const ReplayResult& replay, RevisionEvidence& evidence) {
    evidence.binary_sha256 = replay.binary_sha256;
    evidence.faults = replay.faults;
    evidence.runs = replay.reruns;
    evidence.shown = replay.shown + replay.shown_loosely;
    if (evidence.shown > 0) {
      evidence.verdict = "bad";
      evidence.key = replay.shown > 0 ? "strict" : "loose";
    } else if (replay.reproduced > 0) {
      evidence.verdict = "skip";
      evidence.why = fmt::format("another failure, {} of {}: {}", replay.reproduced, replay.reruns,
                                 replay.seen.summary);
    } else if (replay.cannot_tell) {
      evidence.verdict = "skip";
      evidence.why = "cannot tell: " + replay.reason;
    } else {
      evidence.verdict = "good";
    }
  }

  static constexpr int64_t kBuildProcesses = 8192;
  const BisectionRequest& request_;
  const GitSearch& search_;
  Ledger ledger_;
  std::string question_;
  bool minimised_ = false;
  int runs_ = 0;
};

tl::unexpected<common::Error> WrongEnd(const char* which, const BisectionRequest& request,
                                       const RevisionEvidence& evidence) {
  const std::string end = fmt::format("--{} {}", which, evidence.revision.substr(0, kShortHash));
  if (evidence.verdict == "skip") {
    return Fail(ErrorCode::kUnavailable, fmt::format("{}: {}", end, evidence.why),
                evidence.build == "ok" ? "" : (request.folder / evidence.log).string());
  }
  const std::string seen = fmt::format("{} of {} runs", evidence.shown, evidence.runs);
  return Fail(
      ErrorCode::kBadInput,
      evidence.verdict == "good"
          ? fmt::format("{} does not show {}: {}, with the original and the minimised input", end,
                        request.finding, seen)
          : fmt::format("{} shows {} as well ({}, {} key): name an older revision", end,
                        request.finding, seen, evidence.key));
}

RevisionVerdict VerdictOf(const RevisionEvidence& evidence) {
  if (evidence.verdict == "bad") return RevisionVerdict::kBad;
  return evidence.verdict == "good" ? RevisionVerdict::kGood : RevisionVerdict::kSkip;
}

void TellDoubts(BisectionResult& result) {
  for (const RevisionEvidence& evidence : result.seen) {
    if (evidence.verdict != "good" || evidence.runs >= result.clean_runs_needed) continue;
    result.doubts.push_back(fmt::format(
        "{} was taken to be good after {} clean runs, and {} are needed",
        evidence.revision.substr(0, kShortHash), evidence.runs, result.clean_runs_needed));
  }
}

// From ends that hold to the suspects.
common::Status Search(const BisectionRequest& request, GitSearch& search, Tester& tester,
                      BisectionResult& result) {
  const std::string bad = result.seen.front().revision;
  const std::string good = result.seen.back().revision;
  auto step = search.Start(good, bad);
  while (step && !step->next.empty()) {
    const auto evidence = tester.Test(step->next, result);
    if (!evidence) return tl::make_unexpected(evidence.error());
    result.interrupted = Stopped(request);
    if (result.interrupted) return {};
    step = search.Mark(step->next, VerdictOf(*evidence));
  }
  if (!step) return tl::make_unexpected(step.error());
  for (const std::string& hash : step->suspects) {
    auto commit = search.Describe(hash);
    if (!commit) return tl::make_unexpected(commit.error());
    result.suspects.push_back(std::move(*commit));
  }
  TellDoubts(result);
  return {};
}

}  // namespace

stdfs::path BisectionWorktree(const stdfs::path& scratch) { return scratch / "tree"; }

Result<BisectionResult> Bisect(const BisectionRequest& request) {
  auto question = QuestionOf(request);
  if (!question) return tl::make_unexpected(question.error());
  auto ledger = Ledger::Open(request.folder);
  if (!ledger) return tl::make_unexpected(ledger.error());
  auto search = GitSearch::Open(request.repository, BisectionWorktree(request.scratch));
  if (!search) return tl::make_unexpected(search.error());
  const auto bad = search->Resolve(request.bad);
  if (!bad) return tl::make_unexpected(bad.error());
  const auto good = search->Resolve(request.good);
  if (!good) return tl::make_unexpected(good.error());
  if (*good == *bad) return Fail(ErrorCode::kBadInput, "--good and --bad are the same commit");

  BisectionResult result;
  Tester tester(request, *search, std::move(*ledger), std::move(*question));
  const auto at_bad = tester.TestBadEnd(*bad, result);
  if (!at_bad) return tl::make_unexpected(at_bad.error());
  result.interrupted = Stopped(request);
  if (result.interrupted) return result;
  if (at_bad->verdict != "bad") return WrongEnd("bad", request, *at_bad);
  result.clean_runs_needed = CleanRunsNeeded(at_bad->shown, at_bad->runs);
  tester.Expect(at_bad->minimised,
                std::max(request.reruns, std::min(result.clean_runs_needed, request.most_reruns)));
  const auto at_good = tester.Test(*good, result);
  if (!at_good) return tl::make_unexpected(at_good.error());
  result.interrupted = Stopped(request);
  if (result.interrupted) return result;
  if (at_good->verdict != "good") return WrongEnd("good", request, *at_good);
  if (auto done = Search(request, *search, tester, result); !done) {
    return tl::make_unexpected(done.error());
  }
  return result;
}

}  // namespace percuss::campaign

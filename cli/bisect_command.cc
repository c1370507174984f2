// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "campaign/bisect/bisection.h"
#include "campaign/supervise/keeper.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/package_to_run.h"
#include "common/fs.h"
#include "reports/envelope/visible_text.h"

namespace percuss::cli {
namespace {

namespace stdfs = std::filesystem;
using campaign::BisectionResult;
using campaign::RevisionEvidence;
using common::ErrorCode;
using common::Fail;
using common::Json;
using common::Result;
using reports::VisibleLine;

struct BisectArguments {
  campaign::BisectionRequest request;
  std::string package;
  int build_timeout_s = 3600;
};

// "bad, 1 of 1 (loose key)".
std::string InWords(const RevisionEvidence& evidence) {
  std::string words = evidence.verdict;
  if (evidence.verdict != "skip") {
    words += fmt::format(", {} of {} runs show it", evidence.shown, evidence.runs);
  }
  if (!evidence.key.empty()) words += fmt::format(" ({} key)", evidence.key);
  if (!evidence.why.empty()) words += ", " + evidence.why;
  return words;
}

std::string Ending(const BisectionResult& result) {
  if (result.interrupted) return "interrupted";
  if (result.suspects.size() > 1) return "range";
  return result.doubts.empty() ? "found" : "in_doubt";
}

Json CommitJson(const campaign::Commit& commit) {
  return {{"hash", commit.hash}, {"subject", commit.subject}, {"author_date", commit.author_date}};
}

Json ResultJson(const BisectArguments& arguments, const BisectionResult& result) {
  Json suspects = Json::array();
  for (const auto& commit : result.suspects) suspects.push_back(CommitJson(commit));
  const bool one = result.suspects.size() == 1;
  return {{"finding", arguments.request.finding},
          {"result", Ending(result)},
          {"first_bad", one ? CommitJson(result.suspects.front()) : Json()},
          {"suspects", suspects},
          {"doubts", result.doubts},
          {"clean_runs_needed", result.clean_runs_needed},
          {"tested", result.seen.size()},
          {"reused", result.reused},
          {"revisions", result.seen},
          {"out", arguments.request.folder.string()}};
}

void PrintResult(const BisectArguments& arguments, const BisectionResult& result) {
  for (const auto& evidence : result.seen) {
    fmt::print("{:.12}  {}\n", evidence.revision, VisibleLine(InWords(evidence)));
  }
  if (result.interrupted) {
    fmt::print("interrupted; the same command goes on from {}\n",
               arguments.request.folder.string());
    return;
  }
  fmt::print("{} of {} revisions were known before; good takes {} clean runs\n", result.reused,
             result.seen.size(), result.clean_runs_needed);
  if (result.suspects.size() > 1) fmt::print("the first bad commit is one of\n");
  for (const auto& commit : result.suspects) {
    fmt::print("{}{}\n    {}  {}\n",
               result.suspects.size() == 1 ? "the first bad commit is " : "  ", commit.hash,
               VisibleLine(commit.author_date), VisibleLine(commit.subject));
  }
  for (const auto& doubt : result.doubts) fmt::print("in doubt: {}\n", doubt);
}

// Where its builds' logs and what was seen are kept.
common::Status ChooseFolder(campaign::BisectionRequest& request) {
  if (request.folder.empty()) request.folder = stdfs::path("out") / ("bisect-" + request.finding);
  request.folder = stdfs::absolute(request.folder);
  return common::MakeFolder(request.folder);
}

Result<BisectionResult> Search(BisectArguments& arguments, const CommandContext& context) {
  auto& request = arguments.request;
  const auto inner = request.binary.lexically_normal();
  if (inner.is_absolute() || *inner.begin() == "..") {
    return Fail(ErrorCode::kBadInput,
                "--binary is what the build leaves, relative to the repository's root",
                request.binary.string());
  }
  const auto package = OpenToRun(arguments.package);
  if (!package) return tl::make_unexpected(package.error());
  if (package->Find("findings/" + request.finding + "/replay.json") == nullptr) {
    return Fail(ErrorCode::kBadInput, "has no finding " + request.finding, arguments.package);
  }
  if (auto made = ChooseFolder(request); !made) return tl::make_unexpected(made.error());
  request.package_folder = request.scratch / "package";
  if (auto done = package->ExtractTo(request.package_folder); !done) {
    return tl::make_unexpected(done.error());
  }
  request.cancel = &CatchInterrupts();
  request.build_timeout_ms = int64_t{1000} * arguments.build_timeout_s;
  if (!context.quiet) {
    request.progress = [](const RevisionEvidence& evidence, bool reused) {
      fmt::print(stderr, "percuss: {:.12}: {}{}\n", evidence.revision,
                 VisibleLine(InWords(evidence)), reused ? " (known)" : "");
    };
  }
  return campaign::Bisect(request);
}

void Bisect(BisectArguments& arguments, CommandContext& context) {
  const auto result = Search(arguments, context);
  if (!result) return ReportError(result.error(), context);
  if (context.json) {
    PrintJson(ResultJson(arguments, *result));
  } else {
    PrintResult(arguments, *result);
  }
  context.exit_code = Ending(*result) == "found" ? kExitPass : kExitInconclusive;
}

// The worktree is an entry in the user's repository: what is killed while it has one leaves it to
// the process that outlives it.
void RunKept(BisectArguments& arguments, CommandContext& context) {
  const auto scratch = common::TemporaryFolder::Make("percuss-bisect");
  if (!scratch) return ReportError(scratch.error(), context);
  arguments.request.scratch = scratch->Path();
  if (const auto code = campaign::BecomeKeptWorker(kExitInfrastructure)) {
    context.exit_code = *code;
    campaign::GitSearch::RemoveLeftOver(arguments.request.repository,
                                        campaign::BisectionWorktree(scratch->Path()));
  } else {
    Bisect(arguments, context);
  }
}

void AddLimits(CLI::App& command, BisectArguments& arguments) {
  command
      .add_option("--reruns", arguments.request.reruns,
                  "Runs of the input, in fresh processes; more where it is flaky")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command
      .add_option("--most-reruns", arguments.request.most_reruns,
                  "Up to so many; where more are needed the result is in doubt")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command
      .add_option("--build-timeout", arguments.build_timeout_s, "Seconds that one build may take")
      ->check(CLI::Range(1, 604'800))
      ->capture_default_str();
}

}  // namespace

void AddBisectCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<BisectArguments>();
  auto& request = arguments->request;
  request.repository = ".";
  CLI::App* command =
      AddCommand(app, context, "bisect",
                 "Find the commit that brought a finding, by git's bisection in a worktree of its "
                 "own. Exit 0\n"
                 "found, 3 it is one of several, in doubt or interrupted",
                 "percuss bisect nightly.zip --finding F-0123456789ab --good v1.2 --bad HEAD\n"
                 "    --build \"make fuzzers\" --binary build/mylib_fuzzer");
  command->add_option("PACKAGE", arguments->package, "A package, zip or folder")
      ->required()
      ->check(MustExist());
  command->add_option("--finding", request.finding, "Its id")->required();
  command->add_option("--good", request.good, "A revision without it")->required();
  command->add_option("--bad", request.bad, "A revision with it")->required();
  command
      ->add_option("--build", request.command,
                   "Builds a revision: for /bin/sh, in the worktree, with PERCUSS_BISECT_REV set")
      ->required();
  command->add_option("--binary", request.binary, "What that leaves, relative to the worktree")
      ->required();
  command->add_option("--repo", request.repository, "The repository; the current folder by default")
      ->check(MustExist());
  command->add_option("--out", request.folder,
                      "Keeps what was seen, to go on from, and the builds' logs; "
                      "out/bisect-FINDING by default");
  AddLimits(*command, *arguments);
  command->callback([arguments, &context] { RunKept(*arguments, context); });
}

}  // namespace percuss::cli

// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include "campaign/retest.h"
#include "campaign/supervise/keeper.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/known_findings.h"
#include "common/fs.h"
#include "common/words.h"
#include "reports/envelope/visible_text.h"

namespace percuss::cli {
namespace {

namespace stdfs = std::filesystem;
using campaign::Retest;
using campaign::RetestStatus;
using common::ErrorCode;
using common::Fail;
using common::Json;
using common::Result;
using reports::VisibleLine;

struct RegressArguments {
  std::vector<std::string> packages;
  std::vector<std::string> binaries;  // PATH, or ID=PATH
  std::vector<std::string> targets;   // empty: all
  int reruns = 10;
  int most_reruns = 300;
};

using Binaries = std::map<std::string, std::string>;  // target to file

// One input of a finding, and what became of it.
struct Answer {
  const KnownInput* input = nullptr;
  std::string binary;
  Retest retest;
};

// A finding with the answer that decides.
struct Outcome {
  const KnownFinding* finding = nullptr;
  std::vector<Answer> answers;
  const Answer* deciding = nullptr;
};

bool IsFile(const std::string& path) {
  std::error_code ignored;
  return stdfs::is_regular_file(path, ignored);
}

// A plain path is for the only target that there is: another target's inputs would survive it.
Result<Binaries> BinariesFor(const RegressArguments& arguments,
                             const std::vector<std::string>& targets) {
  Binaries binaries;
  for (const std::string& word : arguments.binaries) {
    const size_t equals = word.find('=');
    const bool names = equals != std::string::npos && !IsFile(word);
    const std::string path = names ? word.substr(equals + 1) : word;
    if (!IsFile(path)) return Fail(ErrorCode::kBadInput, "no such file for --binary", path);
    std::string target = names ? word.substr(0, equals) : "";
    if (!names && targets.size() != 1) {
      return Fail(ErrorCode::kBadInput,
                  fmt::format("the packages are about {} targets ({}): name this one's with "
                              "--binary ID={}, or with --target",
                              targets.size(), fmt::join(targets, ", "), path));
    }
    if (!names) target = targets.front();
    if (std::find(targets.begin(), targets.end(), target) == targets.end()) {
      return Fail(ErrorCode::kBadInput,
                  fmt::format("the packages have no target \"{}\", or --target leaves it out; they "
                              "have: {}",
                              target, fmt::join(targets, ", ")));
    }
    if (!binaries.emplace(target, path).second) {
      return Fail(ErrorCode::kBadInput, "two binaries are named for target " + target);
    }
  }
  return binaries;
}

Result<std::vector<std::string>> Wanted(const RegressArguments& arguments,
                                        const std::vector<std::string>& targets) {
  for (const std::string& target : arguments.targets) {
    if (std::find(targets.begin(), targets.end(), target) != targets.end()) continue;
    return Fail(ErrorCode::kBadInput,
                fmt::format("the packages have no target \"{}\"; they have: {}", target,
                            fmt::join(targets, ", ")));
  }
  return arguments.targets.empty() ? targets : arguments.targets;
}

void CannotTell(const std::string& why, Answer& answer) {
  answer.retest.status = RetestStatus::kCannotTell;
  answer.retest.reason = why;
}

// Runs questions of one package.
class Asking {
 public:
  Asking(const RegressArguments& arguments, stdfs::path scratch, const std::atomic<bool>& stop)
      : arguments_(arguments), scratch_(std::move(scratch)), stop_(stop) {}

  common::Status Ask(const stdfs::path& unpacked, Answer& answer) {
    campaign::RetestOptions options;
    options.binary = answer.binary;
    options.runs = arguments_.reruns;
    options.most_runs = std::max(arguments_.reruns, arguments_.most_reruns);
    options.scratch = scratch_;
    options.cancel = &stop_;
    auto retest = campaign::RetestFinding(unpacked, answer.input->finding, options);
    if (!retest) {
      const auto code = retest.error().code;
      if (code == ErrorCode::kIo || code == ErrorCode::kUnavailable) {
        return tl::make_unexpected(retest.error());
      }
      CannotTell(retest.error().Text(), answer);
      return {};
    }
    answer.retest = std::move(*retest);
    const auto& binaries = answer.input->campaign_binaries;
    const auto& replays = answer.retest.inputs;
    const bool known =
        !replays.empty() && std::find(binaries.begin(), binaries.end(),
                                      replays.front().replay.binary_sha256) != binaries.end();
    if (answer.retest.status == RetestStatus::kFixed && known) {
      CannotTell("it is the very build that the finding was made on in one of the packages",
                 answer);
    }
    return {};
  }

  // All answers that are still to be given from the package with this index.
  common::Status AskPackage(const KnownFindings& known, size_t index,
                            std::vector<Outcome>& outcomes) {
    const auto folder = scratch_ / "package";
    bool unpacked = false;
    for (Outcome& outcome : outcomes) {
      for (Answer& answer : outcome.answers) {
        if (answer.input->package != index || !answer.retest.reason.empty()) continue;
        if (stop_) {
          CannotTell("interrupted", answer);
          continue;
        }
        if (!unpacked) {
          std::error_code ignored;
          stdfs::remove_all(folder, ignored);
          if (auto done = known.packages[index].ExtractTo(folder); !done) return done;
          unpacked = true;
        }
        if (auto done = Ask(folder, answer); !done) return done;
      }
    }
    return {};
  }

 private:
  const RegressArguments& arguments_;
  stdfs::path scratch_;
  const std::atomic<bool>& stop_;
};

// How much an answer weighs against others of the same finding.
int Weight(const Answer& answer) {
  switch (answer.retest.status) {
    case RetestStatus::kStillThere:
      return 3;
    case RetestStatus::kChanged:
      return 2;
    case RetestStatus::kCannotTell:
      return 1;
    case RetestStatus::kFixed:
      break;
  }
  return 0;
}

Result<std::vector<Outcome>> AskAll(const RegressArguments& arguments, const KnownFindings& known) {
  const auto wanted = Wanted(arguments, known.targets);
  if (!wanted) return tl::make_unexpected(wanted.error());
  const auto binaries = BinariesFor(arguments, *wanted);
  if (!binaries) return tl::make_unexpected(binaries.error());
  std::vector<Outcome> outcomes;
  for (const KnownFinding& finding : known.findings) {
    if (std::find(wanted->begin(), wanted->end(), finding.target) == wanted->end()) continue;
    const auto binary = binaries->find(finding.target);
    Outcome& outcome = outcomes.emplace_back();
    outcome.finding = &finding;
    for (const KnownInput& input : finding.inputs) {
      Answer& answer = outcome.answers.emplace_back();
      answer.input = &input;
      if (binary != binaries->end()) {
        answer.binary = binary->second;
      } else {
        CannotTell("no --binary was given for its target", answer);
      }
      if (!input.lacks.empty()) CannotTell(input.lacks, answer);
    }
  }
  const auto scratch = common::TemporaryFolder::Make("percuss-regress");
  if (!scratch) return tl::make_unexpected(scratch.error());
  Asking asking(arguments, scratch->Path(), CatchInterrupts());
  for (size_t i = 0; i < known.packages.size(); ++i) {
    if (auto done = asking.AskPackage(known, i, outcomes); !done) {
      return tl::make_unexpected(done.error());
    }
  }
  for (Outcome& outcome : outcomes) {
    outcome.deciding = &*std::max_element(
        outcome.answers.begin(), outcome.answers.end(),
        [](const Answer& one, const Answer& other) { return Weight(one) < Weight(other); });
  }
  return outcomes;
}

// Of the answer, the replay that a person would look at: the one that shows the finding, else one
// that fails, else the original input's. nullptr where nothing was run.
const campaign::InputRetest* Telling(const Answer& answer) {
  const campaign::InputRetest* telling = nullptr;
  const auto weight = [](const campaign::InputRetest& input) {
    if (input.replay.shown > 0) return 2;
    return input.replay.reproduced > 0 ? 1 : 0;
  };
  for (const auto& input : answer.retest.inputs) {
    if (telling == nullptr || weight(input) > weight(*telling)) telling = &input;
  }
  return telling;
}

std::string Command(const KnownFindings& known, const Outcome& outcome) {
  const Answer& answer = *outcome.deciding;
  const auto* telling = Telling(answer);
  if (answer.binary.empty() || !answer.input->lacks.empty()) return "";
  return fmt::format("percuss repro {} --finding {} --binary {} --runs {}{}",
                     campaign::ShellWord(known.packages[answer.input->package].Path().string()),
                     outcome.finding->id, campaign::ShellWord(answer.binary),
                     std::max(answer.retest.runs, 1),
                     telling != nullptr && telling->minimised ? " --minimised" : "");
}

Json Described(const common::Finding& finding) {
  return {{"class", finding.bug_class},
          {"function", finding.function},
          {"file", finding.file},
          {"line", finding.line},
          {"summary", finding.summary},
          {"strict_key", finding.strict_key},
          {"loose_key", finding.loose_key},
          {"reproduced", finding.reproduction.reproduced},
          {"reruns", finding.reproduction.reruns}};
}

Json InputJson(const Answer& answer, const campaign::InputRetest& input) {
  const auto& finding = answer.input->finding;
  return {{"input", input.minimised ? "minimised" : "original"},
          {"sha256", input.minimised ? finding.minimised_sha256 : finding.input_sha256},
          {"reproduced", input.replay.reproduced},
          {"shown", input.replay.shown},
          {"reruns", input.replay.reruns},
          {"cannot_tell", input.replay.cannot_tell},
          {"reason", input.replay.reason},
          {"warnings", input.replay.warnings},
          {"faults", input.replay.faults}};
}

Json OutcomeJson(const KnownFindings& known, const Outcome& outcome) {
  const Answer& deciding = *outcome.deciding;
  const auto* telling = Telling(deciding);
  const bool fails = telling != nullptr && telling->replay.reproduced > 0;
  Json inputs = Json::array();
  for (const Answer& answer : outcome.answers) {
    for (const auto& input : answer.retest.inputs) inputs.push_back(InputJson(answer, input));
  }
  const bool fixed = deciding.retest.status == RetestStatus::kFixed;
  return {{"id", outcome.finding->id},
          {"target", outcome.finding->target},
          {"status", campaign::RetestStatusName(deciding.retest.status)},
          {"reason", deciding.retest.reason},
          {"packages", outcome.finding->packages},
          {"binary", deciding.binary},
          {"binary_sha256", telling == nullptr ? "" : telling->replay.binary_sha256},
          {"then", Described(deciding.input->finding)},
          {"now", fails ? Described(telling->replay.seen) : Json()},
          {"same_loose_key",
           fails && telling->replay.seen.loose_key == deciding.input->finding.loose_key},
          {"inputs", inputs},
          {"command", fixed ? "" : Command(known, outcome)}};
}

// "original 0 of 10, minimised 0 of 10".
std::string Counts(const Answer& answer) {
  std::string counts;
  for (const auto& input : answer.retest.inputs) {
    const bool ours = input.replay.shown > 0;
    counts += fmt::format("{}{} {} of {}", counts.empty() ? "" : ", ",
                          input.minimised ? "minimised" : "original",
                          ours ? input.replay.shown : input.replay.reproduced, input.replay.reruns);
  }
  return counts;
}

void PrintOutcome(const KnownFindings& known, const Outcome& outcome) {
  const Answer& deciding = *outcome.deciding;
  const auto& then = deciding.input->finding;
  std::string status = campaign::RetestStatusName(deciding.retest.status);
  std::replace(status.begin(), status.end(), '_', ' ');
  fmt::print("{}  {:11}  {}  {}\n", VisibleLine(outcome.finding->id), status,
             VisibleLine(outcome.finding->target), VisibleLine(then.summary));
  const std::string counts = Counts(deciding);
  if (!counts.empty()) {
    fmt::print("    fails: {}; in the campaign {} of {}\n", counts, then.reproduction.reproduced,
               then.reproduction.reruns);
  }
  if (deciding.retest.status == RetestStatus::kCannotTell) {
    fmt::print("    {}\n", VisibleLine(deciding.retest.reason));
  }
  if (deciding.retest.status == RetestStatus::kChanged) {
    const auto& seen = Telling(deciding)->replay.seen;
    const bool alike = seen.loose_key == then.loose_key;
    fmt::print("    now: {}\n    strict key {}, was {}; loose key {}{}\n",
               VisibleLine(seen.summary), seen.strict_key, then.strict_key,
               alike ? "the same: " : seen.loose_key + ", was ",
               alike ? "perhaps the same bug on other lines" : then.loose_key);
  }
  const std::string command = Command(known, outcome);
  const bool fixed = deciding.retest.status == RetestStatus::kFixed;
  if (!fixed && !command.empty()) fmt::print("    {}\n", VisibleLine(command));
}

void Report(const KnownFindings& known, const std::vector<Outcome>& outcomes,
            CommandContext& context) {
  std::map<RetestStatus, int> count;
  Json list = Json::array();
  for (const Outcome& outcome : outcomes) {
    ++count[outcome.deciding->retest.status];
    if (context.json) {
      list.push_back(OutcomeJson(known, outcome));
    } else {
      PrintOutcome(known, outcome);
    }
  }
  const int fixed = count[RetestStatus::kFixed];
  const int still = count[RetestStatus::kStillThere];
  const int changed = count[RetestStatus::kChanged];
  const int open = count[RetestStatus::kCannotTell];
  if (context.json) {
    PrintJson({{"findings", list},
               {"packages", known.packages.size()},
               {"summary",
                {{"fixed", fixed},
                 {"still_there", still},
                 {"changed", changed},
                 {"cannot_tell", open}}}});
  } else {
    fmt::print("{} in {}: {} fixed, {} still there, {} changed, {} cannot tell\n",
               common::Counted(static_cast<int64_t>(outcomes.size()), "finding"),
               common::Counted(static_cast<int64_t>(known.packages.size()), "package"), fixed,
               still, changed, open);
  }
  context.exit_code = kExitPass;
  if (open > 0) context.exit_code = kExitInconclusive;
  if (still + changed > 0) context.exit_code = kExitFail;
}

void Regress(const RegressArguments& arguments, CommandContext& context) {
  const auto known = ReadKnownFindings(arguments.packages);
  if (!known) return ReportError(known.error(), context);
  const auto outcomes = AskAll(arguments, *known);
  if (!outcomes) return ReportError(outcomes.error(), context);
  Report(*known, *outcomes, context);
}

}  // namespace

void AddRegressCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<RegressArguments>();
  CLI::App* command = AddCommand(
      app, context, "regress",
      "Run every finding of some packages again on a new build, and say of each whether it is\n"
      "fixed, still there, changed (it fails elsewhere), or cannot be told. Exit 0 all fixed, 2 "
      "one\n"
      "still there or changed, 3 one cannot be told",
      "percuss regress evidence --binary build/mylib_fuzzer\n"
      "  percuss regress nightly.zip --binary mylib=build/mylib_fuzzer --binary "
      "ble=build/ble_fuzzer");
  command
      ->add_option("PACKAGE", arguments->packages,
                   "Packages, zip or folder, and folders of packages")
      ->required()
      ->check(MustExist());
  command
      ->add_option("--binary", arguments->binaries,
                   "The new build; ID=PATH where there are several targets; may be repeated")
      ->required()
      ->allow_extra_args(false);
  command->add_option("--target", arguments->targets, "Findings of this target; may be repeated")
      ->allow_extra_args(false);
  command
      ->add_option("--reruns", arguments->reruns,
                   "Runs of each input, in fresh processes; of flaky findings more")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command->add_option("--most-reruns", arguments->most_reruns, "Of a flaky finding up to so many")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command->callback([arguments, &context] {
    if (const auto code = campaign::BecomeKeptWorker(kExitInfrastructure)) {
      context.exit_code = *code;
    } else {
      Regress(*arguments, context);
    }
  });
}

}  // namespace percuss::cli

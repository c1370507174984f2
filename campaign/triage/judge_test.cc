// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/judge.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <functional>

#include "common/fs.h"
#include "common/json_file.h"

namespace percuss::campaign {
namespace {

using common::Result;

Observation Crash(const std::string& function) {
  Observation seen;
  seen.kind = "crash";
  seen.signal = SIGABRT;
  seen.log = fmt::format(
      "==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x1\nWRITE of size 4 at 0x1\n"
      "    #0 0x1 in {} /src/t.c:3:1\n    #1 0x2 in decode /src/t.c:9:1\n",
      function);
  seen.wall_ns = 1000;
  seen.cpu_ns = 900;
  return seen;
}

Observation Fine() {
  Observation seen;
  seen.kind = "ok";
  return seen;
}

Observation Stuck(const std::string& leaf, double cpu_share) {
  Observation seen;
  seen.kind = "hang";
  seen.signal = SIGABRT;
  seen.log = fmt::format(
      "==1==ERROR: AddressSanitizer: ABRT on unknown address 0x1 (pc\n"
      "    #0 0x1 in {} /src/t.c:3:1\n    #1 0x2 in loop /src/t.c:9:1\n"
      "    #2 0x2 in decode /src/t.c:19:1\n",
      leaf);
  seen.wall_ns = 1'000'000'000;
  seen.cpu_ns = static_cast<int64_t>(1e9 * cpu_share);
  return seen;
}

struct RunArguments {
  int number;  // of the run, from 0
  size_t history;
  std::string input;
  double time_limit_factor;
  Surroundings surroundings;
};

class FakeRunner : public InputRunner {
 public:
  using Behaviour = std::function<Observation(const RunArguments&)>;
  explicit FakeRunner(Behaviour behaviour) : behaviour_(std::move(behaviour)) {}
  Result<Observation> Run(const std::vector<std::filesystem::path>& history,
                          const std::filesystem::path& input,
                          const RunVariation& variation) override {
    for (const auto& path : history) EXPECT_TRUE(std::filesystem::exists(path));
    auto bytes = common::ReadFile(input);
    if (!bytes) return tl::unexpected(bytes.error());
    return behaviour_(
        {runs++, history.size(), *bytes, variation.time_limit_factor, variation.surroundings});
  }
  [[nodiscard]] Variable Varies() const override { return varies; }
  int runs = 0;
  Variable varies;

 private:
  Behaviour behaviour_;
};

class JudgeTest : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = common::TemporaryFolder::Make("judge");
    ASSERT_TRUE(folder);
    folder_.emplace(std::move(*folder));
  }
  [[nodiscard]] JudgeOptions Options() const {
    JudgeOptions options;
    options.package_folder = folder_->Path() / "package";
    options.scratch_folder = folder_->Path() / "scratch";
    options.recipe.argv = {"bin/target", "-runs=1", kInputPlaceholder};
    options.recipe.environment = {{"ASAN_OPTIONS", "symbolize=1 x"}};
    options.recipe.harness = "hl7_mllp";
    options.recipe.input_format_version = 3;
    return options;
  }
  [[nodiscard]] static Sighting Seen(const std::string& input) {
    Sighting sighting;
    sighting.target = "hl7";
    sighting.engine = "libfuzzer";
    sighting.input = input;
    sighting.kind = "crash";
    sighting.first_seen_s = 1.5;
    return sighting;
  }
  Judgement JudgeOne(FakeRunner& runner, const Sighting& sighting) {
    Judge judge(runner, book_, Options());
    const auto judgement = judge.JudgeSighting(sighting);
    EXPECT_TRUE(judgement) << judgement.error().Text();
    return judgement.value_or(Judgement());
  }
  common::Finding MinimisedWith(FakeRunner& runner, const std::string& input) {
    JudgeOptions options = Options();
    options.unsymbolised = options.quick = &runner;
    options.influence.max_runs = 0;
    Judge judge(runner, book_, options);
    const auto judgement = judge.JudgeSighting(Seen(input));
    EXPECT_TRUE(judgement);
    if (!judgement) return {};
    const auto smaller = judge.MinimiseFinding(judgement->finding, {});
    EXPECT_TRUE(smaller);
    return smaller.value_or(common::Finding());
  }
  [[nodiscard]] std::string FileOf(const common::Finding& finding, const std::string& name) const {
    return common::ReadFile(folder_->Path() / "package" / finding.folder / name).value_or("absent");
  }
  std::optional<common::TemporaryFolder> folder_;
  FindingBook book_;
};

TEST_F(JudgeTest, StableCrashIsRerunTenTimesAndWrittenDown) {
  FakeRunner runner([](const RunArguments&) { return Crash("parse"); });
  const Judgement judgement = JudgeOne(runner, Seen("input"));
  const common::Finding& finding = judgement.finding;
  EXPECT_TRUE(judgement.is_new);
  EXPECT_EQ(runner.runs, 10);
  EXPECT_EQ(finding.reproduction.reproduced, 10);
  EXPECT_EQ(finding.reproduction.reruns, 10);
  EXPECT_EQ(finding.reproduction.mode, "alone");
  EXPECT_FALSE(finding.flaky);
  EXPECT_EQ(finding.confidence, "judged");
  EXPECT_EQ(finding.function, "parse");
  EXPECT_EQ(finding.cwe, "CWE-122");
  EXPECT_EQ(finding.reproduction.signatures.at(finding.strict_key), 10);
  EXPECT_EQ(FileOf(finding, "input"), "input");
  EXPECT_NE(FileOf(finding, "report.txt").find("heap-buffer-overflow"), std::string::npos);
  const auto replay = common::ParseJson(FileOf(finding, "replay.json"), "replay");
  ASSERT_TRUE(replay);
  EXPECT_EQ((*replay)["schema"], "percuss.replay.v1");
  EXPECT_EQ((*replay)["input_format_version"], 3);
  EXPECT_EQ((*replay)["expected"]["strict_key"], finding.strict_key);
  EXPECT_EQ((*replay)["plain_command"],
            "ASAN_OPTIONS='symbolize=1 x' bin/target -runs=1 findings/" + finding.id + "/input");
  const auto stored = common::ParseJson(FileOf(finding, "finding.json"), "finding");
  ASSERT_TRUE(stored);
  EXPECT_EQ((*stored)["class"], "heap-buffer-overflow");
}

TEST_F(JudgeTest, KnownBugCostsOneRunAndIsCounted) {
  FakeRunner runner([](const RunArguments&) { return Crash("parse"); });
  (void)JudgeOne(runner, Seen("one"));
  const Judgement again = JudgeOne(runner, Seen("two"));
  EXPECT_FALSE(again.is_new);
  EXPECT_EQ(runner.runs, 11);
  const Judgement same_input = JudgeOne(runner, Seen("two"));
  EXPECT_EQ(runner.runs, 11);
  EXPECT_EQ(same_input.finding.occurrences, 3);
  EXPECT_EQ(book_.All().size(), 1u);
}

TEST_F(JudgeTest, FlakyCrashIsAFindingWithItsDistribution) {
  FakeRunner runner([](const RunArguments& run) {
    if (run.number % 5 == 4) return Crash("other");
    return run.number % 2 == 0 ? Crash("parse") : Fine();
  });
  const common::Finding finding = JudgeOne(runner, Seen("input")).finding;
  EXPECT_EQ(finding.reproduction.reproduced, 12);
  EXPECT_EQ(finding.reproduction.reruns, 30);
  EXPECT_TRUE(finding.flaky);
  EXPECT_EQ(finding.reproduction.signatures.size(), 3u);
  EXPECT_EQ(finding.reproduction.signatures.at("none"), 12);
  EXPECT_LT(finding.reproduction.interval_low, 0.4);
  EXPECT_GT(finding.reproduction.interval_high, 0.4);
  // Known by then, it is not worth that many, whether the first one shows it or not.
  EXPECT_FALSE(JudgeOne(runner, Seen("another")).is_new);
  EXPECT_EQ(runner.runs, 31);
  EXPECT_FALSE(JudgeOne(runner, Seen("a third")).is_new);
  EXPECT_EQ(runner.runs, 41);
}

// Of ten alike none would have failed.
TEST_F(JudgeTest, WhatOnlyFailsInOtherSurroundingsIsUnmaskedAndShownInThoseFromThenOn) {
  std::vector<Surroundings> minimising;
  FakeRunner runner([&](const RunArguments& run) {
    if (run.number >= 30) minimising.push_back(run.surroundings);
    return run.surroundings.heap == HeapFill::kOnes ? Crash("parse") : Fine();
  });
  runner.varies = {true, true, false};
  Judge judge(runner, book_, Options());
  const auto judgement = judge.JudgeSighting(Seen("xx"));
  ASSERT_TRUE(judgement);
  const common::Reproduction& again = judgement->finding.reproduction;
  EXPECT_EQ(runner.runs, 30);
  EXPECT_EQ(again.reproduced, 9);
  EXPECT_EQ(again.depends_on,
            "fails in 9 of 9 runs with a heap filled with ones, in 0 of 21 otherwise");
  const common::Finding& finding = judgement->finding;
  EXPECT_NE(FileOf(finding, "report.txt").find(again.depends_on), std::string::npos);
  const auto replay = common::ParseJson(FileOf(finding, "replay.json"), "replay.json");
  ASSERT_TRUE(replay);
  EXPECT_EQ((*replay)["surroundings"], "fixed-ones");
  const auto command = (*replay)["plain_command"].get<std::string>();
  EXPECT_NE(command.find("MALLOC_PERTURB_=1 "), std::string::npos) << command;
  EXPECT_NE(command.find("setarch -R bin/target"), std::string::npos) << command;
  const auto smaller = judge.MinimiseFinding(finding, {});
  ASSERT_TRUE(smaller);
  EXPECT_LT(smaller->minimised_bytes, 2);
  ASSERT_FALSE(minimising.empty());
  for (const Surroundings& in : minimising) EXPECT_EQ(in, (Surroundings{true, HeapFill::kOnes}));
}

TEST_F(JudgeTest, CrashThatNeedsItsHistoryGetsIt) {
  FakeRunner runner(
      [](const RunArguments& run) { return run.history == 2 ? Crash("parse") : Fine(); });
  Sighting sighting = Seen("input");
  sighting.history = {"first", "second"};
  const common::Finding finding = JudgeOne(runner, sighting).finding;
  EXPECT_EQ(runner.runs, 20);
  EXPECT_EQ(finding.reproduction.mode, "with_history");
  EXPECT_EQ(finding.reproduction.reproduced, 10);
  EXPECT_EQ(finding.history_inputs, 2);
  EXPECT_EQ(FileOf(finding, "history/0000"), "first");
  EXPECT_EQ(FileOf(finding, "history/0001"), "second");
}

TEST_F(JudgeTest, HistoryThatCrashesFirstProvesNothing) {
  FakeRunner runner([](const RunArguments& run) {
    if (run.history == 0) return Fine();
    Observation seen = Crash("parse");
    seen.history_failed = true;
    return seen;
  });
  Sighting sighting = Seen("input");
  sighting.history = {"first"};
  const common::Finding finding = JudgeOne(runner, sighting).finding;
  EXPECT_EQ(finding.reproduction.reproduced, 0);
  EXPECT_EQ(finding.reproduction.mode, "none");
}

TEST_F(JudgeTest, UnreproducibleSightingIsKept) {
  FakeRunner runner([](const RunArguments&) { return Fine(); });
  Sighting sighting = Seen("input");
  sighting.log = Crash("once").log;
  sighting.history = {"before"};
  const Judgement judgement = JudgeOne(runner, sighting);
  const common::Finding& finding = judgement.finding;
  EXPECT_TRUE(judgement.is_new);
  EXPECT_EQ(finding.confidence, "first_sighting_only");
  EXPECT_EQ(finding.reproduction.reproduced, 0);
  EXPECT_EQ(finding.reproduction.reruns, 10);
  EXPECT_EQ(finding.bug_class, "heap-buffer-overflow");
  EXPECT_EQ(finding.function, "once");
  EXPECT_NE(FileOf(finding, "report.txt").find("in once"), std::string::npos);
  EXPECT_EQ(FileOf(finding, "input"), "input");
  EXPECT_EQ(FileOf(finding, "history/0000"), "before");
}

TEST_F(JudgeTest, WhatIsHandedInAndFailsNowhereIsNoFindingButForAReportOfItsOwn) {
  FakeRunner runner([](const RunArguments&) { return Fine(); });
  Sighting sighting = Seen("from elsewhere");
  sighting.handed_in = true;
  const Judgement lost = JudgeOne(runner, sighting);
  EXPECT_TRUE(lost.no_fault);
  EXPECT_FALSE(lost.is_new);
  EXPECT_EQ(lost.finding.reproduction.reruns, 10);
  EXPECT_TRUE(book_.All().empty());
  sighting.log = Crash("parse").log;
  const Judgement told = JudgeOne(runner, sighting);
  EXPECT_TRUE(told.is_new);
  EXPECT_EQ(told.finding.function, "parse");
  EXPECT_EQ(told.finding.reproduction.reproduced, 0);
  EXPECT_EQ(told.finding.reproduction.reruns, 10);
  EXPECT_EQ(FileOf(told.finding, "input"), "from elsewhere");
}

TEST_F(JudgeTest, ALogAloneIsAFindingThatSaysThatNoInputWasAtHand) {
  FakeRunner runner([](const RunArguments&) { return Crash("parse"); });
  Sighting log = Seen("");
  log.handed_in = true;
  log.has_input = false;
  log.log = Crash("render").log;
  const Judgement alone = JudgeOne(runner, log);
  EXPECT_EQ(runner.runs, 0);
  EXPECT_NE(alone.finding.summary.find("no input was at hand"), std::string::npos);
  EXPECT_EQ(alone.finding.reproduction.reruns, 0);
  EXPECT_EQ(FileOf(alone.finding, "input"), "absent");
  const auto replay = common::ParseJson(FileOf(alone.finding, "replay.json"), "replay.json");
  ASSERT_TRUE(replay);
  EXPECT_EQ((*replay)["input"], "");
  EXPECT_EQ((*replay)["plain_command"], "");
  // Of what an input shows as well it is one more sighting.
  const Judgement seen = JudgeOne(runner, Seen("shows it"));
  log.log = Crash("parse").log;
  const Judgement again = JudgeOne(runner, log);
  EXPECT_FALSE(again.is_new);
  EXPECT_EQ(again.finding.id, seen.finding.id);
  EXPECT_EQ(again.finding.occurrences, 2);
}

TEST_F(JudgeTest, EndlessLoopIsOneHangWhateverTheMoment) {
  FakeRunner runner(
      [](const RunArguments& run) { return Stuck(fmt::format("leaf{}", run.number % 3), 0.95); });
  const common::Finding finding = JudgeOne(runner, Seen("input")).finding;
  EXPECT_EQ(finding.kind, "hang");
  EXPECT_EQ(finding.function, "loop");
  EXPECT_EQ(finding.cwe, "CWE-835");
  EXPECT_EQ(finding.reproduction.reproduced, 10);
  EXPECT_EQ(finding.reproduction.signatures.size(), 1u);
  EXPECT_EQ(finding.reproduction.wall_ns.size(), 10u);
  const int before = runner.runs;
  EXPECT_FALSE(JudgeOne(runner, Seen("another")).is_new);
  EXPECT_LE(runner.runs - before, 3);
}

TEST_F(JudgeTest, SleepIsAHangThatUsesNoCpu) {
  FakeRunner runner([](const RunArguments&) { return Stuck("wait", 0.001); });
  const common::Finding finding = JudgeOne(runner, Seen("input")).finding;
  EXPECT_EQ(finding.kind, "hang");
  EXPECT_EQ(finding.cwe, "CWE-400");
}

TEST_F(JudgeTest, AHangSaysWhatItDidWithItsTime) {
  FakeRunner runner([](const RunArguments& run) {
    Observation seen = Stuck("wait", 0.001);
    if (run.number != 0) seen.time_use = {"blocked", "read of a pipe", 1'000'000'000, 0, 0};
    return seen;
  });
  const common::Finding finding = JudgeOne(runner, Seen("input")).finding;
  EXPECT_EQ(finding.time_use.how, "blocked");
  EXPECT_EQ(
      finding.summary,
      "hang in wait at t.c:3; it was blocked in read of a pipe: 0.00 s of cpu time in 1.00 s");
}

// As a busy host does to inputs. Only what was seen to use the time itself, and comes nowhere near
// the limit without what went before it, is worth a finding that nobody can reproduce.
TEST_F(JudgeTest, OverItsTimeOnceIsAFindingOnlyWhereTheTimeWasItsOwn) {
  Observation ended = Fine();
  FakeRunner runner([&](const RunArguments&) { return ended; });
  JudgeOptions options = Options();
  options.recipe.input_limit_ms = 1000;
  Judge judge(runner, book_, options);
  Sighting sighting = Seen("starved");
  sighting.kind = "hang";
  sighting.time_use.how = "withheld";
  const auto starved = judge.JudgeSighting(sighting);
  ASSERT_TRUE(starved);
  EXPECT_TRUE(starved->no_fault);
  EXPECT_TRUE(starved->over_time_once);
  EXPECT_EQ(starved->finding.reproduction.reruns, 10);
  sighting.input = "near the limit";
  sighting.time_use.how = "processor";
  ended.wall_ns = ended.cpu_ns = 700'000'000;
  const auto near = judge.JudgeSighting(sighting);
  ASSERT_TRUE(near);
  EXPECT_TRUE(near->over_time_once);
  EXPECT_TRUE(book_.All().empty());
  sighting.input = "hung for real";
  ended.wall_ns = ended.cpu_ns = 1'000'000;
  const auto hung = judge.JudgeSighting(sighting);
  ASSERT_TRUE(hung);
  EXPECT_TRUE(hung->is_new);
  EXPECT_EQ(hung->finding.confidence, "first_sighting_only");
  EXPECT_EQ(hung->finding.time_use.how, "processor");
}

TEST_F(JudgeTest, AHostThatLeavesNoTimeIsNoPass) {
  FakeRunner runner([](const RunArguments&) {
    Observation seen;
    seen.kind = "error";
    seen.time_use.how = "withheld";
    seen.detail = "the host is too busy to tell";
    return seen;
  });
  Judge judge(runner, book_, Options());
  Sighting sighting = Seen("input");
  sighting.kind = "hang";
  const auto judged = judge.JudgeSighting(sighting);
  ASSERT_FALSE(judged);
  EXPECT_NE(judged.error().Text().find("too busy"), std::string::npos);
  sighting.handed_in = true;
  const Judgement handed_in = JudgeOne(runner, sighting);
  EXPECT_TRUE(handed_in.no_fault);
  EXPECT_EQ(handed_in.why_not_run, "the host is too busy to tell");
}

TEST_F(JudgeTest, WhatEndsWhenGivenTimeIsSlow) {
  FakeRunner runner([](const RunArguments& run) {
    if (run.time_limit_factor < 2) return Stuck("leaf", 0.9);
    Observation seen = Fine();
    seen.wall_ns = 2'500'000'000;
    return seen;
  });
  const common::Finding finding = JudgeOne(runner, Seen("input")).finding;
  EXPECT_EQ(finding.kind, "slow");
  EXPECT_EQ(finding.bug_class, "slow");
  EXPECT_EQ(finding.cwe, "CWE-407");
  EXPECT_EQ(finding.reproduction.signatures.at(finding.strict_key), 10);
}

TEST_F(JudgeTest, MinimisedInputShowsTheSameBug) {
  FakeRunner runner([](const RunArguments& run) {
    if (run.input.find('A') != std::string::npos) return Crash("parse");
    return run.input.size() > 3 ? Crash("other") : Fine();
  });
  Judge judge(runner, book_, Options());
  const auto judgement = judge.JudgeSighting(Seen("xxxxxxAyyyyyy"));
  ASSERT_TRUE(judgement);
  const auto smaller = judge.MinimiseFinding(judgement->finding, {});
  ASSERT_TRUE(smaller);
  EXPECT_EQ(smaller->minimised_bytes, 1);
  EXPECT_TRUE(smaller->minimised_same_bug);
  EXPECT_EQ(FileOf(*smaller, "input.min"), "A");
  EXPECT_EQ(FileOf(*smaller, "input"), "xxxxxxAyyyyyy");
  EXPECT_EQ(book_.All()[0].minimised_bytes, 1);
  const common::Influence influence = book_.All()[0].influence;
  EXPECT_TRUE(influence.measured) << influence.reason;
  ASSERT_EQ(influence.bytes.size(), 1u);
  EXPECT_EQ(influence.bytes[0].effect, "decides");
  EXPECT_NE(FileOf(*smaller, "finding.json").find("\"influence\""), std::string::npos);
}

// Takes many inputs to a process, which remembers those before.
class SeveralRunner : public FakeRunner {
 public:
  explicit SeveralRunner(bool remembers)
      : FakeRunner([](const RunArguments& run) {
          return run.input.find('A') != std::string::npos ? Crash("parse") : Fine();
        }),
        remembers_(remembers) {}
  Result<Observation> RunInOrder(const std::vector<std::string>& inputs,
                                 const std::filesystem::path& folder,
                                 const RunVariation& variation) override {
    processes++;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const bool by_those_before = remembers_ && i > 0;
      auto seen = InputRunner::RunInOrder({by_those_before ? "A" : inputs[i]}, folder, variation);
      if (!seen || seen->kind == "ok") continue;
      seen->last_input = inputs[i];
      return seen;
    }
    return Fine();
  }
  [[nodiscard]] size_t MostInOneProcess() const override { return 64; }
  int processes = 0;

 private:
  bool remembers_;
};

TEST_F(JudgeTest, MinimisingTakesManyCandidatesToAProcess) {
  SeveralRunner runner(false);
  const common::Finding smaller = MinimisedWith(runner, "0123456789A0123456789");
  EXPECT_EQ(FileOf(smaller, "input.min"), "A");
  const common::Minimisation& how = smaller.minimisation;
  ASSERT_EQ(how.kept.size(), 1u);
  EXPECT_EQ(how.kept[0].at, 10);
  EXPECT_LT(runner.processes, how.tried);
  EXPECT_EQ(how.runs + 1, runner.processes);  // and the first, of the original
}

TEST_F(JudgeTest, WhatOnlyFailsBehindOtherCandidatesIsNotTaken) {
  SeveralRunner runner(true);
  const common::Finding smaller = MinimisedWith(runner, "0123456789A0123456789");
  EXPECT_EQ(FileOf(smaller, "input.min"), "A");
  EXPECT_TRUE(smaller.minimised_same_bug);
}

TEST_F(JudgeTest, WhatIsKnownIsToldByARunWithoutSymbols) {
  FakeRunner symbolised([](const RunArguments& run) { return Crash(run.input); });
  FakeRunner quick([](const RunArguments& run) {
    return run.input == "deaf" ? Fine() : Crash(run.input.substr(0, 5));
  });
  JudgeOptions options = Options();
  options.unsymbolised = &quick;
  Judge judge(symbolised, book_, options);
  ASSERT_TRUE(judge.JudgeSighting(Seen("parse")));
  EXPECT_EQ(symbolised.runs, 1);
  const auto again = judge.JudgeSighting(Seen("parse it again"));
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->is_new);
  EXPECT_EQ(again->finding.occurrences, 2);
  EXPECT_EQ(symbolised.runs, 1);
  const auto deaf = judge.JudgeSighting(Seen("deaf"));
  ASSERT_TRUE(deaf);
  EXPECT_EQ(deaf->finding.function, "deaf");
}

// On another host, or with less around it, what hangs by a hair is over in time.
TEST_F(JudgeTest, AHangIsNotMinimisedDownToItsLimit) {
  constexpr double kBytesPerLimit = 10;
  FakeRunner runner([](const RunArguments& run) {
    const double taken = static_cast<double>(run.input.size()) / kBytesPerLimit;
    return taken > run.time_limit_factor ? Stuck("leaf", 0.95) : Fine();
  });
  JudgeOptions options = Options();
  options.unsymbolised = &runner;
  Judge judge(runner, book_, options);
  const auto judgement = judge.JudgeSighting(Seen(std::string(100, 'x')));
  ASSERT_TRUE(judgement);
  EXPECT_EQ(judgement->finding.kind, "hang");
  const auto smaller = judge.MinimiseFinding(judgement->finding, {});
  ASSERT_TRUE(smaller);
  EXPECT_GT(smaller->minimised_bytes, 2 * kBytesPerLimit);
  EXPECT_LT(smaller->minimised_bytes, 50);
}

// What fails otherwise than the finding says nothing of the finding's bytes.
TEST_F(JudgeTest, InfluenceIsMeasuredOnTheFindingsOwnBug) {
  int runs_of_smallest = 0;
  const int until_confirmed = 2;
  FakeRunner runner([&](const RunArguments& run) {
    if (run.input.find('A') == std::string::npos) return Fine();
    const bool later = run.input == "A" && ++runs_of_smallest > until_confirmed;
    return later ? Crash("other") : Crash("parse");
  });
  Judge judge(runner, book_, Options());
  const auto judgement = judge.JudgeSighting(Seen("xxxxxxAyyyyyy"));
  ASSERT_TRUE(judgement);
  const auto smaller = judge.MinimiseFinding(judgement->finding, {});
  ASSERT_TRUE(smaller);
  EXPECT_EQ(FileOf(*smaller, "input.min"), "A");
  EXPECT_FALSE(smaller->influence.measured);
}

TEST_F(JudgeTest, FirmwareIsConfirmedAndJudgedOnceForEachFinding) {
  FakeRunner runner([](const RunArguments& run) { return Crash(run.input); });
  FakeRunner explaining([](const RunArguments& run) {
    Observation seen = Crash(run.input);
    seen.log += "percuss: judged artefact\n  because of a map\n";
    return seen;
  });
  JudgeOptions options = Options();
  options.last_writer = &explaining;
  std::vector<std::string> asked;
  options.confirm = [&asked](const std::filesystem::path& input) {
    asked.push_back(common::ReadFile(input).value_or("no file"));
    return common::Confirmation{"confirmed", "another", "", 12};
  };
  Judge judge(runner, book_, options);
  for (int i = 0; i < 2; ++i) {
    const auto judged = judge.JudgeSighting(Seen("one"));
    ASSERT_TRUE(judged.has_value());
    EXPECT_EQ(judged->finding.firmware.confirmation.verdict, "confirmed");
    EXPECT_EQ(judged->finding.firmware.judged, "artefact");
    EXPECT_EQ(judged->finding.firmware.reasons, std::vector<std::string>{"of a map"});
  }
  EXPECT_EQ(asked, std::vector<std::string>{"one"});
  const std::string written = FileOf(book_.All()[0], "finding.json");
  EXPECT_NE(written.find("\"instructions\": 12"), std::string::npos) << written;
}

TEST_F(JudgeTest, FirmwareThatCannotBeAskedIsNeverConfirmed) {
  FakeRunner flaky([](const RunArguments&) { return Fine(); });
  FakeRunner explaining([](const RunArguments&) { return Fine(); });
  JudgeOptions options = Options();
  options.last_writer = &explaining;
  options.confirm = [](const std::filesystem::path&) {
    return common::Confirmation{"confirmed", "another", "", 12};
  };
  Judge judge(flaky, book_, options);
  Sighting sighting = Seen("one");
  sighting.log = Crash("once").log;
  const auto judged = judge.JudgeSighting(sighting);
  ASSERT_TRUE(judged.has_value());
  EXPECT_EQ(judged->finding.firmware.confirmation.verdict, "not_run");
  EXPECT_EQ(judged->finding.firmware.confirmation.reason,
            "it fails in no rerun of this input alone");
  EXPECT_EQ(judged->finding.firmware.judged, "undecided");
}

TEST_F(JudgeTest, DistinctBugsWithOneTopAreOneClusterOfTwo) {
  FakeRunner runner([](const RunArguments& run) {
    Observation seen = Crash("parse");
    if (run.input == "two")
      seen.log += "    #2 0x3 in session /src/s.c:4:1\n";
    else
      seen.log += "    #2 0x3 in upload /src/u.c:4:1\n";

    return seen;
  });
  const common::Finding one = JudgeOne(runner, Seen("one")).finding;
  const common::Finding two = JudgeOne(runner, Seen("two")).finding;
  EXPECT_NE(one.id, two.id);
  EXPECT_EQ(book_.All().size(), 2u);
  EXPECT_NE(one.strict_key, two.strict_key);
}

}  // namespace
}  // namespace percuss::campaign

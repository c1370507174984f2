// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/heartbeat_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "campaign/supervise/process.h"
#include "common/fs.h"

namespace percuss::campaign {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class HeartbeatTest : public ::testing::Test {
 protected:
  static HeartbeatFile Create(uint64_t ring_bytes = 4096) {
    auto file = HeartbeatFile::Create(ring_bytes);
    if (!file) ADD_FAILURE() << file.error().Text();
    return std::move(*file);
  }

  // Runs the inputs in a process of its own and returns its pid.
  static uint64_t RunInputs(const HeartbeatFile& file, std::vector<std::string> inputs) {
    ProcessSpec spec;
    spec.argv = {PERCUSS_TEST_PROGRAM, "inputs"};
    spec.argv.insert(spec.argv.end(), inputs.begin(), inputs.end());
    spec.environment = file.Environment();
    auto process = Process::Spawn(spec);
    if (!process) ADD_FAILURE() << process.error().Text();
    process->Wait();
    return static_cast<uint64_t>(process->Pid());
  }

  // As a hostile target would.
  static void Scribble(const HeartbeatFile& heartbeat, std::streamoff at, std::string_view bytes) {
    std::fstream file(heartbeat.Path(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(at);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
};

TEST_F(HeartbeatTest, TellsWhichInputRanLast) {
  const HeartbeatFile file = Create();
  EXPECT_FALSE(file.CurrentInput());
  EXPECT_THAT(file.HistoryOf(0, 10).value(), IsEmpty());
  const uint64_t pid = RunInputs(file, {"one", "", "three"});
  EXPECT_EQ(file.Read().sequence, 6U);
  EXPECT_FALSE(file.Read().running);
  EXPECT_EQ(file.Read().pid, pid);
  EXPECT_EQ(file.CurrentInput().value(), "three");
  EXPECT_THAT(file.HistoryOf(pid, 10).value(), ElementsAre("one", "", "three"));
  EXPECT_THAT(file.HistoryOf(pid, 2).value(), ElementsAre("", "three"));
}

TEST_F(HeartbeatTest, OutlivesAKilledProcess) {
  const HeartbeatFile file = Create();
  const uint64_t first = RunInputs(file, {"before", "Killed here"});
  EXPECT_TRUE(file.Read().running);
  EXPECT_EQ(file.CurrentInput().value(), "Killed here");
  const uint64_t second = RunInputs(file, {"after"});
  EXPECT_FALSE(file.Read().running);
  EXPECT_THAT(file.HistoryOf(first, 10).value(), ElementsAre("before", "Killed here"));
  EXPECT_THAT(file.HistoryOf(second, 10).value(), ElementsAre("after"));
}

TEST_F(HeartbeatTest, IgnoresChildrenOfTheTarget) {
  const HeartbeatFile file = Create();
  const uint64_t pid = RunInputs(file, {"Forks", "next"});
  EXPECT_EQ(file.Read().sequence, 4U);
  EXPECT_THAT(file.HistoryOf(0, 10).value(), ElementsAre("Forks", "next"));
  EXPECT_EQ(file.Read().pid, pid);
}

TEST_F(HeartbeatTest, KeepsTheLastInputsWhenTheRingWraps) {
  const HeartbeatFile file = Create();
  std::vector<std::string> inputs;
  for (int i = 0; i < 300; ++i) inputs.push_back("input " + std::to_string(i));
  const uint64_t pid = RunInputs(file, inputs);
  const auto history = file.HistoryOf(pid, 1000).value();
  EXPECT_GT(history.size(), 80U);
  EXPECT_LT(history.size(), 300U);
  EXPECT_TRUE(std::equal(history.rbegin(), history.rend(), inputs.rbegin()));
}

TEST_F(HeartbeatTest, SaysNothingOfAnInputThatDidNotFit) {
  const HeartbeatFile file = Create();
  RunInputs(file, {"small", std::string(3000, 'x')});
  EXPECT_FALSE(file.CurrentInput());
  EXPECT_THAT(file.HistoryOf(0, 10).value(), IsEmpty());
}

TEST_F(HeartbeatTest, SurvivesATargetThatOverwritesEverything) {
  HeartbeatFile file = Create();
  RunInputs(file, {"one", "two"});
  for (const char fill : {'\xff', '\x00', '\x08', 'P'}) {
    Scribble(file, 8, std::string(4096 + 48, fill));
    static_cast<void>(file.Read());
    static_cast<void>(file.CurrentInput());
    static_cast<void>(file.HistoryOf(0, 100));
  }
  // Head far away from any record.
  Scribble(file, 32, std::string("\x00\x10\x00\x00\x00\x00\x00\x00", 8));
  EXPECT_EQ(file.HistoryOf(0, 100).error().code, common::ErrorCode::kCorrupt);
}

TEST_F(HeartbeatTest, RefusesASizeThatIsNoPowerOfTwo) {
  EXPECT_FALSE(HeartbeatFile::Create(5000));
  EXPECT_FALSE(HeartbeatFile::Create(0));
}

TEST_F(HeartbeatTest, CannotBeShrunkUnderUs) {
  const HeartbeatFile file = Create();
  EXPECT_NE(truncate(file.Path().c_str(), 0), 0);
  EXPECT_FALSE(file.Read().running);
}

}  // namespace
}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/stream_mutator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "emulation/rehost/core/stream_fixture.h"

namespace percuss::rehost {
namespace {

TEST(StreamMutator, WhatItMakesAreStreamsWithinTheirBounds) {
  StreamMutator mutator(LockedFirmware(), 1);
  std::mt19937 random(3);
  std::string input = LockedFlat(1, 2);
  std::set<std::string> made;
  for (int i = 0; i < 20'000; ++i) {
    const size_t most = 10 + random() % 400;
    const std::string other = i % 3 == 0 ? std::string(random() % 64, '\1') : input;
    const std::string& changed =
        i % 4 == 0 ? mutator.Cross(input, other, most) : mutator.Mutate(input, most);
    ASSERT_LE(changed.size(), most);
    StreamSet read;
    ASSERT_TRUE(ReadStreams(changed, read));
    ASSERT_EQ(WriteStreams(read), changed);
    made.insert(changed);
    input = changed;
  }
  EXPECT_GT(made.size(), 15'000U);
}

TEST(StreamMutator, LessThanAHeadIsNothing) {
  StreamMutator mutator(LockedFirmware(), 1);
  for (size_t most = 0; most < 10; ++most) EXPECT_EQ(mutator.Mutate("abc", most), "");
}

TEST(StreamMutator, TheSameSeedMakesTheSame) {
  StreamMutator one(LockedFirmware(), 5);
  StreamMutator other(LockedFirmware(), 5);
  std::string input = LockedFlat(1, 2);
  for (int i = 0; i < 500; ++i) {
    const std::string made = one.Mutate(input, 300);
    ASSERT_EQ(other.Mutate(input, 300), made);
    if (i % 7 == 0) input = made;
  }
}

TEST(StreamMutator, SortedItIsTheSameRun) {
  StreamMutator mutator(LockedFirmware(), 1);
  EXPECT_EQ(mutator.Sort(LockedFlat(1, 2), 1000), WriteStreams(LockedStreams(1, 2)));
}

// The engine chooses another input all the time, and yet what the first compares is tried.
TEST(StreamMutator, WhatIsToBeTriedWaitsForNoTurn) {
  Machine machine(LockedFirmware());
  StreamMutator mutator(LockedFirmware(), 1);
  (void)mutator.Mutate(LockedFlat(1, 2), 300);
  bool found = false;
  for (int i = 0; i < 2000 && !found; ++i) {
    found = RunOn(machine, mutator.Mutate(Words({7}), 300)).end == End::kFault;
  }
  EXPECT_TRUE(found);
}

TEST(StreamMutator, EachInputOfACorpusIsRunOnceToBeKnown) {
  StreamMutator mutator(LockedFirmware(), 1);
  constexpr uint32_t kInputs = 3000;
  for (int round = 0; round < 2; ++round) {
    for (uint32_t i = 0; i < kInputs; ++i) (void)mutator.Mutate(LockedFlat(i, 2), 300);
    EXPECT_EQ(mutator.Profiled(), kInputs) << "round " << round;
  }
}

// A word of 32 bits on one device, and only then a length on another.
TEST(StreamMutator, AMagicNumberAndALengthAreFound) {
  Machine machine(LockedFirmware());
  for (const uint64_t seed : {1U, 2U, 3U}) {
    StreamMutator mutator(LockedFirmware(), seed);
    std::vector<std::string> kept = {"0"};
    std::set<uint64_t> seen;
    std::mt19937_64 random(seed);
    int runs = 0;
    bool found = false;
    for (; runs < 20'000 && !found; ++runs) {
      const std::string input = mutator.Mutate(kept[random() % kept.size()], 256);
      const Outcome outcome = RunOn(machine, input);
      found = outcome.end == End::kFault;
      // What coverage would tell of it: how often the loop was run, and whether a length was read.
      const auto& loads = machine.peripherals().LastLoads();
      const bool beyond = std::any_of(loads.begin(), loads.end(), [](const auto& load) {
        return load.address == kLengthAddress;
      });
      const size_t times = std::min<size_t>(loads.size(), 3);
      if (seen.insert(times * 2 + (beyond ? 1 : 0)).second) kept.push_back(input);
    }
    EXPECT_TRUE(found) << "seed " << seed << " after " << runs;
  }
}

}  // namespace
}  // namespace percuss::rehost

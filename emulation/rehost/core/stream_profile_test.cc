// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/stream_profile.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "emulation/rehost/core/stream_fixture.h"

namespace percuss::rehost {
namespace {

TEST(StreamProfile, AFlatInputIsSortedIntoWhatWasRead) {
  StreamProfiler profiler(LockedFirmware());
  const std::string flat = LockedFlat(5, 3);
  const StreamProfile profile = profiler.Profile(flat + "zz");
  EXPECT_EQ(profile.streams, LockedStreams(5, 3));
  EXPECT_EQ(profile.flat, flat);
  EXPECT_EQ(profile.widths, (std::vector<uint32_t>{4, 1}));
  EXPECT_TRUE(profile.used_up);
  EXPECT_EQ(profile.starved, StreamKey{kLockAddress});
  EXPECT_EQ(profile.starved_bytes, 4U);
  const StreamProfile again = profiler.Profile(WriteStreams(profile.streams));
  EXPECT_EQ(again.streams, profile.streams);
}

TEST(StreamProfile, StreamsOfPlacesHaveTheirPc) {
  StreamProfiler profiler(LockedFirmware(), StreamsBy::kPlace);
  const StreamProfile profile = profiler.Profile(LockedFlat(5, 3));
  ASSERT_EQ(profile.streams.streams.size(), 2U);
  EXPECT_EQ(profile.streams.streams[0].key, (StreamKey{kLockAddress, 0x0800020c}));
  EXPECT_EQ(profile.streams.streams[1].key, (StreamKey{kLengthAddress, 0x08000212}));
}

TEST(StreamProfile, WhatComparesWantIsProposedWhereItWasRead) {
  StreamProfiler profiler(LockedFirmware());
  const std::string flat = LockedFlat(5, 3);
  const auto found = profiler.Substitutions(flat, profiler.Profile(flat));
  const auto has = [&found](const Substitution& wanted) {
    return std::find(found.begin(), found.end(), wanted) != found.end();
  };
  EXPECT_TRUE(has({{kLockAddress}, 0, 4, kLock}));
  EXPECT_TRUE(has({{kLockAddress}, 8, 4, kLock}));
  EXPECT_TRUE(has({{kLengthAddress}, 0, 1, 0x61}));  // one more than what it was compared with
  EXPECT_LE(found.size(), kMostSubstitutions);
}

TEST(StreamProfile, NothingIsFoundWithoutInput) {
  StreamProfiler profiler(LockedFirmware());
  const StreamProfile profile = profiler.Profile("");
  EXPECT_TRUE(profile.streams.streams.empty());
  EXPECT_TRUE(profile.used_up);
  EXPECT_TRUE(profiler.Substitutions("", profile).empty());
}

}  // namespace
}  // namespace percuss::rehost

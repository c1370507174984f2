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

// Loads a status twice before each of 40 bytes of another device, and only then looks at the first
// of these: 0x5d is what it wants.
MachineImage BufferingFirmware() {
  const std::string code = Halfwords({
      0x2404, 0x0724,          // movs r4,#4; lsls r4,r4,#28: 0x40000000
      0x2501, 0x032d, 0x1965,  // movs r5,#1; lsls r5,r5,#12; adds r5,r4,r5
      0x2602, 0x0736,          // movs r6,#2; lsls r6,r6,#28: 0x20000000
      0x2700,                  // again: movs r7,#0
      0x6820, 0x6821,          // next: ldr r0,[r4]; ldr r1,[r4]
      0x7828, 0x55f0,          // ldrb r0,[r5]; strb r0,[r6,r7]
      0x3701, 0x2f28, 0xd1f8,  // adds r7,#1; cmp r7,#40; bne next
      0x7830, 0x285d, 0xd1f4,  // ldrb r0,[r6]; cmp r0,#0x5d; bne again
      0xbe00,                  // bkpt
  });
  MachineImage image = LockedFirmware();
  image.regions[0].bytes.replace(0x200, code.size(), code);
  return image;
}

TEST(StreamProfile, WhatIsComparedLongAfterItWasReadIsProposed) {
  StreamSet set;
  // The same in the status as in what is looked for, as there is much in a status.
  set.streams = {{{kLockAddress}, std::string(320, '\x11')}, {{kLengthAddress}, ""}};
  for (char byte = 0x11; byte < 0x11 + 40; ++byte) set.streams[1].bytes += byte;
  const std::string input = WriteStreams(set);
  StreamProfiler profiler(BufferingFirmware());
  const auto found = profiler.Substitutions(input, profiler.Profile(input));
  const Substitution wanted{{kLengthAddress}, 0, 1, 0x5d};
  EXPECT_NE(std::find(found.begin(), found.end(), wanted), found.end()) << found.size();
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

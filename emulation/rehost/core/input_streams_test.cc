// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/input_streams.h"

#include <gtest/gtest.h>

#include <random>

#include "emulation/rehost/core/stream_fixture.h"

namespace percuss::rehost {
namespace {

StreamSet Two() {
  return {{{{0x40000000, StreamKey::kEveryPlace}, "abcd"}, {{0x40001000, 0x08000204}, "xy"}},
          "rest"};
}

// What a run takes: one letter for each load.
std::string Taken(const std::string& input,
                  const std::vector<std::pair<StreamKey, uint32_t>>& loads) {
  InputStreams streams;
  streams.Set(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  std::string taken;
  for (const auto& [key, bytes] : loads) {
    const uint8_t* from = streams.Take(key, bytes);
    if (from == nullptr) return taken + "|";
    taken.append(reinterpret_cast<const char*>(from), bytes);
  }
  return taken;
}

TEST(InputStreams, WhatIsWrittenIsReadAgain) {
  for (const StreamSet& set : {Two(), StreamSet{{}, "only a rest"}, StreamSet{}}) {
    const std::string bytes = WriteStreams(set);
    EXPECT_EQ(bytes.size(), WrittenBytes(set));
    StreamSet read;
    EXPECT_TRUE(ReadStreams(bytes, read));
    EXPECT_EQ(read, set);
  }
}

TEST(InputStreams, AreWrittenAsTheirDescriptionSays) {
  const std::string bytes(
      "pstream\1\2\0"
      "\0\x40\0\x40\xff\xff\xff\xff\3\0\0\0"
      "\x10\x40\0\x40\4\3\2\1\2\0\0\0"
      "abcder",
      40);
  EXPECT_EQ(WriteStreams({{{{0x40004000}, "abc"}, {{0x40004010, 0x01020304}, "de"}}, "r"}), bytes);
  StreamPlaces places;
  ASSERT_TRUE(FindStreams(bytes, places));
  ASSERT_EQ(places.streams.size(), 2U);
  EXPECT_EQ(places.streams[1].at, 37U);
  EXPECT_EQ(bytes[places.streams[1].size_at], 2);
  EXPECT_EQ(places.rest, 39U);
}

TEST(InputStreams, WhatIsNoneIsOneFlatInput) {
  const std::string good = WriteStreams(Two());
  std::string other_version = good;
  other_version[7] = 2;
  std::string too_many = good;
  too_many[8] = too_many[9] = '\xff';
  std::string descending = good;
  descending.replace(10, 12, good, 22, 12);
  std::string twice = good;
  twice.replace(22, 12, good, 10, 12);
  const std::string cut = good.substr(0, 30);
  for (const std::string& bytes :
       {std::string(), std::string("pstream"), other_version, too_many, descending, twice, cut}) {
    StreamSet read = Two();
    EXPECT_FALSE(ReadStreams(bytes, read));
    EXPECT_EQ(read, (StreamSet{{}, bytes}));
    EXPECT_EQ(Taken(bytes, {{{0x40000000}, static_cast<uint32_t>(bytes.size())}}), bytes);
  }
}

TEST(InputStreams, AnEndCutsOffWhatIsBehindIt) {
  const std::string good = WriteStreams(Two());
  StreamSet read;
  EXPECT_TRUE(ReadStreams(good.substr(0, good.size() - 7), read));
  EXPECT_EQ(read.streams[0].bytes, "abc");
  EXPECT_EQ(read.streams[1].bytes, "");
  EXPECT_EQ(read.rest, "");
}

TEST(InputStreams, ALoadTakesFromItsPlaceElseItsAddressElseTheRest) {
  const std::string input = WriteStreams(Two());
  const StreamKey first{0x40000000, 0x08000100};
  const StreamKey second{0x40001000, 0x08000204};
  const StreamKey elsewhere{0x40001000, 0x08000300};
  EXPECT_EQ(Taken(input, {{second, 1}, {first, 2}, {elsewhere, 1}, {second, 1}}), "xabry");
  // Too few bytes: what is left is not used, and the stream is at its end.
  EXPECT_EQ(Taken(input, {{first, 2}, {first, 4}, {first, 1}}), "abrest|");
}

TEST(InputStreams, WhatWantedMoreIsKnown) {
  const std::string input = WriteStreams({{{{0x40000000}, "a"}}, ""});
  InputStreams streams;
  streams.Set(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  EXPECT_NE(streams.Take({0x40000000, 4}, 1), nullptr);
  EXPECT_EQ(streams.Used(), 1U);
  EXPECT_EQ(streams.Bytes(), 1U);
  EXPECT_EQ(streams.Take({0x40000004, 8}, 2), nullptr);
  EXPECT_EQ(streams.Starved(), (StreamKey{0x40000004, 8}));
  EXPECT_EQ(streams.StarvedBytes(), 2U);
}

// Any bytes are an input, and of those that are streams the writer makes the same again.
TEST(InputStreams, AnyBytesAreAnInput) {
  std::mt19937 random(7);
  const std::string good = WriteStreams(Two());
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = good;
    for (uint32_t changes = random() % 4; changes > 0; --changes) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    bytes.resize(random() % (bytes.size() + 1));
    StreamSet read;
    if (ReadStreams(bytes, read)) {
      StreamSet again;
      EXPECT_TRUE(ReadStreams(WriteStreams(read), again));
      EXPECT_EQ(again, read);
    }
    size_t payload = read.rest.size();
    for (const Stream& stream : read.streams) payload += stream.bytes.size();
    InputStreams streams;
    streams.Set(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    EXPECT_EQ(streams.Bytes(), payload);
    size_t taken = 0;
    while (streams.Take({0x40000000, 4}, 1) != nullptr) ++taken;
    EXPECT_LE(taken, payload);
    EXPECT_EQ(streams.Used(), taken);
  }
}

// A flat input and the same sorted into streams: nothing of the run differs.
TEST(InputStreams, AMachineRunsStreams) {
  Machine machine(LockedFirmware());
  const std::string flat = LockedFlat(0x1234, 3);
  const std::string streams = WriteStreams(LockedStreams(0x1234, 3));
  const Outcome one = RunOn(machine, flat);
  const Outcome other = RunOn(machine, streams);
  EXPECT_EQ(one.end, End::kInputUsed);
  EXPECT_EQ(other.end, one.end);
  EXPECT_EQ(other.instructions, one.instructions);
  EXPECT_EQ(other.input_used, one.input_used);
  EXPECT_EQ(RunOn(machine, WriteStreams(LockedStreams(kLock, kTooLong))).end, End::kFault);
}

}  // namespace
}  // namespace percuss::rehost

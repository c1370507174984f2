// SPDX-License-Identifier: Apache-2.0
#include "protocols/stream_reductions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "emulation/rehost/core/stream_table.h"

namespace percuss::protocols {
namespace {

using rehost::StreamSet;

std::span<const uint8_t> BytesIn(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

StreamSet Some() {
  return {{{{0x40000000}, "ab"}, {{0x40001000, 0x200}, "cdefgh"}, {{0x40001000}, ""}}, "xyz"};
}

std::vector<StreamSet> ReadAll(const std::vector<Reduction>& reductions) {
  std::vector<StreamSet> sets;
  for (const Reduction& one : reductions) {
    StreamSet set;
    const std::string bytes(one.result.begin(), one.result.end());
    EXPECT_TRUE(rehost::ReadStreams(bytes, set));
    EXPECT_EQ(rehost::WriteStreams(set), bytes);  // the table says what is there
    sets.push_back(set);
  }
  return sets;
}

TEST(StreamReductions, StreamsGoWithTheirEntriesTheBiggestFirst) {
  const std::string input = rehost::WriteStreams(Some());
  const auto sets = ReadAll(StreamReductions(BytesIn(input), 100));
  ASSERT_GT(sets.size(), 4U);
  EXPECT_EQ(sets[0], (StreamSet{{{{0x40000000}, "ab"}, {{0x40001000}, ""}}, "xyz"}));
  EXPECT_EQ(sets[1], (StreamSet{{{{0x40001000, 0x200}, "cdefgh"}, {{0x40001000}, ""}}, "xyz"}));
  EXPECT_EQ(sets[2], (StreamSet{{{{0x40000000}, "ab"}, {{0x40001000, 0x200}, "cdefgh"}}, "xyz"}));
  StreamSet no_rest = Some();
  no_rest.rest.clear();
  EXPECT_EQ(sets[3], no_rest);
}

TEST(StreamReductions, AStreamIsShortenedByBlocksUpToSingleBytes) {
  const std::string input = rehost::WriteStreams(Some());
  const auto sets = ReadAll(StreamReductions(BytesIn(input), 100));
  for (const char* shorter : {"cde", "fgh", "cdefg", "defgh", "cdfgh"}) {
    StreamSet wanted = Some();
    wanted.streams[1].bytes = shorter;
    EXPECT_NE(std::find(sets.begin(), sets.end(), wanted), sets.end()) << shorter;
  }
  for (const char* shorter : {"x", "xy", "yz", "xz"}) {
    StreamSet wanted = Some();
    wanted.rest = shorter;
    EXPECT_EQ(std::count(sets.begin(), sets.end(), wanted) > 0, shorter != std::string("x"));
  }
}

TEST(StreamReductions, WhatIsGoneIsTold) {
  const std::string input = rehost::WriteStreams(Some());
  for (const Reduction& one : StreamReductions(BytesIn(input), 100)) {
    EXPECT_EQ(one.result.size() + one.size + one.also, input.size());
    EXPECT_TRUE(one.also == 0 || one.also_at >= one.at + one.size);
    EXPECT_LE(one.also_at + one.also, input.size());
  }
}

TEST(StreamReductions, HostileInputsAreBounded) {
  EXPECT_TRUE(StreamReductions(BytesIn("pstream"), 100).empty());
  EXPECT_TRUE(StreamReductions(BytesIn(""), 100).empty());
  const std::string empty = rehost::WriteStreams({});
  EXPECT_TRUE(StreamReductions(BytesIn(empty), 100).empty());
  const std::string whole = rehost::WriteStreams(Some());
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);
    for (const Reduction& one : StreamReductions(BytesIn(cut), 40)) {
      StreamSet read;
      EXPECT_TRUE(rehost::ReadStreams(std::string(one.result.begin(), one.result.end()), read));
      EXPECT_EQ(one.result.size() + one.size + one.also, size);
    }
    EXPECT_LE(StreamReductions(BytesIn(cut), 5).size(), 5U);
  }
}

}  // namespace
}  // namespace percuss::protocols

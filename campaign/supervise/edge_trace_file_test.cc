// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/edge_trace_file.h"

#include <gmock/gmock.h>

#include <cstddef>
#include <cstdio>
#include <string>

#include "harnesses/sdk/edge_trace.h"

namespace percuss::campaign {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr uint64_t kPlacesAt = 4096;
constexpr uint64_t kCountersAt = 8192 + 40;

// As a target does, whose counters are no page's begin.
void Write(const EdgeTraceFile& file, uint64_t at, const void* bytes, size_t count) {
  FILE* out = std::fopen(file.Environment().begin()->second.c_str(), "r+b");
  ASSERT_NE(out, nullptr);
  std::fseek(out, static_cast<long>(at), SEEK_SET);
  std::fwrite(bytes, 1, count, out);
  std::fclose(out);
}

void WriteTrace(const EdgeTraceFile& file) {
  const uint64_t places[] = {0x1000 * 2 + 1, 0x1004 * 2, 0x2000 * 2 + 1};
  const uint8_t counts[] = {1, 0, 255};
  percuss_edge_trace head{};
  head.magic = PERCUSS_EDGE_TRACE_MAGIC;
  head.edges = 3;
  head.places_at = kPlacesAt;
  head.counters_at = kCountersAt;
  Write(file, kPlacesAt, places, sizeof places);
  Write(file, kCountersAt, counts, sizeof counts);
  Write(file, 0, &head, sizeof head);
}

TEST(EdgeTraceFileTest, TellsCountsAndPlaces) {
  EdgeTraceFile file = EdgeTraceFile::Create().value();
  WriteTrace(file);
  const auto counts = file.Counts();
  ASSERT_TRUE(counts) << counts.error().Text();
  EXPECT_THAT(*counts, ElementsAre(1, 0, 255));
  const auto places = file.Places();
  ASSERT_TRUE(places) << places.error().Text();
  EXPECT_THAT(places->offsets, ElementsAre(0x1000, 0x1004, 0x2000));
  EXPECT_THAT(places->begins_a_function, ElementsAre(true, false, true));
}

TEST(EdgeTraceFileTest, WhatTracesNothingIsTold) {
  EdgeTraceFile file = EdgeTraceFile::Create().value();
  EXPECT_THAT(file.Counts().error().message, HasSubstr("does not tell which edges"));
  WriteTrace(file);
  file.Forget();
  EXPECT_FALSE(file.Counts());
  percuss_edge_trace large{};
  large.edges = 1 << 28;
  large.needed = uint64_t{1} << 32;
  Write(file, 0, &large, sizeof large);
  EXPECT_THAT(file.Places().error().message, HasSubstr("too many to trace"));
}

TEST(EdgeTraceFileTest, WhatTheTargetScribbledIsNotBelieved) {
  EdgeTraceFile file = EdgeTraceFile::Create().value();
  for (const size_t field :
       {offsetof(percuss_edge_trace, magic), offsetof(percuss_edge_trace, edges),
        offsetof(percuss_edge_trace, places_at), offsetof(percuss_edge_trace, counters_at)}) {
    WriteTrace(file);
    const uint64_t wrong = ~uint64_t{3};
    Write(file, field, &wrong, sizeof wrong);
    EXPECT_FALSE(file.Counts()) << field;
    EXPECT_FALSE(file.Places()) << field;
  }
}

}  // namespace
}  // namespace percuss::campaign

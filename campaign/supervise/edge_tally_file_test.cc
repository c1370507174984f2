// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/edge_tally_file.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace percuss::campaign {
namespace {

using testing::HasSubstr;

constexpr size_t kEdges = 21;

class EdgeTallyTest : public testing::Test {
 protected:
  EdgeTallyTest() {
    for (const auto& [name, value] : file_.Environment()) setenv(name.c_str(), value.c_str(), 1);
  }

  EdgeTallyFile file_ = EdgeTallyFile::Create().value();
};

struct Input {
  std::string bytes;
  std::vector<size_t> edges;  // that it reaches
};

// For a process of its own, which opens the file anew, as an engine's lives do.
void RunAll(const std::vector<Input>& inputs) {
  std::vector<uint8_t> counters(kEdges);
  uint8_t* const at = counters.data();
  percuss_edge_tally_source(&at, kEdges);
  for (const Input& input : inputs) {
    std::fill(counters.begin(), counters.end(), uint8_t{0});
    percuss_edge_tally_begin(reinterpret_cast<const uint8_t*>(input.bytes.data()),
                             input.bytes.size());
    for (const size_t edge : input.edges) ++counters.at(edge);
    percuss_edge_tally_end();
  }
  std::_Exit(0);
}

TEST_F(EdgeTallyTest, TellsEdgesOfOneInputFromThoseOfSeveral) {
  EXPECT_EXIT(RunAll({{"a", {0, 1, 20}}, {"b", {0, 2, 8}}, {"c", {0, 2}}, {"d", {}}}),
              testing::ExitedWithCode(0), "");
  const auto tally = file_.Read();
  ASSERT_TRUE(tally) << tally.error().Text();
  EXPECT_EQ(tally->inputs, 4);
  EXPECT_EQ(tally->edges_reached, 5);
  EXPECT_EQ(tally->singletons, 3);  // 1, 20 and 8
  EXPECT_EQ(tally->discoverers[0], 1);
  EXPECT_EQ(tally->discoverers[1], 1);
}

// An engine calibrates what it found, and loads it again when it starts anew.
TEST_F(EdgeTallyTest, AnInputThatIsRunAgainIsOneInput) {
  EXPECT_EXIT(RunAll({{"a", {0, 1}}, {"a", {0, 1}}, {"a", {0, 1}}}), testing::ExitedWithCode(0),
              "");
  EXPECT_EXIT(RunAll({{"b", {0}}, {"a", {0, 1}}}), testing::ExitedWithCode(0), "");
  const auto tally = file_.Read();
  ASSERT_TRUE(tally) << tally.error().Text();
  EXPECT_EQ(tally->inputs, 3);
  EXPECT_EQ(tally->singletons, 1);
}

TEST_F(EdgeTallyTest, WhatDoesNotCountIsTold) {
  const auto tally = file_.Read();
  ASSERT_FALSE(tally);
  EXPECT_THAT(tally.error().message, HasSubstr("does not count the edges"));
}

void Scribble(const std::string& path, size_t offset) {
  FILE* file = std::fopen(path.c_str(), "r+b");
  std::fseek(file, static_cast<long>(offset), SEEK_SET);
  for (size_t i = 0; i < sizeof(uint64_t); ++i) std::fputc(1, file);
  std::fclose(file);
}

TEST_F(EdgeTallyTest, WhatTheTargetScribbledIsNotBelieved) {
  for (const size_t offset :
       {offsetof(percuss_edge_tally, edges), offsetof(percuss_edge_tally, inputs),
        offsetof(percuss_edge_tally, discoverers), sizeof(percuss_edge_tally) - sizeof(uint64_t)}) {
    file_ = EdgeTallyFile::Create().value();
    const std::string path = file_.Environment().begin()->second;
    setenv(PERCUSS_EDGE_TALLY_ENV, path.c_str(), 1);
    EXPECT_EXIT(RunAll({{"a", {0, 1}}}), testing::ExitedWithCode(0), "");
    EXPECT_TRUE(file_.Read());
    Scribble(path, offset);
    EXPECT_FALSE(file_.Read()) << offset;
  }
}

}  // namespace
}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
//
// The test plays libFuzzer, which calls the input and the mutator, and a target whose edges run as
// often as the test says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harnesses/sdk/cost_climb.h"
#include "harnesses/sdk/cost_counts.h"

extern "C" {
int RunInput(const uint8_t* data, size_t size) __asm__("__wrap_LLVMFuzzerTestOneInput");
int Target(const uint8_t* data, size_t size) __asm__("__real_LLVMFuzzerTestOneInput");
void NameEdges(uint32_t* start,
               uint32_t* stop) __asm__("__wrap___sanitizer_cov_trace_pc_guard_init");
void PassEdge(uint32_t* guard) __asm__("__wrap___sanitizer_cov_trace_pc_guard");
size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed);
extern uint8_t shown_begin[] __asm__("__start___libfuzzer_extra_counters");
extern uint8_t shown_end[] __asm__("__stop___libfuzzer_extra_counters");
}

namespace {

using testing::ElementsAre;

constexpr size_t kEdges = 3;
std::array<uint32_t, kEdges> guards{};
std::function<void(const std::string&)> target;
uint64_t random_state = 1;

void Pass(size_t edge, uint64_t times) {
  for (uint64_t i = 0; i < times; ++i) PassEdge(&guards.at(edge));
}

// The features that libFuzzer sees of an input: places of bytes that are not 0.
std::vector<size_t> Feed(const std::string& input) {
  std::fill(shown_begin, shown_end, uint8_t{0});
  RunInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  std::vector<size_t> shown;
  for (const uint8_t* at = shown_begin; at != shown_end; ++at) {
    if (*at != 0) shown.push_back(static_cast<size_t>(at - shown_begin));
  }
  return shown;
}

bool Holds(const std::vector<size_t>& all, const std::vector<size_t>& some) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

class CostSearchTest : public testing::Test {
 protected:
  void SetUp() override { NameEdges(guards.data(), guards.data() + guards.size()); }
};

TEST_F(CostSearchTest, LevelsGrowWithTheCostAndNeverEnd) {
  EXPECT_EQ(percuss_cost_edge_level(63), 0U);
  EXPECT_EQ(percuss_cost_edge_level(64), 1U);
  EXPECT_EQ(percuss_cost_edge_level(255), 1U);
  EXPECT_EQ(percuss_cost_edge_level(256), 2U);
  EXPECT_EQ(percuss_cost_edge_level(UINT32_MAX), PERCUSS_COST_EDGE_LEVELS);
  EXPECT_EQ(percuss_cost_sum_level(63), 0U);
  EXPECT_EQ(percuss_cost_sum_level(64), 1U);
  EXPECT_EQ(percuss_cost_sum_level(77), 2U);
  EXPECT_EQ(percuss_cost_sum_level(127), 4U);
  EXPECT_EQ(percuss_cost_sum_level(128), 5U);
  EXPECT_EQ(percuss_cost_sum_level(uint64_t{1} << 32), 105U);
  EXPECT_EQ(percuss_cost_sum_level(UINT64_MAX), PERCUSS_COST_SUM_LEVELS);
}

// libFuzzer keeps what shows something new: more than ever, and nothing less.
TEST_F(CostSearchTest, AnInputShowsAllThatACheaperOneShows) {
  uint64_t times = 0;
  target = [&](const std::string&) { Pass(0, times); };
  times = 10;
  EXPECT_THAT(Feed("a"), ElementsAre());
  times = 5'000;
  const auto cheap = Feed("a");
  times = 70'000;  // libFuzzer's own counters show both as 128 or more
  const auto dear = Feed("b");
  EXPECT_TRUE(Holds(dear, cheap));
  EXPECT_GT(dear.size(), cheap.size());
  times = 300;
  const auto between = Feed("c");
  EXPECT_TRUE(Holds(dear, between));
}

// The sum is the same; what one edge alone reaches is new all the same.
TEST_F(CostSearchTest, EachEdgeIsAMaximumOfItsOwn) {
  size_t edge = 0;
  target = [&](const std::string&) {
    Pass(edge, 4'000);
    Pass(2, 40);
  };
  const auto first = Feed("a");
  edge = 1;
  EXPECT_FALSE(Holds(first, Feed("b")));
  EXPECT_EQ(percuss_costs_now().sum, 4'040U);
  EXPECT_EQ(percuss_costs_now().reached_count, 2U);
}

TEST_F(CostSearchTest, LengthsAreKeptInLine) {
  // A big-endian length of all that follows, in it a little-endian one of its last part.
  std::string bytes("\0\0\0\x0bxyz\x04\0\0\0abcd", 15);
  const size_t at = 13;  // grown by three bytes behind "ab"
  bytes.insert(at, "ABC");
  percuss_climb_lengthen(reinterpret_cast<uint8_t*>(bytes.data()), bytes.size(), at, 3, 1);
  EXPECT_EQ(bytes, std::string("\0\0\0\x0exyz\x07\0\0\0abABCcd", 18));
  // A number that ends before the place, or would end behind the input, is no length of it.
  std::string other("\0\0\0\x01xyz\xff\0\0\0abABCcd", 18);
  const std::string before = other;
  percuss_climb_lengthen(reinterpret_cast<uint8_t*>(other.data()), other.size(), at, 3, 1);
  EXPECT_EQ(other, before);
}

// As many edges as there are pairs of 'x' behind the right first byte. Changing bytes at random
// comes nowhere near: most changes of an input full of them lose some.
TEST_F(CostSearchTest, TheClimbComesToCostlyInputs) {
  target = [](const std::string& input) {
    Pass(1, 20 + input.size());
    if (!input.starts_with('#')) return;
    const auto count = static_cast<uint64_t>(std::count(input.begin(), input.end(), 'x'));
    Pass(0, count * count);
  };
  const auto best_of = [](bool climbs) {
    random_state = 7;
    std::string input = "#..x....";
    uint64_t best = 0;
    for (unsigned i = 0; i < 4'000; ++i) {
      Feed(input);
      best = std::max(best, percuss_costs_now().sum);
      input = "#..x....";
      input.resize(256);
      const auto change =
          climbs ? [](uint8_t* data, size_t max_size,
                      unsigned seed) { return LLVMFuzzerCustomMutator(data, 8, max_size, seed); }
                 : [](uint8_t* data, size_t max_size, unsigned) {
                     return LLVMFuzzerMutate(data, 8, max_size);
                   };
      input.resize(change(reinterpret_cast<uint8_t*>(input.data()), input.size(), i));
    }
    return best;
  };
  const uint64_t at_random = best_of(false);
  EXPECT_GE(best_of(true), 20'000U);
  EXPECT_LT(at_random, 1'000U);
}

}  // namespace

int Target(const uint8_t* data, size_t size) {
  target({reinterpret_cast<const char*>(data), size});
  return 0;
}

size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size) {
  const auto next = [] { return random_state = random_state * 6364136223846793005U + 1; };
  const auto draw = [&](size_t bound) { return static_cast<size_t>(next() >> 33) % bound; };
  if (size < max_size && draw(4) == 0) return size + 1;
  data[draw(size)] = static_cast<uint8_t>(draw(256));
  return size;
}

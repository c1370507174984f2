// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/growth.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

namespace percuss::campaign {
namespace {

// Costs of inputs of 16 bytes to 16 KiB, each up to `noise` more than it should be.
std::vector<InputCost> Costs(const std::function<double(double)>& cost, double noise = 0.05,
                             int64_t longest = 16384) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> more(1, 1 + noise);
  std::vector<InputCost> costs;
  for (double bytes = 16; bytes <= static_cast<double>(longest); bytes *= 1.5) {
    const auto whole = static_cast<int64_t>(bytes);
    costs.push_back({whole, static_cast<int64_t>(cost(static_cast<double>(whole)) * more(random)),
                     costs.size()});
  }
  return costs;
}

TEST(GrowthTest, TellsTheClassesWithACallsOwnCostAndNoise) {
  struct Case {
    const char* complexity;
    std::function<double(double)> cost;
  };
  const Case cases[] = {
      {"O(1)", [](double) { return 500.0; }},
      {"O(log n)", [](double n) { return 100 + 80 * std::log2(n); }},
      {"O(n)", [](double n) { return 300 + 2 * n; }},
      {"O(n log n)", [](double n) { return 50 + 3 * n * std::log2(n); }},
      {"O(n^2)", [](double n) { return 1000 + n * n; }},
      {"O(n^3)", [](double n) { return 1000 + n * n * n; }},
  };
  for (const Case& one : cases) {
    const common::Growth growth = FitGrowth(Costs(one.cost));
    EXPECT_TRUE(growth.present) << growth.absent_reason;
    EXPECT_EQ(growth.complexity, one.complexity);
    EXPECT_LT(growth.rms, 0.06) << one.complexity;
    EXPECT_EQ(growth.shortest_bytes, 16);
  }
}

TEST(GrowthTest, TellsTheCoefficientAndTheFit) {
  const common::Growth growth = FitGrowth(Costs([](double n) { return 1000 + 3 * n * n; }, 0));
  EXPECT_NEAR(growth.coefficient, 3, 0.01);
  EXPECT_NEAR(growth.constant, 1000, 10);
  EXPECT_GT(growth.r_squared, 0.999);
  EXPECT_GT(growth.next_rms, growth.rms);
}

// Of such a target no input is long: the next one would not end.
TEST(GrowthTest, TellsAnExponential) {
  std::vector<InputCost> costs;
  for (const int64_t bytes : {2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20}) {
    costs.push_back({bytes, 400 + (int64_t{20} << bytes), costs.size()});
  }
  const common::Growth growth = FitGrowth(costs);
  EXPECT_EQ(growth.complexity, "O(c^n)") << growth.absent_reason;
  EXPECT_NEAR(growth.base, 2, 0.1);
}

TEST(GrowthTest, TellsNoClassFromTooLittle) {
  const auto linear = [](double n) { return 300 + 2 * n; };
  EXPECT_NE(FitGrowth({}).absent_reason, "");
  auto few = Costs(linear);
  few.resize(kLeastLengths - 1);
  EXPECT_NE(FitGrowth(few).absent_reason.find("too few"), std::string::npos);
  std::vector<InputCost> narrow;
  for (int64_t bytes = 1000; bytes < 1100; bytes += 10) narrow.push_back({bytes, bytes * 2, 0});
  EXPECT_NE(FitGrowth(narrow).absent_reason.find("too close"), std::string::npos);
  auto scattered = Costs(linear);
  for (size_t i = 0; i < scattered.size(); i += 2) scattered[i].cost *= 30;
  const common::Growth none = FitGrowth(scattered);
  EXPECT_FALSE(none.present);
  EXPECT_NE(none.absent_reason.find("no class fits"), std::string::npos);
  const common::Growth power = FitGrowth(Costs([](double n) { return std::pow(n, 5); }, 0, 2048));
  EXPECT_FALSE(power.present);
  EXPECT_NE(power.absent_reason.find("length ^ 5.0"), std::string::npos) << power.absent_reason;
}

TEST(GrowthTest, TypicalAndCostliestAreOfEachRangeOfLengths) {
  std::vector<InputCost> costs;
  for (size_t i = 0; i < 9; ++i) costs.push_back({100, static_cast<int64_t>(10 + i), i});
  costs.push_back({100, 9000, 9});
  costs.push_back({400, 70, 10});
  costs.push_back({0, 5, 11});
  const auto typical = TypicalByLength(costs);
  ASSERT_EQ(typical.size(), 2u);
  EXPECT_EQ(typical[0].cost, 14);
  EXPECT_EQ(typical[1].bytes, 400);
  EXPECT_EQ(CostliestByLength(costs)[0].index, 9u);
}

TEST(GrowthTest, AnOutlierIsFarFromThoseOfItsOwnLength) {
  auto costs = Costs([](double n) { return 100 + n; }, 0);
  std::vector<InputCost> all;
  for (const InputCost& cost : costs) {
    for (int i = 0; i < 4; ++i) all.push_back({cost.bytes, cost.cost, all.size()});
  }
  EXPECT_TRUE(FarFromTypical(all).empty());
  all[8].cost = 100'000;  // short ones cost about a hundred, the longest sixteen thousand
  all[12].cost = 16'000;
  const auto far = FarFromTypical(all);
  ASSERT_EQ(far.size(), 2u);
  EXPECT_EQ(far[0].input.index, 8u);
  EXPECT_EQ(far[1].input.index, 12u);
  EXPECT_LT(far[0].typical, 200);
  // Nothing is said of one that has no neighbours.
  EXPECT_TRUE(FarFromTypical({{10, 1, 0}, {20, 1, 1}, {5000, 100'000, 2}}).empty());
}

}  // namespace
}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/cluster.h"

#include <gtest/gtest.h>

#include <ctime>
#include <optional>
#include <utility>

#include "campaign/triage/crash_fixture.h"
#include "campaign/triage/signature.h"

namespace percuss::campaign {
namespace {

ClusterItem ItemOf(const CrashReport& report, const std::string& target = "t") {
  return ClusterItemOf(target, StrictKey(report), report);
}

ClusterItem Item(const std::string& name) { return ItemOf(Fixture(name)); }

CrashReport Report(const std::string& bug_class, const std::string& access,
                   const std::vector<std::string>& functions) {
  CrashReport report;
  report.kind = bug_class == "hang" || bug_class == "slow" ? bug_class : "crash";
  report.bug_class = bug_class;
  report.access = access;
  for (const std::string& function : functions) {
    common::StackFrame frame;
    frame.function = function;
    frame.file = "/src/t.c";
    frame.line = static_cast<int>(report.stack.size()) + 1;
    report.stack.push_back(frame);
  }
  return report;
}

common::Finding FindingOf(const std::string& id, const CrashReport& report,
                          const std::string& target = "t") {
  common::Finding finding;
  finding.id = id;
  finding.target = target;
  finding.kind = report.kind;
  finding.bug_class = report.bug_class;
  finding.access = report.access;
  finding.property_id = report.property_id;
  finding.stack = report.stack;
  finding.strict_key = StrictKey(report);
  return finding;
}

bool Together(const ClusterItem& one, const ClusterItem& other) {
  const std::vector<size_t> clusters = ClusterItems({one, other});
  return clusters[0] == clusters[1];
}

TEST(ClusterTest, OneDefectReachedByTwoWaysIsOneCluster) {
  const ClusterItem close = Item("hl7_drop_at_close");
  const ClusterItem next = Item("hl7_drop_by_next");
  EXPECT_NE(close.strict_key, next.strict_key);
  EXPECT_NE(LooseKey(Fixture("hl7_drop_at_close")), LooseKey(Fixture("hl7_drop_by_next")));
  EXPECT_TRUE(Together(close, next));
  EXPECT_EQ(WhatTellsApart(close, next), "caller 1: hl7_close, pending_keep");
}

TEST(ClusterTest, TwoDefectsBelowOneCallerAreTwoClusters) {
  EXPECT_FALSE(Together(Item("hl7_mean"), Item("hl7_trend")));
  EXPECT_GT(ClusterDistance(Item("hl7_mean"), Item("hl7_trend")), kClusterLimit);
}

TEST(ClusterTest, DistinctFaultsOfOneProgramStayApart) {
  const std::vector<std::string> faults = {
      "asan_heap_write",  "asan_heap_read",        "asan_memcpy_write",
      "asan_global_read", "asan_use_after_free",   "asan_double_free",
      "asan_null",        "asan_stack_overflow",   "asan_div_zero",
      "asan_property",    "asan_allocation_limit", "libfuzzer_timeout"};
  std::vector<ClusterItem> items;
  items.reserve(faults.size());
  for (const std::string& fault : faults) items.push_back(Item(fault));
  const std::vector<size_t> clusters = ClusterItems(items);
  for (size_t i = 0; i < clusters.size(); ++i) EXPECT_EQ(clusters[i], i) << faults[i];
}

TEST(ClusterTest, BothEnginesReportsAreOneCluster) {
  for (const char* fault : {"heap_write", "use_after_free", "double_free", "null", "div_zero"}) {
    EXPECT_TRUE(Together(Item(std::string("asan_") + fault), Item(std::string("afl_") + fault)))
        << fault;
  }
}

TEST(ClusterDistanceTest, IsSymmetricAndBounded) {
  std::vector<ClusterItem> items;
  for (const char* name : {"asan_heap_write", "asan_heap_read", "hl7_drop_at_close",
                           "hl7_drop_by_next", "hl7_mean", "asan_stack_overflow"}) {
    items.push_back(Item(name));
  }
  items.push_back(ItemOf(Report("heap-buffer-overflow", "read", {})));
  for (const ClusterItem& one : items) {
    for (const ClusterItem& other : items) {
      const double distance = ClusterDistance(one, other);
      EXPECT_EQ(distance, ClusterDistance(other, one));
      EXPECT_GE(distance, 0);
      EXPECT_LE(distance, 1);
    }
    EXPECT_EQ(ClusterDistance(one, one), 0);
  }
}

TEST(ClusterDistanceTest, TheInnermostFunctionWeighsMost) {
  const auto to = [](const std::vector<std::string>& functions) {
    return ClusterDistance(ItemOf(Report("double-free", "", {"a", "b", "c", "d"})),
                           ItemOf(Report("double-free", "", functions)));
  };
  EXPECT_EQ(to({"a", "b", "c", "d"}), 0);
  EXPECT_LT(to({"a", "b", "c", "x"}), to({"a", "b", "x", "d"}));
  EXPECT_LT(to({"a", "b", "x", "d"}), to({"a", "x", "c", "d"}));
  EXPECT_LT(to({"a", "x", "y", "z"}), kClusterLimit);
  EXPECT_GT(to({"x", "b", "c", "d"}), to({"a", "x", "y", "z"}));
  EXPECT_EQ(to({"x", "y", "z"}), 1);
}

TEST(ClusterDistanceTest, ClassesThatAreKinAreNearOthersAreNot) {
  const std::vector<std::string> stack = {"copy", "parse", "receive"};
  const ClusterItem heap = ItemOf(Report("heap-buffer-overflow", "write", stack));
  EXPECT_EQ(ClusterDistance(heap, ItemOf(Report("segv", "write", stack))), kOtherClass);
  EXPECT_EQ(ClusterDistance(heap, ItemOf(Report("heap-buffer-overflow", "read", stack))),
            kOtherAccess);
  EXPECT_EQ(ClusterDistance(heap, ItemOf(Report("division-by-zero", "", stack))), 1);
  EXPECT_EQ(ClusterDistance(heap, ItemOf(Report("stack-buffer-overflow", "write", stack))), 1);
  EXPECT_EQ(ClusterDistance(heap, ItemOf(Report("segv", "write", stack), "another")), 1);
}

TEST(ClusterDistanceTest, ADifferentBrokenPropertyIsAnotherDefect) {
  CrashReport one = Report("property-violation", "", {"Send", "read_attribute", "receive"});
  CrashReport other = one;
  one.property_id = "NO-SECRET";
  other.property_id = "FRAMED";
  EXPECT_GT(ClusterDistance(ItemOf(one), ItemOf(other)), kClusterLimit);
  EXPECT_EQ(ItemOf(one).functions.front(), "NO-SECRET");
}

TEST(ClusterDistanceTest, WhereARecursionEndsAndWhetherALoopEndsDoesNotCount) {
  const std::vector<std::string> cycle = {"visit", "enter", "visit", "enter", "visit", "enter"};
  std::vector<std::string> later = cycle;
  later.insert(later.begin(), {"enter", "leaf"});
  EXPECT_EQ(ClusterDistance(ItemOf(Report("stack-overflow", "", cycle)),
                            ItemOf(Report("stack-overflow", "", later))),
            0);
  const std::vector<std::string> loop = {"wrap", "text", "oru", "handle"};
  EXPECT_EQ(ClusterDistance(ItemOf(Report("hang", "", loop)), ItemOf(Report("slow", "", loop))),
            kOtherClass);
  // Two loops below one dispatcher.
  EXPECT_GT(ClusterDistance(ItemOf(Report("hang", "", loop)),
                            ItemOf(Report("hang", "", {"pad", "text", "oru", "handle"}))),
            kClusterLimit);
}

TEST(ClusterTest, NoTwoOfAClusterAreFurtherApartThanTheLimit) {
  // A chain: each is near the next, the ends are not near each other.
  std::vector<ClusterItem> items;
  for (const auto& stack : std::vector<std::vector<std::string>>{{"a", "b"},
                                                                 {"a", "b", "x", "y"},
                                                                 {"z", "a", "b"},
                                                                 {"z", "a", "x"},
                                                                 {"z", "y", "q"},
                                                                 {"a", "q"}}) {
    items.push_back(ItemOf(Report("double-free", "", stack)));
  }
  const std::vector<size_t> clusters = ClusterItems(items);
  for (size_t i = 0; i < items.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (clusters[i] == clusters[j]) {
        EXPECT_LE(ClusterDistance(items[i], items[j]), kClusterLimit);
      }
    }
  }
}

TEST(ClusterTest, ReportsWithoutAStackAreNotPutTogether) {
  CrashReport one = Report("segv", "read", {});
  CrashReport other = Report("segv", "write", {});
  EXPECT_FALSE(Together(ItemOf(one), ItemOf(other)));
  EXPECT_TRUE(Together(ItemOf(one), ItemOf(one)));
}

// The same fault of a function beside it, in the same way to it.
CrashReport Beside(const std::string& name, const std::string& function) {
  CrashReport report = Fixture(name);
  for (common::StackFrame& frame : report.stack) {
    if (!frame.user_code) continue;
    frame.function = function;
    break;
  }
  return report;
}

TEST(SetClustersTest, NamesDoNotDependOnTheOrderAndNeighboursSayWhy) {
  std::vector<common::Finding> findings = {
      FindingOf("F-1", Fixture("hl7_drop_at_close")), FindingOf("F-2", Fixture("hl7_mean")),
      FindingOf("F-3", Fixture("hl7_drop_by_next")),
      FindingOf("F-4", Beside("hl7_mean", "hl7_deviation_milli")),
      FindingOf("F-5", Fixture("hl7_trend"), "other")};
  SetClusters(findings);
  EXPECT_EQ(findings[0].cluster, findings[2].cluster);
  EXPECT_EQ(findings[0].cluster.size(), 14U);
  EXPECT_NE(findings[1].cluster, findings[3].cluster);
  EXPECT_NE(findings[3].cluster, findings[4].cluster);
  ASSERT_EQ(findings[0].neighbours.size(), 1U);
  EXPECT_EQ(findings[0].neighbours[0].finding, "F-3");
  EXPECT_TRUE(findings[0].neighbours[0].same_cluster);
  EXPECT_NE(findings[0].neighbours[0].what.find("hl7_close, pending_keep"), std::string::npos);
  ASSERT_EQ(findings[1].neighbours.size(), 1U);
  EXPECT_FALSE(findings[1].neighbours[0].same_cluster);
  EXPECT_NE(findings[1].neighbours[0].what.find("over the limit of 0.50: innermost"),
            std::string::npos);
  EXPECT_TRUE(findings[4].neighbours.empty());
  const std::string name = findings[0].cluster;
  std::swap(findings[0], findings[2]);
  SetClusters(findings);
  EXPECT_EQ(findings[0].cluster, name);
}

TEST(ClusterTest, ManyDifferentReportsTakeSeconds) {
  std::vector<ClusterItem> items;
  items.reserve(500);
  for (int i = 0; i < 500; ++i) {
    items.push_back(ItemOf(Report("double-free", "",
                                  {"f" + std::to_string(i % 50), "g" + std::to_string(i % 7),
                                   "h" + std::to_string(i), "receive"})));
  }
  const std::clock_t begin = std::clock();
  const std::vector<size_t> clusters = ClusterItems(items);
  EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, 10);
  EXPECT_EQ(clusters[0], clusters[350]);
}

}  // namespace
}  // namespace percuss::campaign

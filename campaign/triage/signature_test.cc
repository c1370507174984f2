// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/signature.h"

#include <gtest/gtest.h>

#include <set>

#include "campaign/triage/crash_fixture.h"

namespace percuss::campaign {
namespace {

CrashReport Report(const std::string& kind, const std::string& bug_class,
                   const std::vector<std::string>& functions) {
  CrashReport report;
  report.kind = kind;
  report.bug_class = bug_class;
  for (const std::string& function : functions) {
    common::StackFrame frame;
    frame.function = function;
    frame.file = "/src/t.c";
    frame.line = static_cast<int>(function.size());
    report.stack.push_back(frame);
  }
  return report;
}

TEST(StrictKeyTest, IsTheSameFromBothEnginesBuilds) {
  for (const char* fault : {"heap_write", "use_after_free", "double_free", "null",
                            "signed_overflow", "div_zero", "bounds", "abort", "assertion"}) {
    EXPECT_EQ(StrictKey(Fixture(std::string("asan_") + fault)),
              StrictKey(Fixture(std::string("afl_") + fault)))
        << fault;
  }
  // One allocation too large, by ASan's limit and by libFuzzer's.
  EXPECT_EQ(StrictKey(Fixture("asan_allocation_limit")),
            StrictKey(Fixture("libfuzzer_malloc_limit")));
}

TEST(StrictKeyTest, IsDistinctForDistinctFaults) {
  std::set<std::string> keys;
  const std::vector<std::string> faults = {"asan_heap_write",
                                           "asan_heap_read",
                                           "asan_memcpy_write",
                                           "asan_stack_write",
                                           "asan_global_read",
                                           "asan_use_after_free",
                                           "asan_double_free",
                                           "asan_bad_free",
                                           "asan_null",
                                           "asan_wild_write",
                                           "asan_stack_overflow",
                                           "asan_div_zero",
                                           "asan_signed_overflow",
                                           "asan_shift",
                                           "asan_bounds",
                                           "asan_leak",
                                           "asan_huge_allocation",
                                           "asan_assertion",
                                           "asan_property",
                                           "msan_uninitialised",
                                           "libfuzzer_timeout",
                                           "libfuzzer_rss"};
  for (const std::string& fault : faults) keys.insert(StrictKey(Fixture(fault)));
  EXPECT_EQ(keys.size(), faults.size());
  for (const std::string& key : keys) {
    EXPECT_EQ(key.size(), 16u);
    EXPECT_EQ(key.find_first_not_of("0123456789abcdef"), std::string::npos);
  }
}

TEST(StrictKeyTest, DoesNotDependOnTheDepthOfRecursion) {
  EXPECT_EQ(StrictKey(Report("crash", "segv", {"leaf", "parse", "parse", "decode"})),
            StrictKey(Report("crash", "segv", {"leaf", "parse", "decode"})));
  EXPECT_EQ(StrictKey(Report("crash", "segv", {"a", "b", "a", "b", "decode"})),
            StrictKey(Report("crash", "segv", {"a", "b", "decode"})));
}

TEST(StrictKeyTest, ExhaustedStackIsTheCycleWhereverItEnded) {
  const auto one = Report("crash", "stack-overflow", {"a", "b", "a", "b", "a", "b", "a"});
  const auto other = Report("crash", "stack-overflow", {"leaf", "b", "a", "b", "a", "b", "a"});
  EXPECT_EQ(StrictKey(one), StrictKey(other));
  EXPECT_EQ(LooseKey(one), LooseKey(other));
}

TEST(StrictKeyTest, RuntimeFramesAddressesAndColumnsDoNotMatter) {
  CrashReport one = Report("crash", "segv", {"parse", "decode"});
  CrashReport other = one;
  other.stack[0].column = 9;
  other.stack[0].offset = 77;
  common::StackFrame runtime;
  runtime.function = "__asan_memcpy";
  runtime.user_code = false;
  other.stack.insert(other.stack.begin(), runtime);
  other.access_bytes = 12;
  other.stack[1].file = "/elsewhere/t.c";
  EXPECT_EQ(StrictKey(one), StrictKey(other));
  other.stack[1].line++;
  EXPECT_NE(StrictKey(one), StrictKey(other));
}

// Where it waits in the end is chance.
TEST(StrictKeyTest, AMissedDeadlineIsToldByFunctionsAlone) {
  const auto one = Report("crash", "deadline-missed", {"wait", "main"});
  auto other = one;
  other.stack[0].line++;
  EXPECT_EQ(StrictKey(one), StrictKey(other));
  other.stack[0].function = "send";
  EXPECT_NE(StrictKey(one), StrictKey(other));
}

TEST(LooseKeyTest, IsTheTopThreeFunctions) {
  const auto one = Report("crash", "segv", {"a", "b", "c", "d"});
  EXPECT_EQ(LooseKey(one), LooseKey(Report("crash", "segv", {"a", "b", "c", "e", "f"})));
  EXPECT_NE(LooseKey(one), LooseKey(Report("crash", "segv", {"a", "b", "x", "d"})));
  EXPECT_NE(StrictKey(one), StrictKey(Report("crash", "segv", {"a", "b", "c", "e", "f"})));
  EXPECT_EQ(LooseKey(Report("hang", "hang", {"a"})), LooseKey(Report("slow", "slow", {"a"})));
}

TEST(CommonOuterStackTest, KeepsWhatBothShareFromOutside) {
  const auto one = Report("hang", "hang", {"leaf1", "loop", "decode"});
  const auto other = Report("hang", "hang", {"x", "leaf2", "loop", "decode"});
  const auto shared = CommonOuterStack(one.stack, other.stack);
  ASSERT_EQ(shared.size(), 2u);
  EXPECT_EQ(shared[0].function, "loop");
  EXPECT_EQ(shared[1].function, "decode");
}

TEST(FindingIdTest, DependsOnTargetAndKeyAlone) {
  EXPECT_EQ(FindingId("hl7", "00").size(), 14u);
  EXPECT_EQ(FindingId("hl7", "00"), FindingId("hl7", "00"));
  EXPECT_NE(FindingId("hl7", "00"), FindingId("hl8", "00"));
}

}  // namespace
}  // namespace percuss::campaign

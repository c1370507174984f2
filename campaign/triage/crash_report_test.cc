// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/crash_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <random>

#include "campaign/triage/cwe_table.h"
#include "common/fs.h"
#include "tests/support/cpu_seconds.h"

namespace percuss::campaign {
namespace {

std::string Fixture(const std::string& name) {
  const auto text = common::ReadFile(std::string(PERCUSS_TRIAGE_FIXTURES) + "/" + name + ".log");
  EXPECT_TRUE(text) << name;
  return text.value_or("");
}

struct Case {
  const char* fixture;
  const char* source;
  const char* kind;
  const char* bug_class;
  const char* access;
  int bytes;
  const char* cwe;
  const char* function;
  int line;  // 0: not known
};

// In the tests' names and messages.
void PrintTo(const Case& one, std::ostream* out) { *out << one.fixture; }

// The functions and lines are those of fixtures/faults.cc.
class RealLogTest : public testing::TestWithParam<Case> {};

TEST_P(RealLogTest, IsReadAsWhatItIs) {
  const Case& expected = GetParam();
  const auto report = ParseCrashReport(Fixture(expected.fixture), {});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->source, expected.source);
  EXPECT_EQ(report->kind, expected.kind);
  EXPECT_EQ(report->bug_class, expected.bug_class);
  EXPECT_EQ(report->access, expected.access);
  EXPECT_EQ(report->access_bytes, expected.bytes);
  EXPECT_EQ(ClassifyCwe(*report).cwe, expected.cwe);
  EXPECT_FALSE(report->message.empty());
  const common::StackFrame* frame = FirstUserFrame(*report);
  if (expected.function == nullptr) {
    EXPECT_EQ(frame, nullptr);
    return;
  }
  ASSERT_NE(frame, nullptr);
  EXPECT_EQ(frame->function, expected.function);
  if (expected.line != 0) {
    EXPECT_EQ(frame->line, expected.line);
    EXPECT_NE(SummaryOf(*report).find("faults.cc:" + std::to_string(expected.line)),
              std::string::npos)
        << SummaryOf(*report);
  }
}

std::string FixtureName(const testing::TestParamInfo<Case>& test) { return test.param.fixture; }

INSTANTIATE_TEST_SUITE_P(
    Asan, RealLogTest,
    testing::Values(
        Case{"asan_heap_write", "asan", "crash", "heap-buffer-overflow", "write", 1, "CWE-122",
             "FillHeap", 22},
        Case{"asan_heap_read", "asan", "crash", "heap-buffer-overflow", "read", 1, "CWE-125",
             "HeapRead", 30},
        Case{"asan_memcpy_write", "asan", "crash", "heap-buffer-overflow", "write", 20, "CWE-122",
             "HeapCopy", 36},
        Case{"asan_stack_write", "asan", "crash", "stack-buffer-overflow", "write", 1, "CWE-121",
             "StackWrite", 40},
        Case{"asan_global_read", "asan", "crash", "global-buffer-overflow", "read", 4, "CWE-125",
             "GlobalRead", 45},
        Case{"asan_use_after_free", "asan", "crash", "heap-use-after-free", "read", 1, "CWE-416",
             "UseAfterFree", 50},
        Case{"asan_double_free", "asan", "crash", "double-free", "", -1, "CWE-415", "DoubleFree",
             56},
        Case{"asan_bad_free", "asan", "crash", "bad-free", "", -1, "CWE-590", "BadFree", 60},
        Case{"asan_only_null", "asan", "crash", "null-dereference", "read", -1, "CWE-476",
             "ReadLength", 69},
        Case{"asan_wild_write", "asan", "crash", "segv", "", -1, "unclassified", "WriteTo", 63},
        Case{"asan_stack_overflow", "asan", "crash", "stack-overflow", "", -1, "CWE-674", "Recurse",
             0},
        Case{"asan_huge_allocation", "asan", "oom", "allocation-size-too-big", "", -1, "CWE-789",
             "HugeAllocation", 87},
        Case{"asan_allocation_limit", "asan", "oom", "allocation-size-too-big", "", -1, "CWE-789",
             "HugeAllocation", 87},
        Case{"asan_calloc_overflow", "asan", "crash", "calloc-overflow", "", -1, "CWE-190",
             "CallocOverflow", 0},
        Case{"asan_use_after_return", "asan", "crash", "stack-use-after-return", "write", 1,
             "CWE-562", "TableTwo", 0},
        Case{"asan_use_after_scope", "asan", "crash", "stack-use-after-scope", "read", 1, "CWE-825",
             "ScopeLeft", 111},
        Case{"asan_overlap", "asan", "crash", "memcpy-param-overlap", "", -1, "CWE-475", "Overlap",
             0},
        Case{"asan_negative_size", "asan", "crash", "negative-size-param", "", -1, "CWE-195",
             "NegativeSize", 0},
        Case{"asan_bus", "asan", "crash", "bus-error", "", -1, "unclassified", "TableTwo", 0},
        Case{"asan_hard_rss", "asan", "oom", "out-of-memory", "", -1, "CWE-770", nullptr, 0},
        Case{"asan_template", "asan", "crash", "heap-buffer-overflow", "read", 4, "CWE-125",
             "device::Decoder<int>::Decode", 0},
        Case{"asan_abort", "libfuzzer", "crash", "abort", "", -1, "unclassified", "TableTwo", 0},
        Case{"afl_abort", "asan", "crash", "abort", "", -1, "unclassified", "TableTwo", 0},
        Case{"asan_leak", "lsan", "leak", "memory-leak", "", -1, "CWE-401", "Leak", 83}),
    FixtureName);

INSTANTIATE_TEST_SUITE_P(
    Debuggers, RealLogTest,
    testing::Values(
        Case{"valgrind_heap_write", "valgrind", "crash", "heap-buffer-overflow", "write", 1,
             "CWE-122", "FillHeap", 22},
        Case{"valgrind_heap_read", "valgrind", "crash", "heap-buffer-overflow", "read", 1,
             "CWE-125", "HeapRead", 30},
        Case{"valgrind_memcpy_write", "valgrind", "crash", "heap-buffer-overflow", "write", 8,
             "CWE-122", "HeapCopy", 36},
        Case{"valgrind_use_after_free", "valgrind", "crash", "heap-use-after-free", "read", 1,
             "CWE-416", "UseAfterFree", 50},
        Case{"valgrind_double_free", "valgrind", "crash", "double-free", "", -1, "CWE-415",
             "DoubleFree", 56},
        Case{"valgrind_bad_free", "valgrind", "crash", "bad-free", "", -1, "CWE-590", "BadFree",
             60},
        Case{"valgrind_null", "valgrind", "crash", "null-dereference", "read", 4, "CWE-476",
             "TableOne", 0},
        Case{"valgrind_wild_write", "valgrind", "crash", "segv", "write", 1, "unclassified",
             "TableOne", 0},
        Case{"valgrind_uninitialised", "valgrind", "crash", "use-of-uninitialized-value", "read",
             -1, "CWE-457", "Branch", 112},
        Case{"valgrind_leak", "valgrind", "leak", "memory-leak", "", -1, "CWE-401", "Leak", 81},
        Case{"valgrind_assertion", "assert", "assertion", "assertion-failure", "", -1, "CWE-617",
             "TableOne", 0},
        Case{"valgrind_abort", "valgrind", "crash", "abort", "", -1, "unclassified", "TableTwo", 0},
        Case{"valgrind_div_zero", "valgrind", "crash", "division-by-zero", "", -1, "CWE-369",
             "TableOne", 0},
        Case{"gdb_null", "gdb", "crash", "segv", "", -1, "unclassified", "ReadLength", 0},
        Case{"gdb_double_free", "gdb", "crash", "double-free", "", -1, "CWE-415", "DoubleFree", 56},
        Case{"gdb_assertion", "gdb", "assertion", "assertion-failure", "", -1, "CWE-617",
             "TableOne", 0},
        Case{"gdb_div_zero", "gdb", "crash", "division-by-zero", "", -1, "CWE-369", "Divide", 73},
        Case{"tsan_race", "tsan", "crash", "data-race", "write", 4, "CWE-362", "Count", 0}),
    FixtureName);

// Their lines may be cut short anywhere, and their words may stand in what a program says itself.
TEST(CrashReportTest, DebuggersLogsThatEndAnywhereAreRead) {
  for (const char* fixture : {"valgrind_heap_write", "gdb_double_free", "tsan_race"}) {
    const std::string whole = Fixture(fixture);
    for (size_t size = 0; size < whole.size(); size += 7) {
      const auto report = ParseCrashReport(whole.substr(0, size), {});
      if (report) {
        EXPECT_FALSE(report->bug_class.empty()) << fixture << ' ' << size;
      }
    }
  }
  EXPECT_FALSE(ParseCrashReport("Invalid read of size 4\n", {}));
  EXPECT_FALSE(ParseCrashReport("==x== Invalid read of size 4\n", {}));
  EXPECT_FALSE(
      ParseCrashReport("== == Process terminating with default action of signal 11\n", {}));
  EXPECT_FALSE(ParseCrashReport("the pump received signal strength 3\n", {}));
}

INSTANTIATE_TEST_SUITE_P(
    Others, RealLogTest,
    testing::Values(
        Case{"asan_div_zero", "ubsan", "crash", "division-by-zero", "", -1, "CWE-369", "Divide",
             75},
        Case{"ubsan_no_stack", "ubsan", "crash", "division-by-zero", "", -1, "CWE-369", "", 75},
        Case{"asan_signed_overflow", "ubsan", "crash", "signed-integer-overflow", "", -1, "CWE-190",
             "Add", 76},
        Case{"asan_shift", "ubsan", "crash", "invalid-shift", "", -1, "CWE-1335", "Shift", 77},
        Case{"asan_bounds", "ubsan", "crash", "array-index-out-of-bounds", "", -1, "CWE-129",
             "Index", 80},
        Case{"asan_null", "ubsan", "crash", "null-dereference", "", -1, "CWE-476", "ReadLength",
             69},
        Case{"asan_misaligned", "ubsan", "crash", "misaligned-access", "read", -1, "unclassified",
             "TableTwo", 0},
        Case{"msan_uninitialised", "msan", "crash", "use-of-uninitialized-value", "read", -1,
             "CWE-457", "Branch", 0},
        Case{"libfuzzer_malloc_limit", "libfuzzer", "oom", "allocation-size-too-big", "", -1,
             "CWE-789", "HugeAllocation", 87},
        Case{"libfuzzer_rss", "libfuzzer", "oom", "out-of-memory", "", -1, "CWE-770",
             "ManyAllocations", 93},
        Case{"libfuzzer_timeout", "libfuzzer", "hang", "hang", "", -1, "CWE-835", "Spin", 98},
        Case{"libfuzzer_exit", "libfuzzer", "crash", "unexpected-exit", "", -1, "unclassified",
             "TableTwo", 0},
        Case{"libfuzzer_deadly_signal", "asan", "crash", "null-dereference", "read", -1, "CWE-476",
             "ReadLength", 69},
        Case{"asan_assertion", "assert", "assertion", "assertion-failure", "", -1, "CWE-617",
             "TableOne", 0},
        Case{"afl_assertion", "assert", "assertion", "assertion-failure", "", -1, "CWE-617",
             "TableOne", 0},
        Case{"glibc_assertion", "assert", "assertion", "assertion-failure", "", -1, "CWE-617",
             "TableOne", 0},
        Case{"glibc_double_free", "glibc", "crash", "double-free", "", -1, "CWE-415", nullptr, 0},
        Case{"glibc_bad_free", "glibc", "crash", "bad-free", "", -1, "CWE-590", nullptr, 0},
        Case{"glibc_smashing", "glibc", "crash", "stack-smashing", "", -1, "CWE-121", nullptr, 0},
        Case{"glibc_fortify", "glibc", "crash", "fortify-overflow", "", -1, "CWE-120", nullptr, 0},
        Case{"asan_exception", "glibc", "crash", "uncaught-exception", "", -1, "CWE-248",
             "TableTwo", 0},
        Case{"asan_property", "percuss", "property", "property-violation", "", -1, "CWE-294",
             "TableTwo", 0}),
    FixtureName);

TEST(CrashReportTest, ASectionOfHonggfuzzsReportTellsSignalAndStack) {
  const std::string section =
      "CRASH:\nDESCRIPTION: \nORIG_FNAME: seed\nFUZZ_FNAME: ./SIGFPE.PC.5555.fuzz\nPID: 4711\n"
      "SIGNAL: SIGFPE (8)\nPC: 0x55555567a9a0\nFAULT ADDRESS: 0x55555567a9a0\n"
      "INSTRUCTION: idivl (%rsp)\nSTACK HASH: 00000018e9e6ba3d\nSTACK:\n"
      " <0x000055555567a9a0> [func:scale_sample(int, int) file:/src/scale.cc line:42 "
      "module:/bin/t]\n"
      " <0x00007ffff7dfc2e1> [func:UNKNOWN file:/lib/libc.so.6 line:0 module:/lib/libc.so.6]\n"
      "=====================================================================\n";
  const auto report = ParseCrashReport(section, {});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->source, "honggfuzz");
  EXPECT_EQ(report->bug_class, "division-by-zero");
  ASSERT_EQ(report->stack.size(), 2U);
  EXPECT_EQ(report->stack[0].function, "scale_sample");
  EXPECT_EQ(report->stack[0].file, "/src/scale.cc");
  EXPECT_EQ(report->stack[0].line, 42);
  EXPECT_EQ(report->stack[1].function, "");
  EXPECT_EQ(report->stack[1].module, "/lib/libc.so.6");
  for (size_t length = 0; length < section.size(); ++length) {
    (void)ParseCrashReport(std::string_view(section).substr(0, length), {});
  }
}

TEST(CrashReportTest, PropertyKeepsItsId) {
  const auto report = ParseCrashReport(
      "percuss: property violated: CWE-287: no-command-before-login: a bolus was given\n", {});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->property_id, "CWE-287: no-command-before-login");
  EXPECT_EQ(ClassifyCwe(*report).cwe, "CWE-287");
  const auto plain = ParseCrashReport("percuss: property violated: P-7: text: more\n", {});
  EXPECT_EQ(plain->property_id, "P-7");
  EXPECT_EQ(ClassifyCwe(*plain).cwe, "unclassified");
}

TEST(CrashReportTest, APropertyKeepsWhatItStandsAgainst) {
  const auto parsed = [](const std::string& end) {
    const auto report =
        ParseCrashReport("percuss: property violated: CWE-287:proof: opened" + end + "\n", {});
    return std::vector<std::string>{report->property_id, report->stride, report->threat,
                                    report->message};
  };
  using testing::ElementsAre;
  EXPECT_THAT(parsed(" [spoofing T-09]"),
              ElementsAre("CWE-287:proof", "spoofing", "T-09", "CWE-287:proof: opened"));
  EXPECT_THAT(parsed(" [denial_of_service]"),
              ElementsAre("CWE-287:proof", "denial_of_service", "", "CWE-287:proof: opened"));
  for (const std::string end : {" [cheating T-09]", " [spoofing ]", " [spoofing T 09]",
                                " [spoofing T-09", " []", " [", " [spoofing <b>]"}) {
    EXPECT_THAT(parsed(end), ElementsAre("CWE-287:proof", "", "", "CWE-287:proof: opened" + end));
  }
  EXPECT_EQ(parsed(" [spoofing " + std::string(65, 'T') + "]")[1], "");
}

TEST(CrashReportTest, SupervisorsVerdictOnTimeOverrulesTheAbortThatGaveTheStack) {
  const auto report = ParseCrashReport(Fixture("afl_abort"), {"hang", SIGABRT, 0});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->kind, "hang");
  EXPECT_EQ(report->bug_class, "hang");
  ASSERT_NE(FirstUserFrame(*report), nullptr);
  EXPECT_EQ(FirstUserFrame(*report)->function, "TableTwo");
}

TEST(CrashReportTest, HangIsLoopOrWaitByItsCpuTime) {
  CrashReport report;
  report.kind = report.bug_class = "hang";
  EXPECT_EQ(ClassifyCwe(report, 900'000'000, 1'000'000'000).cwe, "CWE-835");
  EXPECT_EQ(ClassifyCwe(report, 1'000'000, 1'000'000'000).cwe, "CWE-400");
  report.kind = report.bug_class = "slow";
  EXPECT_EQ(ClassifyCwe(report, 900'000'000, 1'000'000'000).cwe, "CWE-407");
}

TEST(CrashReportTest, ArithmeticSignalIsADivisionByZero) {
  const auto report = ParseCrashReport(
      "==7==ERROR: AddressSanitizer: FPE on unknown address 0x55d0 (pc 0x55d0 bp 0x1 sp 0x1 T0)\n"
      "    #0 0x55d0 in rate /t.c:4:1\n",
      {"crash", SIGABRT, 0});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->bug_class, "division-by-zero");
  EXPECT_EQ(FirstUserFrame(*report)->function, "rate");
}

TEST(CrashReportTest, SignalAloneIsAReport) {
  const auto report = ParseCrashReport(Fixture("plain_null"), {"crash", SIGSEGV, 0});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->bug_class, "segv");
  EXPECT_EQ(report->source, "signal");
}

TEST(CrashReportTest, NothingWrongIsNoReport) {
  EXPECT_FALSE(ParseCrashReport("all is well\n", {"ok", 0, 0}));
  EXPECT_FALSE(ParseCrashReport("", {}));
  EXPECT_FALSE(ParseCrashReport(Fixture("asan_heap_read"), {"ok", 0, 0}));
}

TEST(CrashReportTest, UnsymbolisedFramesKeepModuleAndOffset) {
  const auto report = ParseCrashReport(Fixture("asan_unsymbolised"), {});
  ASSERT_TRUE(report);
  ASSERT_FALSE(report->stack.empty());
  EXPECT_EQ(report->stack[0].module, "/build/asan");
  EXPECT_GT(report->stack[0].offset, 0u);
  EXPECT_TRUE(report->stack[0].user_code);
}

TEST(CrashReportTest, HarnessIsTheUsersCodeOnlyWhereNothingElseIs) {
  const auto inner = ParseCrashReport(
      "==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x1\n"
      "    #0 0x1 in parse /t.c:1\n    #1 0x2 in LLVMFuzzerTestOneInput /h.cc:2\n",
      {});
  ASSERT_TRUE(inner);
  EXPECT_FALSE(inner->stack[1].user_code);
  const auto outer = ParseCrashReport(
      "==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x1\n"
      "    #0 0x1 in __asan_memcpy (/b+0x1)\n    #1 0x2 in LLVMFuzzerTestOneInput /h.cc:2\n",
      {});
  ASSERT_NE(FirstUserFrame(*outer), nullptr);
  EXPECT_EQ(FirstUserFrame(*outer)->function, "LLVMFuzzerTestOneInput");
}

TEST(CrashReportTest, EveryCutOfARealLogIsHandled) {
  for (const char* name : {"asan_heap_write", "asan_leak", "asan_assertion", "libfuzzer_rss"}) {
    const std::string log = Fixture(name);
    for (size_t size = 0; size < log.size(); size += 7) {
      (void)ParseCrashReport(std::string_view(log).substr(0, size), {"crash", SIGABRT, 0});
      (void)ParseCrashReport(std::string_view(log).substr(size), {"crash", SIGABRT, 0});
    }
  }
}

TEST(CrashReportTest, ChangedBytesNeverBreakIt) {
  std::mt19937 random(1);
  const std::string original = Fixture("asan_use_after_free");
  for (int i = 0; i < 500; i++) {
    std::string log = original;
    for (int j = 0; j < 20; j++) log[random() % log.size()] = static_cast<char>(random());
    const auto report = ParseCrashReport(log, {"crash", SIGABRT, 0});
    ASSERT_TRUE(report);
    for (const char c : report->message) EXPECT_TRUE(c >= ' ' && c <= '~');
  }
}

double CpuSecondsOfFlood(const std::string& unit, size_t bytes) {
  std::string log;
  while (log.size() < bytes) log += unit;
  return CpuSecondsOf([&] { (void)ParseCrashReport(log, {"crash", SIGSEGV, 0}); });
}

// Text made to be slow: what is repeated is where each parser looks again. Eight times the text may
// take eight times the time, and a quadratic search would take 64 times.
TEST(CrashReportTest, HostileFloodsTakeLinearTime) {
  for (const std::string unit :
       {"==1==ERROR: AddressSanitizer: ", "==Sanitizer: ", ": runtime error: ",
        "ERROR: libFuzzer: ", "free(): ", "#0 0x1 in a(((((<<<<< ", "#1 0x1 in f /f.c:1\n", "\n",
        ": Assertion `", "#0 ", "percuss: property violated"}) {
    const double part_s = CpuSecondsOfFlood(unit, kLogLimitBytes / 8);
    EXPECT_LT(CpuSecondsOfFlood(unit, kLogLimitBytes * 2), 0.05 + 24 * part_s) << unit;
  }
}

TEST(Deadline, IsAKindOfItsOwnOnTheHostAndOnABoard) {
  const auto host = ParseCrashReport(
      "percuss: deadline-missed: 3.100 ms of cpu time, the least of 5 runs\n", {"deadline", 0, 0});
  ASSERT_TRUE(host);
  EXPECT_EQ(host->kind, "deadline");
  EXPECT_EQ(host->bug_class, "deadline-missed");
  EXPECT_EQ(SummaryOf(*host), "deadline-missed: 3.100 ms of cpu time, the least of 5 runs");
  const auto board = ParseCrashReport(
      "percuss: firmware deadline-missed: done after 5 instructions\n    #0 0x1 in wait w.c:1\n",
      {"deadline", 0, 2});
  ASSERT_TRUE(board);
  EXPECT_EQ(board->kind, "deadline");
}

// Of a core with threads gdb shows the frame twice, and whose it is between them.
TEST(GdbTest, ReadsACoreOfSeveralThreadsToItsEnd) {
  const auto report = ParseCrashReport(
      "Program terminated with signal SIGABRT, Aborted.\n"
      "#0  __pthread_kill_implementation (threadid=..., signo=...) at ./nptl/pthread_kill.c:44\n"
      "[Current thread is 1 (Thread 0x7f2bd7ce2a00 (LWP 1780))]\n"
      "#0  __pthread_kill_implementation (threadid=..., signo=...) at ./nptl/pthread_kill.c:44\n"
      "#1  0x00007f2bd7d6ff4f in __pthread_kill_internal (signo=...) at ./nptl/pthread_kill.c:78\n"
      "#2  0x000055d9552c1111 in __sanitizer::Die() ()\n"
      "#3  0x000055d9552c313f in __asan::ReportGenericError(unsigned long, bool) ()\n"
      "#4  0x000055d95530b772 in pump_get_status (pump=...) at /src/pump_therapy.c:22\n",
      {});
  ASSERT_TRUE(report);
  ASSERT_EQ(report->stack.size(), 5U);
  EXPECT_EQ(report->stack[4].function, "pump_get_status");
  EXPECT_EQ(report->stack[4].line, 22);
  // The sanitizer ended it, and said on other paper of what: that it touches nothing is not known.
  EXPECT_EQ(report->bug_class, "sanitizer-report");
}

}  // namespace
}  // namespace percuss::campaign

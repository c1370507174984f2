// SPDX-License-Identifier: Apache-2.0
//
// The image is this test itself, which has debug information.
#include "campaign/triage/source_lines_runner.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

namespace percuss::campaign {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

__attribute__((noinline)) uintptr_t KnownPlace() {
  return reinterpret_cast<uintptr_t>(__builtin_return_address(0)) - 1;
}

__attribute__((noinline)) uintptr_t PlaceInHere() {
  const uintptr_t place = KnownPlace();
  // Else the call would be a jump, which leaves no place.
  __asm__ volatile("" ::: "memory");
  return place;
}

std::filesystem::path Image() { return std::filesystem::read_symlink("/proc/self/exe"); }

// Of PlaceInHere, in the image.
uint64_t Offset() {
  Dl_info module;
  EXPECT_NE(dladdr(reinterpret_cast<void*>(&KnownPlace), &module), 0);
  return PlaceInHere() - reinterpret_cast<uintptr_t>(module.dli_fbase);
}

// What the harness prints, with a frame of the image between two that nobody knows.
std::string Log() {
  return fmt::format(
      "percuss: firmware segv: null\n"
      "    #0 0x10 in copied (image+0xfffffff0)\n"
      "    #1 {0:#x} in nameless (image+{0:#x})\n"
      "    #2 0x20 in other (elsewhere+{0:#x})\n"
      "  r0=0x00000001\n"
      "    #0 {0:#x} in nameless (image+{0:#x})\n"
      "without an end of line",
      Offset());
}

TEST(WithSourceLines, NamesWhatTheImageKnowsAndNothingElse) {
  const std::string text = WithSourceLines(Log(), Image());
  EXPECT_THAT(text, StartsWith("percuss: firmware segv: null\n    #0 0x10 in copied (image+0x"));
  EXPECT_THAT(text, ContainsRegex("\n    #1 0x[0-9a-f]+ in [^\n]*PlaceInHere[^\n]* "
                                  "[^\n]*source_lines_runner_test.cc:[0-9]+:[0-9]+\n"));
  EXPECT_THAT(text, ContainsRegex("\n    #[2-9] 0x20 in other \\(elsewhere\\+0x"));
  EXPECT_THAT(text, HasSubstr("\n  r0=0x00000001\n    #0 0x"));
  EXPECT_THAT(text, Not(HasSubstr("nameless")));
  EXPECT_THAT(text, HasSubstr("\nwithout an end of line"));
}

TEST(WithSourceLines, AnImageThatIsNotThereChangesNothing) {
  const std::string none = "no frame, (image+0x10) or not\n";
  EXPECT_EQ(WithSourceLines(none, Image()), none);
  const std::string text = WithSourceLines(Log(), "/nowhere/image");
  EXPECT_THAT(text, HasSubstr("in nameless (image+0x"));
  EXPECT_THAT(text, Not(HasSubstr("source_lines_runner_test")));
}

TEST(WithSourceLines, HostileFramesAreBounded) {
  // Where no program has anything: more frames than are looked up, and an offset that is no number.
  constexpr uint64_t kNowhere = 0x7fffffff0000;
  std::string log;
  for (uint64_t i = 0; i < 2000; ++i) {
    log += fmt::format("    #{} {:#x} in a (image+{:#x})\n", i, i, kNowhere + i);
  }
  log += fmt::format("    #{} 0x0 in a (image+0xffffffffffffffffffffffff)\n", UINT64_MAX);
  const std::string text = WithSourceLines(log, Image());
  EXPECT_NE(text.find("    #1999 0x7cf in a (image+0x7fffffff07cf)\n"), std::string::npos);
}

// Says the same of every input.
class FixedRunner : public InputRunner {
 public:
  common::Result<Observation> Run(const std::vector<std::filesystem::path>& /*history*/,
                                  const std::filesystem::path& input,
                                  const RunVariation& /*variation*/) override {
    if (input.empty()) return common::Fail(common::ErrorCode::kUnavailable, "nothing to run");
    Observation seen;
    seen.kind = "crash";
    seen.log = Log();
    return seen;
  }
  [[nodiscard]] size_t MostInOneProcess() const override { return 7; }
};

TEST(SourceLinesRunner, PutsLinesIntoWhatEachRunSays) {
  SourceLinesRunner runner(std::make_unique<FixedRunner>(), Image());
  EXPECT_EQ(runner.MostInOneProcess(), 7U);
  const auto seen = runner.Run({}, "input", {});
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->kind, "crash");
  EXPECT_THAT(seen->log, HasSubstr("source_lines_runner_test.cc:"));
  const auto in_order = runner.RunInOrder({"a", "b"}, std::filesystem::temp_directory_path(), {});
  ASSERT_TRUE(in_order);
  EXPECT_EQ(in_order->log, seen->log);
  const auto failed = runner.Run({}, "", {});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "nothing to run");
}

}  // namespace
}  // namespace percuss::campaign

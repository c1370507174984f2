// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/surroundings.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "campaign/supervise/run_input.h"
#include "campaign/supervise/run_tool.h"
#include "common/fs.h"

namespace percuss::campaign {
namespace {

TEST(Surroundings, TheSeriesBeginsPlainAndHasEachLayoutWithEachHeapAndAllAgain) {
  EXPECT_EQ(SurroundingsOfRerun(0), Surroundings());
  std::map<std::string, int> names;
  int fixed = 0;
  for (size_t i = 0; i < kSeriesLength; ++i) {
    const Surroundings in = SurroundingsOfRerun(i);
    EXPECT_EQ(SurroundingsOfRerun(i + kSeriesLength), in);
    EXPECT_EQ(SurroundingsNamed(NameOf(in)), in);
    names[NameOf(in)]++;
    if (in.fixed_layout) fixed++;
  }
  EXPECT_EQ(names.size(), 6u);
  EXPECT_EQ(fixed, 5);
}

TEST(Surroundings, OnlyKnownNamesAreNames) {
  for (const char* name : {"", "series", "Zeros", "zeros ", "MALLOC_PERTURB_=1"}) {
    EXPECT_FALSE(SurroundingsNamed(name)) << name;
  }
}

TEST(Surroundings, ATargetsOwnHeapStaysItsOwn) {
  EXPECT_TRUE(WhatVaries({{"ASAN_OPTIONS", "detect_leaks=0"}}).heap);
  for (const auto& [name, value] :
       std::map<std::string, std::string>{{"ASAN_OPTIONS", "detect_leaks=0:malloc_fill_byte=1"},
                                          {"MALLOC_PERTURB_", "7"},
                                          {"GLIBC_TUNABLES", "glibc.malloc.arena_max=1"}}) {
    const Variable varies = WhatVaries({{name, value}});
    EXPECT_FALSE(varies.heap) << name;
    EXPECT_EQ(Within({false, HeapFill::kZeros}, varies), Surroundings()) << name;
  }
  EXPECT_EQ(Within({true, HeapFill::kOnes}, {}), Surroundings());
}

// Programs that say what surrounds them.
class SurroundingsOfPrograms : public testing::Test {
 protected:
  void SetUp() override {
    auto made = common::TemporaryFolder::Make("surroundings");
    ASSERT_TRUE(made);
    folder_.emplace(std::move(*made));
    ASSERT_TRUE(common::WriteFileAtomically(folder_->Path() / "tell.c",
                                            "#include <stdio.h>\n"
                                            "#include <stdlib.h>\n"
                                            "int main(void) {\n"
                                            "  unsigned char *volatile block = malloc(40);\n"
                                            "  printf(\"[%p %02x]\", (void *)&main, block[30]);\n"
                                            "  free(block);\n"
                                            "  return 0;\n"
                                            "}\n"));
    ASSERT_TRUE(common::WriteFileAtomically(folder_->Path() / "input", "x"));
  }

  // What it said.
  std::string Tell(const std::string& program, const Surroundings& surroundings,
                   const std::map<std::string, std::string>& own = {}) {
    TargetCommand target;
    target.argv = {folder_->Path() / program};
    target.style = "plain";
    target.environment = own;
    RunOptions options;
    options.surroundings = surroundings;
    const auto outcome = RunInput(target, {folder_->Path() / "input"}, {10'000, 0, 0}, options);
    if (!outcome) return outcome.error().Text();
    const size_t at = outcome->log.find('[');
    return at == std::string::npos ? outcome->log : outcome->log.substr(at);
  }

  void Build(const std::string& program, std::vector<std::string> how) {
    how.insert(how.end(), {"-o", folder_->Path() / program, folder_->Path() / "tell.c"});
    const auto built = RunTool(how, {}, 60'000);
    ASSERT_TRUE(built) << built.error().Text();
  }

  static std::string ByteIn(const std::string& told) { return told.substr(told.find(' ') + 1, 2); }

  std::optional<common::TemporaryFolder> folder_;
};

TEST_F(SurroundingsOfPrograms, GlibcsHeapIsFilled) {
  Build("plain", {"cc"});
  EXPECT_EQ(ByteIn(Tell("plain", {false, HeapFill::kZeros})), "00");
  EXPECT_EQ(ByteIn(Tell("plain", {false, HeapFill::kOnes})), "fe");
}

TEST_F(SurroundingsOfPrograms, AddressSanitizersHeapIsFilledButForATargetsOwnOptions) {
  Build("asan", {"cc", "-fsanitize=address"});
  EXPECT_EQ(ByteIn(Tell("asan", {})), "be");
  EXPECT_EQ(ByteIn(Tell("asan", {false, HeapFill::kZeros})), "00");
  EXPECT_EQ(ByteIn(Tell("asan", {false, HeapFill::kOnes})), "ff");
  EXPECT_EQ(
      ByteIn(Tell("asan", {false, HeapFill::kOnes}, {{"ASAN_OPTIONS", "malloc_fill_byte=17"}})),
      "11");
}

TEST_F(SurroundingsOfPrograms, TheLayoutIsFixedWhereTheHostLetsUs) {
  Build("plain", {"cc", "-pie", "-fPIE"});
  const Surroundings wanted = Within({true, HeapFill::kZeros}, WhatVaries({}));
  std::set<std::string> places;
  for (int i = 0; i < 4; ++i) {
    const std::string told = Tell("plain", wanted);
    EXPECT_EQ(ByteIn(told), "00");
    places.insert(told);
  }
  EXPECT_EQ(places.size() == 1, wanted.fixed_layout);
  places.clear();
  for (int i = 0; i < 4; ++i) places.insert(Tell("plain", {}));
  EXPECT_GT(places.size(), 1u);
}

}  // namespace
}  // namespace percuss::campaign

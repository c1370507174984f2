// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/minimiser.h"

#include <gtest/gtest.h>

namespace percuss::campaign {
namespace {

using common::Result;

TEST(MinimiserTest, FindsTheNeededBytes) {
  const std::string input = std::string(100, 'x') + "A" + std::string(50, 'y') + "B" + "tail";
  const ShowsSameBug same = [](const std::string& bytes) -> Result<bool> {
    const size_t a = bytes.find('A');
    return a != std::string::npos && bytes.find('B', a) != std::string::npos;
  };
  const Minimised minimised = Minimise(same, input, {});
  EXPECT_EQ(minimised.bytes, "AB");
  EXPECT_TRUE(minimised.same_bug);
  EXPECT_EQ(minimised.stop_reason, "minimal");
}

TEST(MinimiserTest, NeverDriftsToAnotherBug) {
  // An input without 'A' shows another bug that is easier to keep.
  const ShowsSameBug same = [](const std::string& bytes) -> Result<bool> {
    return bytes.size() > 10 && bytes[3] == 'A';
  };
  const Minimised minimised = Minimise(same, "xyzA" + std::string(60, 'q'), {});
  EXPECT_EQ(minimised.bytes.size(), 11u);
  EXPECT_EQ(minimised.bytes[3], 'A');
  EXPECT_EQ(minimised.bytes.substr(4), std::string(7, '\0'));
}

TEST(MinimiserTest, StopsAtTheBudgetWithWhatItHas) {
  MinimiseBudget budget;
  budget.max_runs = 10;
  int runs = 0;
  const ShowsSameBug same = [&runs](const std::string& bytes) -> Result<bool> {
    runs++;
    return bytes.find('A') != std::string::npos;
  };
  const Minimised minimised = Minimise(same, "A" + std::string(4096, 'x'), budget);
  EXPECT_EQ(minimised.stop_reason, "budget");
  EXPECT_LT(minimised.bytes.size(), 4097u);
  EXPECT_TRUE(minimised.same_bug);
  EXPECT_EQ(runs, 10 + budget.confirmations);
}

TEST(MinimiserTest, ReturnsTheOriginalWhenTheResultDoesNotHold) {
  int runs = 0;
  const ShowsSameBug flaky = [&runs](const std::string&) -> Result<bool> { return ++runs < 5; };
  const Minimised minimised = Minimise(flaky, "abcdefgh", {});
  EXPECT_EQ(minimised.bytes, "abcdefgh");
  EXPECT_FALSE(minimised.same_bug);
  EXPECT_EQ(minimised.stop_reason, "not_confirmed");
}

TEST(MinimiserTest, CancelAndErrorsEndIt) {
  std::stop_source source;
  source.request_stop();
  int runs = 0;
  const ShowsSameBug same = [&runs](const std::string&) -> Result<bool> {
    runs++;
    return true;
  };
  EXPECT_EQ(Minimise(same, "abc", {}, source.get_token()).stop_reason, "cancelled");
  EXPECT_EQ(runs, MinimiseBudget().confirmations);
  const ShowsSameBug broken = [](const std::string&) -> Result<bool> {
    return common::Fail(common::ErrorCode::kIo, "no process");
  };
  const Minimised minimised = Minimise(broken, "abc", {});
  EXPECT_EQ(minimised.bytes, "abc");
  EXPECT_FALSE(minimised.same_bug);
}

TEST(MinimiserTest, EmptyInputIsMinimal) {
  const ShowsSameBug same = [](const std::string&) -> Result<bool> { return true; };
  EXPECT_EQ(Minimise(same, "", {}).bytes, "");
}

}  // namespace
}  // namespace percuss::campaign

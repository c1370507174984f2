// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/rounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "campaign/supervise/test_program_fixture.h"

namespace percuss::campaign {
namespace {

using ::testing::Each;
using ::testing::SizeIs;

class RoundsTest : public TestProgramFixture {
 protected:
  // A stop before each step, and one after the last.
  std::vector<int64_t> Counts(Held held, const std::vector<std::string>& inputs) {
    RoundsPlan plan;
    plan.target = target_;
    for (const std::string& input : inputs) {
      plan.steps.push_back({plan.inputs.size(), true});
      plan.inputs.push_back(Input(input));
    }
    std::vector<int64_t> counts;
    const auto ended = RunRounds(plan, [&](const HeldAtStop& stop) {
      counts.push_back(stop.held[static_cast<size_t>(held)]);
      return AfterStop::kGo;
    });
    EXPECT_TRUE(ended && ended->finished) << (ended ? ended->log : ended.error().Text());
    return counts;
  }
};

TEST_F(RoundsTest, CountsWhatIsKeptAfterEachStep) {
  const auto counts = Counts(Held::kDescriptors, {"fine", "V", "V", "fine", "V"});
  ASSERT_THAT(counts, SizeIs(6));
  std::vector<int64_t> more;
  for (const int64_t count : counts) more.push_back(count - counts.front());
  EXPECT_EQ(more, (std::vector<int64_t>{0, 0, 1, 2, 2, 3}));
}

// As a sanitizer's thread does, which reads in /proc how much memory is resident.
TEST_F(RoundsTest, DoesNotTakeForKeptWhatAnotherThreadHasOpenForAMoment) {
  const std::vector<std::string> inputs = {"fine", "fine", "T", "fine", "T", "fine"};
  for (const Held held : {Held::kDescriptors, Held::kThreads}) {
    const auto counts = Counts(held, inputs);
    ASSERT_THAT(counts, SizeIs(7));
    EXPECT_THAT(counts, Each(counts.front()));
  }
}

TEST_F(RoundsTest, CountsAMomentNotEvenWhereMoreWasHeldBefore) {
  const auto counts = Counts(Held::kDescriptors, {"U", "Z", "Z", "Z", "Z", "T", "fine"});
  ASSERT_THAT(counts, SizeIs(8));
  EXPECT_EQ(counts[1], counts[0] + 1);
  for (size_t i = 5; i < 8; ++i) EXPECT_EQ(counts[i], counts[0]) << i;
}

}  // namespace
}  // namespace percuss::campaign

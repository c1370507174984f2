// SPDX-License-Identifier: Apache-2.0
#include "protocols/reductions.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "protocols/model_fixture.h"

namespace percuss::protocols {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

constexpr const char* kList = R"(
root m
struct m
  count  u8 = count(items)
  length u8 = size(items)
  items  item[count]
  sum    u8 = sum8(count..items)
struct item
  size   u8 = size(text)
  text   text sized size
)";

std::vector<Bytes> Results(const Model& model, const Bytes& input) {
  std::vector<Bytes> results;
  for (const Reduction& reduction : Reductions(model, input, 100)) {
    EXPECT_EQ(reduction.result.size() + reduction.size, input.size());
    EXPECT_LE(reduction.at + reduction.size, input.size());
    results.push_back(reduction.result);
  }
  return results;
}

TEST(ReductionsTest, WhatCountsAPartFollows) {
  const Model model = ModelOf(kList);
  const auto results = Results(model, {2, 5, 1, 'a', 2, 'b', 'c', 0x30});
  EXPECT_THAT(results, Contains(Bytes{1, 2, 1, 'a', 0x65}));
  EXPECT_THAT(results, Contains(Bytes{1, 3, 2, 'b', 'c', 0xcb}));
  EXPECT_THAT(results, Contains(Bytes{2, 3, 1, 'a', 0, 0x67}));
  EXPECT_TRUE(std::is_sorted(
      results.begin(), results.end(),
      [](const Bytes& one, const Bytes& other) { return one.size() < other.size(); }));
}

TEST(ReductionsTest, WhatIsWrongStaysWrong) {
  const Model model = ModelOf(kList);
  // The length is wrong, and that may be what the input shows.
  EXPECT_THAT(Results(model, {2, 99, 1, 'a', 2, 'b', 'c', 0}), Contains(Bytes{1, 99, 1, 'a', 0}));
}

TEST(ReductionsTest, DelimitersGoWithTheirParts) {
  const Model model = ModelOf("root m\nstruct m\n  lines text separated \"|\"\n");
  const auto results = Results(model, BytesOf("ab|c|def"));
  EXPECT_THAT(results, Contains(BytesOf("ab|c")));
  EXPECT_THAT(results, Contains(BytesOf("c|def")));
  EXPECT_THAT(results, Contains(BytesOf("ab|def")));
  EXPECT_THAT(Results(model, Bytes(100000, 'x')), IsEmpty());
}

}  // namespace
}  // namespace percuss::protocols

// SPDX-License-Identifier: Apache-2.0
#include "campaign/mutate/small_steps.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <bit>
#include <set>
#include <string>

namespace percuss::campaign {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr size_t kMostBytes = 1 << 20;

// A message of two attributes, as in length_fields_test.
const Bytes kMessage = {0xe7, 0x00, 0x00, 0x11, 0x70, 0x01, 0x00, 0x0d, 0x09, 0x2f, 0x00,
                        0x04, 0xaa, 0xbb, 0xcc, 0xdd, 0x0a, 0x55, 0x00, 0x01, 0x7f};

std::vector<Bytes> Outputs(SmallSteps& steps, size_t count) {
  std::vector<Bytes> outputs;
  for (size_t i = 0; i < count; ++i) {
    const auto output = steps.Next(kMostBytes);
    outputs.emplace_back(output.begin(), output.end());
  }
  return outputs;
}

// The numbers of attributes where all lengths are right; 0 where one is not.
size_t AttributesOf(const Bytes& message) {
  const auto number = [&](size_t at) { return message[at] * 256u + message[at + 1]; };
  if (message.size() < 8 || number(2) != message.size() - 4 || number(6) != message.size() - 8) {
    return 0;
  }
  size_t attributes = 0;
  size_t at = 8;
  while (at != message.size()) {
    if (message.size() - at < 4 || number(at + 2) > message.size() - at - 4) return 0;
    at += 4 + number(at + 2);
    ++attributes;
  }
  return attributes;
}

TEST(SmallStepsTest, EveryByteTakesTheValuesThatMatterWithAllElseAsItWas) {
  SmallSteps steps(1);
  steps.Add(kMessage, true);
  const auto outputs = Outputs(steps, 4000);
  std::set<std::pair<size_t, uint8_t>> seen;
  for (const Bytes& output : outputs) {
    if (output.size() != kMessage.size()) continue;
    const auto [changed, unused] = std::mismatch(output.begin(), output.end(), kMessage.begin());
    const auto at = static_cast<size_t>(changed - output.begin());
    if (changed != output.end() &&
        std::equal(changed + 1, output.end(), kMessage.begin() + static_cast<ptrdiff_t>(at) + 1)) {
      seen.emplace(at, *changed);
    }
  }
  for (size_t at = 0; at < kMessage.size(); ++at) {
    std::vector<int> values = {kMessage[at] + 1, kMessage[at] - 1, 0, 255};
    for (int bit = 0; bit < 8; ++bit) values.push_back(kMessage[at] ^ 1 << bit);
    for (int bit = 0; bit < 7; ++bit) values.push_back(1 << bit);
    for (const int value : values) {
      if ((value & 255) == kMessage[at]) continue;
      EXPECT_TRUE(seen.contains({at, static_cast<uint8_t>(value)})) << at << " to " << value;
    }
  }
}

// A length of four where there is none of that kind, and a reference to what is said elsewhere.
TEST(SmallStepsTest, ABytesOtherValuesAreSmallPowersOfTwoAndThoseOfOtherBytes) {
  std::set<uint8_t> powers;
  size_t of_others = 0;
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    SmallSteps steps(seed);
    steps.Add(Bytes{0x90, 0x91, 0xb5, 0xb5, 0xb5, 0xb5}, true);
    for (const Bytes& output : Outputs(steps, 100)) {
      if (output.size() != 6 || output[1] != 0x91 || output[2] != 0xb5) continue;
      if (std::has_single_bit(output[0]) && output[0] <= 64) powers.insert(output[0]);
      of_others += output[0] == 0xb5 ? 1u : 0u;
    }
  }
  EXPECT_THAT(powers, ::testing::ElementsAre(1, 2, 4, 8, 16, 32, 64));
  EXPECT_GT(of_others, 10u);
}

TEST(SmallStepsTest, APartComesTwiceOrGoesWithAllLengthsAroundItRight) {
  SmallSteps steps(1);
  steps.Add(kMessage, true);
  std::set<size_t> seen;
  std::set<size_t> sizes;
  for (const Bytes& output : Outputs(steps, 4000)) {
    const size_t attributes = AttributesOf(output);
    seen.insert(attributes);
    if (attributes == 2) sizes.insert(output.size());
  }
  EXPECT_THAT(seen, testing::IsSupersetOf({1u, 2u, 3u}));
  // A value has become longer, or shorter.
  EXPECT_GT(sizes.size(), 5u);
}

TEST(SmallStepsTest, APartOfTwoOrFourBytesIsANumber) {
  SmallSteps steps(1);
  steps.Add(kMessage, true);
  size_t small = 0;
  size_t great = 0;
  for (const Bytes& output : Outputs(steps, 400)) {
    if (output.size() != kMessage.size() || AttributesOf(output) != 2) continue;
    const uint32_t number = ReadNumber(output, 12, 4, true);  // of the first attribute
    small += number < 256 ? 1 : 0;
    great += number > 0xffffffu && (number & (number + 1)) == 0 ? 1 : 0;
  }
  EXPECT_GT(small, 0u);
  EXPECT_GT(great, 0u);
}

// Links between parts, of which one leads back: which other it takes is drawn by lot, and again.
TEST(SmallStepsTest, APartTakesWhatAnotherOfItsSizeHas) {
  const Bytes links = {0xe7, 0x00, 0x00, 0x14, 0x70, 0x01, 0x00, 0x10, 0x09, 0x2f, 0x00, 0x04,
                       0xaa, 0xbb, 0xcc, 0xdd, 0x0a, 0x55, 0x00, 0x04, 0x11, 0x22, 0x33, 0x44};
  Bytes back = links;
  std::copy_n(links.begin() + 12, 4, back.begin() + 20);
  SmallSteps steps(1);
  steps.Add(links, true);
  const auto outputs = Outputs(steps, 10000);
  EXPECT_GT(std::count(outputs.begin(), outputs.end(), back), 3);
}

TEST(SmallStepsTest, InputsAreJoinedAndTakePartsOfOneAnother) {
  SmallSteps steps(1);
  const Bytes other = {0x44, 0x44, 0x00, 0x06, 0x55, 0x55, 0x00, 0x02, 0x66, 0x66};
  steps.Add(kMessage, true);
  steps.Add(other, false);
  Bytes joined = kMessage;
  joined.insert(joined.end(), other.begin(), other.end());
  const auto outputs = Outputs(steps, 4000);
  EXPECT_THAT(outputs, testing::Contains(joined));
  EXPECT_TRUE(std::any_of(outputs.begin(), outputs.end(), [](const Bytes& output) {
    return AttributesOf(output) != 0 && std::count(output.begin(), output.end(), 0x66) >= 2;
  }));
}

TEST(SmallStepsTest, NumbersInTextTakeOtherValues) {
  SmallSteps steps(1);
  const std::string text = "OBX|7|FT|.sp +12";
  steps.Add(Bytes(text.begin(), text.end()), true);
  std::set<std::string> seen;
  for (const Bytes& output : Outputs(steps, 600)) seen.emplace(output.begin(), output.end());
  EXPECT_THAT(seen, testing::IsSupersetOf({"OBX|100|FT|.sp +12", "OBX|7|FT|.sp 65535",
                                           "OBX|7|FT|.sp -1", "OBX|7|FT|.sp 0"}));
}

TEST(SmallStepsTest, WordsOfTheFormatArePutIn) {
  SmallSteps steps(1);
  const Bytes word = {'W', 'O', 'R', 'D', '!'};
  steps.Add(kMessage, true);
  steps.AddWord(word);
  steps.AddWord({});
  const auto outputs = Outputs(steps, 2000);
  EXPECT_TRUE(std::any_of(outputs.begin(), outputs.end(), [&](const Bytes& output) {
    return std::search(output.begin(), output.end(), word.begin(), word.end()) != output.end();
  }));
}

TEST(SmallStepsTest, TheSameCallsGiveTheSameChanges) {
  SmallSteps one(5);
  SmallSteps same(5);
  SmallSteps other(6);
  for (SmallSteps* steps : {&one, &same, &other}) {
    steps->Add(kMessage, true);
    steps->Add(Bytes{1, 2, 3}, false);
  }
  const auto outputs = Outputs(one, 1000);
  EXPECT_EQ(outputs, Outputs(same, 1000));
  EXPECT_NE(outputs, Outputs(other, 1000));
}

TEST(SmallStepsTest, TakesAnyInputAndKeepsToItsRoom) {
  SmallSteps steps(1);
  EXPECT_FALSE(steps.HasInputs());
  steps.Add({}, true);
  EXPECT_FALSE(steps.HasInputs());
  steps.Add(Bytes{9}, false);
  EXPECT_TRUE(steps.HasInputs());
  steps.Add(Bytes(3000, 0xff), true);
  steps.Add(Bytes((size_t{64} << 20) + 1), true);
  for (int i = 0; i < 3000; ++i) {
    const size_t size = steps.Next(2500).size();
    EXPECT_GE(size, 1u);
    EXPECT_LE(size, 2500u);
  }
}

}  // namespace
}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
#include "campaign/mutate/length_fields.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

namespace percuss::campaign {
namespace {

using Bytes = std::vector<uint8_t>;

bool Found(const Bytes& input, size_t at, size_t width, size_t begin, size_t end) {
  const auto fields = FindLengthFields(input, 48);
  return std::any_of(fields.begin(), fields.end(), [&](const LengthField& field) {
    return field.at == at && field.width == width && field.begin == begin && field.end == end;
  });
}

TEST(LengthFieldsTest, FindsPartsWithinParts) {
  // 16 bits, big-endian: a message of two attributes, each a type, a length and a value.
  const Bytes message = {0xe7, 0x00, 0x00, 0x11, 0x70, 0x01, 0x00, 0x0d, 0x09, 0x2f, 0x00,
                         0x04, 0xaa, 0xbb, 0xcc, 0xdd, 0x0a, 0x55, 0x00, 0x01, 0x7f};
  EXPECT_TRUE(Found(message, 2, 2, 4, 21));
  EXPECT_TRUE(Found(message, 6, 2, 8, 21));
  EXPECT_TRUE(Found(message, 10, 2, 12, 16));
  EXPECT_TRUE(Found(message, 18, 2, 20, 21));
}

TEST(LengthFieldsTest, FindsARowOfRecordsWithOneByteOfLength) {
  const Bytes records = {0x02, 3, 0x91, 0x92, 0x93, 0x06, 1,   0x94,
                         0x02, 2, 0x95, 0x96, 0x06, 1,    0x97};
  EXPECT_TRUE(Found(records, 1, 1, 2, 5));
  EXPECT_TRUE(Found(records, 6, 1, 7, 8));
}

TEST(LengthFieldsTest, FindsLengthsThatCountThemselvesAndLittleEndianOnes) {
  const Bytes counts_itself = {0xf1, 9, 0, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_TRUE(Found(counts_itself, 1, 2, 3, 10));
}

TEST(LengthFieldsTest, TakesAnyInput) {
  EXPECT_TRUE(FindLengthFields({}, 48).empty());
  EXPECT_TRUE(FindLengthFields(Bytes{7}, 48).empty());
  std::mt19937 random(7);
  Bytes noise(100'000);
  for (uint8_t& byte : noise) byte = static_cast<uint8_t>(random());
  for (const Bytes& input : {noise, Bytes(5000, 0xff), Bytes(5000, 0), Bytes(5000, 1)}) {
    const auto fields = FindLengthFields(input, 48);
    EXPECT_LE(fields.size(), 48u);
    for (const LengthField& field : fields) {
      EXPECT_LE(field.at + field.width, field.begin);
      EXPECT_LT(field.begin, field.end);
      EXPECT_LE(field.end, input.size());
    }
  }
}

TEST(LengthFieldsTest, NumbersAreReadAndWrittenInEitherOrder) {
  Bytes bytes = {1, 2, 3, 4, 5};
  EXPECT_EQ(ReadNumber(bytes, 1, 4, true), 0x02030405u);
  EXPECT_EQ(ReadNumber(bytes, 1, 4, false), 0x05040302u);
  WriteNumber(bytes, {.at = 1, .width = 2, .big_endian = true}, 0x1a2b3c);
  EXPECT_THAT(bytes, testing::ElementsAre(1, 0x2b, 0x3c, 4, 5));
  WriteNumber(bytes, {.at = 3, .width = 2}, 0x1a2b);
  EXPECT_THAT(bytes, testing::ElementsAre(1, 0x2b, 0x3c, 0x2b, 0x1a));
}

}  // namespace
}  // namespace percuss::campaign

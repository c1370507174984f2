// SPDX-License-Identifier: Apache-2.0
#include "reports/evidence/stored_zip.h"

#include <gtest/gtest.h>

#include "common/hash.h"

namespace percuss::reports {
namespace {

class StoredZipTest : public testing::Test {
 protected:
  std::string bytes_;
  StoredZipWriter writer_{[this](std::string_view part) -> common::Status {
    bytes_ += part;
    return {};
  }};
};

TEST_F(StoredZipTest, BytesAreThoseOfTheFormatsDescription) {
  ASSERT_TRUE(writer_.Add("a", "123456789"));  // whose CRC-32 is 0xcbf43926 by definition
  ASSERT_TRUE(writer_.Finish());
  const std::string shared("\x14\0\0\0\0\0\0\0\x21\0\x26\x39\xf4\xcb\x09\0\0\0\x09\0\0\0\x01\0\0\0",
                           26);
  const std::string local = "PK\x03\x04" + shared + "a123456789";
  const std::string entry = std::string("PK\x01\x02\x14\x03", 6) + shared +
                            std::string("\0\0\0\0\0\0\0\0\xa4\x81\0\0\0\0", 14) + "a";
  const std::string end = std::string("PK\x05\x06\0\0\0\0\x01\0\x01\0\x2f\0\0\0\x28\0\0\0\0\0", 22);
  EXPECT_EQ(bytes_, local + entry + end);
}

TEST_F(StoredZipTest, NamesMustAscend) {
  ASSERT_TRUE(writer_.Add("b", ""));
  EXPECT_FALSE(writer_.Add("a", ""));
  EXPECT_FALSE(writer_.Add("b", ""));
  EXPECT_TRUE(writer_.Add("c", ""));
}

TEST_F(StoredZipTest, AFullDiskIsAnError) {
  StoredZipWriter writer([](std::string_view) -> common::Status {
    return common::Fail(common::ErrorCode::kIo, "disk full");
  });
  EXPECT_FALSE(writer.Add("a", "x"));
}

}  // namespace
}  // namespace percuss::reports

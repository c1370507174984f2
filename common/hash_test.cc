// SPDX-License-Identifier: Apache-2.0
#include "common/hash.h"

#include <gtest/gtest.h>

#include "common/fs.h"

namespace percuss::common {
namespace {

// FIPS 180-4's example for "abc".
constexpr char kAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(HashTest, MatchesTheStandardsExample) { EXPECT_EQ(Sha256Hex("abc"), kAbc); }

TEST(HashTest, FileAndBytesAgree) {
  const auto folder = TemporaryFolder::Make("percuss-hash");
  ASSERT_TRUE(folder);
  ASSERT_TRUE(WriteFileAtomically(folder->Path() / "f", "abc"));
  EXPECT_EQ(Sha256FileHex(folder->Path() / "f").value(), kAbc);
  EXPECT_FALSE(Sha256FileHex(folder->Path() / "absent"));
}

TEST(HashTest, SetDigestIgnoresOrderButNotContent) {
  EXPECT_EQ(Sha256OfSet({"a", "b"}), Sha256OfSet({"b", "a"}));
  EXPECT_NE(Sha256OfSet({"a", "b"}), Sha256OfSet({"a", "c"}));
  EXPECT_NE(Sha256OfSet({"ab"}), Sha256OfSet({"a", "b"}));
}

}  // namespace
}  // namespace percuss::common

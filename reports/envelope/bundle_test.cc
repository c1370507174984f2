// SPDX-License-Identifier: Apache-2.0
#include "reports/envelope/bundle.h"

#include <gtest/gtest.h>

#include "reports/envelope/dsse.h"

namespace percuss::reports {
namespace {

TEST(Bundle, EachLineIsAnEnvelopeThatTheKeySigned) {
  const auto key = KeyPair::FromSeed("test", std::string(kSeedBytes, 's'));
  const auto other = KeyPair::FromSeed("other", std::string(kSeedBytes, 'o'));
  ASSERT_TRUE(key && other);
  const auto signed_lines = SignedBundle("{\"a\":1}\n{\"b\":2}\n", *key);
  ASSERT_TRUE(signed_lines);
  const std::string& bundle = *signed_lines;
  const size_t end = bundle.find('\n');
  ASSERT_NE(end, std::string::npos);
  const auto first = ParseEnvelope(bundle.substr(0, end), "bundle");
  const auto second = ParseEnvelope(bundle.substr(end + 1), "bundle");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->payload, "{\"a\":1}");
  EXPECT_EQ(second->payload, "{\"b\":2}");
  EXPECT_TRUE(VerifyEnvelope(*first, key->Public()) && VerifyEnvelope(*second, key->Public()));
  EXPECT_FALSE(VerifyEnvelope(*first, other->Public()));
  EXPECT_EQ(SignedBundle("", *key).value(), "");
}

}  // namespace
}  // namespace percuss::reports

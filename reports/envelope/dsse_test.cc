// SPDX-License-Identifier: Apache-2.0
#include "reports/envelope/dsse.h"

#include <gtest/gtest.h>

#include "common/json_file.h"

namespace percuss::reports {
namespace {

KeyPair TestKey(char fill) {
  auto pair = KeyPair::FromSeed("test", std::string(kSeedBytes, fill));
  EXPECT_TRUE(pair) << pair.error().Text();
  return *pair;
}

TEST(DsseTest, PreAuthenticationEncodingIsThatOfTheProtocolsExample) {
  EXPECT_EQ(PreAuthenticationEncoding("http://example.com/HelloWorld", "hello world"),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  EXPECT_EQ(PreAuthenticationEncoding("", ""), "DSSEv1 0  0 ");
}

TEST(DsseTest, SignedEnvelopeSurvivesItsTextForm) {
  const KeyPair key = TestKey('a');
  const Envelope envelope = SignEnvelope("type/x", std::string("\0payload", 8), key).value();
  const std::string text = EnvelopeText(envelope);
  const auto back = ParseEnvelope(text, "envelope");
  ASSERT_TRUE(back) << back.error().Text();
  EXPECT_EQ(back->payload, envelope.payload);
  EXPECT_EQ(back->signatures[0].key_id, key.Public().Id());
  EXPECT_TRUE(VerifyEnvelope(*back, key.Public()));
  EXPECT_EQ(EnvelopeText(*back), text);
}

TEST(DsseTest, AnotherKeyPayloadOrTypeDoesNotVerify) {
  const KeyPair key = TestKey('a');
  Envelope envelope = SignEnvelope("type/x", "payload", key).value();
  EXPECT_FALSE(VerifyEnvelope(envelope, TestKey('b').Public()));
  envelope.payload = "payloae";
  EXPECT_FALSE(VerifyEnvelope(envelope, key.Public()));
  envelope.payload = "payload";
  envelope.payload_type = "type/y";
  EXPECT_FALSE(VerifyEnvelope(envelope, key.Public()));
  envelope.payload_type = "type/x";
  envelope.signatures[0].signature.resize(63);
  EXPECT_FALSE(VerifyEnvelope(envelope, key.Public()));
}

TEST(DsseTest, MalformedEnvelopesAreErrorsThatNameTheFile) {
  const std::string sound = EnvelopeText(SignEnvelope("t", "p", TestKey('a')).value());
  auto broken = common::ParseJson(sound, "sound").value();
  std::vector<std::string> texts = {"", "[]", "{}", sound + "x"};
  auto add = [&](const char* pointer, common::Json value) {
    auto copy = broken;
    copy[common::Json::json_pointer(pointer)] = std::move(value);
    texts.push_back(common::JsonText(copy));
  };
  add("/payload", "cA=");
  add("/payload", "cB==");
  add("/payload", 3);
  add("/signatures", common::Json::array());
  add("/signatures/0", "sig");
  add("/signatures/0/sig", "!");
  add("/signatures/0/extra", 1);
  add("/extra", 1);
  for (const auto& text : texts) {
    const auto envelope = ParseEnvelope(text, "statement.dsse.json");
    ASSERT_FALSE(envelope) << text;
    EXPECT_EQ(envelope.error().file, "statement.dsse.json") << text;
  }
}

}  // namespace
}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
#include "campaign/session/session_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

namespace percuss::campaign {
namespace {

using testing::HasSubstr;

std::string Bytes(const std::string& text) {
  const auto bytes = SessionFromText(text, "a.session");
  EXPECT_TRUE(bytes.has_value()) << bytes.error().Text();
  return bytes.value_or("");
}

std::string ErrorOf(const std::string& text) {
  const auto bytes = SessionFromText(text, "a.session");
  EXPECT_FALSE(bytes.has_value()) << *bytes;
  return bytes ? "" : bytes.error().Text();
}

TEST(SessionText, SaysWhatAPersonWouldWrite) {
  const std::string text =
      "# percuss session 1\n"
      "> 0100000000d0 \"ANY-SCP \\\"1\\\"\" 00\n"
      "pipelined > 0a\n"
      "wait 250 > \"later\"\n"
      "close\n"
      "> \"again\"\n"
      "reset\n";
  const std::string bytes = Bytes(text);
  EXPECT_EQ(bytes, std::string("\x01\0\0\0\0\xd0", 6) + "ANY-SCP \"1\"" + '\0' +
                       "\xF5\x5E\x55P\n\xF5\x5E\x55W\xfa" + '\0' +
                       "later\xF5\x5E\x55"
                       "C\xF5\x5E\x55Magain\xF5\x5E\x55R");
  EXPECT_EQ(Bytes(SessionText(bytes)), bytes);
  EXPECT_THAT(SessionText(bytes), HasSubstr("\npipelined > 0a\nwait 250 > \"later\"\nclose\n> "));
}

TEST(SessionText, LinesAreWhatAPersonMayEdit) {
  EXPECT_EQ(Bytes("  >\t41 4243\"D\\x45\\n\" # and a comment\r\n\n# another\n+ 46\n+ \"G\"\n"),
            "ABCDE\nFG");
  EXPECT_EQ(Bytes("close > 41"),
            "\xF5\x5E\x55"
            "CA");
  EXPECT_EQ(Bytes(""), "");
}

TEST(SessionText, AnyBytesAreTheSameThereAndBack) {
  std::mt19937 random(7);
  const std::string pieces("\xF5\x5E\x55MPWCR\"\\# abcdefg\0\x01\n", 22);
  for (int i = 0; i < 3000; ++i) {
    std::string bytes;
    for (size_t left = random() % 120; left > 0; --left) {
      if (random() % 8 == 0) bytes += "\xF5\x5E\x55";
      bytes += random() % 4 == 0 ? static_cast<char>(random()) : pieces[random() % pieces.size()];
    }
    const std::string text = SessionText(bytes);
    ASSERT_EQ(Bytes(text), bytes) << text;
    ASSERT_EQ(SessionText(Bytes(text)), text);
    for (size_t at = 0, end = 0; at < text.size(); at = end + 1) {
      end = text.find('\n', at);
      ASSERT_LE(end - at, 100U) << text;
    }
  }
}

TEST(SessionText, WhatIsWrongIsToldWithItsLine) {
  EXPECT_THAT(ErrorOf("> 00\nsend 00"), HasSubstr("a.session:2: a line begins with one of"));
  EXPECT_THAT(ErrorOf("> 0"), HasSubstr("a.session:1: \"0\" is neither pairs of"));
  EXPECT_THAT(ErrorOf("> 00 +1"), HasSubstr("\"+1\" is neither"));
  EXPECT_THAT(ErrorOf("> \"open"), HasSubstr("no quote at its end"));
  EXPECT_THAT(ErrorOf("> \"\\q\""), HasSubstr("after \\ in a text"));
  EXPECT_THAT(ErrorOf("> \"\\x1\""), HasSubstr("after \\ in a text"));
  EXPECT_THAT(ErrorOf("> \"\\"), HasSubstr("after \\ in a text"));
  EXPECT_THAT(ErrorOf("wait"), HasSubstr("0 to 65535"));
  EXPECT_THAT(ErrorOf("wait 65536 > 00"), HasSubstr("0 to 65535"));
  EXPECT_THAT(ErrorOf("wait -1"), HasSubstr("0 to 65535"));
  EXPECT_THAT(ErrorOf("close 00"), HasSubstr("need a > before them"));
  EXPECT_THAT(ErrorOf("+ 00"), HasSubstr("there is none before it"));
  EXPECT_THAT(ErrorOf("> 00\n> f55e55 \"M\""), HasSubstr("a.session:2: the bytes f55e55"));
  EXPECT_THAT(ErrorOf(std::string("> \0\xff", 4)), HasSubstr("\"??\" is neither"));
}

TEST(SessionText, TruncatedTextNeverReadsAsSomethingElse) {
  const std::string text = "> 0102 \"text\\x41\"\nwait 250 > 03\npipelined > 04\nreset\n";
  for (size_t size = 0; size < text.size(); ++size) {
    const auto bytes = SessionFromText(text.substr(0, size), "a.session");
    EXPECT_EQ(Bytes(SessionText(bytes.value_or(""))), bytes.value_or(""));
  }
}

}  // namespace
}  // namespace percuss::campaign

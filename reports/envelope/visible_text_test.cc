// SPDX-License-Identifier: Apache-2.0
#include "reports/envelope/visible_text.h"

#include <gtest/gtest.h>

#include <string>

namespace percuss::reports {
namespace {

TEST(VisibleText, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(VisibleText("plain\n\ttext, naïve 汉字 🙂"), "plain\n\ttext, naïve 汉字 🙂");
}

TEST(VisibleText, ShowsControlCharactersAndDirectionOverrides) {
  EXPECT_EQ(VisibleText(std::string("a\0b\x1b\r\x7f", 6)), "a␀b␛␍␡");
  EXPECT_EQ(VisibleText("\xC2\x85\xE2\x80\xAE\xEF\xBB\xBF\xEF\xBF\xBF"),
            "⟨U+0085⟩⟨U+202E⟩⟨U+FEFF⟩⟨U+FFFF⟩");
}

TEST(VisibleText, ReplacesWhatIsNotUtf8) {
  // Overlong, surrogate, beyond U+10FFFF, cut off, lone continuation.
  EXPECT_EQ(VisibleText("\xC0\x80"), "��");
  EXPECT_EQ(VisibleText("\xED\xA0\x80"), "���");
  EXPECT_EQ(VisibleText("\xF4\x90\x80\x80"), "����");
  EXPECT_EQ(VisibleText("a\xE2\x82"), "a��");
  EXPECT_EQ(VisibleText("\x80z"), "�z");
}

TEST(VisibleLine, StaysOnItsLine) {
  EXPECT_EQ(VisibleLine("real\n8 2026-01-01 forged\t\x1b[2K"), "real␊8 2026-01-01 forged␉␛[2K");
}

TEST(SaidText, IsOneLineThatCanBeSeen) {
  for (const char* good : {"Ada Smith", "für gut", "می\xE2\x80\x8Cخواهم", " a "}) {
    EXPECT_EQ(SaidTextObjection(good), "") << good;
  }
  EXPECT_EQ(SaidTextObjection(""), "is empty");
  EXPECT_EQ(SaidTextObjection("  "), "is empty");
  for (const char* bad : {"a\nb", "a\x1b[2K", "\x7f", "\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9",
                          "\xE2\x80\xAE", "\xE2\x81\xA6", "\xff"}) {
    EXPECT_NE(SaidTextObjection(bad), "") << bad;
  }
  EXPECT_EQ(HiddenCharacter("a\x1b"), "U+001B");
}

}  // namespace
}  // namespace percuss::reports

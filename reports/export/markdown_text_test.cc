// SPDX-License-Identifier: Apache-2.0
#include "reports/export/markdown_text.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace percuss::reports {
namespace {

TEST(MarkdownText, LeavesNamesPlacesAndTimesAsTheyAre) {
  for (const char* text : {"pump_profile_segment at targets/reference/pump/pump_therapy.c:83",
                           "__asan_memcpy",
                           "F-06c9b27c9dbd",
                           "2026-03-02T09:14:07Z",
                           "lwip-ppp: 1 finding",
                           "Foo::~Foo()",
                           "percuss::Fuzzer::ExecuteCallback(unsigned char const&, int)",
                           "walk_through.zip",
                           "95 % interval 72 % to 100 %",
                           "trace.json goes on; not scored: a person",
                           "--key",
                           "C:\\src\\pump.c",
                           "-1",
                           "a < b && c > d",
                           "int&x a&&b <= operator<",
                           "10 + 3 = 13",
                           "#define",
                           "naïve",
                           "...",
                           "frame.c:100:7",
                           "finding #12"}) {
    EXPECT_EQ(MarkdownText(text), text);
  }
}

TEST(MarkdownText, EscapesWhatWouldBeMarkup) {
  const std::pair<const char*, const char*> cases[] = {
      {"*d* and **e**", "*d\\* and **e\\*\\*"},
      {"_d_ and a_b_ c", "_d\\_ and a_b\\_ c"},
      {"~~gone~~", "~~gone\\~\\~"},
      {"`c`", "\\`c\\`"},
      {"[l](u)", "\\[l\\](u)"},
      {"![i][r]", "!\\[i\\]\\[r]"},
      {"<b>", "&lt;b>"},
      {"&lt;", "&amp;lt;"},
      {"a|b", "a\\|b"},
      {"\\*", "\\\\\\*"},
      {"&#60;b", "&amp;#60;b"},
      {"$x$", "\\$x\\$"},
      {"é*x*é", "é\\*x\\*é"},
  };
  for (const auto& [text, escaped] : cases) EXPECT_EQ(MarkdownText(text), escaped) << text;
}

TEST(MarkdownText, EscapesWhatWouldBeALink) {
  const std::pair<const char*, const char*> cases[] = {
      {"https://x.example", "https\\://x.example"},
      {"www.x.example", "www\\.x.example"},
      {"WWW.x.example", "WWW\\.x.example"},
      {"a@x.example", "a@<!-- -->x.example"},
      {"mailto:a@x", "mailto:a@<!-- -->x"},
      {"see @maker", "see @<!-- -->maker"},
      {"a@-b", "a@<!-- -->-b"},
      {"5 @ 3", "5 @ 3"},
  };
  for (const auto& [text, escaped] : cases) EXPECT_EQ(MarkdownText(text), escaped) << text;
}

TEST(MarkdownText, EscapesWhatWouldBeginABlock) {
  const std::pair<const char*, const char*> cases[] = {
      {"# title", "\\# title"},   {"> quote", "\\> quote"}, {"- item", "\\- item"},
      {"+ item", "\\+ item"},     {"* item", "\\* item"},   {"1. item", "1\\. item"},
      {"12) item", "12\\) item"}, {"---", "\\---"},         {"    code", "code"},
      {"\n# x", "\\# x"},         {"a\n# x", "a # x"},      {"~~~ c", "\\~~~ c"},
      {"~~~c", "\\~~~c"},         {"* * *", "\\* * *"},
  };
  for (const auto& [text, escaped] : cases) EXPECT_EQ(MarkdownText(text), escaped) << text;
}

TEST(MarkdownCode, FenceIsLongerThanAnyInside) {
  EXPECT_EQ(MarkdownCode("percuss repro a_b.zip --finding ID"),
            "`percuss repro a_b.zip --finding ID`");
  EXPECT_EQ(MarkdownCode("a``b\n"), "``` a``b  ```");
}

}  // namespace
}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
#include "common/json_file.h"

#include <gtest/gtest.h>

namespace percuss::common {
namespace {

TEST(JsonFileTest, SyntaxErrorNamesTheLine) {
  const auto json = ParseJson("{\n  \"a\": 1,\n  oops\n}", "c.json");
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().line, 3);
  EXPECT_EQ(json.error().Text().rfind("c.json:3: not valid JSON", 0), 0U) << json.error().Text();
}

TEST(JsonFileTest, HostileTextIsAnError) {
  EXPECT_FALSE(ParseJson(std::string(100'000, '['), "deep"));
  EXPECT_FALSE(ParseJson("", "empty"));
  EXPECT_FALSE(ParseJson("\"\xff\"", "not utf-8"));
  EXPECT_FALSE(ParseJson("{\"a\": 1", "truncated"));
  EXPECT_TRUE(ParseJson("\"[[[[\"", "brackets in a string"));
}

TEST(JsonFileTest, PointerFindsTheLineOfAValue) {
  const std::string text =
      "{\n \"x\": \"}\\\"\",\n \"targets\": [\n  {\"id\": \"a\"},\n  {\n   \"id\":\n    4 }]}";
  EXPECT_EQ(LineOfJsonPointer(text, "/targets/0/id"), 4);
  EXPECT_EQ(LineOfJsonPointer(text, "/targets/1"), 5);
  EXPECT_EQ(LineOfJsonPointer(text, "/targets/1/id"), 7);
  EXPECT_EQ(LineOfJsonPointer(text, "/absent"), 0);
}

TEST(JsonFileTest, ForeignBytesCanBeWritten) {
  EXPECT_EQ(JsonText(Json{{"a", "\xff"}}), "{\n  \"a\": \"\xEF\xBF\xBD\"\n}\n");
}

}  // namespace
}  // namespace percuss::common

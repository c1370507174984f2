// SPDX-License-Identifier: Apache-2.0
#include "common/json_file.h"

#include <gtest/gtest.h>

#include "common/field_reader.h"
#include "common/json_numbers.h"
#include "tests/support/cpu_seconds.h"

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
  EXPECT_EQ(LineNearJsonPointer(text, "/targets/1/absent/x"), 5);
  EXPECT_EQ(LineNearJsonPointer(text, "/targets/7"), 3);
  EXPECT_EQ(LineNearJsonPointer(text, "/absent"), 1);
}

// Each of these took hours: the time went with the square of the size.
TEST(JsonFileTest, ALongNameCostsNoMoreThanItsLength) {
  const auto look = [](size_t size) {
    const std::string name(size, 'n');
    std::string items;
    std::string slashes;
    for (size_t i = 0; i < size; ++i) {
      items += "0,";
      slashes += "\\/";
    }
    EXPECT_EQ(LineOfJsonPointer("{\"" + name + "\": [" + items + "0],\n\"b\": 1}", "/b"), 2);
    Document document{"c.json", "{\n\"" + slashes + "\": 1}", {}, {}};
    document.json = *ParseJson(document.text, "c.json");
    FieldReader(document, document.json, "").RefuseOthers();
    ASSERT_FALSE(document.status);
    EXPECT_EQ(document.status.error().line, 1);
  };
  EXPECT_TRUE(GrowsWithItsSize(look, 20'000));
}

// Found by campaigns/self.json: "sequence": 1e64 in a record.
TEST(JsonFileTest, NumbersThatAreNoIntegersAreTold) {
  EXPECT_TRUE(NumbersFit(*ParseJson(R"({"a": [1.5, -2147483647.5, 9223372036854775807]})", "")));
  for (const char* number : {"1e64", "-1e64", "2147483648.0", "1e308"}) {
    EXPECT_FALSE(NumbersFit(*ParseJson(std::string(R"({"a": [0, )") + number + "]}", "")));
  }
}

TEST(JsonFileTest, ForeignBytesCanBeWritten) {
  EXPECT_EQ(JsonText(Json{{"a", "\xff"}}), "{\n  \"a\": \"\xEF\xBF\xBD\"\n}\n");
}

}  // namespace
}  // namespace percuss::common

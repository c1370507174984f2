// SPDX-License-Identifier: Apache-2.0
#include "protocols/model_reader.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "protocols/model_fixture.h"

namespace percuss::protocols {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string MistakeIn(const std::string& body) {
  const auto model = ReadModel("protocol test \"a test\"\n" + body);
  return model ? "none" : model.error().Text("model");
}

TEST(ModelReaderTest, SaysWhereAndWhatIsWrong) {
  EXPECT_THAT(MistakeIn("root m\nstruct m\n  a u7\n"),
              HasSubstr("model:4: there is no struct 'u7'"));
  EXPECT_THAT(MistakeIn("root m\nstruct m\n  a u8 = size(b)\n"),
              HasSubstr("model:4: there is no field 'b'"));
  EXPECT_THAT(MistakeIn("root n\nstruct m\n  a u8\n"), HasSubstr("there is no struct 'n'"));
  EXPECT_THAT(MistakeIn("root m\nstruct m\n  a bits 3\n  b u8\n"),
              HasSubstr("model:5: the bits before"));
  EXPECT_THAT(MistakeIn("root m\nstruct m\n  a u8 = (1 + \n"),
              HasSubstr("model:4: expected a number"));
  EXPECT_THAT(MistakeIn("root m\nstruct m\n  a \"x\n"), HasSubstr("model:4: a string has no end"));
  EXPECT_THAT(MistakeIn("root m\nstruct m\n  a u8 in e\n"),
              HasSubstr("model:4: there is no enum 'e'"));
  EXPECT_THAT(MistakeIn("root m\nstruct m\n  a switch b\n  b u8\n"),
              HasSubstr("model:4: a switch has a case"));
  EXPECT_THAT(MistakeIn("root m\nstruct m\n  a bytes = 3\n"), HasSubstr("model:4: only a number"));
  EXPECT_THAT(MistakeIn("root m\nstruct m\n  a u8 = adler(a)\n"),
              HasSubstr("'adler' is no function"));
  EXPECT_THAT(MistakeIn("root m\n"), HasSubstr("there is no struct 'm'"));
  EXPECT_THAT(MistakeIn("root m\n  a u8\n"), HasSubstr("model:3: an indented line"));
  EXPECT_THAT(MistakeIn("root m\nstruct m\n  a u8[]\nsession b\n  s: m -> s\n"),
              HasSubstr("array of the root"));
  EXPECT_THAT(MistakeIn("root m\nstruct m\n  a u8[]\nsession a\n  s: m -> t\n"),
              HasSubstr("model:6: there is no state 't'"));
  EXPECT_THAT(MistakeIn("use other\nroot m\nstruct m\n  a u8\n"),
              HasSubstr("model:2: there is no other.model"));
  EXPECT_THAT(MistakeIn("root m\nstruct m\n  a either\n    or: bytes\n"),
              HasSubstr("model:5: either has structs"));
  EXPECT_THAT(MistakeIn("root m\nstruct m\n  a either\n    case 1: m\n"),
              HasSubstr("model:5: a switch has lines"));
  EXPECT_THAT(MistakeIn("root m\nstruct m\n  b u8\n  a switch b then \"x\"\n    case 1: m\n"),
              HasSubstr("model:5: put a switch with then in a struct"));
  EXPECT_THAT(MistakeIn("root m\nstruct m\n  a u8 = 1 ? 2\n"), HasSubstr("model:4: expected"));
  EXPECT_THAT(MistakeIn("root m\nstruct m\n  a u8\n  b u8 = a@c\n"),
              HasSubstr("model:5: there is no field 'c'"));
  EXPECT_THAT(MistakeIn("root m\nstruct m\n  a u8[2] while \"x\"\n"),
              HasSubstr("model:4: while goes with []"));
  EXPECT_THAT(MistakeIn("root m\nstruct m\n  a u8 = 99999999999999999999\n"), HasSubstr("too big"));
}

TEST(ModelReaderTest, NothingThatIsReadIsTrusted) {
  EXPECT_THAT(MistakeIn("root m\nstruct m\n  a u8\n  b switch a\n    case 4..1: bytes\n"),
              HasSubstr("model:6: a range ends before it begins"));
  EXPECT_FALSE(ReadModel(""));
  EXPECT_FALSE(ReadModel(std::string(2 << 20, '#')));
  EXPECT_FALSE(ReadModel(std::string("protocol \0 \"x\"", 14)));
  EXPECT_FALSE(
      ReadModel("protocol p \"x\"\nroot m\nstruct m\n  a u8 = " + std::string(100000, '(')));
  EXPECT_FALSE(
      ReadModel("protocol p \"x\"\nroot m\nstruct m\n  a u8 = " + std::string(100000, '!')));
  std::string choices;
  for (int i = 0; i < 100000; ++i) choices += "1?";
  EXPECT_FALSE(ReadModel("protocol p \"x\"\nroot m\nstruct m\n  a u8 = " + choices));
  EXPECT_EQ(ReadModelFile("/nonexistent.model").error().what, "cannot be read");
  EXPECT_EQ(ReadModelFile("/").error().what, "cannot be read");
}

TEST(ModelReaderTest, UsesStructsOfOthersAndNamesTheFileOfTheirMistakes) {
  const FindDescription find = [](const std::string& name) -> std::optional<std::string> {
    if (name == "good") return "protocol good \"x\"\nroot g\nendian little\nstruct g\n  v u16\n";
    if (name == "bad") return "protocol bad \"x\"\nstruct g\n  v u9\n";
    if (name == "again") {
      return "use again\nuse good\nroot h\nstruct h\n  v g\nsession none\n  s: h -> s\n";
    }
    return std::nullopt;
  };
  const std::string rest = "root m\nstruct m\n  a g\n  b u16\n";
  const auto model = ReadModel("protocol p \"x\"\nuse good\n" + rest, find);
  ASSERT_TRUE(model) << model.error().what;
  EXPECT_EQ(model->name, "p");
  EXPECT_FALSE(model->structures[0].fields[0].big_endian);
  EXPECT_TRUE(model->structures[1].fields[1].big_endian)
      << "what is used does not change the byte order here";
  // Others' others come once, and their sessions are theirs.
  const auto both = ReadModel("protocol p \"x\"\nuse good\nuse again\n" + rest, find);
  ASSERT_TRUE(both) << both.error().what;
  EXPECT_EQ(both->structures.size(), 3U);
  EXPECT_TRUE(both->session.states.empty());
  EXPECT_THAT(ReadModel("protocol p \"x\"\nuse bad\n" + rest, find).error().what,
              HasSubstr("there is no struct 'u9'"));
}

TEST(ModelReaderTest, TellsAllThatWasRead) {
  const auto count = [](const char* name) {
    std::vector<std::string> texts;
    const std::string path = std::string(PERCUSS_MODEL_FOLDER) + "/" + name + ".model";
    EXPECT_TRUE(ReadModelFile(path, &texts)) << name;
    EXPECT_THAT(texts, ::testing::Each(HasSubstr("protocol ")));
    EXPECT_THAT(texts.front(), HasSubstr(std::string("protocol ") + name));
    return texts.size();
  };
  EXPECT_EQ(count("pump"), 1U);
  EXPECT_EQ(count("pump_serial"), 2U);
  std::vector<std::string> none;
  EXPECT_FALSE(ReadModelFile("/nowhere/x.model", &none));
  EXPECT_TRUE(none.empty());
}

// What is shipped has no mistakes.
TEST(ModelReaderTest, EveryShippedModelCanBeRead) {
  int count = 0;
  for (const auto& file : std::filesystem::directory_iterator(PERCUSS_MODEL_FOLDER)) {
    const auto model = ReadModelFile(file.path());
    ASSERT_TRUE(model) << model.error().Text(file.path());
    EXPECT_EQ(model->name, file.path().stem()) << "a model's name is its file's";
    EXPECT_FALSE(model->title.empty());
    ++count;
  }
  EXPECT_GE(count, 2);
}

}  // namespace
}  // namespace percuss::protocols

// SPDX-License-Identifier: Apache-2.0
//
// What the readers of each format make of files as their tools write them, and of broken ones.
#include "reports/import/source_items.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "common/fs.h"

namespace percuss::reports {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The problems as a user sees them.
std::vector<std::string> Texts(const std::vector<Problem>& problems) {
  std::vector<std::string> texts;
  for (const Problem& problem : problems) texts.push_back(problem.Text());
  return texts;
}

std::string Value(const SourceItem& item, const std::string& name) {
  std::string text = "(none)";
  for (const SourceField& field : item.fields) {
    if (field.name != name) continue;
    text.clear();
    for (const std::string& value : field.values) text += (text.empty() ? "" : "|") + value;
  }
  return text;
}

TEST(CsvItems, AreRowsWithTheirLines) {
  const SourceItems source = ReadCsvItems(
      "\xEF\xBB\xBF"
      "id,text,links\r\nR1,\"one, \"\"two\"\"\nthree\",a;b\r\n\r\nR2,'=1+1,\r\n"
      "R3,''-x,'s",
      "r.csv", ',');
  ASSERT_THAT(Texts(source.problems), ElementsAre());
  ASSERT_EQ(source.items.size(), 3U);
  EXPECT_EQ(Value(source.items[0], "text"), "one, \"two\"\nthree");
  EXPECT_EQ(source.items[0].line, 2);
  EXPECT_EQ(source.items[1].line, 5);
  EXPECT_EQ(Value(source.items[1], "text"), "=1+1");
  EXPECT_EQ(Value(source.items[2], "text"), "'-x");
  EXPECT_EQ(Value(source.items[2], "links"), "'s");
}

// Every row has the column's name: 2 MB that were 500 GB.
TEST(CsvItems, ALongNameOfManyRowsIsRefused) {
  std::string text(1'000'000, 'n');
  for (int i = 0; i < 500'000; ++i) text += "\nx";
  const SourceItems source = ReadCsvItems(text, "r.csv", ',');
  ASSERT_EQ(source.problems.size(), 1U);
  EXPECT_THAT(source.problems[0].what, HasSubstr("more than 512 MiB of memory"));
}

TEST(CsvItems, BrokenTextIsRefusedWithItsLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "r.csv:1: has no header"},
      {"id,text\nR1,\"open\n\n", "r.csv:2: a quote that begins here never ends"},
      {"id,text\nR1,a\"b\n", "r.csv:2: a quote in the middle of a cell without quotes"},
      {"id,text\nR1,\"a\"b\n", "r.csv:2: text after the quote that ends a cell"},
      {"id,text\nR1,a\nR2\n", "r.csv:3: has 1 cells where the header has 2"},
      {"id,id\n", "r.csv:1: two columns are called \"id\""},
      {"id,\n", "r.csv:1: a column has no name"},
      {"id,text\nR1,\xff\n", "r.csv:2: is not UTF-8 text; save it as \"CSV UTF-8\""},
  };
  for (const auto& [text, problem] : cases) {
    EXPECT_THAT(Texts(ReadCsvItems(text, "r.csv", ',').problems), ElementsAre(problem)) << text;
  }
  EXPECT_THAT(Texts(ReadCsvItems("id;text\nR1;a\n", "r.csv", ',').problems),
              ElementsAre(HasSubstr("\"delimiter\": \";\"")));
  EXPECT_EQ(ReadCsvItems("id;text\nR1;a\n", "r.csv", ';').items.size(), 1U);
  EXPECT_THAT(Texts(ReadCsvItems(std::string("id\nR\0\n", 6), "r.csv", ',').problems),
              ElementsAre(HasSubstr("r.csv:2: is not UTF-8")));
}

TEST(CsvItems, EveryMistakeOfAFileIsToldAndTheOtherRowsAreRead) {
  const SourceItems source = ReadCsvItems(
      "id,text\nR1,a\nR2\nR3,b\"c\nR4,\"d\"e\nR5,f\nR6,g,h\nR7,\"open\n", "r.csv", ',');
  EXPECT_THAT(Texts(source.problems),
              ElementsAre("r.csv:3: has 1 cells where the header has 2",
                          "r.csv:4: a quote in the middle of a cell without quotes",
                          "r.csv:5: text after the quote that ends a cell",
                          "r.csv:7: has 3 cells where the header has 2",
                          "r.csv:8: a quote that begins here never ends"));
  EXPECT_EQ(source.items.size(), 2U);
  EXPECT_THAT(Texts(ReadCsvItems("id,id\nR1,a\nR2\n", "r.csv", ',').problems),
              ElementsAre(HasSubstr("r.csv:1: two columns"), HasSubstr("r.csv:3: has 1 cells")));
  EXPECT_THAT(Texts(ReadCsvItems("id\n\xff\nR1\n\xfe\n", "r.csv", ',').problems),
              ElementsAre(HasSubstr("r.csv:2: is not UTF-8"), HasSubstr("r.csv:4: is not UTF-8")));
}

TEST(CsvItems, SoManyMistakesAreToldAndNoMore) {
  std::string rows = "id,text\n";
  std::string bytes = rows;
  for (size_t i = 0; i < 3 * kMostProblems; ++i) {
    rows += "R1\n";
    bytes += "\xff,x\n";
  }
  EXPECT_EQ(ReadCsvItems(rows, "r.csv", ',').problems.size(), kMostProblems);
  EXPECT_EQ(ReadCsvItems(bytes, "r.csv", ',').problems.size(), kMostProblems);
}

class DoorstopTest : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = common::TemporaryFolder::Make("doorstop_test");
    ASSERT_TRUE(folder);
    folder_ = std::make_unique<common::TemporaryFolder>(std::move(*folder));
  }
  void Write(const std::string& name, const std::string& text) const {
    const auto path = folder_->Path() / name;
    ASSERT_TRUE(common::MakeFolder(path.parent_path()));
    ASSERT_TRUE(common::WriteFileAtomically(path, text));
  }
  [[nodiscard]] SourceItems Read(const std::string& name = "") const {
    return ReadDoorstopItems(folder_->Path() / name).value_or(SourceItems());
  }
  // Of a file that holds `text`, without the folder.
  [[nodiscard]] std::string ProblemOf(const std::string& text) const {
    Write("R1.yml", text);
    const SourceItems source = Read();
    if (source.problems.size() != 1) return "not one problem";
    return source.problems[0].Text().substr(folder_->Path().string().size() + 1);
  }

  std::unique_ptr<common::TemporaryFolder> folder_;
};

TEST_F(DoorstopTest, ADocumentIsAFolderOfItems) {
  Write(".doorstop.yml", "settings:\n  digits: 3\n  prefix: REQ\n  sep: ''\n");
  Write("REQ001.yml",
        "active: true\nderived: false\nheader: |\n  Head\nlevel: 1.0\nlinks:\n- SYS001: "
        "b5dZ_a=\n- SYS002: null\nnormative: true\nref: ''\nreviewed: null\ntext: |\n  First "
        "line.\n\n  Second: line.\nresidual:\n  severity: minor\n");
  Write("REQ002.yml", "active: false\ntext: gone\n");
  Write("sub/REQ003.yml", "text: below\nlinks: []\n");
  Write("other/.doorstop.yml", "settings: {}\n");
  Write("other/TST001.yml", "text: of another document\n");
  const SourceItems source = Read();
  ASSERT_THAT(Texts(source.problems), ElementsAre());
  ASSERT_EQ(source.items.size(), 2U);
  EXPECT_EQ(Value(source.items[0], "uid"), "REQ001");
  EXPECT_EQ(Value(source.items[0], "text"), "First line.\n\nSecond: line.");
  EXPECT_EQ(Value(source.items[0], "links"), "SYS001|SYS002");
  EXPECT_EQ(Value(source.items[0], "residual.severity"), "minor");
  EXPECT_EQ(Value(source.items[0], "reviewed"), "");
  EXPECT_EQ(Value(source.items[1], "uid"), "REQ003");
  EXPECT_THAT(source.skipped, ElementsAre("REQ002: not active"));
}

TEST_F(DoorstopTest, AnExportIsAMappingOfItems) {
  Write("e.yml", "REQ001:\n  text: one\nREQ002:\n  text: two\n");
  const SourceItems source = Read("e.yml");
  ASSERT_EQ(source.items.size(), 2U);
  EXPECT_EQ(Value(source.items[1], "uid"), "REQ002");
  EXPECT_EQ(source.items[1].line, 4);
}

TEST_F(DoorstopTest, HostileYamlIsRefusedWithItsLine) {
  EXPECT_EQ(ProblemOf("text: a\nlinks: *x\n"),
            "R1.yml:2: an alias (\"*name\") is not followed; write its value");
  EXPECT_EQ(ProblemOf("text: a\ntext: b\n"), "R1.yml:2: the key \"text\" is there twice");
  EXPECT_EQ(ProblemOf("text: a\n? [x]\n: y\n"), "R1.yml:2: a key must be text");
  EXPECT_EQ(ProblemOf("text: a\n---\ntext: b\n"), "R1.yml:2: has a second document");
  EXPECT_EQ(ProblemOf("- a\n"), "R1.yml:1: R1 must be a mapping, as Doorstop writes it");
  EXPECT_EQ(ProblemOf(""), "R1.yml:1: is empty");
  EXPECT_THAT(ProblemOf("text: a\nx: " + std::string(100'000, '[')), HasSubstr("R1.yml:2: nested"));
  EXPECT_THAT(ProblemOf("text: \"open\n"), HasSubstr("R1.yml:2: not valid YAML"));
  EXPECT_THAT(ProblemOf("text: \xff\n"), HasSubstr("not valid YAML"));
  std::filesystem::remove(folder_->Path() / "R1.yml");
  EXPECT_THAT(Texts(Read().problems), ElementsAre(HasSubstr("holds no item")));
}

}  // namespace
}  // namespace percuss::reports

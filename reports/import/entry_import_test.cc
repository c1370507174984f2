// SPDX-License-Identifier: Apache-2.0
//
// What an import adds, proposes, refuses and leaves alone.
#include "reports/import/entry_import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/import/entry_export.h"
#include "reports/import/entry_text.h"
#include "reports/validation/validation_fixture.h"

namespace percuss::reports {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class EntryImportTest : public ValidationFixture {
 protected:
  // Of a CSV file with these lines; the problems' files are without the folder.
  ImportResult Import(const std::string& kind, const std::string& csv, const std::string& map = "",
                      bool accept = false) {
    ImportRequest request;
    request.source = Folder() / "in.csv";
    request.folder = Folder();
    request.accept_changes = accept;
    EXPECT_TRUE(common::WriteFileAtomically(request.source, csv));
    if (!map.empty()) {
      request.map = Folder() / "map.json";
      EXPECT_TRUE(common::WriteFileAtomically(
          *request.map, R"({"schema": "percuss.import_map.v1", )" + map + "}"));
    }
    auto result = ImportEntries(*FindImportKind(kind), request);
    EXPECT_TRUE(result) << result.error().Text();
    return result.value_or(ImportResult());
  }
  [[nodiscard]] std::vector<std::string> Said(const ImportResult& result) const {
    std::vector<std::string> texts;
    for (const Problem& problem : result.problems) {
      std::string text = problem.Text();
      if (const size_t at = text.find(Folder().string()); at == 0) {
        text.erase(0, Folder().string().size() + 1);
      }
      texts.push_back(text);
    }
    return texts;
  }
  [[nodiscard]] std::string FileText(const std::string& kind) const {
    return common::ReadFile(Folder() / (kind + ".json")).value_or("");
  }
};

TEST_F(EntryImportTest, AddsWhatIsNewAndLeavesTheRestOfTheTextAlone) {
  const std::string before = FileText("requirements");
  const std::string csv = "id,text,category,interfaces\nR1,checks,robustness,uart\nR2,new,other,\n";
  const ImportResult first = Import("requirements", csv);
  EXPECT_THAT(Said(first), ElementsAre());
  EXPECT_THAT(first.added, ElementsAre("R2"));
  EXPECT_EQ(first.unchanged, 1U);
  EXPECT_TRUE(first.written);
  const std::string after = FileText("requirements");
  const size_t at = after.find(",\n    { \"id\": \"R2\"");
  ASSERT_NE(at, std::string::npos) << after;
  const size_t end = after.find('}', at) + 1;
  EXPECT_EQ(after.substr(0, at) + after.substr(end), before);
  const ImportResult second = Import("requirements", csv);
  EXPECT_FALSE(second.written);
  EXPECT_EQ(second.unchanged, 2U);
  EXPECT_EQ(FileText("requirements"), after);
}

TEST_F(EntryImportTest, AChangedTextIsOnlyProposedUntilItIsAccepted) {
  const std::string before = FileText("requirements");
  const std::string csv = "id,text\nR1,other words\n";
  const ImportResult proposed = Import("requirements", csv);
  ASSERT_EQ(proposed.changes.size(), 1U);
  EXPECT_EQ(proposed.changes[0].member, "text");
  EXPECT_EQ(proposed.changes[0].from, "checks");
  EXPECT_EQ(proposed.changes[0].to, "other words");
  EXPECT_EQ(proposed.changes[0].line, 2);
  EXPECT_FALSE(proposed.written);
  EXPECT_EQ(FileText("requirements"), before);
  EXPECT_TRUE(Import("requirements", csv, "", true).written);
  EXPECT_THAT(FileText("requirements"), HasSubstr("\"text\": \"other words\", \"category\": "
                                                  "\"robustness\", \"interfaces\": [\"uart\"]"));
  EXPECT_TRUE(Import("requirements", csv).changes.empty());
}

TEST_F(EntryImportTest, WhatTheSourceDoesNotNameStays) {
  const ImportResult result = Import("controls", "id,text,requirements\nC2,another,R1\n");
  EXPECT_THAT(result.not_in_source, ElementsAre("C1"));
  EXPECT_THAT(FileText("requirements"), HasSubstr("\"C1\""));
  EXPECT_THAT(FileText("requirements"), HasSubstr("\"C2\""));
}

TEST_F(EntryImportTest, ADanglingLinkNamesTheSourcesLineAndNothingIsWritten) {
  const std::string before = FileText("requirements");
  const ImportResult result = Import(
      "requirements", "id,text,category,interfaces\nR2,a,other,uart\n\nR3,b,nonsense,x;uart\n");
  EXPECT_THAT(Said(result), ElementsAre(AllOf(StartsWith("in.csv:4: "), HasSubstr("\"nonsense\"")),
                                        "in.csv:4: there is no interface with the id x"));
  EXPECT_EQ(FileText("requirements"), before);
}

TEST_F(EntryImportTest, IdsMustBeThereOnceAndBeIds) {
  EXPECT_THAT(Said(Import("interfaces",
                          "id,description,protocol,scope\nx,a,p,tested\nx,b,p,tested\n"
                          ",c,p,tested\n")),
              ElementsAre(HasSubstr("in.csv:3: the id \"x\" is there twice"),
                          HasSubstr("in.csv:4: interface without an id")));
  EXPECT_THAT(Said(Import("interfaces", "id,description,protocol,scope\n../x,a,b,tested\n")),
              ElementsAre(HasSubstr("in.csv:2: ")));
}

TEST_F(EntryImportTest, EveryMistakeOfASourceIsToldInOneRun) {
  const std::string before = FileText("requirements");
  const ImportResult result = Import("requirements",
                                     "id,text,category,interfaces\n"
                                     "R2,a,other,nowhere\n"
                                     "R3,b\n"
                                     ",c,other,uart\n"
                                     "R4,\"d\"e,other,uart\n"
                                     "R5,f,nonsense,uart\n"
                                     "R5,g,other,uart\n");
  EXPECT_THAT(Said(result), ElementsAre("in.csv:2: there is no interface with the id nowhere",
                                        "in.csv:3: has 2 cells where the header has 4",
                                        "in.csv:4: requirement without an id",
                                        "in.csv:5: text after the quote that ends a cell",
                                        AllOf(StartsWith("in.csv:6: "), HasSubstr("\"nonsense\"")),
                                        StartsWith("in.csv:7: the id \"R5\" is there twice")));
  EXPECT_FALSE(result.written);
  EXPECT_EQ(FileText("requirements"), before);
  EXPECT_THAT(Said(Import("requirements", "id,text,Kind\nR2,a,x\nR3,b\n")),
              ElementsAre(HasSubstr("in.csv:2: \"Kind\" is no member"),
                          HasSubstr("in.csv:3: has 2 cells")));
}

TEST_F(EntryImportTest, OfManyMistakesTheFirstAreToldAndTheOthersCounted) {
  std::string csv = "id,description,protocol,scope\n";
  for (size_t i = 0; i < kMostProblems + 5; ++i) csv += "x" + std::to_string(i) + ",a,b,nonsense\n";
  const std::vector<std::string> said = Said(Import("interfaces", csv));
  ASSERT_EQ(said.size(), kMostProblems + 1);
  EXPECT_THAT(said.front(), StartsWith("in.csv:2: "));
  EXPECT_THAT(said.back(), HasSubstr("and 5 problems more"));
}

TEST_F(EntryImportTest, WhatWasNotThereIsToldWhenItIsMade) {
  ImportRequest request;
  request.source = Folder() / "in.csv";
  request.folder = Folder() / "mistyped";
  ASSERT_TRUE(
      common::WriteFileAtomically(request.source, "id,description,protocol,scope\nx,a,b,tested\n"));
  const std::vector<std::string> both = {request.folder.string(),
                                         (request.folder / "interfaces.json").string()};
  request.dry_run = true;
  EXPECT_EQ(ImportEntries(*FindImportKind("interfaces"), request)->made, both);
  EXPECT_FALSE(std::filesystem::exists(request.folder));
  request.dry_run = false;
  EXPECT_EQ(ImportEntries(*FindImportKind("interfaces"), request)->made, both);
  ASSERT_TRUE(
      common::WriteFileAtomically(request.source, "id,text,category,interfaces\nR1,t,other,x\n"));
  EXPECT_THAT(ImportEntries(*FindImportKind("requirements"), request)->made,
              ElementsAre((request.folder / "requirements.json").string()));
  EXPECT_THAT(ImportEntries(*FindImportKind("requirements"), request)->made, ElementsAre());
}

TEST_F(EntryImportTest, AFieldWithoutAPlaceIsAMistake) {
  const std::string csv = "Key,text,Kind,Owner,empty\nR9,new,Sec,me,\n";
  EXPECT_THAT(Said(Import("requirements", csv)),
              ElementsAre(HasSubstr("\"Key\" is no member of requirements"), HasSubstr("\"Kind\""),
                          HasSubstr("\"Owner\"")));
  const ImportResult mapped = Import("requirements", csv, R"(
      "members": {"id": "Key", "category": "Kind"}, "values": {"category": {"Sec": "encryption"}},
      "defaults": {"verified_elsewhere": "TR-1"}, "ignore": ["Owner"])");
  EXPECT_THAT(Said(mapped), ElementsAre());
  EXPECT_THAT(mapped.left_out, ElementsAre("Owner", "empty"));
  EXPECT_THAT(FileText("requirements"),
              HasSubstr(R"({ "id": "R9", "text": "new", "category": "encryption", "interfaces": [],
      "verified_elsewhere": "TR-1" })"));
}

TEST_F(EntryImportTest, AMapIsCheckedAsAnyFile) {
  const auto map = [&](const std::string& text) {
    return Said(Import("requirements", "id,text\n", text));
  };
  EXPECT_THAT(map(R"("members": {"colour": "x"})"),
              ElementsAre(HasSubstr("have no member \"colour\"")));
  EXPECT_THAT(map(R"("more": 1)"), ElementsAre("map.json:1: unknown member \"more\""));
  EXPECT_THAT(map(R"("delimiter": ";;")"), ElementsAre(HasSubstr("one character")));
  EXPECT_THAT(map(R"("ignore": "x")"), ElementsAre(HasSubstr("must be a list")));
  EXPECT_THAT(map(R"("members": {)"), ElementsAre(HasSubstr("not valid JSON")));
}

TEST_F(EntryImportTest, AFolderMayBeginEmpty) {
  for (const char* kind : kValidationKinds) {
    std::filesystem::remove(Folder() / (std::string(kind) + ".json"));
  }
  EXPECT_TRUE(
      Import("interfaces", "id,description,protocol,scope\nuart,port,frames,tested\n").written);
  EXPECT_TRUE(Import("requirements", "id,text,category,interfaces\nR1,t,other,uart\n").written);
  const ImportResult risk =
      Import("safety-risks",
             "id,hazard,sequence_of_events,hazardous_situation,harm,severity,probability,"
             "residual.severity,residual.probability,residual.acceptable,residual.rationale\n"
             "H1,h,s,w,x,critical,remote,minor,remote,yes,because\n");
  EXPECT_THAT(Said(risk), ElementsAre());
  EXPECT_THAT(FileText("risks"), HasSubstr("\"residual\": { \"severity\": \"minor\""));
}

TEST_F(EntryImportTest, AMistakeThatWasThereIsToldAtItsOwnLine) {
  Write("threats", "\"threats\": [\n{ \"id\": \"T1\" } ]");
  const ImportResult result = Import("threats", "id,text\nT9,x\n");
  EXPECT_THAT(Said(result), testing::Contains(StartsWith("threats.json:3: threat T1: has no")));
  EXPECT_THAT(Said(result), testing::Contains(StartsWith("in.csv:2: threat T9: has no")));
}

TEST_F(EntryImportTest, WhatIsExportedAndImportedIsTheSame) {
  WriteRaw("requirements", R"({ "schema": "percuss.requirements.v1", "requirements": [
    { "id": "R1", "text": "=1+1, \"x\"; y\n'-z", "category": "other", "interfaces": ["uart"],
      "verified_elsewhere": "'=q: #[]{}&*!|>%@`" } ],
    "controls": [ { "id": "C1", "text": "- c: d", "requirements": ["R1"] } ] })");
  ASSERT_THAT(Problems(), ElementsAre());
  for (const ImportKind& kind : ImportKinds()) {
    for (const std::string& format : ImportFormats()) {
      const auto files = ExportEntries(kind, Folder(), format);
      ASSERT_TRUE(files) << files.error().Text();
      ImportRequest request;
      request.format = format;
      request.source = Folder() / kind.name / format;
      request.folder = Folder();
      for (const ExportedFile& file : *files) {
        const auto path = file.path.empty() ? request.source : request.source / file.path;
        ASSERT_TRUE(common::MakeFolder(path.parent_path()));
        ASSERT_TRUE(common::WriteFileAtomically(path, file.text));
      }
      const auto result = ImportEntries(kind, request);
      ASSERT_TRUE(result) << result.error().Text();
      EXPECT_THAT(Said(*result), ElementsAre()) << kind.name << ' ' << format;
      EXPECT_EQ(result->unchanged, 1U) << kind.name << ' ' << format;
      for (const ProposedChange& change : result->changes) {
        ADD_FAILURE() << format << ' ' << change.member << ": " << change.from << " > "
                      << change.to;
      }
      EXPECT_THAT(result->added, ElementsAre());
    }
  }
}

TEST(EntryText, FindsListsWhateverStandsInTexts) {
  const std::string text = R"({"a": ["]", {"b": [1, "\""]}, 3 ], "b": [ ], "c": "[" })";
  const auto a = FindList(text, "a");
  ASSERT_TRUE(a);
  ASSERT_EQ(a->items.size(), 3U);
  EXPECT_EQ(text.substr(a->items[1].first, a->items[1].second - a->items[1].first),
            R"({"b": [1, "\""]})");
  ASSERT_TRUE(FindList(text, "b"));
  EXPECT_TRUE(FindList(text, "b")->items.empty());
  EXPECT_FALSE(FindList(text, "c"));
  EXPECT_FALSE(FindList(text, "d"));
  EXPECT_FALSE(FindList("{", "d"));
}

}  // namespace
}  // namespace percuss::reports

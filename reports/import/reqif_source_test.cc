// SPDX-License-Identifier: Apache-2.0
//
// ReqIF as other tools write it: StrictDoc's strings in the default name space, DOORS's XHTML and
// enumerations with prefixes, archives; and what tries to do harm.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "common/fs.h"
#include "reports/evidence/stored_zip.h"
#include "reports/import/entry_import.h"
#include "reports/import/source_items.h"

namespace percuss::reports {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kHead = R"(<?xml version="1.0" encoding="UTF-8"?>
<REQ-IF xmlns="http://www.omg.org/spec/ReqIF/20110401/reqif.xsd"
 xmlns:h="http://www.w3.org/1999/xhtml">
<THE-HEADER><REQ-IF-HEADER IDENTIFIER="h"/></THE-HEADER><CORE-CONTENT><REQ-IF-CONTENT>
)";
constexpr const char* kTail = "</REQ-IF-CONTENT></CORE-CONTENT></REQ-IF>\n";
constexpr const char* kTypes = R"(<DATATYPES>
<DATATYPE-DEFINITION-ENUMERATION IDENTIFIER="e"><SPECIFIED-VALUES>
<ENUM-VALUE IDENTIFIER="e1" LONG-NAME="robustness"/>
</SPECIFIED-VALUES></DATATYPE-DEFINITION-ENUMERATION>
</DATATYPES><SPEC-TYPES>
<SPEC-OBJECT-TYPE IDENTIFIER="t" LONG-NAME="REQUIREMENT"><SPEC-ATTRIBUTES>
<ATTRIBUTE-DEFINITION-STRING IDENTIFIER="a1" LONG-NAME="ReqIF.ForeignID"/>
<ATTRIBUTE-DEFINITION-XHTML IDENTIFIER="a2" LONG-NAME="ReqIF.Text"/>
<ATTRIBUTE-DEFINITION-ENUMERATION IDENTIFIER="a3" LONG-NAME="category"/>
</SPEC-ATTRIBUTES></SPEC-OBJECT-TYPE>
<SPEC-OBJECT-TYPE IDENTIFIER="u" LONG-NAME="port"><SPEC-ATTRIBUTES>
<ATTRIBUTE-DEFINITION-STRING IDENTIFIER="b1" LONG-NAME="ReqIF.ForeignID"/>
</SPEC-ATTRIBUTES></SPEC-OBJECT-TYPE>
<SPEC-RELATION-TYPE IDENTIFIER="r" LONG-NAME="interfaces"/></SPEC-TYPES>)";
constexpr const char* kObjects = R"(<SPEC-OBJECTS>
<SPEC-OBJECT IDENTIFIER="o1"><TYPE><SPEC-OBJECT-TYPE-REF>t</SPEC-OBJECT-TYPE-REF></TYPE><VALUES>
<ATTRIBUTE-VALUE-STRING THE-VALUE="R1 "><DEFINITION><X-REF>a1</X-REF></DEFINITION>
</ATTRIBUTE-VALUE-STRING>
<ATTRIBUTE-VALUE-XHTML><DEFINITION><X-REF>a2</X-REF></DEFINITION>
<THE-VALUE><h:div><h:p>First
  &lt;line&gt;</h:p><h:ul><h:li>one</h:li><h:li>two</h:li></h:ul></h:div></THE-VALUE>
</ATTRIBUTE-VALUE-XHTML>
<ATTRIBUTE-VALUE-ENUMERATION><DEFINITION><X-REF>a3</X-REF></DEFINITION>
<VALUES><ENUM-VALUE-REF>e1</ENUM-VALUE-REF></VALUES></ATTRIBUTE-VALUE-ENUMERATION>
</VALUES></SPEC-OBJECT>
<SPEC-OBJECT IDENTIFIER="o2"><TYPE><SPEC-OBJECT-TYPE-REF>u</SPEC-OBJECT-TYPE-REF></TYPE><VALUES>
<ATTRIBUTE-VALUE-STRING THE-VALUE="uart"><DEFINITION><X-REF>b1</X-REF></DEFINITION>
</ATTRIBUTE-VALUE-STRING></VALUES></SPEC-OBJECT>
<SPEC-OBJECT IDENTIFIER="o3"><TYPE><SPEC-OBJECT-TYPE-REF>t</SPEC-OBJECT-TYPE-REF></TYPE>
</SPEC-OBJECT>
</SPEC-OBJECTS><SPEC-RELATIONS><SPEC-RELATION IDENTIFIER="l"><TYPE><X-REF>r</X-REF></TYPE>
<SOURCE><X-REF>o1</X-REF></SOURCE><TARGET><X-REF>o2</X-REF></TARGET></SPEC-RELATION>
</SPEC-RELATIONS>)";

class ReqifTest : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = common::TemporaryFolder::Make("reqif_test");
    ASSERT_TRUE(folder);
    folder_ = std::make_unique<common::TemporaryFolder>(std::move(*folder));
  }
  [[nodiscard]] std::filesystem::path Write(const std::string& name,
                                            const std::string& text) const {
    const auto path = folder_->Path() / name;
    EXPECT_TRUE(common::WriteFileAtomically(path, text));
    return path;
  }
  // Of the first problem, without the folder.
  [[nodiscard]] std::string ProblemOf(const std::string& text) const {
    const auto source = ReadReqifItems(Write("in.reqif", text));
    if (!source || source->problems.empty()) return "none";
    return source->problems[0].Text().substr(folder_->Path().string().size() + 1);
  }
  std::unique_ptr<common::TemporaryFolder> folder_;
};

TEST_F(ReqifTest, BecomesEntriesWithTheirRelations) {
  ASSERT_TRUE(common::WriteFileAtomically(folder_->Path() / "interfaces.json",
                                          R"({"schema": "percuss.interfaces.v1", "interfaces": [
        {"id": "uart", "description": "d", "protocol": "p", "scope": "tested"}]})"));
  ImportRequest request;
  request.source = Write("in.reqif", std::string(kHead) + kTypes + kObjects + kTail);
  request.folder = folder_->Path();
  const auto result = ImportEntries(*FindImportKind("requirements"), request);
  ASSERT_TRUE(result) << result.error().Text();
  for (const Problem& problem : result->problems) ADD_FAILURE() << problem.Text();
  EXPECT_THAT(result->added, ElementsAre("R1"));
  EXPECT_THAT(result->skipped,
              ElementsAre(HasSubstr("of the type \"port\""), HasSubstr("without an id")));
  EXPECT_THAT(common::ReadFile(folder_->Path() / "requirements.json").value_or(""),
              HasSubstr(R"("text": "First <line>\none\ntwo", "category": "robustness",
      "interfaces": ["uart"])"));
}

TEST_F(ReqifTest, AnArchiveIsReadWithoutItsAttachments) {
  const std::string text = std::string(kHead) + kTypes + kObjects + kTail;
  std::string bytes;
  StoredZipWriter zip([&](std::string_view more) -> common::Status {
    bytes += more;
    return {};
  });
  ASSERT_TRUE(zip.Add("a/in.reqif", text) && zip.Add("picture.png", "\x89PNG") && zip.Finish());
  const auto path = Write("in.reqifz", bytes);
  const auto source = ReadReqifItems(path);
  ASSERT_TRUE(source) << source.error().Text();
  EXPECT_EQ(source->items.size(), 3U);
  EXPECT_TRUE(source->problems.empty());
  const auto broken = ReadReqifItems(Write("no.reqifz", "PK no zip"));
  EXPECT_TRUE(!broken || !broken->problems.empty());
}

// A name stands in the file once and in every value that has it: 1 MB that were 1 GB, and so on
// with the square.
TEST_F(ReqifTest, AnArchiveThatRepeatsALongNameIsRefused) {
  std::string types = kTypes;
  const std::string name = "LONG-NAME=\"ReqIF.ForeignID\"";
  types.replace(types.find(name), name.size(), "LONG-NAME=\"" + std::string(1'000'000, 'n') + '"');
  std::string values;
  for (int i = 0; i < 1000; ++i) {
    values += "<ATTRIBUTE-VALUE-STRING THE-VALUE=\"\"><DEFINITION><X-REF>a1</X-REF></DEFINITION>";
    values += "</ATTRIBUTE-VALUE-STRING>\n";
  }
  std::string objects = kObjects;
  objects.insert(objects.find("<ATTRIBUTE-VALUE-STRING"), values);
  EXPECT_THAT(ProblemOf(kHead + types + objects + kTail), HasSubstr("512 MiB of memory"));
}

TEST_F(ReqifTest, HostileFilesAreRefusedWithTheirLine) {
  const std::string good = std::string(kHead) + kTypes + kObjects + kTail;
  EXPECT_EQ(ProblemOf(good), "none");
  EXPECT_THAT(ProblemOf(""), HasSubstr("not well-formed XML"));
  EXPECT_THAT(ProblemOf(good.substr(0, good.size() / 2)), HasSubstr("not well-formed XML"));
  EXPECT_THAT(ProblemOf("<a/>"), HasSubstr("in.reqif:1: is no ReqIF file"));
  EXPECT_THAT(ProblemOf("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\n<a>&x;</a>"),
              HasSubstr("document type declaration is refused"));
  std::string laughs = "<!DOCTYPE a [<!ENTITY e0 \"ha\">";
  for (int i = 1; i < 30; ++i) {
    laughs += fmt::format("<!ENTITY e{0} \"&e{1};&e{1};&e{1};&e{1};\">", i, i - 1);
  }
  EXPECT_NE(ProblemOf(laughs + "]>\n<a b=\"&e29;\">&e29;</a>"), "none");
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "<a>";
  for (int i = 0; i < 200; ++i) deep += "</a>";
  EXPECT_THAT(ProblemOf(deep), HasSubstr("nested deeper"));
  std::string dangling = good;
  dangling.replace(dangling.find("<X-REF>o2"), 9, "<X-REF>o9");
  EXPECT_THAT(ProblemOf(dangling), HasSubstr("a relation's target is not in the file"));
  std::string untyped = good;
  untyped.replace(untyped.find("REF>a3<"), 7, "REF>a9<");
  EXPECT_THAT(ProblemOf(untyped), HasSubstr("there is no attribute \"a9\""));
}

}  // namespace
}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
#include "reports/html/html_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>

#include "reports/html/sample_record.h"

namespace percuss::reports {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string PageOf(const common::RunRecord& record) {
  HtmlOptions options;
  options.package = SamplePackage();
  const common::Result<std::string> page = RenderHtml(record, options);
  EXPECT_TRUE(page.has_value());
  return page.value_or("");
}

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(HtmlReport, SaysTheVerdictWithItsReasonsAndEveryFinding) {
  const common::RunRecord record = SampleRecord();
  const std::string page = PageOf(record);
  EXPECT_THAT(page, HasSubstr("<span class=\"visually-hidden\">Verdict: </span>FAIL"));
  for (const std::string& reason : record.reasons) EXPECT_THAT(page, HasSubstr(reason));
  for (const common::Finding& finding : record.findings) {
    EXPECT_THAT(page, HasSubstr("id=\"f-" + finding.id + "\""));
    EXPECT_THAT(page, HasSubstr("percuss repro pump-comm-nightly.zip --finding " + finding.id));
    EXPECT_THAT(page, HasSubstr(finding.strict_key));
  }
  EXPECT_THAT(page, HasSubstr("7 of 10"));
  EXPECT_THAT(page, HasSubstr("COORDINATED DISCLOSURE"));
}

TEST(HtmlReport, CountsByKeyAndByClusterAndNamesTheNearestFindings) {
  common::RunRecord record = SampleRecord();
  ASSERT_GE(record.findings.size(), 2U);
  for (common::Finding& finding : record.findings) finding.cluster = "C-" + finding.id;
  record.findings[1].cluster = record.findings[0].cluster;
  record.findings[0].neighbours = {
      {record.findings[1].id, 0.25, true, "one cluster; apart in caller 1: <b>, close"}};
  const std::string page = PageOf(record);
  EXPECT_THAT(page,
              HasSubstr("By strict keys " + std::to_string(record.findings.size()) +
                        " findings, by clusters " + std::to_string(record.findings.size() - 1)));
  EXPECT_THAT(page, HasSubstr(record.findings[1].id + " at a distance of 0.25 · one cluster"));
  EXPECT_THAT(page, Not(HasSubstr("caller 1: <b>")));
}

TEST(HtmlReport, SaysWhichBytesOfTheInputAreLeft) {
  common::RunRecord record = SampleRecord();
  common::Minimisation& how = record.findings[0].minimisation;
  how.kept = {{0, 9}, {14, 1}};
  how.kept_ranges = 24;
  how.stop_reason = "budget";
  for (int i = 0; i < 22; ++i) how.kept.push_back({100 + 2 * i, 1});
  const std::string page = PageOf(record);
  EXPECT_THAT(page, HasSubstr("bytes 0–8, 14, 100, 102"));
  EXPECT_THAT(page,
              HasSubstr("and 4 more ranges · 3 with a simpler value · 24 of 412 tries taken"));
  EXPECT_THAT(page, HasSubstr("31 processes · ended by budget"));
  EXPECT_THAT(page, HasSubstr("nothing more can go"));
}

TEST(HtmlReport, SaysWhatWasNotTested) {
  const std::string page = PageOf(SampleRecord());
  EXPECT_THAT(page, HasSubstr("<strong>ble</strong>: no harness yet; planned for release 4.3"));
  EXPECT_THAT(page, HasSubstr("<strong>dicom-upper</strong>: the harness died on every seed"));
  EXPECT_THAT(page, HasSubstr("<strong>trace</strong>: no validation files are named"));
  EXPECT_THAT(page, HasSubstr("The budget of lwip-ppp was cut"));
  EXPECT_THAT(page, HasSubstr("Not measured: the target did not start"));
}

TEST(HtmlReport, ShowsWhereTheDefectMayBeWithItsConfidence) {
  const std::string page = PageOf(SampleRecord());
  EXPECT_THAT(page, HasSubstr("Functions that may hold the defect"));
  EXPECT_THAT(page, HasSubstr("line 61 is passed in 31 of 31 failing and 0 of 74 surviving runs"));
  EXPECT_THAT(page, HasSubstr("confidence high. Compared: 31 failing and 74 surviving runs"));
  EXPECT_THAT(page, HasSubstr("confidence none. Not measured: cannot tell: 9 runs nearby"));
  EXPECT_THAT(page, HasSubstr("message_close at hl7/message.c:120"));
}

TEST(HtmlReport, SaysHowCostGrowsAndWhatStandsOut) {
  common::RunRecord record = SampleRecord();
  const std::string page = PageOf(record);
  EXPECT_THAT(page, HasSubstr("O(n log n), off by 19 %"));
  EXPECT_THAT(page, HasSubstr("cannot tell"));
  EXPECT_THAT(page, HasSubstr("no class fits: the best, O(n^2), is off by 61 %"));
  EXPECT_THAT(page, HasSubstr("/costliest-256"));
  EXPECT_THAT(page, HasSubstr("/outlier-0"));
  EXPECT_THAT(page, HasSubstr("Deadline of 5,000 µs of CPU time (A-07): missed: 1 of 642 inputs"));
  // Packages of earlier versions have none of it.
  for (auto& target : record.targets) {
    target.timing.growth.clear();
    target.timing.outliers.clear();
    target.timing.deadline = {};
  }
  EXPECT_THAT(PageOf(record), Not(HasSubstr("Deadline of")));
}

TEST(HtmlReport, ListsComponentsAndWhatIsMissing) {
  const std::string page = PageOf(SampleRecord());
  EXPECT_THAT(page, HasSubstr("lwIP developers"));
  EXPECT_THAT(page, HasSubstr("actively maintained, until 2028-12-31"));
  EXPECT_THAT(page, HasSubstr(SampleSbom().components[2].hashes[0].value));
  EXPECT_THAT(page, HasSubstr("end of support 2, "));
  EXPECT_THAT(page, HasSubstr("sboms/lwip-ppp.json"));
  EXPECT_THAT(PageOf(common::RunRecord()), HasSubstr("The package holds no bill of materials."));
}

TEST(HtmlReport, ManyComponentsAreCutAndCountedAndHostileOnesStayText) {
  HtmlOptions options;
  options.package = SamplePackage();
  common::SbomComponent& hostile = options.package.sbom.components[2];
  hostile.name = hostile.version = hostile.supplier = "<script>x</script>{{style}}";
  options.package.sbom.components.resize(10'000, hostile);
  const std::string page = RenderHtml(SampleRecord(), options).value_or("");
  EXPECT_THAT(page, HasSubstr("9,500 more components are left out of this table. All 10,000 are "
                              "in sbom.cdx.json."));
  EXPECT_EQ(CountOf(page, "<script"), 0U);
}

SectionChapter TraceChapter(const std::string& text, size_t rows) {
  SectionChapter chapter{"trace", "Traceability", "", "From this package.", {}};
  chapter.page = {"Traceability", "1 gap", "No gap was found.", "Not that it suffices.", {}};
  chapter.page.sections.push_back({"gaps", "Gaps", {"gap", "result", "what"}, {}, 0});
  chapter.page.sections.push_back({"targets", "Targets", {"id"}, {}, 0});
  for (size_t i = 0; i < rows; ++i) {
    chapter.page.sections[0].rows.push_back({text, "missing", text});
  }
  return chapter;
}

TEST(HtmlReport, ChaptersOfTheDeviceStandBeforeTheSignatures) {
  HtmlOptions options;
  options.package = SamplePackage();
  options.sections = {TraceChapter("threat-without-control", 1),
                      {"comply", "Compliance matrix", "There are no validation files.", "", {}}};
  const std::string page = RenderHtml(SampleRecord(), options).value_or("");
  EXPECT_THAT(page, HasSubstr("<h3 id=\"trace-gaps\">Gaps (1)</h3>"));
  EXPECT_THAT(page, HasSubstr("<span class=\"badge fail\">missing</span>"));
  EXPECT_THAT(page, HasSubstr("<p>No gap was found.</p>")) << "a table without rows";
  EXPECT_THAT(page, HasSubstr("<p class=\"note\">There are no validation files.</p>"));
  EXPECT_LT(page.find("id=\"sbom\""), page.find("id=\"trace\""));
  EXPECT_LT(page.find("id=\"comply\""), page.find("id=\"signatures\""));
}

TEST(HtmlReport, ChaptersOfTheDeviceAreCutAndHostileTextsStayText) {
  HtmlOptions options;
  options.package = SamplePackage();
  options.sections = {TraceChapter("<script>x</script>{{style}}", 10'000)};
  options.sections[0].note = options.sections[0].page.summary = "<script>y</script>";
  const std::string page = RenderHtml(SampleRecord(), options).value_or("");
  EXPECT_EQ(CountOf(page, "<script"), 0U);
  EXPECT_THAT(page, HasSubstr("9,500 more rows are in the JSON and CSV forms."));
  EXPECT_THAT(page, HasSubstr("Gaps (10000)"));
}

TEST(HtmlReport, ARecordThatSaysNothingIsAnInfrastructureErrorAndNoPass) {
  const std::string page = PageOf(common::RunRecord());
  EXPECT_THAT(page, HasSubstr("INFRASTRUCTURE ERROR"));
  EXPECT_THAT(page, HasSubstr("it is not known whether the oracle works"));
  EXPECT_THAT(page, Not(HasSubstr("badge pass")));
  EXPECT_THAT(page, Not(HasSubstr("verdict pass")));
}

TEST(HtmlReport, AnUnsignedPackageSaysSo) {
  HtmlOptions options;
  options.package = SamplePackage();
  options.package.seal = SealState::kUnsigned;
  EXPECT_THAT(RenderHtml(SampleRecord(), options).value_or(""), HasSubstr("Not signed."));
}

TEST(HtmlReport, HostileTextsStayText) {
  const std::string page = PageOf(RecordWithAllTexts(
      "<script>alert(1)</script></style></svg>\" onload='x' {{title}} \x01\x1b \xE2\x80\xAE"));
  EXPECT_EQ(CountOf(page, "<script"), 0U);
  EXPECT_EQ(CountOf(page, "</style>"), 1U);
  EXPECT_EQ(CountOf(page, "\" onload="), 0U);
  EXPECT_EQ(page.find('\x01'), std::string::npos);
  EXPECT_EQ(page.find('\x1b'), std::string::npos);
  EXPECT_EQ(page.find("\xE2\x80\xAE"), std::string::npos);
  EXPECT_THAT(page, HasSubstr("{{title}} ␁␛ ⟨U+202E⟩"));
}

TEST(HtmlReport, VeryLongTextsAreCutWithTheirSize) {
  const std::string page = PageOf(RecordWithAllTexts(std::string(size_t{1} << 20U, 'A')));
  EXPECT_LT(page.size(), 4'000'000U);
  EXPECT_THAT(page, HasSubstr("[cut, 1,048,576 bytes in all]"));
}

TEST(HtmlReport, TenThousandFindingsStayReadableAndCounted) {
  const std::string page = PageOf(RecordWithFindings(10'000));
  EXPECT_LT(page.size(), 3'000'000U);
  EXPECT_EQ(CountOf(page, "<details class=\"finding\""), 200U);
  EXPECT_THAT(page, HasSubstr("9,000 more findings are left out of this table. All 10,000 are in "
                              "manifest.json"));
  EXPECT_THAT(page, HasSubstr("The details of 9,800 more findings are left out here."));
}

TEST(HtmlReport, APackageIdCannotLeaveTheStyleSheet) {
  HtmlOptions options;
  options.package.package_id = "x\"; } body { display: none } @page { a: \"";
  const std::string page = RenderHtml(SampleRecord(), options).value_or("");
  EXPECT_THAT(page, HasSubstr("content: \"Package xbodydisplaynonepagea\""));
}

TEST(HtmlReport, IsTheSameEveryTime) { EXPECT_EQ(PageOf(SampleRecord()), PageOf(SampleRecord())); }

TEST(HtmlReport, ShowsTheBlocksOfFirmwareThatRanAndHowFarTheyAreKnown) {
  common::RunRecord record = SampleRecord();
  const std::string page = PageOf(record);
  EXPECT_THAT(page, HasSubstr("The blocks are found statically: indirect targets may be missing, "
                              "and a block found may be none."));
  EXPECT_THAT(page, HasSubstr("2 more places ran and were not found"));
  EXPECT_THAT(page, HasSubstr("10 more functions are left out"));
  EXPECT_THAT(page, HasSubstr("coverage/fw-update/blocks.json"));
  const auto target = std::find_if(record.targets.begin(), record.targets.end(),
                                   [](const auto& one) { return one.id == "fw-update"; });
  ASSERT_NE(target, record.targets.end());
  // Twelve bars at the most, the largest gap first; what ran everywhere has none.
  const std::string with_bars = page.substr(page.find("id=\"blocks-3-t\""));
  const std::string svg = with_bars.substr(0, with_bars.find("</svg>"));
  EXPECT_EQ(CountOf(svg, "class=\"whole\""), 12U);
  auto& functions = target->block_coverage.functions;
  const auto largest =
      std::max_element(functions.begin(), functions.end(), [](const auto& one, const auto& other) {
        return one.bytes_found - one.bytes_ran < other.bytes_found - other.bytes_ran;
      });
  EXPECT_LT(svg.find(">" + largest->function + "<"), svg.find("class=\"whole\""));
  largest->bytes_ran = largest->bytes_found;
  const std::string later = PageOf(record);
  const std::string later_bars = later.substr(later.find("id=\"blocks-3-t\""));
  EXPECT_THAT(later_bars.substr(0, later_bars.find("</svg>")),
              Not(HasSubstr(">" + largest->function + "<")));
  target->block_coverage = {};
  EXPECT_THAT(PageOf(record), Not(HasSubstr("found statically")));
}

TEST(HtmlReport, ShowsTheStatesThatSessionsReachedAsAFigureAndAsATable) {
  common::RunRecord record = SampleRecord();
  const std::string page = PageOf(record);
  EXPECT_THAT(
      page,
      HasSubstr("1,216 sessions of the final corpus, with 1,409 connections and 8,211 messages"));
  EXPECT_THAT(page, HasSubstr("2 steps or sequences more had no room"));
  EXPECT_THAT(page, HasSubstr("18 more steps are left out; all are in manifest.json"));
  EXPECT_THAT(page, HasSubstr("(a further reply)"));
  const std::string after =
      page.substr(page.find("<svg class=\"plot\" role=\"img\" viewBox=\"0 0 760"));
  const std::string svg = after.substr(0, after.find("</svg>"));
  EXPECT_EQ(CountOf(svg, "class=\"whole\""), 24U);
  EXPECT_THAT(svg, HasSubstr("<title>C-FIND-RSP 0000 → C-ECHO-RSP 0000: 12</title>"));
  EXPECT_THAT(svg, HasSubstr("A-ASSOCIATE-AC: entered 1,300 times."));
  for (common::TargetRun& target : record.targets) target.session_states = {};
  EXPECT_THAT(PageOf(record), Not(HasSubstr("States of sessions with")));
}

TEST(HtmlReport, ShowsWhatTheModelSeesInTheInputOfAFinding) {
  common::RunRecord record = SampleRecord();
  const std::string page = PageOf(record);
  EXPECT_THAT(page, HasSubstr("The minimised input, as the model pump_serial sees it"));
  EXPECT_THAT(page, HasSubstr("text  &quot;&lt;script&gt;alert(1)&lt;/script&gt;&quot; 07 ff\n"));
  EXPECT_THAT(page, Not(HasSubstr("<script>alert(1)")));
  for (common::Finding& finding : record.findings) {
    finding.input_dump = {"m<b>", std::string(100'000, '\n') + "the end"};
  }
  const std::string bounded = PageOf(record);
  EXPECT_THAT(bounded, HasSubstr("… more is left out\n</code>"));
  EXPECT_THAT(bounded, Not(HasSubstr("the end\n</code>")));
  EXPECT_THAT(bounded, Not(HasSubstr("m<b>")));
}

}  // namespace
}  // namespace percuss::reports

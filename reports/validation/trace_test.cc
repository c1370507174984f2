// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/trace.h"

#include <gmock/gmock.h>

#include "common/json_file.h"
#include "reports/evidence/package_fixture.h"
#include "reports/export/csv.h"
#include "reports/validation/trace_text.h"
#include "reports/validation/validation_fixture.h"

namespace percuss::reports {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

using TraceTest = ValidationFixture;

std::vector<std::string> LinksOf(const Trace& trace, const std::string& id, TraceKind kind) {
  std::vector<std::string> ids;
  for (const TraceItem& item : trace.items) {
    if (item.id != id) continue;
    for (const uint32_t number : item.To(kind)) ids.push_back(trace.items[number].id);
  }
  return ids;
}

TEST_F(TraceTest, WholeFilesWithARunHaveNoGap) {
  WriteRecords(Recorded("pass"), "");
  EXPECT_THAT(Gaps({Package(false)}), IsEmpty());
  WriteRecords(Recorded("fail"), Decided("D1"));
  EXPECT_THAT(Gaps({Package(true)}), IsEmpty());
}

TEST_F(TraceTest, AFindingLeadsToTheThreatThatItNamesWhereTheFilesKnowIt) {
  WriteRecords(Recorded("fail"), "");
  TracedPackage package = Package(true);
  package.findings[0].threat = "T1";
  const Trace trace = TraceOf({package});
  EXPECT_THAT(LinksOf(trace, "F-1", TraceKind::kThreat), ElementsAre("T1"));
  EXPECT_THAT(LinksOf(trace, "T1", TraceKind::kFinding), ElementsAre("F-1"));
  package.findings[0].threat = "T2";
  EXPECT_THAT(LinksOf(TraceOf({package}), "F-1", TraceKind::kThreat), IsEmpty());
}

TEST_F(TraceTest, AThreatIsOpenWhileAFindingThatNamesItIs) {
  // Of a target that no protocol entry has: nothing but its name leads from it to the threat.
  TracedPackage package = Package(false);
  TracedPackage other = package;
  other.id = "0b1a6d92-91c3-4f0e-8a56-3f0c55b3c9d4";
  other.file = "other.zip";
  other.targets = {{"bench", "uart", "pass"}};
  other.findings = {{"F-2", "bench", "property", "T1"}};
  const auto result = [&] {
    for (const TraceItem& item : TraceOf({package, other}).items) {
      if (item.id == "T1") return item.result;
    }
    return std::string("none");
  };
  EXPECT_EQ(result(), "open");
  other.findings[0].threat.clear();
  EXPECT_EQ(result(), "pass");
}

TEST_F(TraceTest, LinksLeadBothWays) {
  WriteRecords(Recorded("fail"), Decided("D1"));
  const Trace trace = TraceOf({Package(true)});
  EXPECT_THAT(LinksOf(trace, "R1", TraceKind::kThreat), ElementsAre("T1"));
  EXPECT_THAT(LinksOf(trace, "R1", TraceKind::kTarget), ElementsAre("pump"));
  EXPECT_THAT(LinksOf(trace, "T1", TraceKind::kRequirement), ElementsAre("R1"));
  EXPECT_THAT(LinksOf(trace, "H1", TraceKind::kRisk), ElementsAre("S1"));
  EXPECT_THAT(LinksOf(trace, "S1", TraceKind::kTarget), ElementsAre("pump"));
  EXPECT_THAT(LinksOf(trace, "pump", TraceKind::kRisk), ElementsAre("H1", "S1"));
  EXPECT_THAT(LinksOf(trace, "pump", TraceKind::kFinding), ElementsAre("F-1"));
  EXPECT_THAT(LinksOf(trace, "F-1", TraceKind::kTarget), ElementsAre("pump"));
  EXPECT_THAT(LinksOf(trace, "uart", TraceKind::kTarget), ElementsAre("pump"));
  EXPECT_THAT(LinksOf(trace, kPackageId, TraceKind::kTarget), ElementsAre("pump"));
  for (const TraceItem& item : trace.items) {
    if (item.id == "T1") {
      EXPECT_EQ(item.result, "fail");
    }
    if (item.id == "H1") {
      EXPECT_EQ(item.findings, 1);
    }
    if (item.id == "F-1") {
      EXPECT_EQ(item.result, "accepted");
    }
  }
}

TEST_F(TraceTest, WithoutAPackageNothingWasRun) {
  EXPECT_THAT(Gaps({}), ElementsAre("entry-never-run P1"));
}

TEST_F(TraceTest, WhatAnswersNothingIsAGap) {
  Write("interfaces", R"("interfaces": [
    { "id": "uart", "description": "d", "protocol": "p", "scope": "tested" },
    { "id": "usb", "description": "d", "protocol": "p", "scope": "tested" },
    { "id": "relay", "description": "d", "protocol": "p", "scope": "excluded" },
    { "id": "led", "description": "d", "protocol": "p", "scope": "excluded",
      "rationale": "r" } ])");
  Write("requirements", R"("requirements": [
    { "id": "R1", "text": "t", "category": "other", "interfaces": [] },
    { "id": "R2", "text": "t", "category": "other", "interfaces": [] },
    { "id": "R3", "text": "t", "category": "other", "interfaces": [], "verified_elsewhere": "X" }
    ], "controls": [
    { "id": "C1", "text": "t", "requirements": ["R1"] },
    { "id": "C2", "text": "t", "requirements": [] },
    { "id": "C3", "text": "t", "requirements": ["R2"] },
    { "id": "C4", "text": "t", "requirements": ["R3"] } ])");
  const auto threat = [](const std::string& id, const std::string& controls) {
    return R"({ "id": ")" + id + R"(", "text": "t", "stride": "tampering", "asset": "a",
               "interface": "uart", "controls": [)" +
           controls + "] }";
  };
  Write("threats", "\"threats\": [" + threat("T1", "\"C1\"") + "," + threat("T2", "") + "," +
                       threat("T3", "\"C3\"") + "," + threat("T4", "\"C4\"") + "," +
                       R"({ "id": "T5", "text": "t", "stride": "tampering", "asset": "a",
                            "interface": "usb", "controls": ["C1"] } ])");
  Write("risks", R"("safety": [
    { "id": "H1", "hazard": "h", "sequence_of_events": "s", "hazardous_situation": "w", "harm": "x",
      "severity": "minor", "probability": "remote", "controls": [], "residual": {
      "severity": "minor", "probability": "remote", "acceptable": "yes", "rationale": "r" } } ],
      "security": [])");
  Write("protocol", R"("title": "t", "criteria": [
    { "id": "A1", "text": "t", "dated": "2026-02-01" } ], "approvals": [], "entries": [
    { "id": "P1", "title": "t", "interfaces": ["uart"], "requirements": ["R1"],
      "targets": ["pump"], "criteria": ["A1"] },
    { "id": "P2", "title": "t", "interfaces": [], "requirements": [], "targets": [],
      "criteria": [] } ])");
  TracedPackage package = Package(true);
  package.targets.push_back({"extra", "wifi", "pass"});
  EXPECT_THAT(
      Gaps({package}),
      UnorderedElementsAre(
          "finding-without-disposition F-1", "interface-without-campaign usb",
          "exclusion-without-rationale relay", "requirement-without-campaign R2",
          "control-without-requirement C2", "threat-without-control T2", "threat-without-test T3",
          "threat-without-test T5", "risk-without-control H1", "entry-without-target P2",
          "target-not-in-protocol extra", "target-of-unknown-interface extra",
          "criterion-not-before-run P1", std::string("package-not-recorded ") + kPackageId));
}

TEST_F(TraceTest, RecordsAndPackagesAreCompared) {
  WriteRecords(Recorded("pass"), Decided("D1"));
  EXPECT_THAT(Gaps({}), ElementsAre("entry-never-run P1",
                                    std::string("recorded-package-not-given ") + kPackageId));
  TracedPackage package = Package(false);
  EXPECT_THAT(Gaps({package}), ElementsAre("disposition-without-finding F-1"));
  package.verdict = "inconclusive";
  EXPECT_THAT(Gaps({package}), Contains(std::string("record-differs ") + kPackageId));
  package.sha256 = std::string(64, 'b');
  const auto loaded = LoadValidation(Folder());
  const auto trace = BuildTrace(loaded->files, {package});
  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error().code, common::ErrorCode::kCorrupt);
  EXPECT_THAT(trace.error().Text(), HasSubstr("records.json:2: package"));
}

TEST_F(TraceTest, TheLatestCampaignCounts) {
  TracedPackage early = Package(true);
  TracedPackage late = Package(false);
  late.id = "later";
  late.started_at = "2026-03-01T08:00:00Z";
  for (const auto& packages : {std::vector{early, late}, std::vector{late, early}}) {
    for (const TraceItem& item : TraceOf(packages).items) {
      // It passes now, and what was found before waits for a decision.
      if (item.id == "pump" || item.id == "R1") {
        EXPECT_EQ(item.result, "open");
      }
    }
    EXPECT_THAT(Gaps(packages), Contains("finding-without-disposition F-1"));
  }
}

std::string ResultOf(const Trace& trace, const std::string& id) {
  for (const TraceItem& item : trace.items) {
    if (item.id == id) return item.result;
  }
  return "no item";
}

class PartlyTestedTest : public TraceTest {
 protected:
  void SetUp() override {
    TraceTest::SetUp();
    Write("interfaces", R"("interfaces": [
      { "id": "uart", "description": "d", "protocol": "p", "scope": "tested" },
      { "id": "usb", "description": "d", "protocol": "p", "scope": "tested" } ])");
  }
  void Entries(const std::string& entries) {
    Write("protocol", R"("title": "t", "criteria": [
      { "id": "A1", "text": "t", "dated": "2026-01-01",
        "check": { "measure": "interfaces_not_run", "at_most": 0 } } ],
      "approvals": [], "entries": [)" +
                          entries + "]");
  }
};

TEST_F(PartlyTestedTest, ATargetCountsForTheInterfaceThatItsPackageNames) {
  Entries(R"({ "id": "P1", "title": "t", "interfaces": ["uart", "usb"], "requirements": ["R1"],
               "targets": ["pump"], "criteria": ["A1"] })");
  const Trace trace = TraceOf({Package(false)});
  EXPECT_EQ(ResultOf(trace, "uart"), "pass");
  EXPECT_EQ(ResultOf(trace, "usb"), "not run");
  EXPECT_EQ(ResultOf(trace, "P1"), "not run");
  EXPECT_EQ(ResultOf(trace, "R1"), "pass");
  EXPECT_EQ(trace.criteria[0].result, "not met");
  EXPECT_THAT(Gaps({Package(false)}), Contains("interface-without-campaign usb"));
  EXPECT_THAT(Gaps({Package(false)}), Contains("entry-never-run P1"));
}

TEST_F(PartlyTestedTest, ARequirementIsTestedAtEachOfItsInterfaces) {
  Write("requirements", R"("requirements": [
    { "id": "R1", "text": "t", "category": "other", "interfaces": ["uart", "usb"] },
    { "id": "R2", "text": "t", "category": "other", "interfaces": ["uart"] },
    { "id": "R3", "text": "t", "category": "other", "interfaces": ["usb"],
      "verified_elsewhere": "X" } ],
    "controls": [ { "id": "C1", "text": "t", "requirements": ["R1", "R2"] },
                  { "id": "C2", "text": "t", "requirements": ["R2", "R3"] } ])");
  Entries(R"({ "id": "P1", "title": "t", "interfaces": ["uart"], "requirements": ["R1", "R2"],
               "targets": ["pump"], "criteria": [] })");
  const Trace trace = TraceOf({Package(false)});
  EXPECT_EQ(ResultOf(trace, "R1"), "not run");
  EXPECT_EQ(ResultOf(trace, "R2"), "pass");
  EXPECT_EQ(ResultOf(trace, "R3"), "elsewhere");
  EXPECT_EQ(ResultOf(trace, "C1"), "not run");
  EXPECT_EQ(ResultOf(trace, "C2"), "pass");
  EXPECT_EQ(ResultOf(trace, "T1"), "pass");     // at uart, where R1 and R2 are tested
  EXPECT_EQ(ResultOf(trace, "S1"), "not run");  // its control is tested in part
  EXPECT_THAT(Gaps({Package(false)}), Contains("requirement-without-campaign R1"));
}

TEST_F(PartlyTestedTest, ARiskIsNoBetterThanAThreatThatWasNotTested) {
  Write("requirements", R"("requirements": [
    { "id": "R1", "text": "t", "category": "other", "interfaces": ["uart"] } ],
    "controls": [ { "id": "C1", "text": "t", "requirements": ["R1"] } ])");
  Write("threats", R"("threats": [
    { "id": "T1", "text": "t", "stride": "tampering", "asset": "a", "interface": "usb",
      "controls": ["C1"] } ])");
  Entries(R"({ "id": "P1", "title": "t", "interfaces": ["uart"], "requirements": ["R1"],
               "targets": ["pump"], "criteria": [] })");
  const Trace trace = TraceOf({Package(false)});
  EXPECT_EQ(ResultOf(trace, "C1"), "pass");
  EXPECT_EQ(ResultOf(trace, "T1"), "not run");
  EXPECT_EQ(ResultOf(trace, "S1"), "not run");
  EXPECT_EQ(ResultOf(trace, "H1"), "not run");  // S1 leads to it
  EXPECT_THAT(Gaps({Package(false)}), Contains("threat-without-test T1"));
}

TEST_F(TraceTest, ATableTellsTheGapsFirst) {
  const std::string text = TraceTableText(TraceOf({Package(true)}));
  EXPECT_EQ(text.find("2 gaps in 10 items\n\nGaps (2)\n"), 0U) << text;
  EXPECT_LT(text.find("finding-without-disposition"), text.find("Requirements (1)"));
}

TEST_F(TraceTest, CsvIsNoFormulaAndStaysInItsCells) {
  EXPECT_EQ(CsvCell("=1+1"), "'=1+1");
  EXPECT_EQ(CsvCell("@x,\"y\""), "\"'@x,\"\"y\"\"\"");
  EXPECT_EQ(CsvCell("a\nb"), "\"a\nb\"");
  EXPECT_EQ(CsvCell("-2"), "'-2");
  EXPECT_EQ(CsvCell("R-1"), "R-1");
  TracedPackage package = Package(true);
  package.findings[0].text = "=cmd|'/C calc'!A0";
  const std::string csv = TraceCsv(TraceOf({package}));
  EXPECT_THAT(csv, HasSubstr(",'=cmd|'/C calc'!A0,"));
  EXPECT_THAT(csv, Not(HasSubstr(",=cmd")));
}

TEST_F(TraceTest, JsonSaysTheSameWhateverTextsHold) {
  TracedPackage package = Package(true);
  package.findings[0].text = "\xff\"\n</script>";
  const auto json = common::ParseJson(TraceJsonText(TraceOf({package})), "trace");
  ASSERT_TRUE(json) << json.error().Text();
  EXPECT_EQ((*json)["summary"]["gaps"], 2);
  EXPECT_EQ((*json)["gaps"][0]["gap"], "finding-without-disposition");
  EXPECT_EQ((*json)["items"].size(), 10U);
  EXPECT_EQ((*json)["items"][0]["links"]["threats"], common::Json({"T1"}));
}

using TracedPackageTest = PackageFixture;

TEST_F(TracedPackageTest, APackageIsReadOnlyWhenItIsWhatWasSealed) {
  const auto sealed = Seal();
  auto package = ReadTracedPackage(options_.zip, std::nullopt);
  ASSERT_TRUE(package) << package.error().Text();
  EXPECT_EQ(package->id, sealed.package_id);
  EXPECT_EQ(package->verdict, "fail");
  ASSERT_EQ(package->targets.size(), 1U);
  EXPECT_EQ(package->targets[0].interface_id, "uart");
  ASSERT_EQ(package->findings.size(), 1U);
  EXPECT_EQ(package->findings[0].text, "crash, heap-buffer-overflow, CWE-122 in ParseFrame");
  auto bytes = common::ReadFile(options_.zip).value();
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  ASSERT_TRUE(common::WriteFileAtomically(options_.zip, bytes));
  package = ReadTracedPackage(options_.zip, std::nullopt);
  ASSERT_FALSE(package);
  EXPECT_EQ(package.error().code, common::ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace percuss::reports

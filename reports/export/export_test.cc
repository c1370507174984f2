// SPDX-License-Identifier: Apache-2.0
//
// Meaning of the exports; their form is checked by programs that are not ours in check_exports.py.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "common/json_file.h"
#include "reports/export/registry.h"
#include "reports/html/sample_record.h"

namespace percuss::reports {
namespace {

using common::Json;
using common::Verdict;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Export(std::string_view format, const common::RunRecord& record) {
  const ExportFormat* found = FindExportFormat(format);
  if (found == nullptr) return {};
  return found->write(record, SamplePackage()).value_or("");
}

Json SarifRun(const common::RunRecord& record) {
  return common::ParseJson(Export("sarif", record), "sarif").value_or(Json()).at("runs").at(0);
}

common::RunRecord NotKnown(Verdict verdict) {
  common::RunRecord record = SampleRecord();
  record.findings.clear();
  record.verdict = verdict;
  for (common::TargetRun& target : record.targets) target.verdict = verdict;
  return record;
}

TEST(Registry, NamesEachFormatOnce) {
  std::set<std::string_view> names;
  std::set<std::string_view> extensions;
  for (const ExportFormat& format : ExportFormats()) {
    EXPECT_TRUE(names.insert(format.name).second);
    EXPECT_TRUE(extensions.insert(format.extension).second);
  }
  EXPECT_EQ(names,
            (std::set<std::string_view>{"md", "junit", "sarif", "csv", "doorstop", "reqif", "oscal",
                                        "intoto", "cyclonedx", "openvex", "csaf", "osv"}));
  EXPECT_EQ(FindExportFormat("html"), nullptr);
}

TEST(Sarif, PointsAtTheUsersCodeNotAtTheRuntime) {
  common::RunRecord record = SampleRecord();
  record.findings.resize(1);
  const Json result = SarifRun(record).at("results").at(0);
  const Json& physical = result.at("locations").at(0).at("physicalLocation");
  EXPECT_EQ(physical.at("artifactLocation").at("uri"), "comm/frame.c");
  EXPECT_EQ(physical.at("artifactLocation").at("uriBaseId"), "SRCROOT");
  EXPECT_EQ(physical.at("region").at("startLine"), 142);
  const Json& frames = result.at("stacks").at(0).at("frames");
  EXPECT_THAT(frames.at(0).dump(), HasSubstr("__asan_memcpy"));
}

TEST(Sarif, NamesFilesRelativeToBasesThatItDefines) {
  common::RunRecord record = SampleRecord();
  record.findings.resize(1);
  std::vector<common::StackFrame>& stack = record.findings[0].stack;
  stack.push_back({"start", "csu/../csu/libc-start.c", 1, 0, "", 0, false});
  stack.push_back({"", "", 0, 0, "/home/lab/pump/build/pump_fuzzer", 0x10, false});
  const Json run = SarifRun(record);
  const std::string root = run.at("originalUriBaseIds").at("SRCROOT").at("uri");
  EXPECT_EQ(root, "file:///home/lab/pump/");
  const std::string text = run.at("results").dump();
  EXPECT_THAT(text, Not(HasSubstr(root)));
  EXPECT_THAT(text, Not(HasSubstr("file:///pump_fuzzer"))) << "a folder that nobody named";
  EXPECT_THAT(text, HasSubstr(R"({"uri":"csu/libc-start.c"})"));
  EXPECT_THAT(text, HasSubstr(R"({"uri":"build/pump_fuzzer","uriBaseId":"SRCROOT"})"));
}

TEST(Sarif, EveryFindingIsAResultWithBothKeysAndItsWeakness) {
  const common::RunRecord record = SampleRecord();
  const Json run = SarifRun(record);
  std::set<std::string> ids;
  for (const Json& result : run.at("results")) {
    if (!result.contains("partialFingerprints")) continue;
    ids.insert(result.at("properties").at("findingId").get<std::string>());
    EXPECT_EQ(result.at("partialFingerprints").size(), 2U);
    const auto number = result.at("taxa").at(0).at("id").get<std::string>();
    EXPECT_EQ("CWE-" + number, result.at("properties").at("cwe"));
  }
  EXPECT_EQ(ids.size(), record.findings.size());
  EXPECT_EQ(run.at("invocations").at(0).at("exitCode"), 2);
  EXPECT_EQ(run.at("invocations").at(0).at("executionSuccessful"), true);
}

TEST(Sarif, AFindingWithoutSymbolsHasAPlaceAllTheSame) {
  common::RunRecord record = SampleRecord();
  record.findings.resize(1);
  common::Finding& finding = record.findings[0];
  finding.function.clear();
  finding.file.clear();
  finding.stack.assign(1, common::StackFrame());
  finding.stack[0].module = "/opt/lib/libvendor.so";
  finding.stack[0].offset = 0x1234;
  const Json place = SarifRun(record).at("results").at(0).at("locations").at(0);
  const Json& physical = place.at("physicalLocation");
  EXPECT_EQ(physical.at("artifactLocation").at("uri"), "file:///opt/lib/libvendor.so");
  EXPECT_EQ(physical.at("address").at("relativeAddress"), 0x1234);

  finding.stack.clear();
  const Json bare = SarifRun(record).at("results").at(0).at("locations").at(0);
  EXPECT_EQ(bare.at("physicalLocation").at("artifactLocation").at("uriBaseId"), "PACKAGE");
}

TEST(Sarif, WhatIsNotKnownIsNoCleanList) {
  for (const Verdict verdict : {Verdict::kInconclusive, Verdict::kInfrastructureError}) {
    const Json run = SarifRun(NotKnown(verdict));
    ASSERT_FALSE(run.at("results").empty());
    EXPECT_EQ(run.at("results").at(0).at("level"), "error");
    EXPECT_EQ(run.at("invocations").at(0).at("executionSuccessful"), false);
    EXPECT_EQ(run.at("invocations").at(0).at("exitCode"), common::VerdictExitCode(verdict));
  }
  EXPECT_FALSE(SarifRun(common::RunRecord()).at("results").empty());
  EXPECT_TRUE(SarifRun(NotKnown(Verdict::kPass)).at("results").empty());
}

Json CycloneDx(const common::RunRecord& record, const PackageFacts& package) {
  const ExportFormat* format = FindExportFormat("cyclonedx");
  if (format == nullptr) return {};
  return common::ParseJson(format->write(record, package).value_or(""), "cyclonedx")
      .value_or(Json());
}

// The vulnerability that the finding is part of.
Json VulnerabilityOf(const Json& document, const std::string& finding) {
  for (const Json& entry : document.at("vulnerabilities")) {
    for (const Json& property : entry.at("properties")) {
      if (property.at("name") == "percuss:finding" && property.at("value") == finding) return entry;
    }
  }
  return {};
}

TEST(CycloneDx, EveryClusterIsAVulnerabilityOfItsTarget) {
  common::RunRecord record = SampleRecord();
  record.findings[1].cluster = record.findings[0].cluster;
  const Json document = CycloneDx(record, SamplePackage());
  EXPECT_EQ(document.at("vulnerabilities").size(), record.findings.size() - 1);
  for (const common::Finding& finding : record.findings) {
    const Json entry = VulnerabilityOf(document, finding.id);
    ASSERT_FALSE(entry.is_null()) << finding.id;
    EXPECT_FALSE(entry.contains("ratings")) << "nobody scored";
    EXPECT_FALSE(entry.contains("analysis")) << "nobody decided";
    const auto cwe = std::stoi(finding.cwe.substr(4));
    EXPECT_THAT(entry.at("cwes").get<std::vector<int>>(), ::testing::Contains(cwe));
    if (finding.target == "lwip-ppp") {
      EXPECT_EQ(entry.at("affects").at(0).at("ref"), "target/lwip-ppp");
      EXPECT_EQ(entry.at("references").at(0).at("id"), "CVE-2020-8597");
    }
  }
}

TEST(CycloneDx, DecisionsBecomeTheAnalysisWhenTheyCoverTheCluster) {
  common::RunRecord record = SampleRecord();
  record.findings.resize(2);
  record.findings[1].cluster = record.findings[0].cluster;
  PackageFacts package = SamplePackage();
  const std::string first = record.findings[0].id;
  const auto says = [&](const std::string& finding, const char* status, const char* rationale) {
    SignedDisposition& last = package.dispositions.emplace_back();
    last.said.finding = finding;
    last.said.status = status;
    last.said.rationale = rationale;
    last.name = "Ada";
    last.at = fmt::format("2026-04-0{}T00:00:00Z", package.dispositions.size());
  };
  says(first, "fixed", "length is checked");
  EXPECT_FALSE(VulnerabilityOf(CycloneDx(record, package), first).contains("analysis"));
  says(record.findings[1].id, "accepted", "no harm");
  Json analysis = VulnerabilityOf(CycloneDx(record, package), first).at("analysis");
  EXPECT_EQ(analysis.at("state"), "exploitable");
  EXPECT_EQ(analysis.at("response").at(0), "will_not_fix");
  EXPECT_EQ(analysis.at("lastUpdated"), "2026-04-02T00:00:00Z");
  package.dispositions[1].said.status = "fixed";
  analysis = VulnerabilityOf(CycloneDx(record, package), first).at("analysis");
  EXPECT_EQ(analysis.at("state"), "resolved");
  EXPECT_THAT(analysis.at("detail").get<std::string>(), HasSubstr("length is checked"));
}

TEST(CycloneDx, ClaimsSayWhatWasTestedAndNoMore) {
  const Json document = CycloneDx(SampleRecord(), SamplePackage());
  const Json& map = document.at("declarations").at("attestations").at(0).at("map");
  std::map<std::string, Json> conformance;
  for (const Json& entry : map) {
    conformance[entry.at("claims").at(0).get<std::string>()] = entry.at("conformance");
  }
  EXPECT_EQ(conformance.at("claim/target/fw-update").at("score"), 1);
  EXPECT_EQ(conformance.at("claim/target/lwip-ppp").at("score"), 0);
  EXPECT_FALSE(conformance.at("claim/target/dicom-upper").contains("score"));
  EXPECT_EQ(document.at("components").at(1).at("purl"), "pkg:generic/lwip@2.1.3");
  EXPECT_EQ(document.at("metadata").at("component").at("name"), "Infusion pump");
  const Json bare = CycloneDx(SampleRecord(), PackageFacts());
  EXPECT_THAT(bare.at("components").dump(), HasSubstr("target/dicom-upper"))
      << "without a bill of materials the record's own targets are the components";
  EXPECT_NE(bare.at("serialNumber"), document.at("serialNumber"));
}

TEST(Junit, FindingsFailAndWhatIsNotKnownIsAnError) {
  const std::string xml = Export("junit", SampleRecord());
  EXPECT_THAT(xml, HasSubstr("<testcase classname=\"percuss.fw-update\" name=\"survives\" "
                             "time=\"0\"/>"));
  EXPECT_THAT(xml, HasSubstr("<error message=\"the harness died on every one of its 14 seeds\" "
                             "type=\"infrastructure_error\">"));
  EXPECT_THAT(xml, HasSubstr("message=\"heap-buffer-overflow (CWE-122) in frame_unescape at "
                             "comm/frame.c:142\""));
  for (const Verdict verdict : {Verdict::kInconclusive, Verdict::kInfrastructureError}) {
    EXPECT_THAT(Export("junit", NotKnown(verdict)), HasSubstr("<error message="));
  }
  EXPECT_THAT(Export("junit", common::RunRecord()), HasSubstr("type=\"infrastructure_error\""));
}

TEST(Junit, TheSelfChecksCasesNameTheirEngine) {
  const std::string xml = Export("junit", SampleRecord());
  EXPECT_THAT(xml, HasSubstr("name=\"self-check crash, libfuzzer\""));
  EXPECT_THAT(xml, HasSubstr("name=\"self-check crash, aflpp\""));
}

TEST(Junit, NoTwoCasesHaveOneName) {
  // A package of an older version names no engine.
  common::RunRecord record = SampleRecord();
  for (common::SelfCheckCase& check : record.self_check) check.engine.clear();
  const std::string xml = Export("junit", record);
  EXPECT_THAT(xml, HasSubstr("name=\"self-check crash\""));
  EXPECT_THAT(xml, HasSubstr("name=\"self-check crash (2)\""));
}

TEST(Junit, AFindingFailsEvenWhenTheTargetsVerdictSaysPass) {
  common::RunRecord record = SampleRecord();
  for (common::TargetRun& target : record.targets) target.verdict = Verdict::kPass;
  EXPECT_THAT(Export("junit", record), HasSubstr("<failure message=\"3 findings\""));
}

TEST(Markdown, NamesVerdictFindingsAndGaps) {
  const std::string text = Export("md", SampleRecord());
  EXPECT_THAT(text, HasSubstr("# Fuzz test of Infusion pump: FAIL\n"));
  EXPECT_THAT(text, HasSubstr("| heap-buffer-overflow | CWE-122 |"));
  EXPECT_THAT(text, HasSubstr("- interface ble: no harness yet"));
  EXPECT_THAT(text, HasSubstr("INFRASTRUCTURE ERROR | none ran"));
}

TEST(Exports, NameThePublishedDefectThatAFindingIs) {
  EXPECT_THAT(Export("md", SampleRecord()), HasSubstr("| CWE-121, CVE-2020-8597 |"));
  EXPECT_THAT(Export("junit", SampleRecord()), HasSubstr("known defect: CVE-2020-8597\n"));
  EXPECT_THAT(SarifRun(SampleRecord()).dump(), HasSubstr(R"("knownDefect":"CVE-2020-8597")"));
}

common::RunRecord WithFirmware(const common::FirmwareCrash& crash) {
  common::RunRecord record = SampleRecord();
  record.findings.resize(1);
  record.findings[0].id = "F-1";
  record.findings[0].firmware = crash;
  return record;
}

TEST(Markdown, SaysOfFirmwareWhatItWasJudgedAndWhetherConfirmed) {
  common::FirmwareCrash crash;
  EXPECT_THAT(Export("md", WithFirmware(crash)), Not(HasSubstr("- F-1: ")));
  crash.judged = "artefact";
  crash.reasons = {"the place stands in the code", "a|b <i>"};
  crash.confirmation = {"confirmed", "Unicorn 2.0.1", "", 12};
  EXPECT_THAT(Export("md", WithFirmware(crash)),
              HasSubstr("\n- F-1: artefact; the place stands in the code; "));
  EXPECT_THAT(Export("md", WithFirmware(crash)), HasSubstr(". Confirmed by Unicorn 2.0.1\n"));
  EXPECT_THAT(Export("md", WithFirmware(crash)), Not(HasSubstr("<i>")));
  crash.judged.clear();
  crash.reasons.clear();
  crash.confirmation = {"not_confirmed", "Unicorn 2.0.1", "r3 differs", 9};
  EXPECT_THAT(Export("md", WithFirmware(crash)),
              HasSubstr("\n- F-1: not judged. Not confirmed: r3 differs\n"));
  crash.confirmation.verdict = "not_run";
  EXPECT_THAT(Export("md", WithFirmware(crash)), Not(HasSubstr(". Confirmed by")));
}

TEST(Sarif, SaysOfFirmwareWhatItWasJudgedAndWhetherConfirmed) {
  common::FirmwareCrash crash;
  const auto properties = [&crash] {
    return SarifRun(WithFirmware(crash)).at("results").at(0).at("properties");
  };
  EXPECT_FALSE(properties().contains("judged"));
  EXPECT_FALSE(properties().contains("confirmation"));
  crash.judged = "bug";
  crash.reasons = {"one", "two"};
  crash.confirmation = {"not_run", "", "the program percuss-confirm is not there", -1};
  EXPECT_EQ(properties().at("judged"), "bug");
  EXPECT_EQ(properties().at("judgedBecause"), Json::array({"one", "two"}));
  EXPECT_EQ(properties().at("confirmation"), "not_run");
  EXPECT_EQ(properties().at("confirmationReason"), "the program percuss-confirm is not there");
}

TEST(Markdown, NamesInCodeCanBeSearchedFor) {
  const std::string text = Export("md", SampleRecord());
  EXPECT_THAT(text, HasSubstr("| frame_unescape at comm/frame.c:142 |"));
  EXPECT_THAT(text, HasSubstr("`percuss repro pump-comm-nightly.zip --finding ID`"));
  EXPECT_THAT(text, Not(HasSubstr("\\")));
}

TEST(Markdown, HostileTextsNeitherAddMarkupNorBreakTables) {
  const std::string whole = Export("md", RecordWithAllTexts("a|b\n# x <b> [l](u) `c` *d*"));
  // What a model sees in an input is code: every line of it is indented.
  EXPECT_THAT(whole, HasSubstr("sees it:\n\n    a|b\n    # x <b> [l](u) `c` *d*\n"));
  std::string text;
  std::istringstream lines(whole);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("    ")) text += line + "\n";
  }
  EXPECT_THAT(text, Not(HasSubstr("<b>")));
  EXPECT_THAT(text, Not(HasSubstr("[l](u)")));
  EXPECT_THAT(text, Not(HasSubstr("a|b")));
  EXPECT_THAT(text, Not(HasSubstr("\n# x")));
}

}  // namespace
}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// What tools for requirements and assessments get to know of a record; the form is checked by
// programs that are not ours in check_requirements_tools.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "common/json_file.h"
#include "reports/export/csv.h"
#include "reports/export/identifiers.h"
#include "reports/export/registry.h"
#include "reports/export/text.h"
#include "reports/html/sample_record.h"

namespace percuss::reports {
namespace {

using common::Json;
using common::Verdict;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Export(std::string_view format, const common::RunRecord& record) {
  const ExportFormat* found = FindExportFormat(format);
  return found == nullptr ? "" : found->write(record, SamplePackage()).value_or("");
}

common::RunRecord Of(Verdict verdict) {
  common::RunRecord record = SampleRecord();
  record.findings.clear();
  record.negative_results.clear();
  record.acceptance.clear();
  record.verdict = verdict;
  for (common::TargetRun& target : record.targets) target.verdict = verdict;
  return record;
}

Json Statement(const common::RunRecord& record, size_t number) {
  std::string text = Export("intoto", record);
  if (number > 0) text.erase(0, text.find('\n') + 1);
  return common::ParseJson(text.substr(0, text.find('\n')), "statement").value_or(Json());
}

Json OscalResult(const common::RunRecord& record) {
  return common::ParseJson(Export("oscal", record), "oscal")
      .value_or(Json())
      .at("assessment-results")
      .at("results")
      .at(0);
}

TEST(Csv, HasARowForWhatWasFoundAndForWhatWasNot) {
  const std::string csv = Export("csv", SampleRecord());
  EXPECT_THAT(csv, HasSubstr("kind,id,result,"));
  EXPECT_THAT(csv, HasSubstr("\r\nnegative_result,dicom-upper,not run,"));
  EXPECT_THAT(csv, HasSubstr("\r\nnegative_result,fw-update,no finding,"));
  EXPECT_THAT(csv, HasSubstr("\r\ntarget,dicom-upper,infrastructure_error,"));
  EXPECT_THAT(csv, HasSubstr("CVE-2020-8597"));
  EXPECT_EQ(CsvCell("'=1"), "''=1");
}

TEST(Csv, ATargetWithAFindingHasNotPassed) {
  common::RunRecord record = SampleRecord();
  record.verdict = Verdict::kPass;
  for (common::TargetRun& target : record.targets) target.verdict = Verdict::kPass;
  const std::string csv = Export("csv", record);
  EXPECT_THAT(csv, HasSubstr("\r\ntarget,pump-serial,fail,"));
  EXPECT_THAT(csv, HasSubstr("\r\ntarget,fw-update,pass,"));
  EXPECT_THAT(csv, HasSubstr("\r\ncampaign,pump-comm-nightly,fail,"));
}

TEST(Intoto, OnlyACampaignThatPassedIsPassed) {
  EXPECT_EQ(Statement(Of(Verdict::kPass), 0).at("predicate").at("result"), "PASSED");
  EXPECT_THAT(Statement(Of(Verdict::kPass), 1).at("predicate").at("properties").dump(),
              HasSubstr("PERCUSS_CAMPAIGN_PASSED"));
  for (const Verdict verdict :
       {Verdict::kFail, Verdict::kInconclusive, Verdict::kInfrastructureError}) {
    EXPECT_EQ(Statement(Of(verdict), 0).at("predicate").at("result"), "FAILED");
    EXPECT_EQ(Statement(Of(verdict), 1).at("predicate").at("properties"), Json::array());
  }
  EXPECT_EQ(Statement(common::RunRecord(), 0).at("predicate").at("result"), "FAILED");
  common::RunRecord contradiction = Of(Verdict::kPass);
  contradiction.findings = SampleRecord().findings;
  EXPECT_EQ(Statement(contradiction, 0).at("predicate").at("result"), "FAILED");
}

TEST(Intoto, TheSubjectsAreWhatWasTested) {
  common::RunRecord record = Of(Verdict::kPass);
  record.targets.resize(1);
  const std::string digest(64, 'a');
  record.targets[0].binaries = {{"libfuzzer", "/x/pump", digest, "", "", ""}};
  const Json subjects = Statement(record, 0).at("subject");
  ASSERT_EQ(subjects.size(), 1U);
  EXPECT_EQ(subjects[0].at("name"), "pump-serial/libfuzzer");
  EXPECT_EQ(subjects[0].at("digest").at("sha256"), digest);
  record.targets[0].binaries[0].sha256 = "no digest";
  EXPECT_EQ(
      Statement(record, 0).at("subject")[0].at("digest").at("sha256").get<std::string>().size(),
      64U);
}

TEST(Oscal, SatisfiedIsOnlyWhatWasJudgedAndHeld) {
  for (const Verdict verdict :
       {Verdict::kPass, Verdict::kFail, Verdict::kInconclusive, Verdict::kInfrastructureError}) {
    const bool pass = verdict == Verdict::kPass;
    const Json result = OscalResult(Of(verdict));
    for (const Json& finding : result.at("findings")) {
      const Json& status = finding.at("target").at("status");
      EXPECT_EQ(status.at("state"), pass ? "satisfied" : "not-satisfied");
      EXPECT_EQ(status.at("reason"), pass ? "pass" : verdict == Verdict::kFail ? "fail" : "other");
    }
  }
  EXPECT_THAT(OscalResult(common::RunRecord()).at("findings").dump(),
              Not(HasSubstr("\"satisfied\"")));
}

TEST(Oscal, AFindingIsAnObservationOfItsTarget) {
  const common::RunRecord record = SampleRecord();
  const Json result = OscalResult(record);
  std::map<std::string, Json> observations;
  for (const Json& observation : result.at("observations")) {
    observations[observation.at("uuid").get<std::string>()] = observation;
  }
  size_t found = 0;
  for (const Json& finding : result.at("findings")) {
    if (!finding.contains("related-observations")) continue;
    for (const Json& related : finding.at("related-observations")) {
      const Json& observation = observations.at(related.at("observation-uuid"));
      if (!observation.contains("types")) continue;
      ++found;
      EXPECT_EQ(finding.at("target").at("status").at("reason"), "fail");
    }
  }
  EXPECT_EQ(found, record.findings.size());
}

TEST(Reqif, RelatesFindingsToTargetsAndTargetsToInterfaces) {
  const std::string xml = Export("reqif", SampleRecord());
  size_t relations = 0;
  for (size_t at = xml.find("<SPEC-RELATION "); at != std::string::npos;
       at = xml.find("<SPEC-RELATION ", at + 1)) {
    ++relations;
  }
  // Each finding to its target and its interface, each of five targets to its interface.
  EXPECT_EQ(relations, 2 * SampleRecord().findings.size() + 5);
}

TEST(Exports, AreTheSameForTheSameRecord) {
  for (const ExportFormat& format : ExportFormats()) {
    EXPECT_EQ(Export(format.name, SampleRecord()), Export(format.name, SampleRecord()));
  }
}

TEST(Identifiers, NamesHaveTheUuidsOfTheStandard) {
  // RFC 9562, appendix A.4: the name space of domain names, and "www.example.com".
  EXPECT_EQ(NameUuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com"),
            "2ed6657d-e927-568b-95e1-2665a8aea6a2");
  EXPECT_TRUE(IsUuid(NameUuid("no name space", "x")));
}

TEST(Identifiers, TimestampsAreTimes) {
  EXPECT_TRUE(IsTimestamp("2026-02-28T23:59:59Z"));
  EXPECT_TRUE(IsTimestamp("2026-02-28T23:59:59.123Z"));
  for (const char* no : {"", "2026-02-30T00:00:00Z", "2026-02-28T24:00:00Z", "2026-02-28 10:00:00Z",
                         "2026-02-28T10:00:00", "2026-02-28T10:00:00.Z", "0026-02-28T10:00:00Z",
                         "2026-02-28T10:00:00+01:00", "aaaa-bb-ccTdd:ee:ffZ"}) {
    EXPECT_FALSE(IsTimestamp(no)) << no;
  }
}

TEST(Identifiers, TokensKeepDifferentTextsApart) {
  EXPECT_EQ(NameToken("t-", "pump-1.0"), "t-pump-1.0");
  EXPECT_NE(NameToken("t-", "a b"), NameToken("t-", "a_b"));
  EXPECT_NE(NameToken("t-", std::string(90, 'a')), NameToken("t-", std::string(91, 'a')));
}

}  // namespace
}  // namespace percuss::reports

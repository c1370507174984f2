// SPDX-License-Identifier: Apache-2.0
//
// What VEX and OSV documents say of findings; their form is checked in check_exports.py.
#include "reports/export/vex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/json_file.h"
#include "reports/export/csaf.h"
#include "reports/export/identifiers.h"
#include "reports/export/openvex.h"
#include "reports/export/osv.h"
#include "reports/html/sample_record.h"

namespace percuss::reports {
namespace {

using common::Json;
using ::testing::HasSubstr;

Json OpenVex(const common::RunRecord& record, const PackageFacts& package) {
  return common::ParseJson(WriteOpenVex(record, package).value_or(""), "vex").value_or(Json());
}

// Statements of the n-th finding of the sample.
std::vector<Json> OfFinding(const Json& document, size_t n) {
  std::vector<Json> statements;
  const std::string id = VulnerabilityId(SampleRecord().findings.at(n));
  for (const Json& statement : document.at("statements")) {
    if (statement.at("vulnerability").at("name") == id) statements.push_back(statement);
  }
  return statements;
}

TEST(Vex, WithoutADispositionNothingIsBetterThanUnderInvestigation) {
  const Json document = OpenVex(SampleRecord(), SamplePackage());
  EXPECT_EQ(document.at("statements").size(), 7U + 1U) << "7 findings and a target not judged";
  for (const Json& statement : document.at("statements")) {
    EXPECT_EQ(statement.at("status"), "under_investigation");
  }
}

TEST(Vex, SaysNoMoreThanWasSignedFor) {
  const Json document = OpenVex(SampleRecord(), PackageWithDispositions());
  const char* expected[] = {"under_investigation", "affected", "not_affected",
                            "under_investigation", "affected", "affected"};
  for (size_t i = 0; i < std::size(expected); ++i) {
    const auto statements = OfFinding(document, i);
    ASSERT_EQ(statements.size(), 1U) << i;
    EXPECT_EQ(statements[0].at("status"), expected[i]) << i;
  }
  const Json refuted = OfFinding(document, 2)[0];
  EXPECT_EQ(refuted.at("justification"), "vulnerable_code_not_in_execute_path");
  EXPECT_EQ(refuted.at("impact_statement"), "reason 2");
  EXPECT_THAT(OfFinding(document, 5)[0].at("action_statement").dump(),
              HasSubstr("the port is closed"));
}

TEST(Vex, AFixIsAnotherBuildAndTheTestedOneStaysAffected) {
  const Json document = OpenVex(SampleRecord(), PackageWithDispositions());
  const auto statements = OfFinding(document, 6);
  ASSERT_EQ(statements.size(), 2U);
  EXPECT_EQ(statements[0].at("status"), "affected");
  EXPECT_EQ(statements[1].at("status"), "fixed");
  const auto build = [](const Json& statement) {
    return statement.at("products").at(0).at("subcomponents").at(0).at("hashes").at("sha-256");
  };
  const std::string fixed = PackageWithDispositions().dispositions[6].said.retest->binary_sha256;
  EXPECT_EQ(build(statements[1]), fixed);
  EXPECT_NE(build(statements[0]), fixed);
  EXPECT_THAT(statements[0].at("action_statement").dump(), HasSubstr(fixed));
}

TEST(Vex, APublishedDefectIsNotClearedByAFindingThatLooksLikeIt) {
  common::RunRecord record = SampleRecord();
  for (common::Finding& finding : record.findings) finding.known_defect = "CVE-2020-8597";
  const Json document = OpenVex(record, PackageWithDispositions());
  for (const Json& statement : document.at("statements")) {
    if (statement.at("status") != "not_affected" && statement.at("status") != "fixed") continue;
    EXPECT_FALSE(statement.at("vulnerability").contains("aliases"));
  }
  EXPECT_THAT(OfFinding(document, 1)[0].dump(), HasSubstr(R"("aliases":["CVE-2020-8597"])"));
}

TEST(Csaf, EachProductHasItsStateWithWhatTheProfileAsksFor) {
  const auto text = WriteCsaf(SampleRecord(), PackageWithDispositions());
  ASSERT_TRUE(text);
  const Json document = common::ParseJson(*text, "csaf").value_or(Json());
  EXPECT_EQ(document.at("document").at("category"), "csaf_vex");
  EXPECT_EQ(document.at("document").at("publisher").at("namespace"),
            "https://example-medical.example");
  EXPECT_EQ(document.at("document").at("tracking").at("version"), "8");
  const std::string fixed = VulnerabilityId(SampleRecord().findings.at(6));
  int seen = 0;
  for (const Json& vulnerability : document.at("vulnerabilities")) {
    if (vulnerability.at("ids").back().at("text") != fixed) continue;
    ++seen;
    EXPECT_EQ(vulnerability.at("product_status").at("known_affected").size(), 1U);
    EXPECT_EQ(vulnerability.at("product_status").at("fixed").size(), 1U);
    EXPECT_EQ(vulnerability.at("remediations").at(0).at("category"), "vendor_fix");
  }
  EXPECT_EQ(seen, 1);
}

TEST(Osv, AFalsePositiveIsWithdrawnAndNoOther) {
  const auto text = WriteOsv(SampleRecord(), PackageWithDispositions());
  ASSERT_TRUE(text);
  const Json list = common::ParseJson(*text, "osv").value_or(Json());
  ASSERT_EQ(list.size(), 7U);
  const std::string withdrawn = VulnerabilityId(SampleRecord().findings.at(2));
  for (const Json& entry : list) {
    EXPECT_EQ(entry.contains("withdrawn"), entry.at("id") == withdrawn);
    EXPECT_EQ(entry.at("affected").at(0).at("versions").at(0), "4.2.1-rc3");
  }
}

TEST(Osv, AnEmptyListIsForWhatPassedAlone) {
  common::RunRecord record = SampleRecord();
  record.findings.clear();
  record.verdict = common::Verdict::kInconclusive;
  EXPECT_FALSE(WriteOsv(record, SamplePackage()));
  record.verdict = common::Verdict::kPass;
  EXPECT_EQ(WriteOsv(record, SamplePackage()).value_or(""), "[]\n");
}

TEST(Vex, WithoutAStatementThereIsNoDocument) {
  common::RunRecord record = SampleRecord();
  record.findings.clear();
  record.verdict = common::Verdict::kPass;
  for (common::TargetRun& target : record.targets) target.verdict = common::Verdict::kPass;
  const auto vex = WriteOpenVex(record, SamplePackage());
  ASSERT_FALSE(vex);
  EXPECT_EQ(vex.error().code, common::ErrorCode::kBadInput);
  EXPECT_FALSE(WriteCsaf(record, SamplePackage()));
}

TEST(Identifiers, HostileTextsStayWithinTheirPart) {
  EXPECT_EQ(GenericPurl("a/b@c?d#e", "1.0/2"), "pkg:generic/a%2Fb%40c%3Fd%23e@1.0%2F2");
  EXPECT_EQ(GenericPurl("", ""), "pkg:generic/unnamed");
  EXPECT_TRUE(IsCveId("CVE-2020-8597"));
  EXPECT_FALSE(IsCveId("CVE-2020-8597x"));
  EXPECT_FALSE(IsCveId("CVE-20-859712345"));
}

}  // namespace
}  // namespace percuss::reports

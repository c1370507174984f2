// SPDX-License-Identifier: Apache-2.0
#include "reports/comply/matrix.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>

#include "reports/comply/comply_text.h"
#include "reports/comply/device_fixture.h"
#include "reports/records/severity.h"
#include "reports/validation/trace_text.h"
#include "tests/support/cpu_seconds.h"

namespace percuss::reports {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::set<std::string> RowsThatAre(const DeviceEvidence& evidence, RowState state) {
  std::set<std::string> rows;
  for (const RowResult& result : EvaluateMatrix(evidence).rows) {
    if (result.state == state) rows.insert(result.row->id);
  }
  return rows;
}

class MatrixTest : public DeviceFixture {
 public:
  static ListedEntry& Of(EntryLists& lists, const char* list, const char* id) {
    return EntryIn(lists, list, id);
  }
};

using Change = void (*)(DeviceEvidence& evidence);
struct Mutation {
  const char* row;
  Change change;
};

// Takes from the complete device what one row asks for, and nothing that another does.
ListedEntry& Policy(DeviceEvidence& evidence, const char* list, const char* id) {
  return MatrixTest::Of(evidence.files.compliance, list, id);
}
ListedEntry& Market(DeviceEvidence& evidence, const char* list, const char* id) {
  return MatrixTest::Of(evidence.files.postmarket, list, id);
}
common::RunRecord& Run(DeviceEvidence& evidence) { return evidence.packages[0].record; }

const Mutation kMutations[] = {
    {"FDA-TOOL", [](auto& e) { Run(e).targets[0].engines[0].argv.clear(); }},
    {"FDA-FUZZ", [](auto& e) { e.files.approvals.clear(); }},
    {"FDA-VULN",
     [](auto& e) {
       Policy(e, "not_performed_here", "hard_coded_credentials").texts.erase("reference");
     }},
    {"FDA-REQ",
     [](auto& e) {
       Policy(e, "not_performed_here", "boundary_analysis").texts.erase("reference");
     }},
    {"FDA-THREAT",
     [](auto& e) {
       e.files.threats.push_back({"T2", "t", "tampering", "a", {"uart", 1}, {}, 9});
     }},
    {"FDA-PEN", [](auto& e) { Policy(e, "penetration_tests", "PT-1").texts.erase("duration"); }},
    {"FDA-IND", [](auto& e) { Policy(e, "changes", "CH-1").texts["author"] = "tester-1"; }},
    {"FDA-ORIG",
     [](auto& e) {
       Policy(e, "penetration_tests", "PT-1").texts["report_sha256"] = std::string(64, '0');
     }},
    {"FDA-DISP",
     [](auto& e) {
       std::erase_if(e.files.dispositions, [](const auto& entry) { return entry.id == "D2"; });
     }},
    {"FDA-DEFER", [](auto& e) { e.files.dispositions[0].deferral.time_to_field.clear(); }},
    {"FDA-PERIOD", [](auto& e) { e.files.policies.retest_interval_days = 7; }},
    {"FDA-SRMR", [](auto& e) { e.files.risks[1].threats.clear(); }},
    {"FDA-SCORE", [](auto& e) { Market(e, "vulnerabilities", "V-2").texts.erase("score_after"); }},
    {"FDA-SBOM", [](auto& e) { e.sboms[0].gaps.push_back("lwip has no supplier"); }},
    {"FDA-KV", [](auto& e) { Market(e, "vulnerabilities", "V-3").texts.erase("decision"); }},
    {"FDA-CWE", [](auto& e) { Run(e).findings[2].cwe.clear(); }},
    {"FDA-UA", [](auto& e) { Market(e, "vulnerabilities", "V-2").texts.erase("root_cause"); }},
    {"FDA-MET", [](auto& e) { Market(e, "vulnerabilities", "V-3").texts.erase("patched_at"); }},
    {"FDC-524B",
     [](auto& e) { Policy(e, "plans", "coordinated_disclosure").texts.erase("reference"); }},
    {"FDA-PM16", [](auto& e) { e.files.policies.isao_membership.clear(); }},
    {"81001-5.7.1", [](auto& e) { e.packages[0].traced.targets[0].facts.worst.reset(); }},
    {"81001-5.7.2", [](auto& e) { e.files.entries[0].intent.clear(); }},
    {"81001-5.7.3", [](auto& e) { Policy(e, "analyses", "AN-1").texts.erase("source_date"); }},
    {"81001-5.7.4",
     [](auto& e) { Policy(e, "penetration_tests", "PT-1").texts["independence"] = "developer"; }},
    {"81001-9", [](auto& e) { Market(e, "releases", "1.1").texts["reviewed"] = "2026-02-16"; }},
    {"62443-SVV", [](auto& e) { e.files.policies.independence = "third_party"; }},
    {"62304-5.6.7", [](auto& e) { Run(e).findings[1].reproduction.reproduced = 0; }},
    {"62304-5.7",
     [](auto& e) {
       auto& body = e.records[0].chain.records[0].said.body;
       body["retest"]["binary_sha256"] = std::string(64, 'b');
     }},
    {"62304-5.8", [](auto& e) { Market(e, "releases", "1.0").texts.erase("archive"); }},
    {"62304-8", [](auto& e) { Policy(e, "soup", "lwip").texts.erase("designator"); }},
    {"62304-9",
     [](auto& e) {
       PackageRecord later = e.packages[0];
       later.traced.started_at = later.record.campaign.started_at = "2026-02-21T08:00:00Z";
       e.packages.push_back(later);
     }},
    {"62304-9.8", [](auto& e) { Run(e).campaign.file_sha256.clear(); }},
    {"14971", [](auto& e) { e.files.controls[0].effectiveness.clear(); }},
    {"13485-4.1.6", [](auto& e) { Run(e).tools[0].sha256 = std::string(64, '9'); }},
    {"13485-4.2.5", [](auto& e) { e.files.policies.retention_until = "2027-12-31"; }},
    {"13485-7.3.6-7", [](auto& e) { e.files.packages[0].sample_rationale.clear(); }},
    {"13485-OPS", [](auto& e) { e.files.packages[0].nonconformity.clear(); }},
    {"CSA", [](auto& e) { Policy(e, "tool_qualifications", "TQ-1").texts.erase("issues"); }},
    {"P11-10e",
     [](auto& e) {
       e.records[2].chain = {{}, {{1, "does not follow the record before it"}}, {}};
     }},
    {"P11-50-70",
     [](auto& e) {
       RecordDraft& said = e.records[1].chain.records[0].said;
       said.package_id = "another";
       said.package_sha256 = std::string(64, '0');
     }},
    {"QMSR-820.35", [](auto& e) { Market(e, "complaints", "CM-1").texts.erase("reply"); }},
    {"MDR-17",
     [](auto& e) { Policy(e, "plans", "minimum_it_requirements").texts.erase("reference"); }},
    {"UL2900", [](auto& e) { e.files.policies.minimum_executions = 5001; }},
    {"SSDF-PW.8.2", [](auto& e) { Market(e, "vulnerabilities", "V-2").texts.erase("issue"); }},
};

TEST_F(MatrixTest, EveryRowHasACheckOfItsOwn) {
  std::set<std::string> ids;
  std::set<std::string> checks;
  for (const MatrixRow& row : MatrixRows()) {
    EXPECT_NE(FindRowCheck(row.check), nullptr) << row.id;
    EXPECT_TRUE(ids.insert(row.id).second && checks.insert(row.check).second) << row.id;
  }
  EXPECT_EQ(ids.size(), 44U);
  EXPECT_EQ(FindRowCheck("luck"), nullptr);
}

TEST_F(MatrixTest, EveryRowIsSatisfiedForACompleteDevice) {
  const Compliance compliance = EvaluateMatrix(Complete());
  for (const RowResult& result : compliance.rows) {
    EXPECT_EQ(result.state, RowState::kSatisfied)
        << result.row->id << (result.lacks.empty() ? result.because : result.lacks[0].what);
    EXPECT_THAT(result.shown, Not(IsEmpty())) << result.row->id;
  }
}

TEST_F(MatrixTest, EachRowIsMissingWhenItsEvidenceIs) {
  std::set<std::string> seen;
  for (const Mutation& mutation : kMutations) {
    DeviceEvidence evidence = Complete();
    mutation.change(evidence);
    ASSERT_TRUE(LinkEvidence(evidence)) << mutation.row;
    EXPECT_THAT(RowsThatAre(evidence, RowState::kMissing), ElementsAre(mutation.row));
    for (const RowResult& result : EvaluateMatrix(evidence).rows) {
      for (const auto& lack : result.lacks) {
        EXPECT_FALSE(lack.what.empty() || lack.help.empty()) << result.row->id;
      }
    }
    seen.insert(mutation.row);
  }
  EXPECT_EQ(seen.size(), MatrixRows().size());
}

TEST_F(MatrixTest, AnExploitedVulnerabilityIsNeverAcceptable) {
  DeviceEvidence evidence = Complete();
  Market(evidence, "vulnerabilities", "V-2").texts["known_exploited"] = "yes";
  EXPECT_THAT(RowsThatAre(evidence, RowState::kMissing), ElementsAre("FDA-SCORE"));
}

TEST_F(MatrixTest, TheScoreThatWasSignedIsTheOneThatIsFiled) {
  DeviceEvidence evidence = Complete();
  SeverityDraft draft;
  draft.finding = "F-2";
  draft.rationale = "reached from the network";
  for (const auto& [metric, value] :
       ParseCvssVector("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H").value_or(CvssValues())) {
    draft.cvss.push_back({metric, value, "person", ""});
  }
  auto& records = evidence.records[2].chain.records;
  records.push_back(records[0]);
  records.back().said.kind = "severity";
  records.back().said.body = SeverityBody(draft).value_or(common::Json());
  EXPECT_THAT(RowsThatAre(evidence, RowState::kMissing), testing::IsEmpty()) << "both say 9.8";
  Market(evidence, "vulnerabilities", "V-2").texts["score_before"] = "4.3";
  EXPECT_THAT(RowsThatAre(evidence, RowState::kMissing), ElementsAre("FDA-SCORE"));
}

TEST_F(MatrixTest, WhatAFindingMeansForTheRiskFileIsProposedAnsweredAndEdited) {
  DeviceEvidence evidence = Complete();
  auto& records = evidence.records[0].chain.records;
  const std::vector<Record> all = records;
  ASSERT_EQ(all[1].said.kind, "proposal");
  const auto keep = [&](size_t count) {
    records.assign(all.begin(), all.begin() + static_cast<ptrdiff_t>(count));
    records.insert(records.end(), all.begin() + 3, all.end());
  };
  keep(1);  // nobody ran percuss propose for F-1
  EXPECT_THAT(RowsThatAre(evidence, RowState::kMissing), ElementsAre("14971"));
  keep(2);  // nobody has answered
  EXPECT_THAT(RowsThatAre(evidence, RowState::kMissing), ElementsAre("14971"));
  keep(3);
  EXPECT_THAT(RowsThatAre(evidence, RowState::kMissing), IsEmpty());
  records[2].said.body["decision"] = "accepted";
  EXPECT_THAT(RowsThatAre(evidence, RowState::kMissing), ElementsAre("14971"));
  evidence.files.risks[1].likelihood = "medium";
  ASSERT_TRUE(LinkEvidence(evidence));
  EXPECT_THAT(RowsThatAre(evidence, RowState::kMissing), IsEmpty());
}

TEST_F(MatrixTest, WhatRestsOnWhoSignedWantsTheirKeys) {
  DeviceEvidence evidence = Complete();
  evidence.signers_named = false;
  EXPECT_THAT(RowsThatAre(evidence, RowState::kMissing), ElementsAre("P11-10e", "P11-50-70"));
  evidence.signers_note = kSignersUnchecked;
  EXPECT_THAT(ComplySummary(EvaluateMatrix(evidence)), HasSubstr("were not checked"));
}

TEST_F(MatrixTest, ASignatureWithoutAMeaningIsNone) {
  for (const char* meaning : {"", " ", "rubbish"}) {
    DeviceEvidence evidence = Complete();
    evidence.records[1].chain.records[0].said.body["meaning"] = meaning;
    EXPECT_THAT(RowsThatAre(evidence, RowState::kMissing), ElementsAre("P11-50-70")) << meaning;
  }
}

// The package of a later release that has the findings still or again.
PackageRecord NextRelease(const DeviceEvidence& evidence) {
  PackageRecord next = evidence.packages[0];
  next.traced.file = "next.zip";
  next.traced.id = "next";
  next.record.device.software_version = next.traced.software_version = "1.1";
  next.traced.started_at = next.record.campaign.started_at = "2026-02-21T08:00:00Z";
  next.traced.ended_at = next.record.campaign.ended_at = "2026-02-21T09:00:00Z";
  return next;
}

TEST_F(MatrixTest, ADefectThatComesBackIsMissingWhereverAFixWouldBeShown) {
  DeviceEvidence evidence = Complete();
  evidence.packages.push_back(NextRelease(evidence));
  std::erase_if(evidence.packages[1].record.findings, [](const auto& f) { return f.id != "F-1"; });
  std::erase_if(evidence.packages[1].traced.findings, [](const auto& f) { return f.id != "F-1"; });
  Market(evidence, "vulnerabilities", "V-1").texts.erase("root_cause");
  ASSERT_TRUE(LinkEvidence(evidence));
  const auto missing = RowsThatAre(evidence, RowState::kMissing);
  for (const char* row : {"FDA-DISP", "FDA-UA", "62304-5.7", "62304-9"}) {
    EXPECT_TRUE(missing.contains(row)) << row;
  }
  for (const RowResult& result : EvaluateMatrix(evidence).rows) {
    if (result.row->id != "FDA-DISP") continue;
    EXPECT_THAT(result.lacks[0].what, HasSubstr("F-1 in next.zip: called fixed on 2026-02-10"));
    EXPECT_THAT(result.lacks[0].help, HasSubstr("percuss disposition next.zip --finding F-1"));
  }
}

TEST_F(MatrixTest, WhatIsConfirmedStaysUnresolvedAndWantsAScore) {
  DeviceEvidence evidence = Complete();
  evidence.records[0].chain.records[0].said.body["status"] = "confirmed";
  TakeSignedDispositions(evidence.records[0].chain, evidence.files);
  std::erase_if(evidence.files.postmarket["vulnerabilities"],
                [](const ListedEntry& entry) { return entry.Text("finding") == "F-1"; });
  ASSERT_TRUE(LinkEvidence(evidence));
  const auto missing = RowsThatAre(evidence, RowState::kMissing);
  for (const char* row : {"FDA-DISP", "FDA-UA", "FDA-SCORE"}) {
    EXPECT_TRUE(missing.contains(row)) << row;
  }
  for (const RowResult& result : EvaluateMatrix(evidence).rows) {
    if (result.row->id != "FDA-DISP") continue;
    EXPECT_THAT(result.lacks[0].what, HasSubstr("last said: confirmed; that decides nothing"));
  }
}

// A store of years. To look through all for each took minutes.
TEST_F(MatrixTest, ManyFindingsTakeTheTimeOfTheirNumber) {
  const auto judge = [&](size_t findings) {
    DeviceEvidence evidence = Complete();
    const PackageRecord usual = evidence.packages[0];
    for (size_t i = 0; i < findings / 20; ++i) {
      PackageRecord& package = evidence.packages.emplace_back(usual);
      package.traced.id = package.traced.file = fmt::format("package {}", i);
      for (int j = 0; j < 20; ++j) {
        common::Finding finding = usual.record.findings.front();
        finding.id = fmt::format("F-{}-{}", i, j);
        package.traced.findings.push_back({finding.id, finding.target, ""});
        package.record.findings.push_back(std::move(finding));
      }
    }
    ASSERT_TRUE(LinkEvidence(evidence));
    EXPECT_TRUE(RowsThatAre(evidence, RowState::kMissing).contains("FDA-DISP"));
  };
  EXPECT_TRUE(GrowsWithItsSize(judge, 1000));
}

TEST_F(MatrixTest, AnInconclusiveRunShowsNothing) {
  DeviceEvidence evidence = Complete();
  evidence.packages[0].traced.targets[0].verdict = "inconclusive";
  evidence.packages[0].traced.verdict = evidence.files.packages[0].result = "inconclusive";
  ASSERT_TRUE(LinkEvidence(evidence));
  const auto missing = RowsThatAre(evidence, RowState::kMissing);
  for (const char* row : {"FDA-FUZZ", "FDA-REQ", "FDA-THREAT", "81001-5.7.3"}) {
    EXPECT_TRUE(missing.contains(row)) << row;
  }
}

TEST_F(MatrixTest, ClocksRunOut) {
  DeviceEvidence evidence = Complete();
  Market(evidence, "vulnerabilities", "V-1").texts["notified_at"] = "2026-03-20";
  EXPECT_THAT(RowsThatAre(evidence, RowState::kMissing), ElementsAre("FDA-PM16"));
}

TEST_F(MatrixTest, WhatTheUserCallsNotApplicableIsSoWithTheRationale) {
  DeviceEvidence evidence = Complete();
  evidence.files.compliance["penetration_tests"].clear();
  evidence.files.compliance["not_applicable"] = {{"FDA-PEN", 4, {{"rationale", "a prototype"}}}};
  for (const RowResult& result : EvaluateMatrix(evidence).rows) {
    if (result.row->id != "FDA-PEN") continue;
    EXPECT_EQ(result.state, RowState::kNotApplicable);
    EXPECT_EQ(result.because, "a prototype");
    EXPECT_THAT(result.shown.back().where, HasSubstr("compliance.json:4"));
  }
}

TEST_F(MatrixTest, NoRationaleHidesWhatThePackagesShow) {
  DeviceEvidence evidence = Complete();
  evidence.files.dispositions.clear();
  evidence.files.compliance["not_applicable"] = {
      {"FDA-DISP", 4, {{"rationale", "there are no findings"}}}};
  ASSERT_TRUE(LinkEvidence(evidence));
  EXPECT_THAT(RowsThatAre(evidence, RowState::kMissing), testing::Contains("FDA-DISP"));
}

TEST_F(MatrixTest, WhereNothingIsConcernedARowIsNotApplicableByItself) {
  DeviceEvidence evidence = Complete();
  evidence.packages[0].record.findings.clear();
  evidence.packages[0].traced.findings.clear();
  evidence.packages[0].traced.verdict = "pass";
  evidence.files.packages[0].result = "pass";
  for (const size_t file : {1U, 2U}) {
    evidence.records[file].chain.records[0].said.body["verdict"] = "pass";
  }
  evidence.files.postmarket["vulnerabilities"].clear();
  evidence.files.postmarket["complaints"].clear();
  ASSERT_TRUE(LinkEvidence(evidence));
  EXPECT_THAT(RowsThatAre(evidence, RowState::kNotApplicable),
              testing::UnorderedElementsAre("FDA-DEFER", "FDA-SCORE", "FDA-CWE", "FDA-UA",
                                            "FDA-MET", "62304-5.7", "13485-OPS", "QMSR-820.35"));
  EXPECT_THAT(RowsThatAre(evidence, RowState::kMissing), IsEmpty());
}

// Each of the two is evidence by itself; together they are none.
TEST_F(MatrixTest, RecordsThatContradictEachOtherAreMissingWhateverTheRationale) {
  DeviceEvidence evidence = Complete();
  evidence.files.packages[0].result = "pass";
  evidence.files.dispositions[0].decision = "accepted";
  Disposition filed = evidence.files.dispositions[0];
  filed.is_signed = true;
  filed.decision = "deferred";
  filed.package = {ValidationFixture::kPackageId, 0};
  evidence.files.dispositions.push_back(filed);
  evidence.files.compliance["not_applicable"] = {{"FDA-DISP", 4, {{"rationale", "r"}}},
                                                 {"13485-7.3.6-7", 5, {{"rationale", "r"}}}};
  ASSERT_TRUE(LinkEvidence(evidence));
  EXPECT_THAT(RowsThatAre(evidence, RowState::kMissing),
              testing::IsSupersetOf({"FDA-DISP", "13485-7.3.6-7"}));
}

TEST_F(MatrixTest, AThirdPartysTestElsewhereIsNotSaidToBeNone) {
  DeviceEvidence evidence = Complete();
  evidence.files.compliance["penetration_tests"].clear();
  evidence.files.compliance["not_performed_here"].push_back(
      {"penetration_test", 7, {{"reference", "PT-003, by a third party"}}});
  for (const RowResult& result : EvaluateMatrix(evidence).rows) {
    if (result.row->id != "FDA-ORIG") continue;
    EXPECT_EQ(result.state, RowState::kNotApplicable);
    EXPECT_THAT(result.because, HasSubstr("PT-003, by a third party"));
  }
}

TEST_F(MatrixTest, WithoutPackagesNothingThatNeedsThemIsSatisfied) {
  DeviceEvidence evidence = Complete();
  evidence.packages.clear();
  ASSERT_TRUE(LinkEvidence(evidence));
  const auto missing = RowsThatAre(evidence, RowState::kMissing);
  for (const char* row : {"FDA-TOOL", "FDA-FUZZ", "FDA-REQ", "FDA-DISP", "FDA-PERIOD", "UL2900",
                          "P11-50-70", "13485-4.2.5", "62304-9.8", "62443-SVV"}) {
    EXPECT_TRUE(missing.contains(row)) << row;
  }
}

TEST_F(MatrixTest, AnUnknownRowOfTheUsersIsAProblemWithItsLine) {
  DeviceEvidence evidence = Complete();
  evidence.files.compliance["not_applicable"] = {{"FDA-LUCK", 7, {{"rationale", "r"}}},
                                                 {"FDA-PEN", 8, {}}};
  std::vector<Problem> problems;
  CheckMatrixIds(evidence, problems);
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_THAT(problems[0].Text(), HasSubstr("compliance.json:7: the matrix has no row FDA-LUCK"));
  EXPECT_THAT(problems[1].Text(), HasSubstr("compliance.json:8: "));
}

TEST_F(MatrixTest, NoFormSaysThatADeviceComplies) {
  DeviceEvidence evidence = Complete();
  evidence.files.approvals.clear();
  const Compliance compliance = EvaluateMatrix(evidence);
  std::string all =
      ComplySummary(compliance) + ComplyCsv(compliance) + ComplyJson(compliance).dump();
  for (const TraceSection& section : ComplySections(compliance)) all += SectionText(section);
  EXPECT_THAT(all, Not(HasSubstr("compliant")));
  EXPECT_THAT(all, HasSubstr("43 satisfied, 1 missing, 0 not applicable"));
  EXPECT_THAT(all, HasSubstr("Evidence present and consistent"));
}

}  // namespace
}  // namespace percuss::reports

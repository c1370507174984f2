// SPDX-License-Identifier: Apache-2.0
//
// For tests: a device for which every row of the matrix has its evidence.
#pragma once

#include <string>

#include "common/hash.h"
#include "reports/comply/evidence.h"
#include "reports/validation/signed_dispositions.h"
#include "reports/validation/validation_fixture.h"

namespace percuss::reports {

class DeviceFixture : public ValidationFixture {
 protected:
  void SetUp() override {
    ValidationFixture::SetUp();
    Write("interfaces", R"("interfaces": [
      { "id": "uart", "description": "port", "protocol": "frames", "scope": "tested" },
      { "id": "relay", "description": "contact", "protocol": "none", "scope": "excluded",
        "rationale": "carries no data" } ])");
    Write("requirements", R"("requirements": [
      { "id": "R1", "text": "checks", "category": "robustness", "interfaces": ["uart"] } ],
      "controls": [ { "id": "C1", "text": "a check", "requirements": ["R1"],
                      "implementation": "P1", "effectiveness": "P1" } ])");
    Write("protocol", R"("title": "plan",
      "criteria": [ { "id": "A1", "text": "no crash", "dated": "2026-01-10" } ],
      "entries": [ { "id": "P1", "title": "port", "interfaces": ["uart"], "requirements": ["R1"],
                     "targets": ["pump"], "criteria": ["A1"], "intent": "thwart",
                     "tests": ["requirement", "mitigation", "vulnerability"] } ],
      "approvals": [ { "name": "N", "role": "R", "date": "2026-01-11", "meaning": "approved" } ])");
    WriteRecords(R"({ "id": ")" + std::string(kPackageId) + R"(", "sha256": ")" +
                     std::string(64, 'a') + R"(", "result": "fail", "conclusion": "c",
                     "actions": ["repair"], "sample_rationale": "the only build",
                     "nonconformity": "NC-1" })",
                 R"({ "id": "D2", "finding": "F-2", "decision": "deferred", "rationale": "r",
                      "date": "2026-02-03", "by": "b",
                      "deferral": { "risk": "low", "timeline": "May", "interim_measure": "none",
                                    "time_to_field": "a month" } },
                    { "id": "D3", "finding": "F-3", "decision": "third_party", "rationale": "r",
                      "date": "2026-02-03", "by": "b" })");
    ASSERT_TRUE(common::WriteFileAtomically(Folder() / "pentest.pdf", "report"));
    WriteCompliance();
    WritePostmarket();
  }

  [[nodiscard]] DeviceEvidence Complete() const {
    DeviceEvidence evidence;
    auto loaded = LoadValidation(Folder());
    EXPECT_TRUE(loaded && loaded->problems.empty()) << Problems().front();
    if (!loaded) return evidence;
    evidence.files = std::move(loaded->files);
    evidence.as_of = "2026-03-01";
    evidence.signers_named = true;
    evidence.packages = {CompletePackage()};
    evidence.sboms = {{"sbom.cdx.json", 3, {}}};
    evidence.documents = {{"pentest.pdf", {common::Sha256Hex("report"), ""}}};
    evidence.records = {
        {"decisions.jsonl",
         ChainOf({"disposition",
                  "N",
                  "R",
                  kPackageId,
                  std::string(64, 'a'),
                  {{"finding", "F-1"},
                   {"status", "fixed"},
                   {"rationale", "r"},
                   {"references", {"ISSUE-1"}},
                   {"retest",
                    {{"binary_sha256", std::string(64, 'f')}, {"inputs", 2}, {"runs", 10}}}}})},
        {"signatures.jsonl", ChainOf({"signature",
                                      "N",
                                      "R",
                                      kPackageId,
                                      std::string(64, 'a'),
                                      {{"meaning", "approval"}, {"verdict", "fail"}}})},
        {"more.jsonl", ChainOf({"attachment",
                                "N",
                                "R",
                                kPackageId,
                                std::string(64, 'a'),
                                {{"validation_record", "VR-1"}, {"verdict", "fail"}}})}};
    for (const char* finding : {"F-1", "F-2"}) AddProposal(finding, evidence.records[0].chain);
    TakeSignedDispositions(evidence.records[0].chain, evidence.files);
    EXPECT_TRUE(LinkEvidence(evidence));
    return evidence;
  }

  static ListedEntry& EntryIn(EntryLists& lists, const char* list, const std::string& id) {
    for (ListedEntry& entry : lists[list]) {
      if (entry.id == id) return entry;
    }
    ADD_FAILURE() << "no " << id << " in " << list;
    static ListedEntry none;
    return none;
  }

 private:
  static RecordChain ChainOf(const RecordDraft& said) {
    return {{{1, std::string(64, '1'), "2026-02-10T09:00:00Z", "key", said}}, {}, {}};
  }

  // That somebody refused.
  static void AddProposal(const std::string& finding, RecordChain& chain) {
    const auto next = static_cast<int64_t>(chain.records.size()) + 1;
    const std::string digest(64, static_cast<char>('a' + next));
    chain.records.push_back({next,
                             digest,
                             "2026-02-11T09:00:00Z",
                             "key",
                             {"proposal",
                              "N",
                              "R",
                              kPackageId,
                              std::string(64, 'a'),
                              {{"finding", finding},
                               {"change", "exploitability"},
                               {"risk", "S1"},
                               {"from", "low"},
                               {"to", "medium"},
                               {"why", "w"}}}});
    chain.records.push_back(
        {next + 1,
         std::string(64, static_cast<char>('a' + next + 1)),
         "2026-02-11T09:30:00Z",
         "key",
         {"proposal_decision",
          "N",
          "R",
          kPackageId,
          std::string(64, 'a'),
          {{"proposal", digest}, {"decision", "refused"}, {"rationale", "r"}}}});
  }

  static common::Finding FindingOf(const std::string& id) {
    common::Finding finding;
    finding.id = id;
    finding.target = "pump";
    finding.kind = "crash";
    finding.cwe = "CWE-122";
    finding.first_seen_s = 60;
    finding.reproduction.reproduced = finding.reproduction.reruns = 10;
    return finding;
  }

  static PackageRecord CompletePackage() {
    PackageRecord package{Package(true), {}, {}, ""};
    common::RunRecord& record = package.record;
    record.device.software_version = package.traced.software_version = "1.0";
    record.tester = {"tester-1", "tester", "Lab", "other_team", ""};
    record.tools = {{"engine", "14", "/usr/bin/engine", std::string(64, 'e')}};
    record.campaign.file_sha256 = std::string(64, 'c');
    record.campaign.started_at = package.traced.started_at;
    record.campaign.ended_at = "2026-02-01T09:00:00Z";
    record.campaign.host.kernel = "Linux";
    common::TargetRun target;
    target.id = "pump";
    target.binaries = {{"libfuzzer", "/b/pump", std::string(64, 'b'), "", "clang", ""}};
    target.fidelity_limits = {"no radio"};
    common::EngineRun engine;
    engine.engine = "libfuzzer";
    engine.argv = {"pump", "-seed=1"};
    engine.executions = 5000;
    target.engines = {engine};
    record.targets = {target};
    package.traced.findings.clear();
    for (const char* id : {"F-1", "F-2", "F-3"}) {
      record.findings.push_back(FindingOf(id));
      package.traced.findings.push_back({id, "pump", "crash"});
      for (const char* name : {"/input", "/replay.json"}) {
        package.paths.push_back("findings/" + std::string(id) + name);
      }
    }
    package.traced.targets[0].facts.executions = 5000;
    package.traced.targets[0].facts.worst = 1000;
    return package;
  }

  void WriteCompliance() {
    Write("compliance", R"("policies": { "retest_interval_days": 90, "minimum_executions": 1000,
        "retention_until": "2040-01-01", "independence": "other_team",
        "isao_membership": "an ISAO" },
      "not_performed_here": [
        { "id": "attack_surface", "reference": "TM-1" },
        { "id": "vulnerability_chaining", "reference": "TM-1" },
        { "id": "binary_composition", "reference": "BC-1" },
        { "id": "static_analysis", "reference": "SA-1" },
        { "id": "hard_coded_credentials", "reference": "SA-2" },
        { "id": "boundary_analysis", "reference": "BA-1" } ],
      "plans": [
        { "id": "cybersecurity_management", "reference": "PL-1" },
        { "id": "coordinated_disclosure", "reference": "PL-2" },
        { "id": "regular_patches", "reference": "PL-3" },
        { "id": "out_of_cycle_patches", "reference": "PL-4" },
        { "id": "minimum_it_requirements", "reference": "IFU-1" },
        { "id": "state_of_the_art", "reference": "SOTA-1" },
        { "id": "residual_risk_conclusion", "reference": "RMR-1" } ],
      "analyses": [
        { "id": "AN-1", "topic": "known_vulnerabilities", "tool": "t", "source": "feed",
          "source_date": "2026-01-31", "date": "2026-02-01", "result": "none open" } ],
      "tool_qualifications": [
        { "id": "TQ-1", "tool": "engine", "sha256": ")" +
                            std::string(64, 'e') + R"(", "intended_use": "u", "risk": "r",
          "tests": "t", "issues": "none", "conclusion": "fit", "by": "b",
          "date": "2026-01-02" } ],
      "penetration_tests": [
        { "id": "PT-1", "independence": "third_party", "expertise": "e", "scope": "s",
          "duration": "two weeks", "methods": "m", "results": "r", "findings": "none",
          "observations": "none", "report": "pentest.pdf", "report_sha256": ")" +
                            common::Sha256Hex("report") + R"(" } ],
      "soup": [ { "id": "lwip", "title": "lwIP", "manufacturer": "m", "designator": "2.1.3" } ],
      "changes": [ { "id": "CH-1", "change": "c", "problem": "PR-1", "author": "developer-1",
                     "approved_by": "a", "date": "2026-01-05" } ])");
  }

  void WritePostmarket() {
    const std::string judged = R"("method": "CVSS 3.1", "score_before": "9.8", "score_after": "4",
        "criterion": "below 7", "risk": "S1", "root_cause": "no check", "safety_impact": "none",
        "outcome": "stops", "rationale": "r", "applicability": "yes", "verifiability": "replayed",
        "disclosure": "after the fix", "text": "t")";
    Write("postmarket", R"("releases": [
        { "id": "1.0", "released": "2026-01-20", "fielded": "2026-01-25", "reviewed": "2026-01-19",
          "residual_evaluation": "RE-1", "build": "B-1", "archive": "AR-1" },
        { "id": "1.1", "released": "2026-02-15", "fielded": "2026-02-20", "reviewed": "2026-02-14",
          "residual_evaluation": "RE-2", "build": "B-2", "archive": "AR-2" } ],
      "complaints": [ { "id": "CM-1", "device": "d", "udi": "u", "received": "2026-02-01",
        "complainant": "c", "nature": "n", "action": "a", "reply": "r" } ],
      "vulnerabilities": [
        { "id": "V-1", "finding": "F-1", "source": "own_testing", "risk_class": "uncontrolled",
          "introduced_in": "1.0", "fixed_in": "1.1", "notified_at": "2026-02-05", )" +
                            judged + R"( },
        { "id": "V-2", "finding": "F-2", "source": "own_testing", "risk_class": "controlled",
          "issue": "ISSUE-2", "decision": "deferred", )" +
                            judged + R"( },
        { "id": "V-3", "source": "complaint", "complaint": "CM-1", "risk_class": "controlled",
          "learned_at": "2026-02-02", "patched_at": "2026-02-06", "fielded_at": "2026-02-20",
          "decision": "fixed", )" +
                            judged + R"( } ])");
  }
};

}  // namespace percuss::reports

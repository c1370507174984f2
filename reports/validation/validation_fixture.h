// SPDX-License-Identifier: Apache-2.0
//
// For tests: a folder with the smallest validation files that hold together, each of which a test
// may replace.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/fs.h"
#include "reports/validation/trace.h"
#include "reports/validation/validation_files.h"

namespace percuss::reports {

class ValidationFixture : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = common::TemporaryFolder::Make("validation_test");
    ASSERT_TRUE(folder) << folder.error().Text();
    folder_ = std::make_unique<common::TemporaryFolder>(std::move(*folder));
    Write("interfaces", R"("interfaces": [
      { "id": "uart", "description": "port", "protocol": "frames", "scope": "tested" } ])");
    Write("requirements", R"("requirements": [
      { "id": "R1", "text": "checks", "category": "robustness", "interfaces": ["uart"] } ],
      "controls": [ { "id": "C1", "text": "a check", "requirements": ["R1"] } ])");
    Write("threats", R"("threats": [
      { "id": "T1", "text": "forged", "stride": "tampering", "asset": "therapy",
        "interface": "uart", "controls": ["C1"] } ])");
    Write("risks", R"("safety": [
      { "id": "H1", "hazard": "h", "sequence_of_events": "s", "hazardous_situation": "wrong rate",
        "harm": "x", "severity": "critical", "probability": "remote", "controls": ["C1"],
        "residual": { "severity": "critical", "probability": "improbable", "acceptable": "yes",
                      "rationale": "r" } } ],
      "security": [
      { "id": "S1", "impact": "takeover", "method": "m", "threats": ["T1"], "leads_to": ["H1"],
        "severity": "critical", "exploitability": "low", "controls": ["C1"],
        "residual": { "severity": "critical", "exploitability": "very_low", "acceptable": "yes",
                      "rationale": "r" } } ])");
    Write("protocol", R"("title": "plan",
      "criteria": [ { "id": "A1", "text": "no crash", "dated": "2026-01-10" } ],
      "entries": [ { "id": "P1", "title": "port", "interfaces": ["uart"],
                     "requirements": ["R1"], "targets": ["pump"], "criteria": ["A1"] } ],
      "approvals": [])");
  }

  // The file of that kind: its schema and these members.
  void Write(const std::string& kind, const std::string& members) {
    WriteRaw(kind, R"({ "schema": "percuss.)" + kind + ".v1\",\n" + members + "}\n");
  }
  void WriteRaw(const std::string& kind, const std::string& text) {
    ASSERT_TRUE(common::WriteFileAtomically(Folder() / (kind + ".json"), text));
  }
  void WriteRecords(const std::string& packages, const std::string& dispositions) {
    Write("records", "\"packages\": [" + packages + "],\n\"dispositions\": [" + dispositions +
                         "],\n\"signatures\": []");
  }

  [[nodiscard]] const std::filesystem::path& Folder() const { return folder_->Path(); }

  // Each problem as a user sees it, without the folder.
  [[nodiscard]] std::vector<std::string> Problems() const {
    const auto loaded = LoadValidation(Folder());
    if (!loaded) return {loaded.error().Text()};
    std::vector<std::string> texts;
    for (Problem problem : loaded->problems) {
      problem.file = std::filesystem::path(problem.file).filename().string();
      texts.push_back(problem.Text());
    }
    return texts;
  }

  [[nodiscard]] Trace TraceOf(const std::vector<TracedPackage>& packages) const {
    const auto loaded = LoadValidation(Folder());
    EXPECT_TRUE(loaded && loaded->problems.empty());
    auto trace = BuildTrace(loaded->files, packages);
    EXPECT_TRUE(trace) << (trace ? "" : trace.error().Text());
    return trace ? *trace : Trace();
  }

  // "gap id" of each gap.
  [[nodiscard]] std::vector<std::string> Gaps(const std::vector<TracedPackage>& packages) const {
    std::vector<std::string> gaps;
    for (const TraceGap& gap : TraceOf(packages).gaps) gaps.push_back(gap.gap + ' ' + gap.id);
    return gaps;
  }

  static constexpr const char* kPackageId = "6f1c2d84-0b57-4a39-9c1e-52d7f0a8b3e1";

  // A package that runs the one target, and finds one thing where asked.
  static TracedPackage Package(bool with_finding) {
    TracedPackage package{"run.zip",
                          kPackageId,
                          std::string(64, 'a'),
                          "",
                          "2026-02-01T08:00:00Z",
                          with_finding ? "fail" : "pass",
                          {{"pump", "uart", "pass"}},
                          {}};
    if (with_finding) {
      package.targets[0].verdict = "fail";
      package.findings = {{"F-1", "pump", "crash"}};
    }
    return package;
  }
  static std::string Recorded(const std::string& result) {
    return std::string(R"({ "id": ")") + kPackageId + R"(", "sha256": ")" + std::string(64, 'a') +
           R"(", "result": ")" + result + R"(", "conclusion": "c" })";
  }
  static std::string Decided(const std::string& id, const std::string& more = "") {
    return R"({ "id": ")" + id +
           R"(", "finding": "F-1", "decision": "accepted", "rationale": "r", "date": "2026-02-02",
              "by": "b")" +
           more + " }";
  }

 private:
  std::unique_ptr<common::TemporaryFolder> folder_;
};

}  // namespace percuss::reports

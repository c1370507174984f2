// SPDX-License-Identifier: Apache-2.0
#include "reports/export/intoto.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <set>

#include "common/hash.h"
#include "common/json_file.h"
#include "reports/export/identifiers.h"
#include "reports/export/text.h"

namespace percuss::reports {
namespace {

using common::Json;

constexpr size_t kNameBytes = 300;
constexpr const char* kType = "https://in-toto.io/Statement/v1";

std::string Name(std::string_view text) { return ClippedText(text, kNameBytes); }

Json Descriptor(const std::string& name, const std::string& sha256) {
  return {{"name", Name(name)}, {"digest", {{"sha256", sha256}}}};
}

// The binaries; where no digest of one is known, the package or its manifest. While it is still
// being sealed, it has but its id.
Json Subjects(const common::RunRecord& record, const PackageFacts& package) {
  Json subjects = Json::array();
  std::set<std::string> names;
  for (const common::TargetRun& target : record.targets) {
    for (const common::Binary& binary : target.binaries) {
      const std::string name = target.id + "/" + binary.role;
      if (!IsSha256(binary.sha256) || !names.insert(name + binary.sha256).second) continue;
      subjects.push_back(Descriptor(name, binary.sha256));
    }
  }
  if (!subjects.empty()) return subjects;
  if (IsSha256(package.package_sha256)) {
    return Json::array({Descriptor(package.file_name, package.package_sha256)});
  }
  if (IsSha256(package.manifest_sha256)) {
    return Json::array({Descriptor("manifest.json", package.manifest_sha256)});
  }
  return Json::array({Descriptor("package id", common::Sha256Hex(package.package_id))});
}

struct Outcome {
  std::string name;
  std::string property;  // of the subject, when it passed; may be empty
  bool passed = false;
};

std::vector<Outcome> Outcomes(const common::RunRecord& record) {
  std::vector<Outcome> outcomes;
  for (const common::TargetRun& target : record.targets) {
    const bool found =
        std::any_of(record.findings.begin(), record.findings.end(),
                    [&](const common::Finding& finding) { return finding.target == target.id; });
    outcomes.push_back({"target " + target.id, "PERCUSS_TARGET_PASSED:" + target.id,
                        target.verdict == common::Verdict::kPass && !found});
  }
  for (const common::AcceptanceCriterion& criterion : record.acceptance) {
    outcomes.push_back({"criterion " + criterion.id, "PERCUSS_CRITERION_MET:" + criterion.id,
                        criterion.verdict == "met"});
  }
  for (const common::SelfCheckCase& check : record.self_check) {
    const std::string name = check.planted + (check.engine.empty() ? "" : ", " + check.engine);
    // Of the bench, not of what was tested: no property.
    outcomes.push_back({"self-check " + name, "", check.passed});
  }
  for (const common::NegativeResult& negative : record.negative_results) {
    if (!negative.run) outcomes.push_back({"not run: " + negative.subject, "", false});
  }
  const bool whole = record.verdict == common::Verdict::kPass && record.findings.empty() &&
                     !record.targets.empty();
  outcomes.push_back({"campaign", "PERCUSS_CAMPAIGN_PASSED", whole});
  return outcomes;
}

Json TestResult(const common::RunRecord& record, const PackageFacts& package,
                const std::vector<Outcome>& outcomes) {
  Json passed = Json::array();
  Json failed = Json::array();
  for (const Outcome& outcome : outcomes) {
    (outcome.passed ? passed : failed).push_back(Name(outcome.name));
  }
  Json configuration = Json::array();
  if (IsSha256(record.campaign.file_sha256)) {
    configuration.push_back(Descriptor("campaign file", record.campaign.file_sha256));
  }
  if (IsSha256(package.package_sha256)) {
    configuration.push_back(Descriptor("evidence package", package.package_sha256));
  }
  // The campaign's own verdict decides: it knows of all that stands in the way of a pass.
  return {{"result", outcomes.back().passed ? "PASSED" : "FAILED"},
          {"configuration", std::move(configuration)},
          {"passedTests", std::move(passed)},
          {"warnedTests", Json::array()},
          {"failedTests", std::move(failed)}};
}

Json VerificationResult(const common::RunRecord& record, const PackageFacts& package,
                        const std::vector<Outcome>& outcomes) {
  Json properties = Json::array();
  for (const Outcome& outcome : outcomes) {
    if (outcome.passed && !outcome.property.empty()) properties.push_back(Name(outcome.property));
  }
  std::string time = record.campaign.ended_at;
  if (!IsTimestamp(time)) time = package.created_at;
  if (!IsTimestamp(time)) time = "1970-01-01T00:00:00Z";
  return {{"verifier", {{"id", "urn:percuss:verifier:" + NameToken("v", record.tool_version)}}},
          {"timeCreated", time},
          {"properties", std::move(properties)}};
}

std::string StatementLine(const Json& subjects, const char* type, Json predicate) {
  const Json statement = {{"_type", kType},
                          {"subject", subjects},
                          {"predicateType", type},
                          {"predicate", std::move(predicate)}};
  return statement.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

common::Result<std::string> WriteIntoto(const common::RunRecord& record,
                                        const PackageFacts& package) {
  try {
    const Json subjects = Subjects(record, package);
    const std::vector<Outcome> outcomes = Outcomes(record);
    return StatementLine(subjects, "https://in-toto.io/attestation/test-result/v0.1",
                         TestResult(record, package, outcomes)) +
           StatementLine(subjects, "https://in-toto.io/attestation/svr/v0.1",
                         VerificationResult(record, package, outcomes));
  } catch (const std::exception& error) {
    return common::Fail(common::ErrorCode::kInternal,
                        std::string("writing in-toto statements: ") + error.what());
  }
}

}  // namespace percuss::reports

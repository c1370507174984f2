// SPDX-License-Identifier: Apache-2.0
#include "reports/export/cyclonedx.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <exception>
#include <map>
#include <set>
#include <vector>

#include "common/clock.h"
#include "common/json_file.h"
#include "reports/export/severity_words.h"
#include "reports/export/text.h"
#include "reports/sbom/compose.h"
#include "reports/sbom/cyclonedx_writer.h"

namespace percuss::reports {
namespace {

using common::Finding;
using common::Json;
using common::RunRecord;

constexpr size_t kTextBytes = 2'000;
constexpr size_t kRefBytes = 500;

// Ids that are there once, whatever the texts are that they are made of: short enough that nothing
// cuts them.
class Refs {
 public:
  std::string Make(const std::string& text) {
    const std::string wish = ClippedText(text, kRefBytes);
    std::string ref = wish;
    for (int number = 2; !made_.insert(ref).second; ++number) {
      ref = fmt::format("{} ({})", wish, number);
    }
    return ref;
  }

 private:
  std::set<std::string> made_;
};

void AddProperty(Json& list, const std::string& name, const std::string& value) {
  if (!value.empty()) list.push_back({{"name", name}, {"value", value}});
}

// What CycloneDX calls a decision, and how far it is from done: a cluster is as far as the finding
// in it that is the least so.
struct State {
  const char* status;
  const char* state;
  const char* response;  // nullptr: none
  int rank;
};
constexpr State kStates[] = {
    {"accepted", "exploitable", "will_not_fix", 0},  {"deferred", "exploitable", "update", 0},
    {"confirmed", "exploitable", nullptr, 0},        {"open", "in_triage", nullptr, 1},
    {"duplicate", "in_triage", nullptr, 1},          {"fixed", "resolved", "update", 2},
    {"false_positive", "false_positive", nullptr, 3}};

const State* StateOf(const std::string& status) {
  for (const State& state : kStates) {
    if (status == state.status) return &state;
  }
  return nullptr;
}

using Cluster = std::vector<const Finding*>;

// In the order of the other reports.
std::vector<Cluster> ClustersOf(const RunRecord& record) {
  std::vector<Cluster> clusters;
  std::map<std::string, size_t> place;
  for (const Finding* finding : FindingsInOrder(record)) {
    const std::string& name = finding->cluster.empty() ? finding->id : finding->cluster;
    const auto [at, is_new] = place.emplace(name, clusters.size());
    if (is_new) clusters.emplace_back();
    clusters[at->second].push_back(finding);
  }
  return clusters;
}

// Nothing when a finding of the cluster has no decision: then nobody has spoken of the whole.
Json Analysis(const Cluster& cluster,
              const std::map<std::string, const SignedDisposition*>& decided) {
  const State* least = nullptr;
  const SignedDisposition* last = nullptr;
  std::string detail;
  for (const Finding* finding : cluster) {
    const auto at = decided.find(finding->id);
    const State* state = at == decided.end() ? nullptr : StateOf(at->second->said.status);
    if (state == nullptr) return {};
    const SignedDisposition& decision = *at->second;
    if (least == nullptr || state->rank < least->rank) least = state;
    if (last == nullptr || last->at < decision.at) last = &decision;
    detail += fmt::format("{}{} is {} by {}: {}", detail.empty() ? "" : "\n", finding->id,
                          decision.said.status, decision.name, decision.said.rationale);
  }
  if (least == nullptr) return {};
  Json analysis = {{"state", least->state}, {"detail", detail}};
  if (least->response != nullptr) analysis["response"] = Json::array({least->response});
  if (common::IsDateTime(last->at)) analysis["lastUpdated"] = last->at;
  return analysis;
}

Json PublishedDefect(const std::string& id) {
  Json source = {{"name", "published defect"}};
  if (id.starts_with("CVE-")) {
    source = {{"name", "CVE"}, {"url", "https://www.cve.org/CVERecord?id=" + UriReference(id)}};
  }
  return {{"id", id}, {"source", std::move(source)}};
}

class ExportWriter {
 public:
  ExportWriter(const RunRecord& record, const PackageFacts& package)
      : record_(record), package_(package) {
    for (const SignedDisposition& last : package.dispositions) {
      decided_[last.said.finding] = &last;
    }
    file_ = package.file_name.empty() ? "PACKAGE" : package.file_name;
  }

  Json Write() {
    const bool has_sbom = !package_.sbom.format.empty();
    common::Sbom sbom = has_sbom ? package_.sbom : ComposeSbom(record_, {});
    RenameComponents(sbom);
    Json document = CycloneDxJson(sbom);
    document["vulnerabilities"] = Vulnerabilities();
    document["externalReferences"] = Json::array({PackageReference()});
    AddDeclarations(document);
    return document;
  }

 private:
  void RenameComponents(common::Sbom& sbom) {
    for (auto& component : sbom.components) {
      component.id = components_[component.id] = refs_.Make(component.id);
    }
    const auto rename = [&](std::string& id) {
      const auto at = components_.find(id);
      if (at != components_.end()) id = at->second;
    };
    for (auto& component : sbom.components) {
      rename(component.parent);
      for (std::string& id : component.depends_on) rename(id);
    }
    rename(sbom.subject);
    subject_ = sbom.subject;
  }

  [[nodiscard]] std::string TargetRef(const std::string& target) const {
    const auto at = components_.find(TargetComponentId(target));
    return at == components_.end() ? subject_ : at->second;
  }

  [[nodiscard]] Json PackageReference() const {
    Json reference = {{"type", "dynamic-analysis-report"},
                      {"url", UriReference(file_)},
                      {"comment", "the evidence package " + package_.package_id}};
    if (package_.package_sha256.size() == 64) {
      reference["hashes"] =
          Json::array({{{"alg", "SHA-256"}, {"content", package_.package_sha256}}});
    }
    return reference;
  }

  Json Vulnerabilities() {
    Json list = Json::array();
    for (const Cluster& cluster : ClustersOf(record_)) list.push_back(Vulnerability(cluster));
    return list;
  }

  Json Vulnerability(const Cluster& cluster) {
    const Finding& first = *cluster.front();
    Json entry = {
        {"bom-ref", refs_.Make("finding/" + first.id)},
        {"id", first.id},
        {"source", {{"name", "percuss"}}},
        {"description", first.summary.empty() ? first.bug_class : first.summary},
        {"detail", fmt::format("{}; reproduced {}", PlaceText(first, package_.source_root),
                               ReproductionText(first.reproduction))},
        {"proofOfConcept",
         {{"reproductionSteps", fmt::format("percuss repro {} --finding {}", file_, first.id)}}},
        {"properties", VulnerabilityProperties(cluster)}};
    std::set<int> cwes;
    std::set<std::string> defects;
    Json affects = Json::array();
    std::set<std::string> affected;
    for (const Finding* finding : cluster) {
      const std::string number = CweNumber(finding->cwe);
      if (!number.empty() && std::stoi(number) > 0) cwes.insert(std::stoi(number));
      if (!finding->known_defect.empty()) defects.insert(finding->known_defect);
      const std::string ref = TargetRef(finding->target);
      if (affected.insert(ref).second) affects.push_back({{"ref", ref}});
    }
    if (!cwes.empty()) entry["cwes"] = cwes;
    if (Json ratings = Ratings(cluster); !ratings.empty()) entry["ratings"] = std::move(ratings);
    for (const std::string& id : defects) entry["references"].push_back(PublishedDefect(id));
    entry["affects"] = std::move(affects);
    if (Json analysis = Analysis(cluster, decided_); !analysis.is_null()) {
      entry["analysis"] = std::move(analysis);
    }
    return entry;
  }

  // What was signed of the cluster's findings; the text says of which.
  [[nodiscard]] Json Ratings(const Cluster& cluster) const {
    Json ratings = Json::array();
    for (const Finding* finding : cluster) {
      const SignedSeverity* severity = SeverityOf(package_, finding->id);
      if (severity == nullptr) continue;
      std::string word = CvssSeverity(severity->scores.base);
      std::transform(word.begin(), word.end(), word.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      ratings.push_back({{"source", {{"name", ScoredBy(*severity)}}},
                         {"score", severity->scores.base / 10.0},
                         {"severity", word},
                         {"method", "CVSSv31"},
                         {"vector", severity->vector},
                         {"justification", finding->id + ": " + severity->said.rationale}});
    }
    return ratings;
  }

  [[nodiscard]] static Json VulnerabilityProperties(const Cluster& cluster) {
    const Finding& first = *cluster.front();
    Json list = Json::array();
    AddProperty(list, "percuss:cluster", first.cluster);
    AddProperty(list, "percuss:class", first.bug_class);
    AddProperty(list, "percuss:kind", first.kind);
    AddProperty(list, "percuss:function", first.function);
    AddProperty(list, "percuss:cwe_list_version", first.cwe_list_version);
    AddProperty(list, "percuss:confidence", first.confidence);
    for (const Finding* finding : cluster) {
      AddProperty(list, "percuss:finding", finding->id);
      AddProperty(list, "percuss:input_sha256", finding->input_sha256);
    }
    return list;
  }

  void AddDeclarations(Json& document) {
    Json declarations = {{"claims", Json::array()}, {"evidence", Json::array()}};
    Json map = Json::array();
    const std::string evidence = AddEvidence(declarations["evidence"]);
    for (const common::TargetRun& target : record_.targets) {
      map.push_back(TargetClaim(target, evidence, declarations["claims"]));
    }
    Json requirements = Json::array();
    for (const common::AcceptanceCriterion& criterion : record_.acceptance) {
      map.push_back(CriterionClaim(criterion, evidence, declarations["claims"], requirements));
    }
    if (!requirements.empty()) {
      document["definitions"]["standards"] =
          Json::array({{{"bom-ref", refs_.Make("acceptance")},
                        {"name", "Acceptance criteria of campaign " + record_.campaign.name},
                        {"requirements", std::move(requirements)}}});
    }
    Json attestation = {{"summary", fmt::format("campaign {}: verdict {}", record_.campaign.name,
                                                common::VerdictName(record_.verdict))},
                        {"map", std::move(map)}};
    if (const std::string assessor = AddAssessor(declarations); !assessor.empty()) {
      attestation["assessor"] = assessor;
    }
    declarations["attestations"] = Json::array({std::move(attestation)});
    document["declarations"] = std::move(declarations);
  }

  std::string AddAssessor(Json& declarations) {
    const common::Tester& tester = record_.tester;
    const std::string& name = tester.organisation.empty() ? tester.id : tester.organisation;
    if (name.empty()) return {};
    Json assessor = {{"bom-ref", refs_.Make("assessor")}, {"organization", {{"name", name}}}};
    if (tester.independence == "third_party") assessor["thirdParty"] = true;
    if (tester.independence == "developer") assessor["thirdParty"] = false;
    const std::string ref = assessor["bom-ref"];
    declarations["assessors"] = Json::array({std::move(assessor)});
    return ref;
  }

  std::string AddEvidence(Json& list) {
    const std::string ref = refs_.Make("evidence/package");
    std::string description = "evidence package " + package_.package_id;
    if (!package_.package_sha256.empty()) description += ", SHA-256 " + package_.package_sha256;
    if (!package_.signer.empty()) description += ", key " + package_.signer;
    Json entry = {
        {"bom-ref", ref},
        {"description", description},
        {"data", Json::array({{{"name", file_}, {"contents", {{"url", UriReference(file_)}}}}})}};
    if (common::IsDateTime(record_.campaign.ended_at)) {
      entry["created"] = record_.campaign.ended_at;
    }
    if (!record_.tester.id.empty()) entry["author"]["name"] = record_.tester.id;
    list.push_back(std::move(entry));
    return ref;
  }

  Json TargetClaim(const common::TargetRun& target, const std::string& evidence, Json& claims) {
    std::string reasoning = "verdict " + common::VerdictName(target.verdict);
    for (const std::string& reason : target.reasons) reasoning += "; " + reason;
    for (const common::EngineRun& engine : target.engines) {
      reasoning += fmt::format("; {} executions by {}", engine.executions, engine.engine);
    }
    Json claim = {
        {"bom-ref", refs_.Make("claim/target/" + target.id)},
        {"target", TargetRef(target.id)},
        {"predicate", fmt::format("no input made {} fail within the campaign's budget", target.id)},
        {"reasoning", reasoning}};
    claim[target.verdict == common::Verdict::kFail ? "counterEvidence" : "evidence"] =
        Json::array({evidence});
    Json conformance = {{"rationale", reasoning}};
    if (target.verdict == common::Verdict::kPass) conformance["score"] = 1;
    if (target.verdict == common::Verdict::kFail) conformance["score"] = 0;
    Json entry = {{"claims", Json::array({claim["bom-ref"]})},
                  {"conformance", std::move(conformance)}};
    claims.push_back(std::move(claim));
    return entry;
  }

  Json CriterionClaim(const common::AcceptanceCriterion& criterion, const std::string& evidence,
                      Json& claims, Json& requirements) {
    const std::string requirement = refs_.Make("criterion/" + criterion.id);
    requirements.push_back(
        {{"bom-ref", requirement}, {"identifier", criterion.id}, {"text", criterion.text}});
    const std::string said = fmt::format("{}: {}", criterion.verdict, criterion.value);
    const std::string claim = refs_.Make("claim/criterion/" + criterion.id);
    claims.push_back({{"bom-ref", claim},
                      {"target", subject_},
                      {"predicate", criterion.text},
                      {"reasoning", said},
                      {criterion.verdict == "not_met" ? "counterEvidence" : "evidence",
                       Json::array({evidence})}});
    Json conformance = {{"rationale", said}};
    if (criterion.verdict == "met") conformance["score"] = 1;
    if (criterion.verdict == "not_met") conformance["score"] = 0;
    return {{"requirement", requirement},
            {"claims", Json::array({claim})},
            {"conformance", std::move(conformance)}};
  }

  const RunRecord& record_;
  const PackageFacts& package_;
  std::map<std::string, const SignedDisposition*> decided_;
  std::string file_;
  Refs refs_;
  std::map<std::string, std::string> components_;  // id in the package to id here
  std::string subject_;
};

// NOLINTNEXTLINE(misc-no-recursion): as deep as what was written above, and parts of components
void MakeVisible(Json& json) {
  if (json.is_string()) {
    json = ClippedText(json.get_ref<const std::string&>(), kTextBytes);
  } else if (json.is_structured()) {
    for (Json& child : json) MakeVisible(child);
  }
}

}  // namespace

common::Result<std::string> WriteCyclonedx(const RunRecord& record, const PackageFacts& package) {
  try {
    Json document = ExportWriter(record, package).Write();
    MakeVisible(document);
    return CycloneDxText(std::move(document));
  } catch (const std::exception& error) {
    return common::Fail(common::ErrorCode::kInternal,
                        std::string("writing CycloneDX: ") + error.what());
  }
}

}  // namespace percuss::reports

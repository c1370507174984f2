// SPDX-License-Identifier: Apache-2.0
#include "reports/records/cluster_decision.h"

#include <algorithm>
#include <map>
#include <set>

#include "common/hash.h"

namespace percuss::reports {
namespace {

using common::ErrorCode;
using common::Fail;
using common::Finding;
using common::Json;
using common::Result;
using common::Status;

constexpr size_t kNameDigits = 12;

Result<ClusterDecision> ReadClusterDecision(const Json& body) {
  try {
    ClusterDecision read;
    body.at("decision").get_to(read.decision);
    body.at("findings").get_to(read.findings);
    body.at("rationale").get_to(read.rationale);
    const auto again = ClusterDecisionBody(read);
    if (!again) return tl::make_unexpected(again.error());
    return read;
  } catch (const nlohmann::json::exception& error) {
    return Fail(ErrorCode::kBadInput, std::string("decides on no cluster: ") + error.what());
  }
}

// Of those that are named, by their place in `findings`.
Result<std::vector<size_t>> PlacesOf(const ClusterDecision& decision,
                                     const std::vector<Finding>& findings) {
  std::vector<size_t> places;
  for (const std::string& id : decision.findings) {
    const auto found = std::find_if(findings.begin(), findings.end(),
                                    [&](const Finding& finding) { return finding.id == id; });
    if (found == findings.end()) return Fail(ErrorCode::kBadInput, "has no finding " + id);
    places.push_back(static_cast<size_t>(found - findings.begin()));
  }
  return places;
}

Status Merge(const std::vector<size_t>& places, std::vector<Finding>& findings) {
  std::set<std::string> merged;
  std::set<std::string> targets;
  for (const size_t place : places) {
    merged.insert(findings[place].cluster);
    targets.insert(findings[place].target);
  }
  if (targets.size() > 1) {
    return Fail(ErrorCode::kBadInput, "findings of several targets are not one bug of one code");
  }
  if (merged.size() < 2) {
    return Fail(ErrorCode::kBadInput, "they are all in " + *merged.begin() + " already");
  }
  const std::string name = *merged.begin();
  for (Finding& finding : findings) {
    if (merged.contains(finding.cluster)) finding.cluster = name;
  }
  return {};
}

Status Split(const std::vector<size_t>& places, std::vector<Finding>& findings) {
  const std::string from = findings[places.front()].cluster;
  std::set<std::string> ids;
  for (const size_t place : places) {
    if (findings[place].cluster != from) {
      return Fail(ErrorCode::kBadInput, findings[place].id + " is in " + findings[place].cluster +
                                            ", not in " + from + " as the first one is");
    }
    ids.insert(findings[place].id);
  }
  const auto members = static_cast<size_t>(
      std::count_if(findings.begin(), findings.end(),
                    [&](const Finding& finding) { return finding.cluster == from; }));
  if (members == ids.size()) {
    return Fail(ErrorCode::kBadInput, "nothing would be left of " + from);
  }
  std::string text = "split";
  for (const std::string& id : ids) text += "\n" + id;
  const std::string name = "C-" + common::Sha256Hex(text).substr(0, kNameDigits);
  for (const size_t place : places) findings[place].cluster = name;
  return {};
}

void RenewNeighbours(std::vector<Finding>& findings) {
  std::map<std::string, std::string> cluster_of;
  for (const Finding& finding : findings) cluster_of[finding.id] = finding.cluster;
  for (Finding& finding : findings) {
    for (common::Neighbour& neighbour : finding.neighbours) {
      const auto found = cluster_of.find(neighbour.finding);
      if (found != cluster_of.end()) neighbour.same_cluster = found->second == finding.cluster;
    }
  }
}

}  // namespace

Result<Json> ClusterDecisionBody(const ClusterDecision& decision) {
  if (decision.decision != "merge" && decision.decision != "split") {
    return Fail(ErrorCode::kBadInput, "there is no decision \"" + decision.decision + "\"");
  }
  if (decision.rationale.empty()) {
    return Fail(ErrorCode::kBadInput, "a decision needs a rationale");
  }
  const std::set<std::string> different(decision.findings.begin(), decision.findings.end());
  if (different.size() != decision.findings.size()) {
    return Fail(ErrorCode::kBadInput, "a finding is named twice");
  }
  const size_t least = decision.decision == "merge" ? 2 : 1;
  if (different.size() < least) {
    return Fail(ErrorCode::kBadInput, "a merge needs two findings, a split one");
  }
  return Json{{"decision", decision.decision},
              {"findings", decision.findings},
              {"rationale", decision.rationale}};
}

std::vector<SignedClusterDecision> ClusterDecisions(const RecordChain& chain,
                                                    const std::string& package_id,
                                                    const std::string& package_sha256) {
  std::vector<SignedClusterDecision> decisions;
  for (const Record& record : chain.records) {
    const RecordDraft& said = record.said;
    const bool same_package = said.package_id == package_id &&
                              (package_sha256.empty() || said.package_sha256 == package_sha256);
    if (said.kind != "cluster" || !same_package) continue;
    auto read = ReadClusterDecision(said.body);
    if (!read) continue;
    decisions.push_back({std::move(*read), said.name, said.role, record.at, record.sha256});
  }
  return decisions;
}

Status ApplyClusterDecision(const ClusterDecision& decision, std::vector<Finding>& findings) {
  const auto body = ClusterDecisionBody(decision);
  if (!body) return tl::make_unexpected(body.error());
  const auto places = PlacesOf(decision, findings);
  if (!places) return tl::make_unexpected(places.error());
  return decision.decision == "merge" ? Merge(*places, findings) : Split(*places, findings);
}

std::vector<const SignedClusterDecision*> ApplyClusterDecisions(
    const std::vector<SignedClusterDecision>& decisions, std::vector<Finding>& findings) {
  std::vector<const SignedClusterDecision*> by(findings.size(), nullptr);
  for (const SignedClusterDecision& decision : decisions) {
    std::vector<std::string> before;
    before.reserve(findings.size());
    for (const Finding& finding : findings) before.push_back(finding.cluster);
    if (!ApplyClusterDecision(decision.said, findings)) continue;
    std::set<std::string> touched;
    for (size_t i = 0; i < findings.size(); ++i) {
      if (findings[i].cluster == before[i]) continue;
      touched.insert(before[i]);
      touched.insert(findings[i].cluster);
    }
    for (size_t i = 0; i < findings.size(); ++i) {
      if (touched.contains(findings[i].cluster)) by[i] = &decision;
    }
  }
  RenewNeighbours(findings);
  return by;
}

}  // namespace percuss::reports

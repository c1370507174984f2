// SPDX-License-Identifier: Apache-2.0
#include "reports/export/csaf.h"

#include <algorithm>
#include <array>
#include <exception>
#include <map>
#include <set>
#include <vector>

#include "common/json_file.h"
#include "reports/export/identifiers.h"
#include "reports/export/severity_words.h"

namespace percuss::reports {
namespace {

using common::Json;

std::string ProductId(int index) { return "P-" + std::to_string(index); }
std::string ComponentId(int index) { return "C-" + std::to_string(index); }

Json FullName(const std::string& id, const VexProduct& product) {
  Json help = {{"purl", product.iri}};
  if (!product.model.empty()) help["model_numbers"] = Json::array({product.model});
  if (!product.udi_di.empty()) {
    help["x_generic_uris"] = Json::array(
        {{{"namespace", "urn:percuss:udi-di"}, {"uri", "urn:percuss:udi-di:" + product.udi_di}}});
  }
  if (!product.sha256.empty()) {
    help["hashes"] = Json::array(
        {{{"filename", product.name},
          {"file_hashes", Json::array({{{"algorithm", "sha256"}, {"value", product.sha256}}})}}});
  }
  return {{"product_id", id}, {"name", product.name}, {"product_identification_helper", help}};
}

// A component is named on its own, and as the part of the product that statements are about.
Json ProductTree(const VexDocument& document) {
  Json names = Json::array();
  Json relations = Json::array();
  for (int i = 0; i < static_cast<int>(document.products.size()); ++i) {
    const VexProduct& product = document.products[static_cast<size_t>(i)];
    if (product.part_of < 0) {
      names.push_back(FullName(ProductId(i), product));
      continue;
    }
    names.push_back(FullName(ComponentId(i), product));
    relations.push_back(
        {{"category", "default_component_of"},
         {"product_reference", ComponentId(i)},
         {"relates_to_product_reference", ProductId(product.part_of)},
         {"full_product_name", {{"product_id", ProductId(i)}, {"name", product.name}}}});
  }
  Json tree = {{"full_product_names", std::move(names)}};
  if (!relations.empty()) tree["relationships"] = std::move(relations);
  return tree;
}

const char* StatusName(VexStatus status) {
  switch (status) {
    case VexStatus::kAffected:
      return "known_affected";
    case VexStatus::kNotAffected:
      return "known_not_affected";
    case VexStatus::kFixed:
      return "fixed";
    case VexStatus::kUnderInvestigation:
      break;
  }
  return "under_investigation";
}

const char* RemedyName(VexRemedy remedy) {
  switch (remedy) {
    case VexRemedy::kNoFixPlanned:
      return "no_fix_planned";
    case VexRemedy::kMitigation:
      return "mitigation";
    case VexRemedy::kFix:
      return "vendor_fix";
    case VexRemedy::kNone:
      break;
  }
  return "none_available";
}

void AddState(const VexStatement& said, Json& vulnerability) {
  const Json products = Json::array({ProductId(said.product)});
  vulnerability["product_status"][StatusName(said.status)].push_back(ProductId(said.product));
  vulnerability["notes"].push_back({{"category", "other"},
                                    {"title", "State of " + ProductId(said.product)},
                                    {"text", said.notes}});
  if (said.severity) {
    Json score = {{"products", products}, {"cvss_v3", CvssJson(*said.severity)}};
    vulnerability["scores"].push_back(std::move(score));
    vulnerability["notes"].push_back({{"category", "other"},
                                      {"title", "Score of " + ProductId(said.product)},
                                      {"text", "CVSS 3.1 by " + ScoredBy(*said.severity)}});
  }
  if (said.status == VexStatus::kAffected) {
    vulnerability["remediations"].push_back({{"category", RemedyName(said.remedy)},
                                             {"details", said.action},
                                             {"date", said.at},
                                             {"product_ids", products}});
  }
  if (said.status != VexStatus::kNotAffected) return;
  vulnerability["threats"].push_back({{"category", "impact"},
                                      {"details", said.impact},
                                      {"date", said.at},
                                      {"product_ids", products}});
  if (!said.justification.empty()) {
    vulnerability["flags"].push_back(
        {{"label", said.justification}, {"date", said.at}, {"product_ids", products}});
  }
}

// Names that more than one vulnerability bears are no identity of any: test 6.1.23.
std::map<std::string, int> CountCves(const std::vector<std::vector<const VexStatement*>>& groups) {
  std::map<std::string, int> counts;
  for (const auto& group : groups) {
    std::set<std::string> names = {group.front()->id};
    for (const VexStatement* said : group) names.insert(said->aliases.begin(), said->aliases.end());
    for (const std::string& name : names) ++counts[name];
  }
  return counts;
}

Json Vulnerability(const std::vector<const VexStatement*>& group,
                   const std::map<std::string, int>& counts) {
  const VexStatement& first = *group.front();
  Json vulnerability = {
      {"title", first.title},
      {"notes", Json::array({{{"category", "description"}, {"text", first.description}}})}};
  std::set<std::string> names = {first.id};
  for (const VexStatement* said : group) names.insert(said->aliases.begin(), said->aliases.end());
  for (const std::string& name : names) {
    const bool is_cve = IsCveId(name);
    if (is_cve && counts.at(name) == 1 && !vulnerability.contains("cve")) {
      vulnerability["cve"] = name;
    } else {
      vulnerability["ids"].push_back(
          {{"system_name", is_cve ? "CVE" : "vulnerability id"}, {"text", name}});
    }
  }
  for (const VexStatement* said : group) AddState(*said, vulnerability);
  return vulnerability;
}

Json Vulnerabilities(const VexDocument& document) {
  std::vector<std::vector<const VexStatement*>> groups;
  std::map<std::string, size_t> places;
  for (const VexStatement& said : document.statements) {
    const auto [it, is_new] = places.emplace(said.id, groups.size());
    if (is_new) groups.emplace_back();
    groups[it->second].push_back(&said);
  }
  const auto counts = CountCves(groups);
  Json list = Json::array();
  for (const auto& group : groups) list.push_back(Vulnerability(group, counts));
  return list;
}

Json Tracking(const VexDocument& document) {
  Json history = Json::array();
  for (const VexRevision& revision : document.revisions) {
    history.push_back({{"date", revision.at},
                       {"number", std::to_string(history.size() + 1)},
                       {"summary", revision.summary}});
  }
  return {{"id", document.id},
          {"status", "interim"},
          {"version", std::to_string(document.revisions.size())},
          {"initial_release_date", document.revisions.front().at},
          {"current_release_date", document.revisions.back().at},
          {"generator", {{"engine", {{"name", document.tooling}}}}},
          {"revision_history", std::move(history)}};
}

}  // namespace

common::Result<std::string> CsafText(const VexDocument& document) {
  if (document.statements.empty()) {
    return common::Fail(common::ErrorCode::kBadInput,
                        "there is nothing to state: CSAF's VEX profile has no document without a "
                        "vulnerability");
  }
  try {
    Json head = {{"category", "csaf_vex"},
                 {"csaf_version", "2.0"},
                 {"lang", "en"},
                 {"title", document.title},
                 {"publisher",
                  {{"category", "vendor"},
                   {"name", document.author},
                   {"namespace", document.author_namespace}}},
                 {"tracking", Tracking(document)}};
    return common::JsonText({{"document", std::move(head)},
                             {"product_tree", ProductTree(document)},
                             {"vulnerabilities", Vulnerabilities(document)}});
  } catch (const std::exception& error) {
    return common::Fail(common::ErrorCode::kInternal, std::string("writing CSAF: ") + error.what());
  }
}

common::Result<std::string> WriteCsaf(const common::RunRecord& record,
                                      const PackageFacts& package) {
  return CsafText(VexOfRecord(record, package));
}

}  // namespace percuss::reports

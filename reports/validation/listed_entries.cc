// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/listed_entries.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace percuss::reports {
namespace {

const std::vector<std::string> kTopics = {
    "attack_surface",     "vulnerability_chaining", "known_vulnerabilities", "static_analysis",
    "binary_composition", "hard_coded_credentials", "boundary_analysis",     "penetration_test"};
const std::vector<std::string> kPlans = {"cybersecurity_management", "coordinated_disclosure",
                                         "regular_patches",          "out_of_cycle_patches",
                                         "minimum_it_requirements",  "state_of_the_art",
                                         "residual_risk_conclusion"};
const std::vector<std::string> kSources = {"own_testing", "sbom_match", "researcher",
                                           "complaint",   "advisory",   "other"};
const std::vector<std::string> kAnswers = {"yes", "no"};

void ReadMember(EntryReader& reader, const ListMember& member, ListedEntry& entry) {
  if (!reader.Has(member.name)) {
    // Asked for all the same: it is a member that percuss knows here.
    static_cast<void>(reader.Text(member.name));
    return;
  }
  std::string& text = entry.texts[member.name];
  switch (member.shape) {
    case MemberShape::kText:
      text = reader.Text(member.name);
      break;
    case MemberShape::kDate:
      text = reader.Date(member.name);
      break;
    case MemberShape::kTime:
      text = reader.Time(member.name);
      break;
    case MemberShape::kSha256:
      text = reader.Sha256(member.name);
      break;
    case MemberShape::kFile:
      text = reader.File(member.name);
      break;
    case MemberShape::kId:
      text = reader.RequiredLink(member.name).id;
      break;
    case MemberShape::kChoice:
      text = reader.Choice(member.name, member.allowed);
      break;
  }
}

std::vector<ListShape> MakeComplianceLists() {
  using enum MemberShape;
  return {
      {"not_applicable", "not applicable row", {}, {{"rationale"}}},
      {"not_performed_here", "activity that is performed elsewhere", kTopics, {{"reference"}}},
      {"plans", "plan", kPlans, {{"reference"}}},
      {"analyses",
       "analysis",
       {},
       {{"topic", kChoice, kTopics},
        {"tool"},
        {"source"},
        {"source_date", kDate},
        {"date", kDate},
        {"result"},
        {"reference"}}},
      {"sboms", "bill of materials", {}, {{"file", kFile}}},
      {"tool_qualifications",
       "tool qualification",
       {},
       {{"tool"},
        {"sha256", kSha256},
        {"intended_use"},
        {"risk"},
        {"tests"},
        {"issues"},
        {"conclusion"},
        {"by"},
        {"date", kDate}}},
      {"penetration_tests",
       "penetration test",
       {},
       {{"independence", kChoice, Independences()},
        {"expertise"},
        {"scope"},
        {"duration"},
        {"methods"},
        {"results"},
        {"findings"},
        {"observations"},
        {"report", kFile},
        {"report_sha256", kSha256}}},
      {"soup", "SOUP item", {}, {{"title"}, {"manufacturer"}, {"designator"}}},
      {"changes",
       "change",
       {},
       {{"change"}, {"problem"}, {"author"}, {"approved_by"}, {"date", kDate}}},
  };
}

std::vector<ListShape> MakePostmarketLists() {
  using enum MemberShape;
  return {
      {"releases",
       "release",
       {},
       {{"released", kTime},
        {"fielded", kTime},
        {"reviewed", kDate},
        {"residual_evaluation"},
        {"build"},
        {"archive"}}},
      {"complaints",
       "complaint",
       {},
       {{"device"},
        {"udi"},
        {"received", kDate},
        {"complainant"},
        {"nature"},
        {"action"},
        {"reply"}}},
      {"vulnerabilities",
       "vulnerability",
       {},
       {{"text"},
        {"finding", kId},
        {"source", kChoice, kSources},
        {"complaint", kId, {}, "complaints"},
        {"known_exploited", kChoice, kAnswers},
        {"risk_class", kChoice, {"controlled", "uncontrolled"}},
        {"method"},
        {"score_before"},
        {"score_after"},
        {"criterion"},
        {"risk", kId, {}, "risks"},
        {"introduced_in", kId, {}, "releases"},
        {"fixed_in", kId, {}, "releases"},
        {"learned_at", kTime},
        {"notified_at", kTime},
        {"patched_at", kTime},
        {"fielded_at", kTime},
        {"root_cause"},
        {"safety_impact"},
        {"outcome"},
        {"decision", kChoice, Decisions()},
        {"rationale"},
        {"applicability"},
        {"verifiability"},
        {"disclosure"},
        {"issue"}}},
  };
}

}  // namespace

const std::string& ListedEntry::Text(std::string_view member) const {
  static const std::string kNone;
  const auto at = texts.find(member);
  return at == texts.end() ? kNone : at->second;
}

const std::vector<ListedEntry>& EntriesOf(const EntryLists& lists, std::string_view list) {
  static const std::vector<ListedEntry> kNone;
  const auto at = lists.find(list);
  return at == lists.end() ? kNone : at->second;
}

const ListedEntry* FindEntry(const std::vector<ListedEntry>& entries, std::string_view id) {
  const auto at = std::find_if(entries.begin(), entries.end(),
                               [&](const ListedEntry& entry) { return entry.id == id; });
  return at == entries.end() ? nullptr : &*at;
}

const std::vector<std::string>& Decisions() {
  static const std::vector<std::string> kDecisions = {"fixed", "deferred", "accepted",
                                                      "not_a_defect", "third_party"};
  return kDecisions;
}

const std::vector<std::string>& Independences() {
  static const std::vector<std::string> kIndependences = {"developer", "other_team", "third_party"};
  return kIndependences;
}

const std::vector<ListShape>& ComplianceLists() {
  static const std::vector<ListShape> kLists = MakeComplianceLists();
  return kLists;
}

const std::vector<ListShape>& PostmarketLists() {
  static const std::vector<ListShape> kLists = MakePostmarketLists();
  return kLists;
}

Policies ReadPolicies(EntryReader reader) {
  Policies policies;
  const auto amount = [&](const char* name, std::optional<double>& value) {
    if (reader.Has(name)) value = reader.Amount(name);
  };
  amount("retest_interval_days", policies.retest_interval_days);
  amount("minimum_executions", policies.minimum_executions);
  amount("minimum_cpu_hours", policies.minimum_cpu_hours);
  if (reader.Has("retention_until")) policies.retention_until = reader.Date("retention_until");
  if (reader.Has("independence")) {
    policies.independence = reader.Choice("independence", Independences());
  }
  policies.isao_membership = reader.Text("isao_membership");
  reader.RefuseOthers();
  return policies;
}

EntryLists ReadLists(EntryReader& root, const std::vector<ListShape>& shapes) {
  EntryLists lists;
  for (const ListShape& shape : shapes) {
    if (!root.Has(shape.name)) {
      static_cast<void>(root.Text(shape.name));
      continue;
    }
    auto& entries = lists[shape.name];
    for (EntryReader& reader : root.Entries(shape.name, shape.what)) {
      ListedEntry& entry = entries.emplace_back();
      entry.id = reader.Id();
      entry.line = reader.Line();
      const auto& ids = shape.allowed_ids;
      if (!entry.id.empty() && !ids.empty() &&
          std::find(ids.begin(), ids.end(), entry.id) == ids.end()) {
        reader.Mistake(entry.line, fmt::format("the id is not one of: {}", fmt::join(ids, ", ")));
      }
      for (const ListMember& member : shape.members) ReadMember(reader, member, entry);
      reader.RefuseOthers();
    }
  }
  return lists;
}

}  // namespace percuss::reports

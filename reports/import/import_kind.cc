// SPDX-License-Identifier: Apache-2.0
#include "reports/import/import_kind.h"

#include <array>

namespace percuss::reports {
namespace {

constexpr std::array<ImportMember, 4> kInterface = {{{"description", false, false},
                                                     {"protocol", false, false},
                                                     {"scope", false, false},
                                                     {"rationale", false, true}}};
constexpr std::array<ImportMember, 4> kRequirement = {{{"text", false, false},
                                                       {"category", false, false},
                                                       {"interfaces", true, false},
                                                       {"verified_elsewhere", false, true}}};
constexpr std::array<ImportMember, 4> kControl = {{{"text", false, false},
                                                   {"requirements", true, false},
                                                   {"implementation", false, true},
                                                   {"effectiveness", false, true}}};
constexpr std::array<ImportMember, 5> kThreat = {{{"stride", false, false},
                                                  {"asset", false, false},
                                                  {"interface", false, false},
                                                  {"text", false, false},
                                                  {"controls", true, false}}};
constexpr std::array<ImportMember, 11> kSafety = {{{"hazard", false, false},
                                                   {"sequence_of_events", false, false},
                                                   {"hazardous_situation", false, false},
                                                   {"harm", false, false},
                                                   {"severity", false, false},
                                                   {"probability", false, false},
                                                   {"controls", true, false},
                                                   {"residual.severity", false, false},
                                                   {"residual.probability", false, false},
                                                   {"residual.acceptable", false, false},
                                                   {"residual.rationale", false, false}}};
constexpr std::array<ImportMember, 11> kSecurity = {{{"impact", false, false},
                                                     {"method", false, false},
                                                     {"threats", true, false},
                                                     {"severity", false, false},
                                                     {"exploitability", false, false},
                                                     {"controls", true, false},
                                                     {"leads_to", true, false},
                                                     {"residual.severity", false, false},
                                                     {"residual.exploitability", false, false},
                                                     {"residual.acceptable", false, false},
                                                     {"residual.rationale", false, false}}};

constexpr std::array<ImportKind, 6> kKinds = {{
    {"interfaces", "interfaces", "interfaces", "interface", kInterface},
    {"requirements", "requirements", "requirements", "requirement", kRequirement},
    {"controls", "requirements", "controls", "control", kControl},
    {"threats", "threats", "threats", "threat", kThreat},
    {"safety-risks", "risks", "safety", "safety risk", kSafety},
    {"security-risks", "risks", "security", "security risk", kSecurity},
}};

}  // namespace

std::span<const ImportKind> ImportKinds() { return kKinds; }

const ImportKind* FindImportKind(std::string_view name) {
  for (const ImportKind& kind : kKinds) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

const ImportMember* FindMember(const ImportKind& kind, std::string_view name) {
  for (const ImportMember& member : kind.members) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

const char* TextMember(const ImportKind& kind) {
  for (const char* name : {"hazardous_situation", "impact", "description"}) {
    if (FindMember(kind, name) != nullptr) return name;
  }
  return "text";
}

std::string MemberNames(const ImportKind& kind) {
  std::string names = "id";
  for (const ImportMember& member : kind.members) names += std::string(", ") + member.name;
  return names;
}

}  // namespace percuss::reports

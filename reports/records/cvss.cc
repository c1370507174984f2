// SPDX-License-Identifier: Apache-2.0
#include "reports/records/cvss.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace percuss::reports {
namespace {

using common::ErrorCode;
using common::Fail;
using common::Result;
using enum CvssGroup;

constexpr std::string_view kPrefix = "CVSS:3.1";

const std::vector<CvssValue>& AttackVectors() {
  static const std::vector<CvssValue> kValues = {
      {'N', "network"}, {'A', "adjacent network"}, {'L', "local"}, {'P', "physical"}};
  return kValues;
}
const std::vector<CvssValue>& Complexities() {
  static const std::vector<CvssValue> kValues = {{'L', "low"}, {'H', "high"}};
  return kValues;
}
const std::vector<CvssValue>& Privileges() {
  static const std::vector<CvssValue> kValues = {{'N', "none"}, {'L', "low"}, {'H', "high"}};
  return kValues;
}
const std::vector<CvssValue>& Interactions() {
  static const std::vector<CvssValue> kValues = {{'N', "none"}, {'R', "required"}};
  return kValues;
}
const std::vector<CvssValue>& Scopes() {
  static const std::vector<CvssValue> kValues = {{'C', "changed"}, {'U', "unchanged"}};
  return kValues;
}
const std::vector<CvssValue>& Impacts() {
  static const std::vector<CvssValue> kValues = {{'H', "high"}, {'L', "low"}, {'N', "none"}};
  return kValues;
}
const std::vector<CvssValue>& Requirements() {
  static const std::vector<CvssValue> kValues = {{'H', "high"}, {'M', "medium"}, {'L', "low"}};
  return kValues;
}

struct Weight {
  std::string_view metrics;  // those that share it, each between spaces
  char letter;
  double weight;
};

// Section 7.4. PR stands apart, as it hangs on the scope; the scope itself weighs nothing.
constexpr Weight kWeights[] = {{" AV MAV ", 'N', 0.85},
                               {" AV MAV ", 'A', 0.62},
                               {" AV MAV ", 'L', 0.55},
                               {" AV MAV ", 'P', 0.2},
                               {" AC MAC ", 'L', 0.77},
                               {" AC MAC ", 'H', 0.44},
                               {" UI MUI ", 'N', 0.85},
                               {" UI MUI ", 'R', 0.62},
                               {" C I A MC MI MA ", 'H', 0.56},
                               {" C I A MC MI MA ", 'L', 0.22},
                               {" C I A MC MI MA ", 'N', 0},
                               {" E ", 'H', 1},
                               {" E ", 'F', 0.97},
                               {" E ", 'P', 0.94},
                               {" E ", 'U', 0.91},
                               {" RL ", 'U', 1},
                               {" RL ", 'W', 0.97},
                               {" RL ", 'T', 0.96},
                               {" RL ", 'O', 0.95},
                               {" RC ", 'C', 1},
                               {" RC ", 'R', 0.96},
                               {" RC ", 'U', 0.92},
                               {" CR IR AR ", 'H', 1.5},
                               {" CR IR AR ", 'M', 1},
                               {" CR IR AR ", 'L', 0.5}};

double WeightOf(std::string_view metric, char letter) {
  const std::string name = fmt::format(" {} ", metric);
  for (const Weight& row : kWeights) {
    if (row.letter == letter && row.metrics.find(name) != std::string_view::npos) {
      return row.weight;
    }
  }
  return 1;  // not defined
}

double PrivilegeWeight(char letter, bool changed) {
  if (letter == 'N') return 0.85;
  if (letter == 'L') return changed ? 0.68 : 0.62;
  return changed ? 0.5 : 0.27;
}

// Appendix A, in tenths.
int Roundup(double score) {
  const auto units = static_cast<int64_t>(std::llround(score * 100'000));
  return static_cast<int>(units % 10'000 == 0 ? units / 10'000 : units / 10'000 + 1);
}

// Of a set of values that is complete.
class Scoring {
 public:
  explicit Scoring(const CvssValues& values) : values_(values) {}

  [[nodiscard]] int Base() const {
    const double iss = 1 - (1 - Of("C")) * (1 - Of("I")) * (1 - Of("A"));
    const bool changed = Letter("S") == 'C';
    const double impact =
        changed ? 7.52 * (iss - 0.029) - 3.25 * std::pow(iss - 0.02, 15) : 6.42 * iss;
    return Whole(impact, Exploitability(""), changed);
  }
  [[nodiscard]] double Temporal() const { return Of("E") * Of("RL") * Of("RC"); }
  [[nodiscard]] int Environmental() const {
    const auto kept = [this](const char* impact, const char* requirement) {
      return 1 - Of(requirement) * Modified(impact);
    };
    const double miss = std::min(1 - kept("C", "CR") * kept("I", "IR") * kept("A", "AR"), 0.915);
    const bool changed = ModifiedLetter("S") == 'C';
    const double impact =
        changed ? 7.52 * (miss - 0.029) - 3.25 * std::pow(miss * 0.9731 - 0.02, 13) : 6.42 * miss;
    return Roundup(Whole(impact, Exploitability("M"), changed) / 10.0 * Temporal());
  }

 private:
  [[nodiscard]] char Letter(std::string_view metric) const {
    const auto at = values_.find(metric);
    return at == values_.end() || at->second.empty() ? 'X' : at->second.front();
  }
  [[nodiscard]] double Of(std::string_view metric) const {
    return WeightOf(metric, Letter(metric));
  }
  [[nodiscard]] char ModifiedLetter(const std::string& metric) const {
    const char letter = Letter("M" + metric);
    return letter == 'X' ? Letter(metric) : letter;
  }
  [[nodiscard]] double Modified(const std::string& metric) const {
    return WeightOf(metric, ModifiedLetter(metric));
  }
  [[nodiscard]] double Exploitability(std::string_view modified) const {
    const auto letter = [&](const std::string& metric) {
      return modified.empty() ? Letter(metric) : ModifiedLetter(metric);
    };
    return 8.22 * WeightOf("AV", letter("AV")) * WeightOf("AC", letter("AC")) *
           PrivilegeWeight(letter("PR"), letter("S") == 'C') * WeightOf("UI", letter("UI"));
  }
  static int Whole(double impact, double exploitability, bool changed) {
    if (impact <= 0) return 0;
    return Roundup(std::min((changed ? 1.08 : 1) * (impact + exploitability), 10.0));
  }

  const CvssValues& values_;
};

bool HasGroup(const CvssValues& values, CvssGroup group) {
  return std::any_of(values.begin(), values.end(), [group](const auto& value) {
    const CvssMetric* metric = FindCvssMetric(value.first);
    return metric != nullptr && metric->group == group;
  });
}

}  // namespace

const CvssValue* CvssMetric::Find(std::string_view letter) const {
  if (letter.size() != 1) return nullptr;
  for (const CvssValue& value : values) {
    if (value.letter == letter.front()) return &value;
  }
  return nullptr;
}

const std::vector<CvssMetric>& CvssMetrics() {
  static const std::vector<CvssMetric> kMetrics = {
      {"AV", kBase, "attack vector", "attackVector", AttackVectors()},
      {"AC", kBase, "attack complexity", "attackComplexity", Complexities()},
      {"PR", kBase, "privileges required", "privilegesRequired", Privileges()},
      {"UI", kBase, "user interaction", "userInteraction", Interactions()},
      {"S", kBase, "scope", "scope", Scopes()},
      {"C", kBase, "confidentiality", "confidentialityImpact", Impacts()},
      {"I", kBase, "integrity", "integrityImpact", Impacts()},
      {"A", kBase, "availability", "availabilityImpact", Impacts()},
      {"E",
       kTemporal,
       "exploit code maturity",
       "exploitCodeMaturity",
       {{'H', "high"}, {'F', "functional"}, {'P', "proof of concept"}, {'U', "unproven"}}},
      {"RL",
       kTemporal,
       "remediation level",
       "remediationLevel",
       {{'U', "unavailable"}, {'W', "workaround"}, {'T', "temporary fix"}, {'O', "official fix"}}},
      {"RC",
       kTemporal,
       "report confidence",
       "reportConfidence",
       {{'C', "confirmed"}, {'R', "reasonable"}, {'U', "unknown"}}},
      {"CR", kEnvironmental, "confidentiality requirement", "confidentialityRequirement",
       Requirements()},
      {"IR", kEnvironmental, "integrity requirement", "integrityRequirement", Requirements()},
      {"AR", kEnvironmental, "availability requirement", "availabilityRequirement", Requirements()},
      {"MAV", kEnvironmental, "modified attack vector", "modifiedAttackVector", AttackVectors()},
      {"MAC", kEnvironmental, "modified attack complexity", "modifiedAttackComplexity",
       Complexities()},
      {"MPR", kEnvironmental, "modified privileges required", "modifiedPrivilegesRequired",
       Privileges()},
      {"MUI", kEnvironmental, "modified user interaction", "modifiedUserInteraction",
       Interactions()},
      {"MS", kEnvironmental, "modified scope", "modifiedScope", Scopes()},
      {"MC", kEnvironmental, "modified confidentiality", "modifiedConfidentialityImpact",
       Impacts()},
      {"MI", kEnvironmental, "modified integrity", "modifiedIntegrityImpact", Impacts()},
      {"MA", kEnvironmental, "modified availability", "modifiedAvailabilityImpact", Impacts()}};
  return kMetrics;
}

const CvssMetric* FindCvssMetric(std::string_view name) {
  for (const CvssMetric& metric : CvssMetrics()) {
    if (metric.name == name) return &metric;
  }
  return nullptr;
}

std::vector<std::string> OpenBaseMetrics(const CvssValues& values) {
  std::vector<std::string> open;
  for (const CvssMetric& metric : CvssMetrics()) {
    if (metric.group == kBase && !values.contains(metric.name)) open.emplace_back(metric.name);
  }
  return open;
}

Result<std::string> CvssVector(const CvssValues& values) {
  for (const auto& [name, value] : values) {
    const CvssMetric* metric = FindCvssMetric(name);
    if (metric == nullptr) {
      return Fail(ErrorCode::kBadInput, "CVSS 3.1 has no metric \"" + name + "\"");
    }
    if (metric->Find(value) == nullptr) {
      return Fail(ErrorCode::kBadInput, fmt::format("\"{}\" is no value of {}", value, name));
    }
  }
  const std::vector<std::string> open = OpenBaseMetrics(values);
  if (!open.empty()) {
    return Fail(ErrorCode::kBadInput,
                fmt::format("no vector and no score: {} not answered", fmt::join(open, ", ")));
  }
  std::string vector(kPrefix);
  for (const CvssMetric& metric : CvssMetrics()) {
    const auto at = values.find(metric.name);
    if (at != values.end()) vector += fmt::format("/{}:{}", metric.name, at->second);
  }
  return vector;
}

Result<CvssValues> ParseCvssVector(std::string_view vector) {
  const auto refused = [] {
    return Fail(ErrorCode::kBadInput, "is no CVSS 3.1 vector as percuss writes it");
  };
  if (!vector.starts_with(kPrefix)) return refused();
  CvssValues values;
  for (std::string_view rest = vector.substr(kPrefix.size()); !rest.empty();) {
    const size_t end = std::min(rest.find('/', 1), rest.size());
    const std::string_view part = rest.substr(0, end);
    const size_t colon = part.find(':');
    if (part.front() != '/' || colon == std::string_view::npos) return refused();
    values[std::string(part.substr(1, colon - 1))] = std::string(part.substr(colon + 1));
    rest.remove_prefix(end);
  }
  const auto again = CvssVector(values);
  if (!again || *again != vector) return refused();
  return values;
}

Result<CvssScores> ScoreCvss(const CvssValues& values) {
  if (const auto whole = CvssVector(values); !whole) return tl::make_unexpected(whole.error());
  const Scoring scoring(values);
  CvssScores scores;
  scores.base = scoring.Base();
  if (HasGroup(values, kTemporal))
    scores.temporal = Roundup(scores.base / 10.0 * scoring.Temporal());
  if (HasGroup(values, kEnvironmental)) scores.environmental = scoring.Environmental();
  return scores;
}

std::string CvssScoreText(int tenths) { return fmt::format("{}.{}", tenths / 10, tenths % 10); }

const char* CvssSeverity(int tenths) {
  if (tenths == 0) return "NONE";
  if (tenths < 40) return "LOW";
  if (tenths < 70) return "MEDIUM";
  return tenths < 90 ? "HIGH" : "CRITICAL";
}

}  // namespace percuss::reports

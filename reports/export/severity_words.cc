// SPDX-License-Identifier: Apache-2.0
#include "reports/export/severity_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "reports/export/text.h"

namespace percuss::reports {
namespace {

using common::Json;

// "adjacent network" as the schema has it.
std::string Constant(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return c == ' ' ? '_' : static_cast<char>(std::toupper(c));
  });
  return text;
}

void AddScore(const std::string& name, int tenths, Json& json) {
  json[name + "Score"] = tenths / 10.0;
  json[name + "Severity"] = CvssSeverity(tenths);
}

void Tell(const char* section, size_t done, common::RunRecord& record) {
  const size_t all = record.findings.size();
  if (done == 0) return;
  if (done == all) {
    std::erase_if(record.absent, [&](const auto& absent) { return absent.section == section; });
    return;
  }
  for (common::AbsentSection& absent : record.absent) {
    if (absent.section != section) continue;
    absent.reason = fmt::format(
        "{} of {} findings, in signed records beside the package; the "
        "others: {}",
        done, all, kNotScored);
  }
}

}  // namespace

const SignedSeverity* SeverityOf(const PackageFacts& package, const std::string& finding) {
  const auto at = package.severities.find(finding);
  return at == package.severities.end() ? nullptr : &at->second;
}

std::string ScoredBy(const SignedSeverity& severity) {
  constexpr size_t kMost = 300;
  return ClippedText(severity.name, kMost) + ", " + ClippedText(severity.role, kMost);
}

Json CvssJson(const SignedSeverity& severity) {
  Json json = {{"version", "3.1"}, {"vectorString", severity.vector}};
  for (const auto& [name, value] : CvssValuesOf(severity.said)) {
    const CvssMetric* metric = FindCvssMetric(name);
    const CvssValue* meant = metric == nullptr ? nullptr : metric->Find(value);
    if (meant != nullptr) json[metric->json_name] = Constant(meant->name);
  }
  AddScore("base", severity.scores.base, json);
  if (severity.scores.temporal) AddScore("temporal", *severity.scores.temporal, json);
  if (severity.scores.environmental) {
    AddScore("environmental", *severity.scores.environmental, json);
  }
  return json;
}

void TellScored(const PackageFacts& package, common::RunRecord& record) {
  size_t scored = 0;
  size_t asked = 0;
  for (const common::Finding& finding : record.findings) {
    const SignedSeverity* severity = SeverityOf(package, finding.id);
    if (severity == nullptr) continue;
    ++scored;
    if (OpenRubricQuestions(severity->said).empty()) ++asked;
  }
  Tell("findings.cvss", scored, record);
  Tell("findings.mitre_rubric", asked, record);
}

std::string CweListVersionOf(const common::RunRecord& record) {
  std::set<std::string> versions;
  for (const common::Finding& finding : record.findings) {
    const bool stated = !CweNumber(finding.cwe).empty() && !finding.cwe_list_version.empty();
    if (stated) versions.insert(finding.cwe_list_version);
  }
  return versions.size() == 1 ? ClippedText(*versions.begin(), 100) : "";
}

}  // namespace percuss::reports

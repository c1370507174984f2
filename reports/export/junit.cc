// SPDX-License-Identifier: Apache-2.0
#include "reports/export/junit.h"

#include <fmt/format.h>

#include <cstddef>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "common/words.h"
#include "reports/export/severity_words.h"
#include "reports/export/text.h"

namespace percuss::reports {
namespace {

constexpr size_t kAttributeBytes = 500;
constexpr size_t kBodyBytes = 20'000;

struct Case {
  std::string name;
  std::string outcome;  // element's name: failure, error, skipped; empty when it passed
  std::string type;
  std::string message;
  std::string body;
};

struct Suite {
  std::string name;
  int64_t wall_s = 0;
  std::vector<Case> cases;
};

std::string Attribute(std::string_view value) {
  return EscapeMarkup(ClippedText(value, kAttributeBytes));
}

std::string Joined(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) joined += (joined.empty() ? "" : "; ") + text;
  return joined;
}

Case VerdictCase(std::string name, common::Verdict verdict, const std::vector<std::string>& why) {
  Case out;
  out.name = std::move(name);
  out.type = common::VerdictName(verdict);
  out.message = Joined(why);
  if (verdict == common::Verdict::kPass) return out;
  out.outcome = verdict == common::Verdict::kFail ? "failure" : "error";
  if (out.message.empty()) out.message = "verdict " + out.type + ", no reason recorded";
  return out;
}

std::string FindingBody(const common::Finding& finding, const PackageFacts& package) {
  std::string body = finding.summary + "\n";
  body += fmt::format("reproduced: {}{}\n", ReproductionText(finding.reproduction),
                      finding.flaky ? ", flaky" : "");
  const SignedSeverity* severity = SeverityOf(package, finding.id);
  body += severity == nullptr ? fmt::format("CVSS 3.1: {}\n", kNotScored)
                              : fmt::format("CVSS 3.1: {}, {}, by {}\n", SeverityText(*severity),
                                            severity->vector, ScoredBy(*severity));
  if (!finding.known_defect.empty()) body += "known defect: " + finding.known_defect + "\n";
  body += fmt::format("strict key: {}\nloose key: {}\n", finding.strict_key, finding.loose_key);
  for (size_t i = 0; i < finding.stack.size(); ++i) {
    const common::StackFrame& frame = finding.stack[i];
    body += fmt::format("#{} {} {}:{}\n", i, frame.function, frame.file, frame.line);
  }
  const std::string name = package.file_name.empty() ? "PACKAGE" : package.file_name;
  return body + fmt::format("replay: percuss repro {} --finding {}\n", name, finding.id);
}

Case FindingCase(const common::Finding& finding, const PackageFacts& package) {
  Case out;
  out.name = finding.id;
  out.outcome = "failure";
  out.type = finding.bug_class.empty() ? finding.kind : finding.bug_class;
  out.message =
      fmt::format("{} ({}) in {}", out.type, finding.cwe, PlaceText(finding, package.source_root));
  out.body = FindingBody(finding, package);
  return out;
}

Suite TargetSuite(const common::TargetRun& target, const common::RunRecord& record,
                  const PackageFacts& package) {
  Suite suite{target.id, target.actual_wall_s, {}};
  for (const common::Finding& finding : record.findings) {
    if (finding.target == target.id) suite.cases.push_back(FindingCase(finding, package));
  }
  Case survives = VerdictCase("survives", target.verdict, target.reasons);
  if (survives.outcome.empty() && !suite.cases.empty()) {
    survives.outcome = "failure";
    survives.message = common::Counted(static_cast<int64_t>(suite.cases.size()), "finding");
  }
  suite.cases.insert(suite.cases.begin(), std::move(survives));
  return suite;
}

Case CriterionCase(const common::AcceptanceCriterion& criterion) {
  Case out;
  out.name = "criterion " + criterion.id;
  out.type = criterion.verdict;
  out.message = criterion.text + " Value: " + criterion.value;
  if (criterion.verdict == "met") return out;
  const bool skipped = criterion.verdict == "does_not_count";
  out.outcome = skipped ? "skipped" : criterion.verdict == "not_met" ? "failure" : "error";
  return out;
}

Case SelfCheckCaseOf(const common::SelfCheckCase& check) {
  Case out;
  out.name = "self-check " + check.planted;
  if (!check.engine.empty()) out.name += ", " + check.engine;
  if (check.passed) return out;
  out.outcome = "error";
  out.type = "self_check";
  out.message = fmt::format("planted {}, expected {}, observed {}", check.planted, check.expected,
                            check.observed.empty() ? "nothing" : check.observed);
  return out;
}

bool HasTarget(const common::RunRecord& record, const std::string& id) {
  for (const common::TargetRun& target : record.targets) {
    if (target.id == id) return true;
  }
  return false;
}

Suite CampaignSuite(const common::RunRecord& record, const PackageFacts& package) {
  Suite suite{"campaign", record.campaign.actual_wall_s, {}};
  suite.cases.push_back(VerdictCase("verdict", record.verdict, record.reasons));
  if (record.targets.empty()) {
    suite.cases.push_back({"targets", "error", "no_target", "the record names no target", ""});
  }
  for (const common::AcceptanceCriterion& criterion : record.acceptance) {
    suite.cases.push_back(CriterionCase(criterion));
  }
  for (const common::SelfCheckCase& check : record.self_check) {
    suite.cases.push_back(SelfCheckCaseOf(check));
  }
  for (const common::Finding& finding : record.findings) {
    if (!HasTarget(record, finding.target)) suite.cases.push_back(FindingCase(finding, package));
  }
  return suite;
}

size_t CountOutcomes(const Suite& suite, std::string_view outcome) {
  size_t count = 0;
  for (const Case& test : suite.cases) count += test.outcome == outcome ? 1U : 0U;
  return count;
}

// Readers tell cases apart by class and name alone. Names are cut here, so that the number which
// tells two of them apart is not.
void MakeNamesUnique(std::vector<Suite>& suites) {
  std::set<std::string> taken;
  std::map<std::string, int> numbers;
  for (Suite& suite : suites) {
    const std::string prefix = ClippedText(suite.name, kAttributeBytes) + "\n";
    for (Case& test : suite.cases) {
      const std::string name = ClippedText(test.name, kAttributeBytes);
      test.name = name;
      int& number = numbers.try_emplace(prefix + name, 1).first->second;
      while (!taken.insert(prefix + test.name).second) {
        test.name = fmt::format("{} ({})", name, ++number);
      }
    }
  }
}

std::string CaseXml(const Case& test, const std::string& suite) {
  std::string xml = fmt::format("    <testcase classname=\"percuss.{}\" name=\"{}\" time=\"0\"",
                                Attribute(suite), EscapeMarkup(test.name));
  if (test.outcome.empty()) return xml + "/>\n";
  xml += fmt::format(">\n      <{} message=\"{}\"", test.outcome, Attribute(test.message));
  if (test.outcome != "skipped") xml += fmt::format(" type=\"{}\"", Attribute(test.type));
  return xml + fmt::format(">{}</{}>\n    </testcase>\n",
                           EscapeMarkup(ClippedText(test.body, kBodyBytes)), test.outcome);
}

std::string SuiteXml(const Suite& suite, const std::string& timestamp) {
  std::string xml = fmt::format(
      "  <testsuite name=\"percuss.{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" "
      "skipped=\"{}\" time=\"{}\" timestamp=\"{}\">\n",
      Attribute(suite.name), suite.cases.size(), CountOutcomes(suite, "failure"),
      CountOutcomes(suite, "error"), CountOutcomes(suite, "skipped"), suite.wall_s, timestamp);
  for (const Case& test : suite.cases) xml += CaseXml(test, suite.name);
  return xml + "  </testsuite>\n";
}

}  // namespace

common::Result<std::string> WriteJunit(const common::RunRecord& record,
                                       const PackageFacts& package) {
  std::vector<Suite> suites = {CampaignSuite(record, package)};
  for (const common::TargetRun& target : record.targets) {
    suites.push_back(TargetSuite(target, record, package));
  }
  MakeNamesUnique(suites);
  size_t tests = 0;
  size_t failures = 0;
  size_t errors = 0;
  // Readers of the format expect a time without zone and without fraction.
  const std::string timestamp = Attribute(record.campaign.started_at.substr(0, 19));
  std::string body;
  for (const Suite& suite : suites) {
    tests += suite.cases.size();
    failures += CountOutcomes(suite, "failure");
    errors += CountOutcomes(suite, "error");
    body += SuiteXml(suite, timestamp);
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"percuss {}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{}\">\n"
      "{}</testsuites>\n",
      Attribute(record.campaign.name), tests, failures, errors, record.campaign.actual_wall_s,
      body);
}

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
#include "reports/export/sarif.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <map>
#include <set>
#include <vector>

#include "common/clock.h"
#include "common/json_file.h"
#include "reports/export/identifiers.h"
#include "reports/export/severity_words.h"
#include "reports/export/text.h"

namespace percuss::reports {
namespace {

using common::Json;

constexpr size_t kTextBytes = 2'000;
constexpr const char* kNotJudgedRule = "not-judged";

std::string Text(std::string_view text) { return ClippedText(text, kTextBytes); }

Json Message(std::string_view text) {
  const std::string visible = Text(text);
  return {{"text", visible.empty() ? "(no text recorded)" : visible}};
}

// SARIF 2.1.0, 3.4.4: relative to a base of originalUriBaseIds wherever the file is below it, so
// that the log means the same on another machine. Absolute is only what lies elsewhere.
Json SourceLocation(const std::string& path, const std::string& source_root) {
  const std::string normal = std::filesystem::path(path).lexically_normal().generic_string();
  const std::string relative = RelativePath(normal, source_root);
  if (!relative.empty() && relative.front() == '/') return {{"uri", "file://" + UriPath(relative)}};
  return {{"uri", UriPath(relative)}, {"uriBaseId", "SRCROOT"}};
}

// Nobody knows what a relative path of somebody else's build is relative to.
Json FrameFile(const common::StackFrame& frame, const std::string& source_root) {
  Json location = SourceLocation(frame.file.empty() ? frame.module : frame.file, source_root);
  const bool absolute = (frame.file.empty() ? frame.module : frame.file).front() == '/';
  if (!absolute && (frame.file.empty() || !frame.user_code)) location.erase("uriBaseId");
  return location;
}

Json PackagedFile(const std::string& path) {
  return {{"uri", UriPath(path)}, {"uriBaseId", "PACKAGE"}};
}

std::string RuleId(const common::Finding& finding) {
  const std::string& name = finding.bug_class.empty() ? finding.kind : finding.bug_class;
  return name.empty() ? "unclassified" : Text(name);
}

Json TaxonReference(const std::string& number) {
  return {{"id", number}, {"toolComponent", {{"name", "CWE"}}}};
}

Json FrameLocation(const common::StackFrame& frame, const std::string& source_root) {
  Json location = {{"message", Message(frame.function.empty() ? frame.module : frame.function)}};
  if (!frame.function.empty()) {
    location["logicalLocations"] =
        Json::array({{{"fullyQualifiedName", Text(frame.function)}, {"kind", "function"}}});
  }
  if (!frame.file.empty()) {
    Json& physical = location["physicalLocation"];
    physical["artifactLocation"] = FrameFile(frame, source_root);
    if (frame.line > 0) physical["region"]["startLine"] = frame.line;
    if (frame.line > 0 && frame.column > 0) physical["region"]["startColumn"] = frame.column;
  } else if (!frame.module.empty()) {
    Json& physical = location["physicalLocation"];
    physical["artifactLocation"] = FrameFile(frame, source_root);
    if (frame.offset <= 0x7FFFFFFF) physical["address"]["relativeAddress"] = frame.offset;
  }
  return location;
}

// The place that a reader is led to: the user's own code, never the runtime. Without symbols it is
// the module, and without even that the input in the package, so that the result is not dropped for
// having no file.
Json ResultLocation(const common::Finding& finding, const std::string& source_root) {
  common::StackFrame place;
  place.function = finding.function;
  place.file = finding.file;
  place.line = finding.line;
  const auto user = std::find_if(finding.stack.begin(), finding.stack.end(),
                                 [](const common::StackFrame& f) { return f.user_code; });
  if (user != finding.stack.end()) {
    if (finding.file.empty() && finding.function.empty()) place = *user;
    place.module = user->module;
    place.offset = user->offset;
    if (place.file == user->file && place.line == user->line) place.column = user->column;
  }
  Json location = FrameLocation(place, source_root);
  location.erase("message");
  if (!location.contains("physicalLocation")) {
    location["physicalLocation"]["artifactLocation"] =
        PackagedFile("findings/" + finding.id + "/input");
  }
  return location;
}

Json Stack(const common::Finding& finding, const std::string& source_root) {
  Json frames = Json::array();
  for (const common::StackFrame& frame : finding.stack) {
    Json entry = {{"location", FrameLocation(frame, source_root)}};
    if (!frame.module.empty()) entry["module"] = Text(frame.module);
    frames.push_back(std::move(entry));
  }
  return {{"message", Message("Call stack when it was detected, innermost frame first")},
          {"frames", std::move(frames)}};
}

// The same frames from the entry point inwards: viewers that ignore `stacks` step through a code
// flow.
Json CodeFlow(const common::Finding& finding, const std::string& source_root) {
  Json steps = Json::array();
  for (auto frame = finding.stack.rbegin(); frame != finding.stack.rend(); ++frame) {
    if (!frame->user_code) continue;
    steps.push_back({{"location", FrameLocation(*frame, source_root)}});
  }
  if (steps.empty()) return {};
  return {{"threadFlows", Json::array({{{"locations", std::move(steps)}}})}};
}

Json Properties(const common::Finding& finding, const PackageFacts& package) {
  Json properties = {{"findingId", Text(finding.id)},
                     {"target", Text(finding.target)},
                     {"kind", Text(finding.kind)},
                     {"cwe", Text(finding.cwe)},
                     {"cluster", Text(finding.cluster)},
                     {"reproduced", finding.reproduction.reproduced},
                     {"reruns", finding.reproduction.reruns},
                     {"flaky", finding.flaky},
                     {"confidence", Text(finding.confidence)}};
  if (!finding.property_id.empty()) properties["propertyId"] = Text(finding.property_id);
  if (!finding.stride.empty()) properties["stride"] = Text(finding.stride);
  if (!finding.threat.empty()) properties["threat"] = Text(finding.threat);
  if (!finding.known_defect.empty()) properties["knownDefect"] = Text(finding.known_defect);
  if (!finding.firmware.judged.empty()) {
    properties["judged"] = Text(finding.firmware.judged);
    properties["judgedBecause"] = Json::array();
    for (const std::string& reason : finding.firmware.reasons) {
      properties["judgedBecause"].push_back(Text(reason));
    }
  }
  if (!finding.firmware.confirmation.verdict.empty()) {
    properties["confirmation"] = Text(finding.firmware.confirmation.verdict);
    properties["confirmationReason"] = Text(finding.firmware.confirmation.reason);
  }
  if (!finding.cwe_list_version.empty()) {
    properties["cweListVersion"] = Text(finding.cwe_list_version);
    properties["cweTableSha256"] = Text(finding.cwe_table_sha256);
  }
  if (const SignedSeverity* severity = SeverityOf(package, finding.id)) {
    properties["security-severity"] = CvssScoreText(severity->scores.base);
    properties["cvss"] = CvssJson(*severity);
    properties["cvssBy"] = ScoredBy(*severity);
  }
  if (finding.disclosure.needed) {
    properties["coordinatedDisclosure"] = {
        {"contact", Text(finding.disclosure.contact)},
        {"date", Text(finding.disclosure.date)},
        {"embargoUntil", Text(finding.disclosure.embargo_until)}};
  }
  return properties;
}

Json FindingResult(const common::Finding& finding, int64_t rule_index,
                   const PackageFacts& package) {
  const std::string what = finding.summary.empty() ? RuleId(finding) : finding.summary;
  const bool lesser = finding.kind == "slow" || finding.kind == "leak";
  Json result = {
      {"ruleId", RuleId(finding)},
      {"ruleIndex", rule_index},
      {"kind", "fail"},
      {"level", lesser ? "warning" : "error"},
      {"message", Message(fmt::format("{}: {}, in {}. Reproduced {}.", Text(finding.id), Text(what),
                                      Text(PlaceText(finding, package.source_root)),
                                      ReproductionText(finding.reproduction)))},
      {"locations", Json::array({ResultLocation(finding, package.source_root)})},
      {"partialFingerprints",
       {{"percussStrictKey/v1", Text(finding.strict_key)},
        {"percussLooseKey/v1", Text(finding.loose_key)}}},
      {"occurrenceCount", std::max<int64_t>(1, finding.occurrences)},
      {"properties", Properties(finding, package)},
      {"attachments",
       Json::array({{{"description", Message("the input that was seen to fail")},
                     {"artifactLocation", PackagedFile("findings/" + finding.id + "/input")}}})}};
  if (!finding.stack.empty()) {
    result["stacks"] = Json::array({Stack(finding, package.source_root)});
    Json flow = CodeFlow(finding, package.source_root);
    if (!flow.is_null()) result["codeFlows"] = Json::array({std::move(flow)});
  }
  if (const std::string number = CweNumber(finding.cwe); !number.empty()) {
    result["taxa"] = Json::array({TaxonReference(number)});
  }
  return result;
}

struct Rules {
  Json list = Json::array();
  std::map<std::string, int64_t> index;
};

// The highest score of the rule's findings, where each has one: viewers show a rule's for all of
// its results.
std::string RuleSeverity(const std::vector<const common::Finding*>& findings,
                         const std::string& rule, const PackageFacts& package) {
  int highest = 0;
  for (const common::Finding* finding : findings) {
    if (RuleId(*finding) != rule) continue;
    const SignedSeverity* severity = SeverityOf(package, finding->id);
    if (severity == nullptr) return "";
    highest = std::max(highest, severity->scores.base);
  }
  return CvssScoreText(highest);
}

Rules CollectRules(const std::vector<const common::Finding*>& findings,
                   const PackageFacts& package) {
  Rules rules;
  for (const common::Finding* finding : findings) {
    const std::string id = RuleId(*finding);
    if (!rules.index.emplace(id, static_cast<int64_t>(rules.list.size())).second) continue;
    Json rule = {{"id", id},
                 {"shortDescription", Message(id)},
                 {"defaultConfiguration", {{"level", "error"}}},
                 {"properties", {{"tags", Json::array({"security", "fuzzing"})}}}};
    if (!package.severities.empty()) {
      const std::string highest = RuleSeverity(findings, id, package);
      if (!highest.empty()) rule["properties"]["security-severity"] = highest;
    }
    if (const std::string number = CweNumber(finding->cwe); !number.empty()) {
      rule["helpUri"] = "https://cwe.mitre.org/data/definitions/" + number + ".html";
      rule["relationships"] =
          Json::array({{{"target", TaxonReference(number)}, {"kinds", Json::array({"superset"})}}});
    }
    rules.list.push_back(std::move(rule));
  }
  rules.index.emplace(kNotJudgedRule, static_cast<int64_t>(rules.list.size()));
  rules.list.push_back(
      {{"id", kNotJudgedRule},
       {"shortDescription", Message("Every target of the campaign is judged")},
       {"fullDescription", Message("percuss could not say whether the target passes or fails; "
                                   "the absence of findings means nothing here")},
       {"defaultConfiguration", {{"level", "error"}}}});
  return rules;
}

Json CweTaxonomy(const std::vector<const common::Finding*>& findings, const std::string& version) {
  std::set<std::string> numbers;
  for (const common::Finding* finding : findings) {
    if (std::string number = CweNumber(finding->cwe); !number.empty()) numbers.insert(number);
  }
  Json taxa = Json::array();
  for (const std::string& number : numbers) {
    taxa.push_back({{"id", number},
                    {"helpUri", "https://cwe.mitre.org/data/definitions/" + number + ".html"}});
  }
  Json taxonomy = {{"name", "CWE"},
                   {"organization", "MITRE"},
                   {"shortDescription", {{"text", "Common Weakness Enumeration"}}},
                   {"informationUri", "https://cwe.mitre.org/"},
                   {"isComprehensive", false},
                   {"taxa", std::move(taxa)}};
  if (!version.empty()) taxonomy["version"] = version;
  return taxonomy;
}

bool Judged(common::Verdict verdict) {
  return verdict == common::Verdict::kPass || verdict == common::Verdict::kFail;
}

Json NotJudged(const std::string& subject, common::Verdict verdict,
               const std::vector<std::string>& reasons, int64_t rule_index) {
  std::string text = fmt::format("{}: verdict {}", subject, common::VerdictName(verdict));
  for (const std::string& reason : reasons) text += "; " + reason;
  return {{"ruleId", kNotJudgedRule},
          {"ruleIndex", rule_index},
          {"kind", "fail"},
          {"level", "error"},
          {"message", Message(text)},
          {"locations", Json::array({{{"physicalLocation",
                                       {{"artifactLocation", PackagedFile("manifest.json")}}}}})}};
}

Json Results(const common::RunRecord& record, const Rules& rules,
             const std::vector<const common::Finding*>& findings, const PackageFacts& package) {
  Json results = Json::array();
  for (const common::Finding* finding : findings) {
    results.push_back(FindingResult(*finding, rules.index.at(RuleId(*finding)), package));
  }
  const int64_t not_judged = rules.index.at(kNotJudgedRule);
  for (const common::TargetRun& target : record.targets) {
    if (!Judged(target.verdict)) {
      results.push_back(
          NotJudged("target " + target.id, target.verdict, target.reasons, not_judged));
    }
  }
  if (!Judged(record.verdict)) {
    results.push_back(NotJudged("campaign", record.verdict, record.reasons, not_judged));
  }
  return results;
}

Json Invocation(const common::RunRecord& record) {
  Json notifications = Json::array();
  for (const std::string& reason : record.reasons) {
    notifications.push_back(
        {{"level", Judged(record.verdict) ? "note" : "error"}, {"message", Message(reason)}});
  }
  Json invocation = {{"executionSuccessful", Judged(record.verdict)},
                     {"exitCode", common::VerdictExitCode(record.verdict)},
                     {"exitCodeDescription", common::VerdictName(record.verdict)},
                     {"toolExecutionNotifications", std::move(notifications)}};
  if (!record.campaign.command.empty()) invocation["commandLine"] = Text(record.campaign.command);
  const auto is_utc = [](const std::string& t) { return common::IsDateTime(t) && t.back() == 'Z'; };
  if (is_utc(record.campaign.started_at)) invocation["startTimeUtc"] = record.campaign.started_at;
  if (is_utc(record.campaign.ended_at)) invocation["endTimeUtc"] = record.campaign.ended_at;
  return invocation;
}

Json UriBases(const PackageFacts& package) {
  Json bases = {{"PACKAGE", {{"description", Message("the root of the evidence package")}}},
                {"SRCROOT", {{"description", Message("the root of the source tree")}}}};
  if (!package.source_root.empty() && package.source_root.front() == '/') {
    std::string uri = "file://" + UriPath(package.source_root);
    if (uri.back() != '/') uri += '/';
    bases["SRCROOT"]["uri"] = uri;
  }
  return bases;
}

}  // namespace

common::Result<std::string> WriteSarif(const common::RunRecord& record,
                                       const PackageFacts& package) {
  try {
    const std::vector<const common::Finding*> findings = FindingsInOrder(record);
    const Rules rules = CollectRules(findings, package);
    Json driver = {{"name", "percuss"},
                   {"rules", rules.list},
                   {"supportedTaxonomies", Json::array({{{"name", "CWE"}}})}};
    if (!record.tool_version.empty()) driver["version"] = Text(record.tool_version);
    Json run = {{"tool", {{"driver", std::move(driver)}}},
                {"taxonomies", Json::array({CweTaxonomy(findings, CweListVersionOf(record))})},
                {"invocations", Json::array({Invocation(record)})},
                {"originalUriBaseIds", UriBases(package)},
                {"columnKind", "utf16CodeUnits"},
                {"automationDetails", {{"id", "percuss/" + Text(record.campaign.name) + "/"}}},
                {"properties", {{"verdict", common::VerdictName(record.verdict)}}},
                {"results", Results(record, rules, findings, package)}};
    if (IsUuid(package.package_id)) run["automationDetails"]["guid"] = package.package_id;
    return common::JsonText({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                             {"version", "2.1.0"},
                             {"runs", Json::array({std::move(run)})}});
  } catch (const std::exception& error) {
    return common::Fail(common::ErrorCode::kInternal,
                        std::string("writing SARIF: ") + error.what());
  }
}

}  // namespace percuss::reports

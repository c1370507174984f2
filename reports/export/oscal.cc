// SPDX-License-Identifier: Apache-2.0
#include "reports/export/oscal.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "common/json_file.h"
#include "reports/export/identifiers.h"
#include "reports/export/severity_words.h"
#include "reports/export/text.h"

namespace percuss::reports {
namespace {

using common::Json;

constexpr size_t kTextBytes = 2'000;
constexpr const char* kNameSpace = "urn:percuss:oscal";

// Markup of OSCAL's prose: a text that must be there.
std::string Prose(std::string_view text) {
  std::string visible = ClippedText(text, kTextBytes);
  return visible.empty() ? "(no text recorded)" : visible;
}

// StringDatatype: one line, not empty, no white space at its ends.
std::string Line(std::string_view text) {
  std::string line = ClippedText(text, kTextBytes);
  for (char& c : line) {
    if (c == '\n' || c == '\t' || c == '\r') c = ' ';
  }
  // Brackets are no white space, whatever Unicode counts as such.
  const bool plain = !line.empty() && line.front() > ' ' && line.back() > ' ';
  return plain ? line : "[" + line + "]";
}

Json Prop(const char* name, std::string_view value) {
  return {{"name", name}, {"ns", kNameSpace}, {"value", Line(value)}};
}

struct Status {
  bool satisfied = false;
  const char* reason = "other";
  std::string remarks;
};

struct Objective {
  std::string token;
  std::string title;
  std::string description;
  Status status;
  std::vector<std::string> observations;  // UUIDs
};

class OscalWriter {
 public:
  OscalWriter(const common::RunRecord& record, const PackageFacts& package)
      : record_(record), package_(package) {}

  Json Document() {
    Json result = Result();
    return {{"assessment-results",
             {{"uuid", Uuid("document")},
              {"metadata", Metadata()},
              {"import-ap",
               {{"href", "#" + Uuid("plan")},
                {"remarks", "The plan is the campaign file, whose digest the package holds."}}},
              {"results", Json::array({std::move(result)})},
              {"back-matter", {{"resources", Resources()}}}}}};
  }

 private:
  [[nodiscard]] std::string Uuid(const std::string& name) const {
    return NameUuid(package_.package_id, name);
  }
  [[nodiscard]] std::string Time(const std::string& wanted) const {
    if (IsTimestamp(wanted)) return wanted;
    return IsTimestamp(package_.created_at) ? package_.created_at : "1970-01-01T00:00:00Z";
  }

  [[nodiscard]] Json Metadata() const {
    return {{"title", Prose("Fuzz test of " + record_.device.name)},
            {"last-modified", Time(package_.created_at)},
            {"version", Line(record_.device.software_version)},
            {"oscal-version", "1.0.6"},
            {"props", Json::array({Prop("tool-version", record_.tool_version),
                                   Prop("device-model", record_.device.model)})}};
  }

  [[nodiscard]] Json Resources() const {
    Json link = {
        {"href", package_.package_sha256.empty() ? "." : "urn:sha256:" + package_.package_sha256}};
    if (IsSha256(package_.package_sha256)) {
      link["hashes"] =
          Json::array({{{"algorithm", "SHA-256"}, {"value", package_.package_sha256}}});
    }
    Json plan = {{"uuid", Uuid("plan")},
                 {"title", "Campaign file"},
                 {"description", Prose(record_.campaign.command)}};
    if (IsSha256(record_.campaign.file_sha256)) {
      plan["rlinks"] = Json::array(
          {{{"href", "urn:sha256:" + record_.campaign.file_sha256},
            {"hashes",
             Json::array({{{"algorithm", "SHA-256"}, {"value", record_.campaign.file_sha256}}})}}});
    }
    return Json::array({{{"uuid", Uuid("package")},
                         {"title", "Evidence package"},
                         {"description", Prose(package_.file_name + ", id " + package_.package_id)},
                         {"rlinks", Json::array({std::move(link)})}},
                        std::move(plan)});
  }

  Json Result() {
    Json result = {
        {"uuid", Uuid("result")},
        {"title", Prose(record_.campaign.name)},
        {"description", Prose(Reasons(record_.reasons))},
        {"start", Time(record_.campaign.started_at)},
        {"props", Json::array({Prop("verdict", common::VerdictName(record_.verdict))})},
        {"reviewed-controls",
         {{"control-selections",
           Json::array({{{"description",
                          "No catalogue of controls was assessed: the objectives are the targets "
                          "and criteria of the campaign."}}})}}}};
    if (IsTimestamp(record_.campaign.ended_at)) result["end"] = record_.campaign.ended_at;
    Json components = Json::array();
    for (size_t i = 0; i < record_.targets.size(); ++i) components.push_back(Component(i));
    if (!components.empty()) result["local-definitions"] = {{"components", std::move(components)}};
    CollectObjectives();
    result["observations"] = observations_.empty() ? Json::array({Nothing()}) : observations_;
    Json findings = Json::array();
    for (const Objective& objective : objectives_) findings.push_back(Finding(objective));
    result["findings"] = std::move(findings);
    return result;
  }

  static std::string Reasons(const std::vector<std::string>& reasons) {
    std::string text;
    for (const std::string& reason : reasons) text += (text.empty() ? "" : "; ") + reason;
    return text;
  }

  [[nodiscard]] std::string ComponentUuid(size_t target) const {
    return Uuid(fmt::format("target {} {}", target, record_.targets[target].id));
  }

  [[nodiscard]] Json Component(size_t number) const {
    const common::TargetRun& target = record_.targets[number];
    Json props = Json::array({Prop("interface", target.interface_id)});
    for (const common::Binary& binary : target.binaries) {
      props.push_back(Prop("sha256", binary.sha256));
      props.back()["class"] = NameToken("binary-", binary.role);
    }
    return {{"uuid", ComponentUuid(number)},
            {"type", "software"},
            {"title", Prose(target.id)},
            {"description", Prose(target.description)},
            {"props", std::move(props)},
            {"status", {{"state", "other"}, {"remarks", "as built for the test"}}}};
  }

  Json Nothing() const {
    return {{"uuid", Uuid("nothing")},
            {"description", "Nothing was observed: the record holds no target and no finding."},
            {"methods", Json::array({"TEST"})},
            {"collected", Time(record_.campaign.ended_at)}};
  }

  // Adds it and returns its UUID.
  std::string Observe(const std::string& name, const std::string& title,
                      const std::string& description, Json more) {
    Json observation = {{"uuid", Uuid("observation " + name)},
                        {"title", Prose(title)},
                        {"description", Prose(description)},
                        {"methods", Json::array({"TEST"})},
                        {"collected", Time(record_.campaign.ended_at)}};
    observation.update(more);
    observations_.push_back(std::move(observation));
    return Uuid("observation " + name);
  }

  Json Subject(size_t target) const {
    return Json::array({{{"subject-uuid", ComponentUuid(target)},
                         {"type", "component"},
                         {"title", Prose(record_.targets[target].id)}}});
  }

  [[nodiscard]] std::string FindingName(size_t number) const {
    return fmt::format("finding {} {}", number, record_.findings[number].id);
  }
  [[nodiscard]] std::string FindingUuid(size_t number) const {
    return Uuid("observation " + FindingName(number));
  }

  void ObserveFinding(size_t number, Json more) {
    const common::Finding& finding = record_.findings[number];
    more["types"] = Json::array({"finding"});
    more["props"] = Json::array({Prop("finding-id", finding.id), Prop("class", finding.bug_class),
                                 Prop("cwe", finding.cwe), Prop("kind", finding.kind),
                                 Prop("known-defect", finding.known_defect),
                                 Prop("reproduction", ReproductionText(finding.reproduction))});
    if (const SignedSeverity* severity = SeverityOf(package_, finding.id)) {
      more["props"].push_back(Prop("cvss-vector", severity->vector));
      more["props"].push_back(Prop("cvss-score", CvssScoreText(severity->scores.base)));
      more["props"].push_back(Prop("cvss-by", ScoredBy(*severity)));
    }
    more["relevant-evidence"] =
        Json::array({{{"href", "#" + Uuid("package")},
                      {"description",
                       Prose(finding.input_sha256.empty()
                                 ? finding.folder + "/report.txt; no input was at hand"
                                 : finding.folder + "/input, SHA-256 " + finding.input_sha256)}}});
    Observe(FindingName(number), finding.id,
            finding.summary + ", at " + PlaceText(finding, package_.source_root), std::move(more));
  }

  void CollectObjectives() {
    std::vector<bool> placed(record_.findings.size(), false);
    for (size_t i = 0; i < record_.targets.size(); ++i) {
      const common::TargetRun& target = record_.targets[i];
      Objective objective{NameToken("target-", target.id),
                          "Target " + target.id,
                          "The target survives its whole budget without a finding.",
                          StatusOf(target.verdict, Reasons(target.reasons)),
                          {}};
      int64_t executions = 0;
      for (const common::EngineRun& engine : target.engines) executions += engine.executions;
      objective.observations.push_back(Observe(
          fmt::format("target {} {}", i, target.id), "Campaign of " + target.id,
          fmt::format("{} executions in {}: {}", CountText(executions),
                      DurationText(target.actual_wall_s), Reasons(target.reasons)),
          {{"subjects", Subject(i)},
           {"props", Json::array({Prop("verdict", common::VerdictName(target.verdict))})}}));
      for (size_t j = 0; j < record_.findings.size(); ++j) {
        if (record_.findings[j].target != target.id) continue;
        objective.status = {false, "fail", "there are findings"};
        // Two targets of a record from elsewhere may have one name.
        if (!placed[j]) ObserveFinding(j, {{"subjects", Subject(i)}});
        placed[j] = true;
        objective.observations.push_back(FindingUuid(j));
      }
      objectives_.push_back(std::move(objective));
    }
    for (const common::AcceptanceCriterion& criterion : record_.acceptance) {
      objectives_.push_back({NameToken("criterion-", criterion.id),
                             "Criterion " + criterion.id,
                             criterion.text,
                             StatusOf(criterion),
                             {}});
    }
    Objective whole{"campaign",
                    "Campaign " + record_.campaign.name,
                    Reasons(record_.reasons),
                    StatusOf(record_.verdict, Reasons(record_.reasons)),
                    {}};
    if (record_.targets.empty()) whole.status = {false, "other", "the record names no target"};
    for (size_t j = 0; j < record_.findings.size(); ++j) {
      if (placed[j]) continue;
      ObserveFinding(j, Json::object());
      whole.observations.push_back(FindingUuid(j));
    }
    if (!record_.findings.empty()) whole.status = {false, "fail", "there are findings"};
    objectives_.push_back(std::move(whole));
    ObserveGaps();
  }

  void ObserveGaps() {
    for (size_t i = 0; i < record_.negative_results.size(); ++i) {
      const common::NegativeResult& negative = record_.negative_results[i];
      Observe(fmt::format("negative {}", i), negative.subject, negative.reason,
              {{"props", Json::array({Prop("result", negative.run ? "no finding" : "not run")})}});
    }
    for (size_t i = 0; i < record_.self_check.size(); ++i) {
      const common::SelfCheckCase& check = record_.self_check[i];
      Observe(fmt::format("self-check {}", i), "Self-check " + check.planted,
              fmt::format("expected {}, observed {}", check.expected, check.observed),
              {{"props", Json::array({Prop("result", check.passed ? "pass" : "fail")})}});
    }
  }

  static Status StatusOf(common::Verdict verdict, const std::string& why) {
    if (verdict == common::Verdict::kPass) return {true, "pass", why};
    if (verdict == common::Verdict::kFail) return {false, "fail", why};
    return {false, "other", fmt::format("not judged ({}): {}", common::VerdictName(verdict), why)};
  }

  static Status StatusOf(const common::AcceptanceCriterion& criterion) {
    if (criterion.verdict == "met") return {true, "pass", criterion.value};
    if (criterion.verdict == "not_met") return {false, "fail", criterion.value};
    return {false, "other", "not judged: " + criterion.verdict + " " + criterion.value};
  }

  Json Finding(const Objective& objective) {
    const std::string name = fmt::format("objective {} {}", ++objective_count_, objective.token);
    Json finding = {{"uuid", Uuid(name)},
                    {"title", Prose(objective.title)},
                    {"description", Prose(objective.description)},
                    {"target",
                     {{"type", "objective-id"},
                      {"target-id", objective.token},
                      {"status",
                       {{"state", objective.status.satisfied ? "satisfied" : "not-satisfied"},
                        {"reason", objective.status.reason},
                        {"remarks", Prose(objective.status.remarks)}}}}}};
    Json related = Json::array();
    for (const std::string& uuid : objective.observations) {
      related.push_back({{"observation-uuid", uuid}});
    }
    if (!related.empty()) finding["related-observations"] = std::move(related);
    return finding;
  }

  const common::RunRecord& record_;
  const PackageFacts& package_;
  Json observations_ = Json::array();
  std::vector<Objective> objectives_;
  size_t objective_count_ = 0;
};

}  // namespace

common::Result<std::string> WriteOscal(const common::RunRecord& record,
                                       const PackageFacts& package) {
  try {
    return common::JsonText(OscalWriter(record, package).Document());
  } catch (const std::exception& error) {
    return common::Fail(common::ErrorCode::kInternal,
                        std::string("writing OSCAL: ") + error.what());
  }
}

}  // namespace percuss::reports

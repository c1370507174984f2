// SPDX-License-Identifier: Apache-2.0
//
// The chapters that say what the result is and what it covers.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "reports/export/text.h"
#include "reports/html/page_parts.h"
#include "reports/html/templates.h"

namespace percuss::reports {
namespace {

std::string Meaning(const common::RunRecord& record) {
  switch (record.verdict) {
    case common::Verdict::kPass:
      return "Every criterion was met, and nothing was found within the budget stated below.";
    case common::Verdict::kFail:
      return record.findings.empty()
                 ? "A criterion was not met."
                 : fmt::format("{} recorded, each with its input in the package.",
                               record.findings.size() == 1
                                   ? "One finding is"
                                   : CountText(static_cast<int64_t>(record.findings.size())) +
                                         " findings are");
    case common::Verdict::kInconclusive:
      return "The campaign ran, but does not support a pass or a fail.";
    case common::Verdict::kInfrastructureError:
      break;
  }
  return "The tool could not do its job. Nothing follows from this for the device.";
}

int64_t Executions(const common::TargetRun& target) {
  int64_t sum = 0;
  for (const common::EngineRun& engine : target.engines) {
    sum += std::clamp<int64_t>(engine.executions, 0, int64_t{1} << 53);
  }
  return sum;
}

int64_t CountFindings(const common::RunRecord& record, const std::string& target) {
  return std::count_if(record.findings.begin(), record.findings.end(),
                       [&](const common::Finding& f) { return f.target == target; });
}

Facts Figures(const common::RunRecord& record) {
  int64_t executions = 0;
  for (const common::TargetRun& target : record.targets) executions += Executions(target);
  const auto tested = std::count_if(record.interfaces.begin(), record.interfaces.end(),
                                    [](const common::Interface& i) { return i.tested; });
  return {{"Findings", CountText(static_cast<int64_t>(record.findings.size()))},
          {"Targets", CountText(static_cast<int64_t>(record.targets.size()))},
          {"Interfaces tested", fmt::format("{} of {}", tested, record.interfaces.size())},
          {"Executions", CountText(executions)},
          {"Wall time", DurationText(record.campaign.actual_wall_s)},
          {"CPU time", DurationText(record.campaign.cpu_s)}};
}

Table TargetVerdicts(const common::RunRecord& record) {
  Table table{"Verdict per target",
              {{"Target", false},
               {"Verdict", false},
               {"Findings", true},
               {"Executions", true},
               {"Reasons", false}},
              {},
              ""};
  for (const common::TargetRun& target : record.targets) {
    std::string reasons;
    for (const std::string& reason : target.reasons) {
      reasons += (reasons.empty() ? "" : "; ") + reason;
    }
    table.rows.push_back({{target.id, "", ""},
                          VerdictCell(target.verdict),
                          {CountText(CountFindings(record, target.id)), "num", ""},
                          {CountText(Executions(target)), "num", ""},
                          {reasons, "wide", ""}});
  }
  return table;
}

Table InterfaceTable(const common::RunRecord& record) {
  Table table{"Interfaces of the device",
              {{"Interface", false},
               {"Protocol", false},
               {"Tested", false},
               {"Description, or why it was left out", false}},
              {},
              ""};
  for (const common::Interface& interface : record.interfaces) {
    std::string text = interface.description;
    if (!interface.tested) {
      text += text.empty() ? "" : ". ";
      text += "Not tested: " + (interface.exclusion_rationale.empty()
                                    ? std::string("no rationale recorded")
                                    : interface.exclusion_rationale);
    }
    table.rows.push_back(
        {{interface.id, "", ""},
         {interface.protocol, "", ""},
         {interface.tested ? "TESTED" : "NOT TESTED", interface.tested ? "plain" : "unsure", ""},
         {text, "wide", ""}});
  }
  return table;
}

Table TargetTable(const common::RunRecord& record) {
  Table table{"Targets under test",
              {{"Target", false}, {"Interface", false}, {"Description", false}, {"Limits", false}},
              {},
              ""};
  for (const common::TargetRun& target : record.targets) {
    table.rows.push_back(
        {{target.id, "", ""},
         {target.interface_id.empty() ? "not stated" : target.interface_id, "", ""},
         {target.description, "wide", ""},
         {fmt::format("{} ms per input, {} MiB", CountText(target.input_limit_ms),
                      CountText(target.rss_limit_mib)),
          "", ""}});
  }
  return table;
}

struct Gap {
  std::string subject;
  std::string reason;
};

void AddGaps(Data& gaps, const std::string& heading, const std::vector<Gap>& items) {
  if (items.empty()) return;
  Data list{Data::type::list};
  for (const Gap& item : items) {
    Data data;
    data["subject"] = item.subject;
    const bool both = !item.subject.empty() && !item.reason.empty();
    data["reason"] = (both ? ": " : "") + item.reason;
    list.push_back(data);
  }
  Data group;
  group["heading"] = heading;
  group["items"] = std::move(list);
  gaps.push_back(group);
}

Data Gaps(const common::RunRecord& record) {
  std::vector<Gap> excluded;
  for (const common::Interface& interface : record.interfaces) {
    if (interface.tested) continue;
    excluded.push_back({interface.id, interface.exclusion_rationale.empty()
                                          ? "no rationale recorded"
                                          : interface.exclusion_rationale});
  }
  std::vector<Gap> not_run;
  for (const common::NegativeResult& result : record.negative_results) {
    if (!result.run) not_run.push_back({result.subject, result.reason});
  }
  std::vector<Gap> limits;
  for (const common::TargetRun& target : record.targets) {
    for (const std::string& limit : target.fidelity_limits) limits.push_back({target.id, limit});
  }
  std::vector<Gap> deviations;
  for (const std::string& deviation : record.campaign.deviations) {
    deviations.push_back({"", deviation});
  }
  std::vector<Gap> absent;
  for (const common::AbsentSection& section : record.absent) {
    absent.push_back({section.section, section.reason});
  }
  Data gaps{Data::type::list};
  AddGaps(gaps, "Interfaces left out", excluded);
  AddGaps(gaps, "Tests not run", not_run);
  AddGaps(gaps, "Limits of what the test can see", limits);
  AddGaps(gaps, "Deviations from the plan", deviations);
  AddGaps(gaps, "Sections that the record does not fill", absent);
  return gaps;
}

Facts DeviceFacts(const common::RunRecord& record) {
  const auto stated = [](const std::string& text) {
    return text.empty() ? std::string("not stated") : text;
  };
  const common::Device& device = record.device;
  const common::Tester& tester = record.tester;
  return {{"Device", stated(device.name)},
          {"Model", stated(device.model)},
          {"UDI-DI", stated(device.udi_di)},
          {"Software version", stated(device.software_version)},
          {"IEC 62304 class", stated(device.iec62304_class)},
          {"Submission", stated(device.submission)},
          {"Tester", stated(tester.id)},
          {"Role", stated(tester.role)},
          {"Organisation", stated(tester.organisation)},
          {"Independence", stated(tester.independence)},
          {"Qualification", stated(tester.qualification_ref)}};
}

}  // namespace

std::string VerdictChapter(Renderer& renderer, const common::RunRecord& record) {
  Data data;
  const std::string style = VerdictStyle(record.verdict);
  for (const char* each : {"pass", "fail", "unsure", "infra"}) {
    data[std::string("is_") + each] = style == each;
  }
  data["verdict_style"] = style;
  data["verdict_word"] = VerdictWord(record.verdict);
  data["meaning"] = Meaning(record);
  data["reasons"] = TextsData(
      record.reasons.empty() ? std::vector<std::string>{"No reason is recorded."} : record.reasons);
  data["figures"] = FactsData(Figures(record));
  data["table"] = renderer.TableHtml(TargetVerdicts(record));
  return renderer.Fill(kVerdictTemplate, data);
}

std::string ScopeChapter(Renderer& renderer, const common::RunRecord& record) {
  Data data;
  data["device"] = FactsData(DeviceFacts(record));
  data["has_interfaces"] = !record.interfaces.empty();
  data["interfaces"] = renderer.TableHtml(InterfaceTable(record));
  data["targets"] = renderer.TableHtml(TargetTable(record));
  Data gaps = Gaps(record);
  data["has_gaps"] = gaps.is_non_empty_list();
  data["gaps"] = std::move(gaps);
  return renderer.Fill(kScopeTemplate, data);
}

}  // namespace percuss::reports

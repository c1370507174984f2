// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "reports/comply/check_words.h"
#include "reports/comply/checks.h"
#include "reports/comply/time_text.h"

namespace percuss::reports {
namespace {

constexpr double kNsPerHour = 3600e9;
constexpr const char* kCampaignFile =
    "the campaign file, docs/campaign-file.md, and a new percuss run";

const TraceItem* ItemOf(const DeviceEvidence& evidence, TraceKind kind, const std::string& id) {
  const auto& items = evidence.trace.items;
  const auto at = std::find_if(items.begin(), items.end(), [&](const TraceItem& item) {
    return item.kind == kind && item.id == id;
  });
  return at == items.end() ? nullptr : &*at;
}

std::string RunCommand(const DeviceEvidence& evidence) {
  return fmt::format("percuss run CAMPAIGN.json, then percuss comply {} with its package",
                     evidence.files.folder.string());
}

bool WasRun(const TraceItem& item) { return item.result != "not run"; }

int Rank(const std::string& independence) {
  const auto& all = Independences();
  const auto at = std::find(all.begin(), all.end(), independence);
  return at == all.end() ? -1 : static_cast<int>(at - all.begin());
}

// In protocol order, without doubles.
std::vector<std::string> PlannedTargets(const DeviceEvidence& evidence) {
  std::vector<std::string> targets;
  for (const ProtocolEntry& entry : evidence.files.entries) {
    for (const Link& link : entry.targets) {
      if (std::find(targets.begin(), targets.end(), link.id) == targets.end()) {
        targets.push_back(link.id);
      }
    }
  }
  return targets;
}

struct Amount {
  double executions = 0;
  double cpu_hours = 0;
};

Amount AmountOf(const DeviceEvidence& evidence, const std::string& target) {
  Amount amount;
  for (const PackageRecord& package : evidence.packages) {
    for (const TracedTarget& run : package.traced.targets) {
      if (run.id != target) continue;
      amount.executions += static_cast<double>(run.facts.executions);
      amount.cpu_hours += static_cast<double>(run.facts.cpu_ns) / kNsPerHour;
    }
  }
  return amount;
}

}  // namespace

void CheckToolsIdentified(const DeviceEvidence& evidence, RowOutcome& outcome) {
  if (!HasPackage(evidence, outcome)) return;
  for (const PackageRecord& package : evidence.packages) {
    std::string lacking;
    if (package.record.tools.empty()) lacking = "no tool is named";
    for (const common::Tool& tool : package.record.tools) {
      if (tool.name.empty() || tool.version.empty() || tool.sha256.empty()) {
        lacking = fmt::format("a tool has no name, version or digest: \"{}\"", tool.name);
      }
    }
    for (const common::TargetRun& target : package.record.targets) {
      for (const common::EngineRun& engine : target.engines) {
        if (engine.argv.empty()) {
          lacking = fmt::format("the settings of {} for {} are not told", engine.engine, target.id);
        }
      }
    }
    if (lacking.empty()) {
      outcome.Shown(
          fmt::format("{} tools with digests and argument vectors", package.record.tools.size()),
          package.traced.file);
    } else {
      outcome.Missing(package.traced.file + ": " + lacking, RunCommand(evidence));
    }
  }
}

void CheckInterfacesFuzzed(const DeviceEvidence& evidence, RowOutcome& outcome) {
  if (!HasPackage(evidence, outcome)) return;
  size_t excluded = 0;
  for (const DeviceInterface& interface : evidence.files.interfaces) {
    const std::string place = PlaceOf(evidence, "interfaces", interface.line);
    const TraceItem* item = ItemOf(evidence, TraceKind::kInterface, interface.id);
    if (interface.excluded) {
      ++excluded;
      if (interface.rationale.empty()) {
        outcome.Missing(interface.id + " is excluded without a rationale", place);
      } else {
        outcome.Shown(fmt::format("{} is excluded: {}", interface.id, interface.rationale), place);
      }
    } else if (item == nullptr || !WasRun(*item)) {
      outcome.Missing("nothing was run for the interface " + interface.id, RunCommand(evidence));
    } else if (CannotBeTold(*item)) {
      outcome.Missing(fmt::format("the run for the interface {} is {}", interface.id, item->result),
                      RunCommand(evidence));
    } else {
      outcome.Shown(fmt::format("{}: {}", interface.id, item->result), place);
    }
  }
  if (excluded > 0 && evidence.files.approvals.empty()) {
    outcome.Missing("nobody has approved the protocol that leaves interfaces out",
                    FileOf(evidence, "protocol") + ": \"approvals\"");
  }
}

void CheckRequirementsTested(const DeviceEvidence& evidence, RowOutcome& outcome) {
  for (const Requirement& requirement : evidence.files.requirements) {
    const TraceItem* item = ItemOf(evidence, TraceKind::kRequirement, requirement.id);
    if (item == nullptr || !WasRun(*item)) {
      outcome.Missing(fmt::format("{} has no test that was run, or not at each of its interfaces",
                                  requirement.id),
                      fmt::format("{}: an entry with a target, or \"verified_elsewhere\" in {}",
                                  FileOf(evidence, "protocol"),
                                  PlaceOf(evidence, "requirements", requirement.line)));
    } else if (CannotBeTold(*item)) {
      outcome.Missing(fmt::format("the test of {} is {}", requirement.id, item->result),
                      RunCommand(evidence));
    } else {
      outcome.Shown(fmt::format("{}: {}", requirement.id, item->result),
                    PlaceOf(evidence, "requirements", requirement.line));
    }
  }
  if (evidence.files.requirements.empty()) {
    outcome.Missing("there is no requirement", FileOf(evidence, "requirements"));
  }
  const std::string elsewhere = ReferenceElsewhere(evidence, "boundary_analysis");
  const auto& analyses = EntriesOf(evidence.files.compliance, "analyses");
  const auto boundary =
      std::find_if(analyses.begin(), analyses.end(), [](const ListedEntry& entry) {
        return entry.Text("topic") == "boundary_analysis" && entry.Has("reference");
      });
  if (boundary != analyses.end()) {
    outcome.Shown("boundary analysis: " + boundary->Text("reference"),
                  PlaceOf(evidence, "compliance", boundary->line));
  } else if (!elsewhere.empty()) {
    outcome.Shown("boundary analysis, not performed here: " + elsewhere);
  } else {
    outcome.Missing("there is no boundary analysis with its reference",
                    FileOf(evidence, "compliance") +
                        ": \"analyses\" or \"not_performed_here\", boundary_analysis");
  }
}

void CheckThreatsTested(const DeviceEvidence& evidence, RowOutcome& outcome) {
  for (const TraceGap& gap : evidence.trace.gaps) {
    if (gap.gap == "threat-without-control" || gap.gap == "threat-without-test" ||
        gap.gap == "control-without-requirement") {
      outcome.Missing(fmt::format("{}: {}", gap.id, gap.what),
                      fmt::format("{}:{}", gap.file, gap.line));
    }
  }
  for (const TraceItem& item : evidence.trace.items) {
    if (item.kind != TraceKind::kThreat || !item.untested.empty()) continue;
    if (item.To(TraceKind::kControl).empty() || (WasRun(item) && !CannotBeTold(item))) continue;
    outcome.Missing(fmt::format("{}: the tests of its controls: {}", item.id, item.result),
                    RunCommand(evidence));
  }
  if (evidence.files.threats.empty()) {
    outcome.Missing("there is no threat model", FileOf(evidence, "threats"));
  } else {
    outcome.Shown(fmt::format("{} threats, each with controls that are tested",
                              evidence.files.threats.size()),
                  FileOf(evidence, "threats"));
  }
}

void CheckTesterIndependent(const DeviceEvidence& evidence, RowOutcome& outcome) {
  if (!HasPackage(evidence, outcome)) return;
  for (const PackageRecord& package : evidence.packages) {
    const common::Tester& tester = package.record.tester;
    const auto& changes = EntriesOf(evidence.files.compliance, "changes");
    const auto own = std::find_if(changes.begin(), changes.end(), [&](const ListedEntry& change) {
      return change.Text("author") == tester.id;
    });
    if (Rank(tester.independence) < 0) {
      outcome.Missing(package.traced.file + ": nobody says how independent the tester is",
                      std::string("\"tester\" in ") + kCampaignFile);
    } else if (!tester.id.empty() && own != changes.end()) {
      outcome.MissingThough(fmt::format("{} tested, and is the author of {}", tester.id, own->id),
                            "percuss run by somebody else: \"tester\" of the campaign file");
    } else {
      outcome.Shown(fmt::format("{}, {}", tester.id, tester.independence), package.traced.file);
    }
  }
}

void CheckRetestInterval(const DeviceEvidence& evidence, RowOutcome& outcome) {
  if (!evidence.files.policies.retest_interval_days) {
    outcome.Missing("no interval is set",
                    FileOf(evidence, "compliance") + ": \"policies\": \"retest_interval_days\"");
  }
  if (!HasPackage(evidence, outcome) || !evidence.files.policies.retest_interval_days) return;
  const auto latest =
      std::max_element(evidence.packages.begin(), evidence.packages.end(),
                       [](const PackageRecord& one, const PackageRecord& other) {
                         return one.record.campaign.started_at < other.record.campaign.started_at;
                       });
  const auto age = DaysBetween(latest->record.campaign.started_at, evidence.as_of);
  const double allowed = *evidence.files.policies.retest_interval_days;
  // The day of a campaign begins before it.
  if (age && *age >= -1 && *age <= allowed) {
    outcome.Shown(fmt::format("the latest campaign is of {}; {:.0f} days are allowed",
                              latest->record.campaign.started_at, allowed),
                  latest->traced.file);
  } else {
    outcome.Missing(fmt::format("the latest campaign is of {}, not within {:.0f} days of {}",
                                latest->record.campaign.started_at, allowed, evidence.as_of),
                    RunCommand(evidence));
  }
}

void CheckPerformanceTested(const DeviceEvidence& evidence, RowOutcome& outcome) {
  if (!HasPackage(evidence, outcome)) return;
  for (const std::string& target : PlannedTargets(evidence)) {
    bool measured = false;
    std::string why = "was not run";
    for (const PackageRecord& package : evidence.packages) {
      for (const TracedTarget& run : package.traced.targets) {
        if (run.id != target) continue;
        measured = measured || run.facts.worst.has_value();
        why = run.facts.why_no_timing.empty() ? "was not measured" : run.facts.why_no_timing;
      }
    }
    if (measured) {
      outcome.Shown("worst input of " + target + " measured");
    } else {
      outcome.Missing(fmt::format("what an input of {} costs: {}", target, why),
                      std::string("\"binaries\": \"benchmark\" in ") + kCampaignFile);
    }
  }
}

void CheckMitigationsTested(const DeviceEvidence& evidence, RowOutcome& outcome) {
  std::set<std::string> of_controls;
  for (const Control& control : evidence.files.controls) {
    for (const Link& link : control.requirements) of_controls.insert(link.id);
  }
  size_t told = 0;
  for (const ProtocolEntry& entry : evidence.files.entries) {
    const bool mitigation =
        std::any_of(entry.requirements.begin(), entry.requirements.end(),
                    [&](const Link& link) { return of_controls.contains(link.id); });
    if (!mitigation) continue;
    const std::string place = PlaceOf(evidence, "protocol", entry.line);
    if (entry.intent.empty()) {
      outcome.Missing(entry.id + " tests a mitigation, and does not say to what end",
                      place + ": \"intent\": verify, thwart or regression");
    } else {
      ++told;
      outcome.Shown(fmt::format("{}: {}", entry.id, entry.intent), place);
    }
  }
  if (told == 0) {
    outcome.Missing("no protocol entry tests a mitigation", FileOf(evidence, "protocol"));
  }
}

void CheckTestKinds(const DeviceEvidence& evidence, RowOutcome& outcome) {
  std::set<std::string> kinds;
  for (const ProtocolEntry& entry : evidence.files.entries) {
    kinds.insert(entry.tests.begin(), entry.tests.end());
  }
  if (!EntriesOf(evidence.files.compliance, "penetration_tests").empty() ||
      !ReferenceElsewhere(evidence, "penetration_test").empty()) {
    kinds.insert("penetration");
  }
  for (const char* kind : {"requirement", "mitigation", "vulnerability", "penetration"}) {
    if (kinds.contains(kind)) {
      outcome.Shown(std::string(kind) + " tests", FileOf(evidence, "protocol"));
    } else {
      outcome.Missing(fmt::format("nothing is a {} test", kind),
                      FileOf(evidence, "protocol") + ": \"tests\" of an entry");
    }
  }
  const std::string& policy = evidence.files.policies.independence;
  if (policy.empty()) {
    outcome.Missing("no policy says how independent testers must be",
                    FileOf(evidence, "compliance") + ": \"policies\": \"independence\"");
    return;
  }
  if (!HasPackage(evidence, outcome)) return;
  for (const PackageRecord& package : evidence.packages) {
    if (Rank(package.record.tester.independence) < Rank(policy)) {
      outcome.Missing(fmt::format("{}: the tester is \"{}\", the policy asks for {}",
                                  package.traced.file, package.record.tester.independence, policy),
                      std::string("\"tester\" in ") + kCampaignFile);
    }
  }
}

void CheckTestRecordFields(const DeviceEvidence& evidence, RowOutcome& outcome) {
  if (!HasPackage(evidence, outcome)) return;
  for (const PackageRecord& package : evidence.packages) {
    const common::RunRecord& record = package.record;
    const std::pair<const char*, bool> fields[] = {
        {"results", !record.targets.empty()},
        {"version", !record.device.software_version.empty()},
        {"configuration", !record.campaign.file_sha256.empty()},
        {"tools", !record.tools.empty()},
        {"date", UnixOf(record.campaign.started_at).has_value()},
        {"tester", !record.tester.id.empty()}};
    std::string lacking;
    for (const auto& [name, there] : fields) {
      if (!there) lacking += (lacking.empty() ? "" : ", ") + std::string(name);
    }
    if (lacking.empty()) {
      outcome.Shown(
          fmt::format("results, {} anomalies, version, configuration, tools, date, tester",
                      record.findings.size()),
          package.traced.file);
    } else {
      outcome.Missing(fmt::format("{} has no {}", package.traced.file, lacking),
                      std::string("\"device\" and \"tester\" in ") + kCampaignFile);
    }
  }
}

void CheckTestAmount(const DeviceEvidence& evidence, RowOutcome& outcome) {
  const Policies& policies = evidence.files.policies;
  if (!policies.minimum_executions && !policies.minimum_cpu_hours) {
    outcome.Missing("no policy sets an amount of malformed input",
                    FileOf(evidence, "compliance") +
                        ": \"policies\": \"minimum_executions\" or \"minimum_cpu_hours\"");
    return;
  }
  if (!HasPackage(evidence, outcome)) return;
  for (const std::string& target : PlannedTargets(evidence)) {
    const Amount amount = AmountOf(evidence, target);
    const bool enough = amount.executions >= policies.minimum_executions.value_or(0) &&
                        amount.cpu_hours >= policies.minimum_cpu_hours.value_or(0);
    const std::string had = fmt::format("{} got {:.0f} inputs in {:.3g} CPU hours", target,
                                        amount.executions, amount.cpu_hours);
    if (enough) {
      outcome.Shown(had);
    } else {
      outcome.Missing(had + ", fewer than the policy asks for",
                      "percuss run CAMPAIGN.json with a larger --budget");
    }
  }
}

void CheckEnvironmentLimits(const DeviceEvidence& evidence, RowOutcome& outcome) {
  RequirePlan(evidence, "minimum_it_requirements", outcome);
  RequirePlan(evidence, "state_of_the_art", outcome);
  if (!HasPackage(evidence, outcome)) return;
  for (const PackageRecord& package : evidence.packages) {
    for (const common::TargetRun& target : package.record.targets) {
      if (target.fidelity_limits.empty()) continue;
      outcome.Shown(fmt::format("{}: {} limits of the test environment", target.id,
                                target.fidelity_limits.size()),
                    package.traced.file);
    }
    if (package.record.campaign.host.kernel.empty()) {
      outcome.Missing(package.traced.file + ": the host of the campaign is not told",
                      RunCommand(evidence));
    } else {
      outcome.Shown("host: " + package.record.campaign.host.kernel, package.traced.file);
    }
  }
}

}  // namespace percuss::reports

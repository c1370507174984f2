// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/trace_gaps.h"

#include <fmt/format.h>

#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace percuss::reports {
namespace {

bool NoneOf(const TraceItem& item, TraceKind kind) { return item.To(kind).empty(); }

bool IsUnansweredInterface(const Trace&, const TraceItem& item) {
  return item.result != "excluded" && NoneOf(item, TraceKind::kTarget);
}
bool IsUnexplainedExclusion(const Trace&, const TraceItem& item) {
  return item.result == "excluded" && item.reference.empty();
}
bool IsUnansweredRequirement(const Trace&, const TraceItem& item) {
  return NoneOf(item, TraceKind::kTarget) && item.reference.empty();
}
bool HasNoRequirement(const Trace&, const TraceItem& item) {
  return NoneOf(item, TraceKind::kRequirement);
}
bool HasNoControl(const Trace&, const TraceItem& item) { return NoneOf(item, TraceKind::kControl); }
bool HasNoTarget(const Trace&, const TraceItem& item) { return NoneOf(item, TraceKind::kTarget); }
bool WasNotRun(const Trace& trace, const TraceItem& item) {
  for (const uint32_t number : item.To(TraceKind::kTarget)) {
    if (trace.items[number].result == "not run") return true;
  }
  return false;
}
bool IsUnplanned(const Trace&, const TraceItem& item) { return NoneOf(item, TraceKind::kEntry); }
bool CannotBeTold(const Trace&, const TraceItem& item) {
  return item.result == "inconclusive" || item.result == "infrastructure_error";
}

struct GapRule {
  const char* gap;
  TraceKind kind;
  bool (*is_gap)(const Trace& trace, const TraceItem& item);
  const char* what;
};

constexpr GapRule kRules[] = {
    {"interface-without-campaign", TraceKind::kInterface, &IsUnansweredInterface,
     "in scope, and no protocol entry names a campaign target that is run for it"},
    {"exclusion-without-rationale", TraceKind::kInterface, &IsUnexplainedExclusion,
     "excluded without a \"rationale\""},
    {"requirement-without-campaign", TraceKind::kRequirement, &IsUnansweredRequirement,
     "no protocol entry with a target answers it, and nothing is named in \"verified_elsewhere\""},
    {"control-without-requirement", TraceKind::kControl, &HasNoRequirement,
     "no requirement implements it"},
    {"threat-without-control", TraceKind::kThreat, &HasNoControl, "no control stands against it"},
    {"risk-without-control", TraceKind::kRisk, &HasNoControl, "no control reduces it"},
    {"entry-without-target", TraceKind::kEntry, &HasNoTarget, "names no campaign target"},
    {"entry-never-run", TraceKind::kEntry, &WasNotRun,
     "no package that was given has run all of its targets"},
    {"target-not-in-protocol", TraceKind::kTarget, &IsUnplanned,
     "was run, and no protocol entry names it"},
    {"target-cannot-be-told", TraceKind::kTarget, &CannotBeTold,
     "its latest run is inconclusive or ended with an infrastructure error: it neither passed nor "
     "failed"},
};

void FindOpenFindings(const Trace& trace, std::vector<TraceGap>& gaps) {
  for (const TraceItem& item : trace.items) {
    if (item.kind != TraceKind::kFinding || item.result != "open") continue;
    gaps.push_back({item.came_back ? "finding-came-back" : "finding-without-disposition", item.kind,
                    item.id, item.reference, item.file, item.line});
  }
}

// What is tested in part only.
void FindUntested(const Trace& trace, std::vector<TraceGap>& gaps) {
  for (const TraceItem& item : trace.items) {
    const auto say = [&](const char* gap, const char* what, const std::string& where) {
      gaps.push_back({gap, item.kind, item.id, what + where, item.file, item.line});
    };
    for (const std::string& where : item.untested) {
      if (item.kind == TraceKind::kThreat) {
        say("threat-without-test",
            "no campaign at its interface answers a requirement of its control ", where);
      } else if (item.kind == TraceKind::kEntry && !NoneOf(item, TraceKind::kTarget)) {
        say("entry-never-run", "none of its targets is run for its interface ", where);
      } else if (item.kind == TraceKind::kRequirement && !NoneOf(item, TraceKind::kTarget)) {
        say("requirement-without-campaign", "no target that answers it is run for its interface ",
            where);
      }
    }
  }
}

// The rules that compare the files with the packages that were given.
class PackageGaps {
 public:
  PackageGaps(const ValidationFiles& files, const std::vector<TracedPackage>& packages,
              std::vector<TraceGap>& gaps)
      : files_(files), packages_(packages), gaps_(gaps) {}

  void Find() {
    FindUnknownInterfaces();
    FindLateCriteria();
    FindRecordGaps();
  }

 private:
  void Say(const char* gap, TraceKind kind, const std::string& id, const std::string& what) {
    gaps_.push_back({gap, kind, id, what, "", 0});
  }
  void Place(const char* file, int line) {
    gaps_.back().file = ValidationPath(files_.folder, file);
    gaps_.back().line = line;
  }

  void FindUnknownInterfaces() {
    std::unordered_set<std::string_view> known;
    for (const auto& entry : files_.interfaces) known.insert(entry.id);
    std::unordered_set<std::string_view> said;
    for (const TracedPackage& package : packages_) {
      for (const TracedTarget& target : package.targets) {
        if (known.contains(target.interface_id) || !said.insert(target.id).second) continue;
        Say("target-of-unknown-interface", TraceKind::kTarget, target.id,
            fmt::format("was run for the interface \"{}\", which interfaces.json does not list",
                        target.interface_id));
        gaps_.back().file = package.file;
      }
    }
  }

  // A criterion that is not older than the run was chosen with the result in view.
  void FindLateCriteria() {
    std::unordered_map<std::string_view, std::string_view> first_run;
    for (const TracedPackage& package : packages_) {
      for (const TracedTarget& target : package.targets) {
        auto& first = first_run[target.id];
        if (first.empty() || package.started_at < first) first = package.started_at;
      }
    }
    std::unordered_map<std::string_view, std::string_view> dates;
    for (const Criterion& entry : files_.criteria) dates[entry.id] = entry.dated;
    for (const ProtocolEntry& entry : files_.entries) {
      for (const Link& criterion : entry.criteria) {
        const std::string_view dated = dates[criterion.id];
        for (const Link& target : entry.targets) {
          const auto ran = first_run.find(target.id);
          if (ran == first_run.end() || dated < ran->second.substr(0, dated.size())) continue;
          Say("criterion-not-before-run", TraceKind::kEntry, entry.id,
              fmt::format("the criterion {} is dated {}, and {} was run at {}", criterion.id, dated,
                          target.id, ran->second));
          Place("protocol", criterion.line);
          break;
        }
      }
    }
  }

  void FindRecordGaps() {
    std::unordered_map<std::string_view, const TracedPackage*> given;
    std::unordered_set<std::string_view> findings;
    for (const TracedPackage& package : packages_) {
      given.emplace(package.id, &package);
      for (const TracedFinding& finding : package.findings) findings.insert(finding.id);
    }
    bool all_given = !packages_.empty();
    std::unordered_set<std::string_view> recorded;
    for (const RecordedPackage& entry : files_.packages) {
      recorded.insert(entry.id);
      const auto at = given.find(entry.id);
      if (at == given.end()) {
        all_given = false;
        Say("recorded-package-not-given", TraceKind::kPackage, entry.id,
            "records.json names it; without it nothing of it can be checked");
        Place("records", entry.line);
      } else if (at->second->verdict != entry.result) {
        Say("record-differs", TraceKind::kPackage, entry.id,
            fmt::format("records.json says \"{}\", the package says \"{}\"", entry.result,
                        at->second->verdict));
        Place("records", entry.line);
      }
    }
    for (const TracedPackage& package : packages_) {
      if (!recorded.insert(package.id).second) continue;
      Say("package-not-recorded", TraceKind::kPackage, package.id, "records.json does not name it");
      gaps_.back().file = package.file;
    }
    for (const Disposition& entry : files_.dispositions) {
      const bool in_advance = entry.every_build;
      if (!all_given || in_advance || findings.contains(entry.finding)) continue;
      Say("disposition-without-finding", TraceKind::kFinding, entry.finding,
          fmt::format("the disposition {} is of a finding that no package has", entry.id));
      Place("records", entry.line);
    }
  }

  const ValidationFiles& files_;
  const std::vector<TracedPackage>& packages_;
  std::vector<TraceGap>& gaps_;
};

}  // namespace

std::vector<TraceGap> FindGaps(const ValidationFiles& files,
                               const std::vector<TracedPackage>& packages, const Trace& trace) {
  std::vector<TraceGap> gaps;
  FindOpenFindings(trace, gaps);
  for (const GapRule& rule : kRules) {
    for (const TraceItem& item : trace.items) {
      if (item.kind != rule.kind || !rule.is_gap(trace, item)) continue;
      gaps.push_back({rule.gap, item.kind, item.id, rule.what, item.file, item.line});
    }
  }
  FindUntested(trace, gaps);
  for (const CriterionResult& result : trace.criteria) {
    const bool unmet = result.result == "not met";
    if (!unmet && result.result != "cannot tell") continue;
    gaps.push_back({unmet ? "criterion-not-met" : "criterion-cannot-be-told", TraceKind::kEntry,
                    result.entry,
                    fmt::format("{} for {}: {}", result.criterion, result.target, result.what),
                    ValidationPath(files.folder, "protocol"), result.line});
  }
  PackageGaps(files, packages, gaps).Find();
  return gaps;
}

}  // namespace percuss::reports

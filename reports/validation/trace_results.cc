// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/trace_results.h"

#include <algorithm>
#include <iterator>

namespace percuss::reports {
namespace {

// Of several results the one of which least good is known counts; what is shown elsewhere adds
// nothing to what was run here.
int Rank(std::string_view result) {
  constexpr std::string_view kOrder[] = {
      "", "elsewhere", "pass", "not run", "inconclusive", "infrastructure_error", "open", "fail"};
  const auto* const at = std::find(std::begin(kOrder), std::end(kOrder), result);
  return static_cast<int>(at - std::begin(kOrder));
}

void Worsen(std::string& result, std::string_view other) {
  if (Rank(other) > Rank(result)) result = other;
}

using Numbers = std::vector<uint32_t>;

class ResultJudge {
 public:
  ResultJudge(const ValidationFiles& files, Trace& trace)
      : trace_(trace),
        first_interface_(First(TraceKind::kInterface)),
        first_risk_(First(TraceKind::kRisk)) {
    for (const DeviceInterface& entry : files.interfaces) excluded_.push_back(entry.excluded);
    for (const Risk& entry : files.risks) security_.push_back(entry.security);
  }

  void Run() {
    Each(TraceKind::kTarget, [&](TraceItem& item, size_t) { JudgeTarget(item); });
    Each(TraceKind::kInterface, [&](TraceItem& item, size_t number) {
      FromTargets(item);
      if (item.result.empty() && excluded_[number - first_interface_]) item.result = "excluded";
    });
    Each(TraceKind::kRequirement, [&](TraceItem& item, size_t) { JudgeRequirement(item); });
    Each(TraceKind::kEntry, [&](TraceItem& item, size_t) { JudgeEntry(item); });
    Each(TraceKind::kControl, [&](TraceItem& item, size_t) {
      Count(item);
      FromNeighbours(item, TraceKind::kRequirement);
    });
    Each(TraceKind::kThreat, [&](TraceItem& item, size_t) { JudgeThreat(item); });
    // A safety risk is no better than the security risks that lead to it.
    for (const bool security : {true, false}) {
      Each(TraceKind::kRisk, [&](TraceItem& item, size_t number) {
        if (security_[number - first_risk_] == security) JudgeRisk(item, security);
      });
    }
    for (TraceItem& item : trace_.items) {
      if (item.kind < TraceKind::kTarget && item.result.empty()) item.result = "not run";
    }
  }

 private:
  // Items of a kind stand together, in the order of their file.
  [[nodiscard]] size_t First(TraceKind kind) const {
    const auto at = std::find_if(trace_.items.begin(), trace_.items.end(),
                                 [&](const TraceItem& item) { return item.kind == kind; });
    return static_cast<size_t>(at - trace_.items.begin());
  }

  template <typename Visit>
  void Each(TraceKind kind, const Visit& visit) {
    for (size_t number = 0; number < trace_.items.size(); ++number) {
      if (trace_.items[number].kind == kind) visit(trace_.items[number], number);
    }
  }

  void JudgeTarget(TraceItem& item) {
    const auto& findings = item.To(TraceKind::kFinding);
    item.findings = static_cast<int64_t>(findings.size());
    item.open_findings = std::count_if(findings.begin(), findings.end(), [&](uint32_t number) {
      return trace_.items[number].result == "open";
    });
    if (item.open_findings > 0) Worsen(item.result, "open");
  }

  void Count(TraceItem& item) {
    for (const uint32_t number : item.To(TraceKind::kTarget)) {
      item.findings += trace_.items[number].findings;
      item.open_findings += trace_.items[number].open_findings;
    }
  }

  void FromNeighbours(TraceItem& item, TraceKind kind) {
    for (const uint32_t number : item.To(kind)) Worsen(item.result, trace_.items[number].result);
  }

  void FromTargets(TraceItem& item) {
    Count(item);
    FromNeighbours(item, TraceKind::kTarget);
  }

  // Of those targets of an item that are at an interface, the worst; empty: there is none.
  [[nodiscard]] std::string At(const TraceItem& item, uint32_t interface) const {
    Numbers common;
    const auto& mine = item.To(TraceKind::kTarget);
    const auto& there = trace_.items[interface].To(TraceKind::kTarget);
    std::set_intersection(mine.begin(), mine.end(), there.begin(), there.end(),
                          std::back_inserter(common));
    std::string result;
    for (const uint32_t number : common) Worsen(result, trace_.items[number].result);
    return result;
  }

  // The same of a requirement, which may be verified elsewhere.
  [[nodiscard]] std::string RequirementAt(const TraceItem& item, uint32_t interface) const {
    std::string result = At(item, interface);
    if (result.empty() && !item.reference.empty()) result = "elsewhere";
    return result;
  }

  void JudgeRequirement(TraceItem& item) {
    FromTargets(item);
    if (!item.reference.empty()) Worsen(item.result, "elsewhere");
    for (const uint32_t interface : item.To(TraceKind::kInterface)) {
      if (RequirementAt(item, interface).empty()) Miss(item, interface);
    }
  }

  void JudgeEntry(TraceItem& item) {
    FromTargets(item);
    for (const uint32_t interface : item.To(TraceKind::kInterface)) {
      if (At(item, interface).empty()) Miss(item, interface);
    }
  }

  void Miss(TraceItem& item, uint32_t where) {
    Worsen(item.result, "not run");
    item.untested.push_back(trace_.items[where].id);
  }

  // A control stands against a threat at the threat's interface: its requirements elsewhere say
  // nothing of it.
  void JudgeThreat(TraceItem& item) {
    Count(item);
    const uint32_t interface = item.To(TraceKind::kInterface).front();
    for (const uint32_t control : item.To(TraceKind::kControl)) {
      bool tested = false;
      for (const uint32_t number : trace_.items[control].To(TraceKind::kRequirement)) {
        const TraceItem& requirement = trace_.items[number];
        const auto& places = requirement.To(TraceKind::kInterface);
        if (!places.empty() && !std::binary_search(places.begin(), places.end(), interface)) {
          continue;
        }
        const std::string there = RequirementAt(requirement, interface);
        Worsen(item.result, there.empty() ? "not run" : there);
        tested = tested || !there.empty();
      }
      if (!tested) Miss(item, control);
    }
    // What broke a property that stands against this threat.
    for (const uint32_t finding : item.To(TraceKind::kFinding)) {
      if (trace_.items[finding].result == "open") Worsen(item.result, "open");
    }
  }

  void JudgeRisk(TraceItem& item, bool security) {
    Count(item);
    FromNeighbours(item, TraceKind::kControl);
    FromNeighbours(item, TraceKind::kThreat);
    if (!security) FromNeighbours(item, TraceKind::kRisk);
  }

  Trace& trace_;
  size_t first_interface_;
  size_t first_risk_;
  std::vector<bool> excluded_;
  std::vector<bool> security_;
};

}  // namespace

void TargetRuns::Add(uint32_t target, const TracedPackage& package, const TracedTarget& run) {
  auto& runs = runs_[target];
  const auto at = std::find_if(runs.begin(), runs.end(), [&](const Run& other) {
    return other.interface == run.interface_id;
  });
  const Run added{run.interface_id, package.started_at, VerdictOf(package, run)};
  if (at == runs.end()) {
    runs.push_back(added);
  } else if (added.started_at >= at->started_at) {
    *at = added;
  }
}

std::string TargetRuns::Result(uint32_t target) const {
  std::string result;
  if (const auto at = runs_.find(target); at != runs_.end()) {
    for (const Run& run : at->second) Worsen(result, run.verdict);
  }
  return result.empty() ? "not run" : result;
}

std::string TargetRuns::Text(uint32_t target) const {
  std::string text;
  if (const auto at = runs_.find(target); at != runs_.end()) {
    for (const Run& run : at->second) {
      if (run.interface.empty()) continue;
      text += text.empty() ? "interface " : ", ";
      text += run.interface;
    }
  }
  return text;
}

bool TargetRuns::MayTest(uint32_t target, std::string_view interface) const {
  const auto at = runs_.find(target);
  return at == runs_.end() ||
         std::any_of(at->second.begin(), at->second.end(),
                     [&](const Run& run) { return run.interface == interface; });
}

void JudgeItems(const ValidationFiles& files, Trace& trace) { ResultJudge(files, trace).Run(); }

}  // namespace percuss::reports

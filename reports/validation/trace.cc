// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_map>

#include "reports/validation/acceptance.h"
#include "reports/validation/finding_decisions.h"
#include "reports/validation/trace_gaps.h"
#include "reports/validation/trace_results.h"

namespace percuss::reports {
namespace {

using common::ErrorCode;
using common::Fail;
using common::Status;

constexpr size_t Number(TraceKind kind) { return static_cast<size_t>(kind); }

struct Paths {
  explicit Paths(const std::filesystem::path& folder)
      : interfaces(ValidationPath(folder, "interfaces")),
        requirements(ValidationPath(folder, "requirements")),
        threats(ValidationPath(folder, "threats")),
        risks(ValidationPath(folder, "risks")),
        protocol(ValidationPath(folder, "protocol")),
        records(ValidationPath(folder, "records")) {}

  std::string interfaces;
  std::string requirements;
  std::string threats;
  std::string risks;
  std::string protocol;
  std::string records;
};

class TraceBuilder {
 public:
  TraceBuilder(const ValidationFiles& files, const std::vector<TracedPackage>& packages)
      : files_(files), packages_(packages), paths_(files.folder) {}

  common::Result<Trace> Build() {
    MakeRoom();
    AddFileItems();
    AddTargets();
    AddFindings();
    if (!status_) return tl::make_unexpected(status_.error());
    AddPackages();
    if (!status_) return tl::make_unexpected(status_.error());
    LinkFileItems();
    LinkPackages();
    LinkThrough(TraceKind::kRequirement, TraceKind::kControl, TraceKind::kThreat);
    LinkThrough(TraceKind::kRequirement, TraceKind::kControl, TraceKind::kRisk);
    LinkThrough(TraceKind::kRequirement, TraceKind::kEntry, TraceKind::kTarget);
    // A target that was run counts only for the interfaces for which it was.
    LinkThrough(TraceKind::kInterface, TraceKind::kEntry, TraceKind::kTarget,
                [&](const TraceItem& interface, uint32_t target) {
                  return runs_.MayTest(target, interface.id);
                });
    LinkThrough(TraceKind::kControl, TraceKind::kRequirement, TraceKind::kTarget);
    LinkThreatsAndRisks();
    JudgeItems(files_, trace_);
    trace_.criteria = JudgeCriteria(files_, packages_, trace_);
    trace_.gaps = FindGaps(files_, packages_, trace_);
    trace_.gaps.insert(trace_.gaps.end(), std::make_move_iterator(disagreements_.begin()),
                       std::make_move_iterator(disagreements_.end()));
    return std::move(trace_);
  }

 private:
  void MakeRoom() {
    size_t findings = 0;
    for (const TracedPackage& package : packages_) findings += package.findings.size();
    trace_.items.reserve(files_.requirements.size() + files_.controls.size() +
                         files_.threats.size() + files_.risks.size() + files_.interfaces.size() +
                         files_.entries.size() + 2 * packages_.size() + findings);
    index_[Number(TraceKind::kFinding)].reserve(findings);
  }

  // The texts behind `id` must outlive the builder: indices are looked up by views of them.
  TraceItem& Add(TraceKind kind, const std::string& id, const std::string& file, int line) {
    const auto number = static_cast<uint32_t>(trace_.items.size());
    index_[Number(kind)].emplace(id, number);
    TraceItem& item = trace_.items.emplace_back();
    item.kind = kind;
    item.id = id;
    item.file = file;
    item.line = line;
    return item;
  }

  [[nodiscard]] const uint32_t* Find(TraceKind kind, const std::string& id) const {
    const auto at = index_[Number(kind)].find(id);
    return at == index_[Number(kind)].end() ? nullptr : &at->second;
  }

  void AddFileItems() {
    for (const auto& entry : files_.requirements) {
      TraceItem& item = Add(TraceKind::kRequirement, entry.id, paths_.requirements, entry.line);
      item.text = entry.text;
      item.reference = entry.verified_elsewhere;
    }
    for (const auto& entry : files_.controls) {
      Add(TraceKind::kControl, entry.id, paths_.requirements, entry.line).text = entry.text;
    }
    for (const auto& entry : files_.threats) {
      Add(TraceKind::kThreat, entry.id, paths_.threats, entry.line).text =
          fmt::format("{}: {}", entry.stride, entry.text);
    }
    for (const auto& entry : files_.risks) {
      Add(TraceKind::kRisk, entry.id, paths_.risks, entry.line).text = fmt::format(
          "{}, {}; {} {}: {}", entry.security ? "security" : "safety", entry.severity,
          entry.security ? "exploitability" : "probability", entry.likelihood, entry.text);
    }
    for (const auto& entry : files_.interfaces) {
      TraceItem& item = Add(TraceKind::kInterface, entry.id, paths_.interfaces, entry.line);
      item.text = fmt::format("{} ({})", entry.description, entry.protocol);
      item.reference = entry.rationale;
    }
    for (const auto& entry : files_.entries) {
      Add(TraceKind::kEntry, entry.id, paths_.protocol, entry.line).text = entry.title;
    }
  }

  void AddTargets() {
    for (const auto& entry : files_.entries) {
      for (const Link& link : entry.targets) {
        if (Find(TraceKind::kTarget, link.id) == nullptr) {
          Add(TraceKind::kTarget, link.id, paths_.protocol, link.line);
        }
      }
    }
    for (const TracedPackage& package : packages_) {
      for (const TracedTarget& target : package.targets) {
        if (Find(TraceKind::kTarget, target.id) != nullptr) continue;
        Add(TraceKind::kTarget, target.id, package.file, 0);
      }
    }
    for (const TracedPackage& package : packages_) {
      for (const TracedTarget& target : package.targets) {
        runs_.Add(*Find(TraceKind::kTarget, target.id), package, target);
      }
    }
    for (uint32_t number = 0; number < trace_.items.size(); ++number) {
      TraceItem& item = trace_.items[number];
      if (item.kind != TraceKind::kTarget) continue;
      item.result = runs_.Result(number);
      item.text = runs_.Text(number);
    }
  }

  void AddFindings() {
    std::unordered_map<std::string_view, std::vector<const Disposition*>> said;
    said.reserve(files_.dispositions.size());
    for (const Disposition& entry : files_.dispositions) {
      if (!entry.superseded) said[entry.finding].push_back(&entry);
    }
    std::unordered_map<std::string_view, std::vector<const TracedPackage*>> packages_with;
    std::unordered_map<std::string_view, std::string_view> target_of;
    for (const TracedPackage& package : packages_) {
      for (const TracedFinding& finding : package.findings) {
        packages_with[finding.id].push_back(&package);
        const auto [at, is_new] = target_of.emplace(finding.id, finding.target);
        if (!is_new && at->second != finding.target) {
          status_ = Fail(ErrorCode::kCorrupt,
                         fmt::format("the finding {} is of target {} here, and of {} elsewhere",
                                     finding.id, finding.target, at->second),
                         package.file);
          return;
        }
        if (is_new) Add(TraceKind::kFinding, finding.id, package.file, 0).text = finding.text;
      }
    }
    for (TraceItem& item : trace_.items) {
      if (item.kind != TraceKind::kFinding) continue;
      const FindingDecisions decisions(said[item.id], packages_with[item.id],
                                       std::string(target_of[item.id]));
      Place(item, decisions.Overall());
      TellDisagreements(item.id, decisions);
    }
  }

  void Place(TraceItem& item, const Standing& standing) {
    item.result = "open";
    item.came_back = standing.came_back;
    if (standing.decision == nullptr) {
      item.reference = standing.why_open;
      if (standing.open_in != nullptr) item.file = standing.open_in->file;
      return;
    }
    item.result = standing.decision->decision;
    item.reference = standing.decision->rationale;
    if (standing.decision->is_signed) return;
    item.file = paths_.records;
    item.line = standing.decision->line;
  }

  void TellDisagreements(const std::string& finding, const FindingDecisions& decisions) {
    for (const auto& [filed, by_record] : decisions.Disagreements()) {
      disagreements_.push_back(
          {"disposition-differs", TraceKind::kFinding, finding,
           fmt::format("\"{}\" in {}, and \"{}\" in a signed record, which holds: say that in a "
                       "disposition that supersedes {}, or sign another; the record: {}, {}",
                       filed->decision, filed->id, by_record->decision, filed->id, by_record->date,
                       by_record->rationale),
           paths_.records, filed->line});
    }
  }

  void AddPackages() {
    std::unordered_map<std::string_view, const RecordedPackage*> recorded;
    for (const RecordedPackage& entry : files_.packages) recorded.emplace(entry.id, &entry);
    for (const TracedPackage& package : packages_) {
      const auto at = recorded.find(package.id);
      if (at != recorded.end() && !package.sha256.empty() && package.sha256 != at->second->sha256) {
        status_ = Fail(ErrorCode::kCorrupt,
                       fmt::format("package {} has the digest {}, which is not the one of {}",
                                   package.id, at->second->sha256, package.file),
                       paths_.records, at->second->line);
        return;
      }
      if (Find(TraceKind::kPackage, package.id) != nullptr) continue;  // given as zip and folder
      TraceItem& item = Add(TraceKind::kPackage, package.id, package.file, 0);
      item.text =
          fmt::format("{}, {}", package.started_at,
                      package.signer.empty() ? "not signed" : "signed by " + package.signer);
      item.result = package.verdict;
      item.reference = at == recorded.end() ? "" : at->second->conclusion;
    }
  }

  void Connect(uint32_t left, uint32_t right) {
    const TraceKind left_kind = trace_.items[left].kind;
    const TraceKind right_kind = trace_.items[right].kind;
    trace_.items[left].links[Number(right_kind)].push_back(right);
    trace_.items[right].links[Number(left_kind)].push_back(left);
  }

  template <typename Links>
  void ConnectAll(TraceKind kind, const std::string& id, TraceKind other, const Links& links) {
    const uint32_t* from = Find(kind, id);
    for (const Link& link : links) {
      if (const uint32_t* to = Find(other, link.id)) Connect(*from, *to);
    }
  }

  void LinkFileItems() {
    for (const auto& entry : files_.requirements) {
      ConnectAll(TraceKind::kRequirement, entry.id, TraceKind::kInterface, entry.interfaces);
    }
    for (const auto& entry : files_.controls) {
      ConnectAll(TraceKind::kControl, entry.id, TraceKind::kRequirement, entry.requirements);
    }
    for (const auto& entry : files_.threats) {
      Connect(*Find(TraceKind::kThreat, entry.id),
              *Find(TraceKind::kInterface, entry.interface.id));
      ConnectAll(TraceKind::kThreat, entry.id, TraceKind::kControl, entry.controls);
    }
    for (const auto& entry : files_.risks) {
      ConnectAll(TraceKind::kRisk, entry.id, TraceKind::kControl, entry.controls);
      ConnectAll(TraceKind::kRisk, entry.id, TraceKind::kThreat, entry.threats);
      ConnectAll(TraceKind::kRisk, entry.id, TraceKind::kRisk, entry.leads_to);
    }
    for (const auto& entry : files_.entries) {
      ConnectAll(TraceKind::kEntry, entry.id, TraceKind::kInterface, entry.interfaces);
      ConnectAll(TraceKind::kEntry, entry.id, TraceKind::kRequirement, entry.requirements);
      ConnectAll(TraceKind::kEntry, entry.id, TraceKind::kTarget, entry.targets);
    }
  }

  void LinkPackages() {
    for (const TracedPackage& package : packages_) {
      const uint32_t number = *Find(TraceKind::kPackage, package.id);
      for (const TracedTarget& target : package.targets) {
        Connect(number, *Find(TraceKind::kTarget, target.id));
      }
      for (const TracedFinding& finding : package.findings) {
        const uint32_t found = *Find(TraceKind::kFinding, finding.id);
        Connect(number, found);
        if (const uint32_t* target = Find(TraceKind::kTarget, finding.target)) {
          Connect(*target, found);
        }
        if (const uint32_t* threat = Find(TraceKind::kThreat, finding.threat)) {
          Connect(*threat, found);
        }
      }
    }
    for (TraceItem& item : trace_.items) {
      for (auto& links : item.links) SortOut(links);
    }
  }

  static void SortOut(std::vector<uint32_t>& links) {
    std::sort(links.begin(), links.end());
    links.erase(std::unique(links.begin(), links.end()), links.end());
  }

  // A test of a threat is one at the threat's own interface: its controls stand at others too, and
  // a test there says nothing of it. A security risk is tested by what tests its threats.
  void LinkThreatsAndRisks() {
    LinkThrough(TraceKind::kThreat, TraceKind::kControl, TraceKind::kTarget,
                [&](const TraceItem& threat, uint32_t target) {
                  const auto& there =
                      trace_.items[threat.To(TraceKind::kInterface).front()].To(TraceKind::kTarget);
                  return std::binary_search(there.begin(), there.end(), target);
                });
    LinkThrough(TraceKind::kRisk, TraceKind::kThreat, TraceKind::kTarget);
    LinkThrough(
        TraceKind::kRisk, TraceKind::kControl, TraceKind::kTarget,
        [&](const TraceItem& risk, uint32_t) { return risk.To(TraceKind::kThreat).empty(); });
  }

  void LinkThrough(TraceKind kind, TraceKind through, TraceKind to) {
    LinkThrough(kind, through, to, [](const TraceItem&, uint32_t) { return true; });
  }

  // What an item reaches through its neighbours of one kind, each once. The marks keep memory at
  // one number per link, however often a file says the same.
  template <typename Accept>
  void LinkThrough(TraceKind kind, TraceKind through, TraceKind to, const Accept& accept) {
    std::vector<uint32_t> seen_by(trace_.items.size(), UINT32_MAX);
    const size_t count = trace_.items.size();
    for (uint32_t number = 0; number < count; ++number) {
      TraceItem& item = trace_.items[number];
      if (item.kind != kind) continue;
      auto& reached = item.links[Number(to)];
      for (const uint32_t known : reached) seen_by[known] = number;
      const size_t before = reached.size();
      for (const uint32_t neighbour : item.To(through)) {
        for (const uint32_t far : trace_.items[neighbour].To(to)) {
          if (seen_by[far] == number || !accept(item, far)) continue;
          seen_by[far] = number;
          reached.push_back(far);
        }
      }
      for (size_t i = before; i < reached.size(); ++i) {
        trace_.items[reached[i]].links[Number(kind)].push_back(number);
      }
    }
    for (TraceItem& item : trace_.items) {
      if (item.kind == kind) SortOut(item.links[Number(to)]);
      if (item.kind == to) SortOut(item.links[Number(kind)]);
    }
  }

  const ValidationFiles& files_;
  const std::vector<TracedPackage>& packages_;
  Paths paths_;
  std::vector<TraceGap> disagreements_;
  Trace trace_;
  Status status_;
  TargetRuns runs_;
  std::array<std::unordered_map<std::string_view, uint32_t>, kTraceKinds> index_;
};

}  // namespace

const char* TraceKindName(TraceKind kind) {
  constexpr std::array<const char*, kTraceKinds> kNames = {"requirement", "control",   "threat",
                                                           "risk",        "interface", "entry",
                                                           "target",      "finding",   "package"};
  return kNames[Number(kind)];
}

const char* TraceKindPlural(TraceKind kind) {
  constexpr std::array<const char*, kTraceKinds> kNames = {
      "requirements", "controls", "threats",  "risks",   "interfaces",
      "entries",      "targets",  "findings", "packages"};
  return kNames[Number(kind)];
}

common::Result<Trace> BuildTrace(const ValidationFiles& files,
                                 const std::vector<TracedPackage>& packages) {
  return TraceBuilder(files, packages).Build();
}

}  // namespace percuss::reports

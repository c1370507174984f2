// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/evidence.h"

#include <map>
#include <utility>

#include "campaign/supervise/own_time.h"
#include "campaign/triage/reproduction.h"
#include "campaign/triage/signature.h"
#include "campaign/triage/surroundings_effect.h"
#include "campaign/triage/symbolizer.h"

namespace percuss::campaign {

namespace {

bool IsTime(const Rerun& rerun) { return rerun.report && IsTimeKind(rerun.report->kind); }

// A hang's report from all of its reruns: the outer stack that they share. A run that ended by
// itself has no stack.
CrashReport CommonHang(const std::vector<Rerun>& reruns) {
  std::optional<CrashReport> report;
  for (const Rerun& rerun : reruns) {
    if (!IsTime(rerun)) continue;
    const std::vector<common::StackFrame>& stack = rerun.report->stack;
    if (!report || FirstUserFrame(*report) == nullptr) {
      report = rerun.report;
      report->stack = CommonOuterStack(stack, stack);
    } else if (FirstUserFrame(*rerun.report) != nullptr) {
      report->stack = CommonOuterStack(report->stack, stack);
    }
    if (rerun.report->kind == "hang") {
      report->kind = "hang";
      report->bug_class = "hang";
      report->message = rerun.report->message;
    }
  }
  return *report;
}

}  // namespace

common::Result<Rerun> RunOnce(InputRunner& runner,
                              const std::vector<std::filesystem::path>& history,
                              const std::filesystem::path& input, const RunVariation& variation) {
  common::Result<Observation> observation = runner.Run(history, input, variation);
  if (!observation) return tl::unexpected(observation.error());
  Rerun rerun;
  rerun.observation = std::move(*observation);
  rerun.surroundings = variation.surroundings;
  if (!rerun.Counts()) return rerun;
  rerun.report = ParseCrashReport(
      rerun.observation.log,
      {rerun.observation.kind, rerun.observation.signal, rerun.observation.exit_code});
  if (rerun.report) rerun.key = StrictKey(*rerun.report);
  return rerun;
}

common::Result<Rerun> RunUnsymbolised(InputRunner& runner,
                                      const std::vector<std::filesystem::path>& history,
                                      const std::filesystem::path& input,
                                      const RunVariation& variation) {
  common::Result<Rerun> rerun = RunOnce(runner, history, input, variation);
  if (!rerun || !rerun->report) return rerun;
  Symbolize(rerun->report->stack);
  rerun->key = StrictKey(*rerun->report);
  return rerun;
}

const std::vector<Rerun>& Evidence::Deciding() const {
  return MostFrequent(alone).reproduced == 0 && MostFrequent(with_history).reproduced > 0
             ? with_history
             : alone;
}

DominantFault MostFrequent(const std::vector<Rerun>& reruns) {
  DominantFault verdict;
  std::map<std::string, int> counts;
  int time_count = 0;
  for (const Rerun& rerun : reruns) {
    if (IsTime(rerun)) {
      time_count++;
    } else if (rerun.report) {
      counts[rerun.key]++;
    }
  }
  for (const Rerun& rerun : reruns) {
    if (!rerun.report) continue;
    const int count = IsTime(rerun) ? time_count : counts[rerun.key];
    if (count <= verdict.reproduced) continue;
    verdict.reproduced = count;
    verdict.example = &rerun;
  }
  if (verdict.example == nullptr) return verdict;
  verdict.report = IsTime(*verdict.example) ? CommonHang(reruns) : *verdict.example->report;
  verdict.strict_key = StrictKey(*verdict.report);
  return verdict;
}

bool Shows(const Rerun& rerun, const DominantFault& fault) {
  if (!rerun.report || fault.example == nullptr) return false;
  return IsTimeKind(fault.report->kind) ? IsTime(rerun) : rerun.key == fault.example->key;
}

bool Differ(const std::vector<Rerun>& reruns) {
  const Rerun* first = nullptr;
  bool differ = false;
  for (const Rerun& rerun : reruns) {
    if (!rerun.Counts()) continue;
    if (rerun.report && IsTimeKind(rerun.report->kind)) return false;
    if (first == nullptr) first = &rerun;
    differ = differ || rerun.key != first->key;
  }
  return differ;
}

common::Reproduction ReproductionOf(const Evidence& evidence, const DominantFault& verdict) {
  common::Reproduction reproduction;
  const std::vector<Rerun>& reruns = evidence.Deciding();
  const bool is_time = verdict.report && IsTimeKind(verdict.report->kind);
  for (const Rerun& rerun : reruns) {
    if (!rerun.Counts()) continue;
    reproduction.reruns++;
    reproduction.wall_ns.push_back(rerun.observation.wall_ns);
    reproduction.cpu_ns.push_back(rerun.observation.cpu_ns);
    if (!rerun.report) {
      reproduction.signatures["none"]++;
    } else {
      reproduction.signatures[is_time && IsTime(rerun) ? verdict.strict_key : rerun.key]++;
    }
  }
  reproduction.reproduced = verdict.reproduced;
  const Interval interval = WilsonInterval(verdict.reproduced, reproduction.reruns);
  reproduction.interval_low = interval.low;
  reproduction.interval_high = interval.high;
  if (verdict.reproduced > 0) {
    reproduction.mode = &reruns == &evidence.alone ? "alone" : "with_history";
  }
  std::vector<RunIn> runs;
  for (const Rerun& rerun : reruns) {
    if (rerun.Counts()) runs.push_back({rerun.surroundings, Shows(rerun, verdict)});
  }
  TellSurroundings(runs, evidence.varies, reproduction);
  return reproduction;
}

common::TimeUse TimeUseOf(const Evidence& evidence) {
  using Rank = std::pair<bool, int>;  // what is known goes before what is not
  std::map<std::pair<std::string, std::string>, Rank> ranks;
  common::TimeUse most;
  Rank best;
  for (const Rerun& rerun : evidence.Deciding()) {
    const common::TimeUse& use = rerun.observation.time_use;
    if (!rerun.Counts() || !IsTime(rerun) || use.how.empty()) continue;
    Rank& rank = ranks[{use.how, use.where}];
    rank = {use.how != "unknown", rank.second + 1};
    if (rank <= best) continue;
    best = rank;
    most = use;
  }
  return most;
}

int64_t OwnNs(const Observation& seen) {
  return OwnTimeNs(seen.wall_ns, seen.cpu_ns, seen.withheld_ns);
}

OwnTimes OwnTimesOf(const Evidence& evidence) {
  OwnTimes times;
  for (const Rerun& rerun : evidence.Deciding()) {
    if (!rerun.Counts()) continue;
    times.cpu_ns += rerun.observation.cpu_ns;
    times.own_ns += OwnNs(rerun.observation);
  }
  return times;
}

bool IsSampleOf(const std::vector<common::StackFrame>& sample,
                const std::vector<common::StackFrame>& outer) {
  return CommonOuterStack(sample, outer).size() == CommonOuterStack(outer, outer).size();
}

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/retention_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "campaign/measure/held_trend.h"
#include "campaign/triage/retention_report.h"
#include "campaign/triage/stack_text.h"
#include "campaign/triage/symbolizer.h"
#include "common/words.h"

namespace percuss::campaign {
namespace {

using common::Result;
using common::RetentionRate;
using common::StackFrame;

constexpr int64_t kNsPerS = 1'000'000'000;
constexpr int64_t kEnoughCpuNs = kNsPerS;  // then no further round, if there were enough
constexpr int64_t kMostCpuNs = 10 * kNsPerS;
constexpr int64_t kInexactNoise = 4096;
constexpr double kThousand = 1000;

// Bytes by the text of their allocation's stack; of the sanitizers' memory profile.
std::map<std::string, int64_t> BytesByStack(std::string_view profile) {
  std::map<std::string, int64_t> bytes;
  int64_t held = 0;
  std::string stack;
  const auto keep = [&] {
    if (!stack.empty()) bytes[stack] += held;
    stack.clear();
  };
  while (!profile.empty()) {
    const std::string_view line = TakeLine(profile);
    if (line.find(" byte(s) (") != std::string_view::npos) {
      keep();
      held = std::strtoll(std::string(line).c_str(), nullptr, 10);
    } else if (ParseFrame(line)) {
      stack += std::string(line) + "\n";
    } else {
      keep();
    }
  }
  keep();
  return bytes;
}

// Of the allocations that both profiles know, or the later one, the stack that grew most.
std::vector<StackFrame> GrownAllocation(const std::vector<std::string>& profiles) {
  if (profiles.size() < 2) return {};
  const auto before = BytesByStack(profiles.front());
  std::string grown;
  int64_t most = 0;
  for (const auto& [stack, bytes] : BytesByStack(profiles.back())) {
    const auto known = before.find(stack);
    const int64_t more = bytes - (known == before.end() ? 0 : known->second);
    if (more <= most) continue;
    most = more;
    grown = stack;
  }
  return ReadStack(grown);
}

// The stack that was noted most often, of this kind.
std::vector<StackFrame> FrequentSite(std::string_view sites, char kind) {
  std::map<std::string, int> counts;
  std::string stack;
  bool wanted = false;
  while (!sites.empty()) {
    const std::string_view line = TakeLine(sites);
    if (line.size() == 1) {
      wanted = line[0] == kind;
      stack.clear();
    } else if (line.empty()) {
      if (wanted && !stack.empty()) ++counts[stack];
      stack.clear();
    } else {
      stack += std::string(line) + "\n";
    }
  }
  const auto most = std::max_element(
      counts.begin(), counts.end(),
      [](const auto& one, const auto& other) { return one.second < other.second; });
  return most == counts.end() ? std::vector<StackFrame>() : ReadStack(most->first);
}

std::vector<StackFrame> SiteOf(Held held, const RoundsEnd& end) {
  std::vector<StackFrame> stack;
  switch (held) {
    case Held::kThreads:
      stack = FrequentSite(end.sites, 't');
      break;
    case Held::kDescriptors:
      stack = FrequentSite(end.sites, 'd');
      break;
    case Held::kHeapBytes:
      stack = GrownAllocation(end.profiles);
      break;
    case Held::kMappings:
    case Held::kMappedBytes:
    case Held::kResidentBytes:
      stack = FrequentSite(end.sites, 'm');
      break;
    case Held::kProcesses:
    case Held::kFiles:
      break;
  }
  Symbolize(stack);
  return stack;
}

std::string Table(const std::vector<RetentionRate>& rates) {
  std::string text;
  for (const RetentionRate& rate : rates) {
    text += fmt::format("  {:15} {:7} {:14.1f} {} per 1000 inputs (95 %: {:.1f} to {:.1f})\n",
                        rate.of, rate.verdict, rate.per_thousand, rate.unit, rate.low, rate.high);
  }
  return text;
}

Observation Unknown(const std::string& why) {
  Observation seen;
  seen.kind = "error";
  seen.detail = seen.log = why;
  return seen;
}

RoundsPlan PlanOf(const Repetition& repetition, const std::filesystem::path& input) {
  RoundsPlan plan;
  plan.inputs = {input};
  for (int64_t round = 0; round < repetition.rounds; ++round) {
    for (int64_t i = 0; i < repetition.inputs; ++i) plan.steps.push_back({0, i == 0});
  }
  plan.cpu_budget_ns = kMostCpuNs;
  return plan;
}

}  // namespace

bool IsEnough(const std::vector<HeldAtStop>& stops) {
  constexpr int64_t kMany = 250;
  constexpr int64_t kManyBytes = int64_t{256} << 20;
  const auto risen = [&](Held held) {
    const auto kind = static_cast<size_t>(held);
    return stops.back().held[kind] - stops.front().held[kind];
  };
  return risen(Held::kThreads) > kMany || risen(Held::kProcesses) > kMany ||
         risen(Held::kDescriptors) > kMany || risen(Held::kMappings) > kMany ||
         risen(Held::kResidentBytes) > kManyBytes;
}

std::vector<int64_t> SeriesOf(const std::vector<HeldAtStop>& stops, Held held) {
  std::vector<int64_t> series;
  series.reserve(stops.size());
  for (const HeldAtStop& stop : stops) series.push_back(stop.held[static_cast<size_t>(held)]);
  return series;
}

int64_t NoiseOf(const std::vector<HeldAtStop>& stops, Held held) {
  const bool inexact = held == Held::kHeapBytes && !stops.empty() && !stops.front().exact;
  return inexact ? kInexactNoise : KindOf(held).noise;
}

RetentionRate RateOf(const std::vector<HeldAtStop>& stops, Held held, int64_t round_inputs,
                     bool steps_go_on) {
  const HeldSlope slope = JudgeHeld(SeriesOf(stops, held), NoiseOf(stops, held));
  const auto per_thousand = [&](double a_round) {
    return a_round * kThousand / static_cast<double>(std::max<int64_t>(1, round_inputs));
  };
  RetentionRate rate;
  rate.of = KindOf(held).name;
  rate.unit = KindOf(held).unit;
  rate.rounds = static_cast<int64_t>(stops.size()) - 1;
  rate.inputs = rate.rounds * round_inputs;
  rate.per_thousand = per_thousand(slope.slope);
  rate.low = per_thousand(slope.low);
  rate.high = per_thousand(slope.high);
  rate.at_most = per_thousand(slope.at_most);
  rate.verdict = "unknown";
  if (slope.trend == HeldTrend::kNone) rate.verdict = "none";
  if (slope.trend == HeldTrend::kSteady) rate.verdict = "grows";
  if (slope.trend == HeldTrend::kStepped && steps_go_on) rate.verdict = "grows";
  return rate;
}

Result<Observation> RetentionRunner::Run(const std::vector<std::filesystem::path>& /*history*/,
                                         const std::filesystem::path& input,
                                         const RunVariation& variation) {
  RoundsPlan plan = PlanOf(repetition_, input);
  plan.target = target_;
  for (const auto& [name, value] : variation.environment) plan.target.environment[name] = value;
  plan.limits = limits_;
  plan.cancel = cancel_;
  std::vector<HeldAtStop> stops;
  const auto ended = RunRounds(plan, [&](const HeldAtStop& stop) {
    stops.push_back(stop);
    const auto rounds = static_cast<int64_t>(stops.size()) - 1;
    if (rounds == repetition_.rounds) return AfterStop::kWrite;
    const bool enough = stop.cpu_ns > kEnoughCpuNs || IsEnough(stops);
    if (rounds >= kLeastRepeatedRounds && enough) return AfterStop::kWrite;
    return rounds == kLeastRepeatedRounds / 4 ? AfterStop::kProfile : AfterStop::kGo;
  });
  if (!ended) return Unknown(ended.error().Text());
  if (!ended->finished) {
    const bool too_long = ended->over_budget || ended->stalled;
    return Unknown(fmt::format("the process ended after {}: {}",
                               common::Counted(ended->begun, "input"),
                               too_long ? "it took too long" : LastLine(ended->log)));
  }
  Observation seen;
  seen.kind = "ok";
  seen.cpu_ns = ended->cpu_ns;
  std::vector<RetentionRate> rates;
  std::optional<Held> grows;
  for (size_t i = 0; i < kHeldKinds; ++i) {
    const Held held = static_cast<Held>(i);
    // So many of one input that what is stepped has gone on.
    rates.push_back(RateOf(stops, held, repetition_.inputs, true));
    if (!grows && rates.back().verdict == "grows") grows = held;
  }
  const std::string table = Table(rates);
  seen.log = table;
  if (!grows) return seen;
  seen.kind = "leak";
  const RetentionRate& rate = rates[static_cast<size_t>(*grows)];
  const std::string details = fmt::format(
      "this input alone, {} times in one process, in {} rounds; what the process held:\n{}",
      rate.inputs, rate.rounds, table);
  seen.log = RetentionReport(KindOf(*grows).bug_class, rate, SiteOf(*grows, *ended), details);
  return seen;
}

}  // namespace percuss::campaign

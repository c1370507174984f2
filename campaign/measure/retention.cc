// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/retention.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "campaign/measure/held_trend.h"
#include "campaign/measure/retention_runner.h"
#include "campaign/supervise/rounds.h"
#include "campaign/target_command.h"
#include "campaign/triage/crash_parsers.h"
#include "campaign/triage/stack_text.h"
#include "common/hash.h"
#include "common/log.h"
#include "common/words.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;
using common::Counted;
using common::GrowingInput;
using common::Result;
using common::Retention;
using common::RetentionRate;
using common::Status;

constexpr int64_t kNsPerMs = 1'000'000;
constexpr size_t kFewestInRound = 50;
constexpr size_t kFirstRounds = 16;
constexpr size_t kLeastLongRounds = 60;
constexpr size_t kLongSteps = 30'000;
constexpr size_t kLongerBy = 4;
constexpr int64_t kTimesBudget = 4;  // of each of the two longer looks
constexpr int kMostLeftOut = 10;
constexpr int kMostSmaller = 3;
constexpr double kThousand = 1000;
// Of one input alone: warm-up, and two parts that must both rise.
constexpr size_t kWarmRuns = 4;
constexpr size_t kPartRuns = 8;
constexpr size_t kMostTried = 3;  // of each kind, in processes of their own
constexpr size_t kMostNamed = 10;

std::vector<stdfs::path> EvenSample(const std::vector<stdfs::path>& from, size_t most) {
  if (from.size() <= most) return from;
  std::vector<stdfs::path> chosen;
  for (size_t i = 0; i < most; ++i) chosen.push_back(from[i * from.size() / most]);
  return chosen;
}

class Measuring {
 public:
  Measuring(const TargetSpec& target, std::vector<stdfs::path> inputs,
            const std::atomic<bool>& cancel)
      : target_(target), inputs_(std::move(inputs)), cancel_(cancel) {
    command_ = CommandFor(target, MainRole(target));
    command_.symbolize = false;
  }

  RetentionMeasurement Run() {
    Retention& result = measured_.result;
    Status done = Look(kFirstRounds, 1);
    if (done && Rising()) done = LookLonger();
    if (!done) return Absent(done.error().message);
    result.present = true;
    result.inputs = static_cast<int64_t>(inputs_.size());
    result.round_inputs = static_cast<int64_t>(round_);
    result.heap = !stops_.empty() && stops_.front().exact ? "requested" : "allocator";
    result.rounds = static_cast<int64_t>(stops_.size()) - 1;
    result.rates = rates_;
    if (Rising() && !cancel_) NameInputs();
    Conclude();
    return std::move(measured_);
  }

 private:
  RetentionMeasurement Absent(const std::string& why) {
    measured_.result = {};
    measured_.result.absent_reason = why;
    return std::move(measured_);
  }

  [[nodiscard]] bool Rising() const {
    return std::any_of(rates_.begin(), rates_.end(),
                       [](const RetentionRate& rate) { return rate.verdict != "none"; });
  }
  [[nodiscard]] bool AllToldApart() const {
    return std::none_of(rates_.begin(), rates_.end(),
                        [](const RetentionRate& rate) { return rate.verdict == "unknown"; });
  }

  // Steadily rising in one run is growth; in steps, if a run of some times the length goes on so.
  Status LookLonger() {
    const size_t rounds = std::max(kLeastLongRounds, kLongSteps / round_);
    Status done = Look(rounds, kTimesBudget);
    if (!done || AllToldApart() || cancel_) return done;
    const std::vector<RetentionRate> before = rates_;
    done = Look(rounds * kLongerBy, kTimesBudget);
    if (!done) return done;
    for (size_t i = 0; i < kHeldKinds; ++i) {
      if (rates_[i].verdict != "unknown" || before[i].verdict != "unknown") continue;
      rates_[i] = RateOf(stops_, static_cast<Held>(i), static_cast<int64_t>(round_), true);
    }
    return done;
  }

  // Fills stops_ and rates_. What cannot be in a run with others is left out, and where all take
  // too long, fewer inputs are looked at.
  Status Look(size_t rounds, int64_t times_budget) {
    int smaller = 0;
    const int64_t budget_ns = target_.retention.cpu_ms * kNsPerMs * times_budget;
    while (!inputs_.empty() && !cancel_) {
      round_ = std::max(inputs_.size(), kFewestInRound);
      stops_.clear();
      const auto ended = RunRounds(PlanOfRounds(rounds, budget_ns), [&](const HeldAtStop& stop) {
        stops_.push_back(stop);
        const bool enough = stop.cpu_ns > budget_ns || IsEnough(stops_);
        const bool spent = enough && stops_.size() > kFirstRounds;
        return spent || stops_.size() > rounds ? AfterStop::kQuit : AfterStop::kGo;
      });
      if (!ended) return tl::make_unexpected(ended.error());
      if (ended->finished || (ended->over_budget && stops_.size() > kLeastRounds)) {
        TakeRates();
        return {};
      }
      if (ended->over_budget) {
        if (++smaller > kMostSmaller) {
          return common::Fail(common::ErrorCode::kUnavailable,
                              "its inputs take too long for the time allowed");
        }
        TakeFewer(*ended, rounds);
      } else if (!LeaveOut(*ended)) {
        return common::Fail(common::ErrorCode::kUnavailable,
                            "the process does not outlive its inputs: " + LastLine(ended->log));
      }
    }
    return common::Fail(common::ErrorCode::kUnavailable,
                        cancel_ ? "interrupted" : "no input is left that the process outlives");
  }

  [[nodiscard]] RoundsPlan PlanOfRounds(size_t rounds, int64_t budget_ns) const {
    RoundsPlan plan = EmptyPlan();
    const size_t most = std::max<size_t>(kLeastRounds, kMostSteps / round_);
    for (size_t round = 0; round < std::min(rounds, most); ++round) {
      for (size_t i = 0; i < round_; ++i) plan.steps.push_back({i % inputs_.size(), i == 0});
    }
    plan.cpu_budget_ns = budget_ns;
    return plan;
  }

  [[nodiscard]] RoundsPlan EmptyPlan() const {
    RoundsPlan plan;
    plan.target = command_;
    plan.limits = LimitsFor(target_);
    plan.inputs = inputs_;
    plan.cancel = &cancel_;
    return plan;
  }

  void TakeRates() {
    rates_.clear();
    for (size_t i = 0; i < kHeldKinds; ++i) {
      rates_.push_back(RateOf(stops_, static_cast<Held>(i), static_cast<int64_t>(round_), false));
    }
  }

  void TakeFewer(const RoundsEnd& ended, size_t rounds) {
    const double share = static_cast<double>(std::max<int64_t>(1, ended.begun)) /
                         static_cast<double>(rounds * round_);
    const auto fewer = static_cast<size_t>(static_cast<double>(inputs_.size()) * share / 2);
    inputs_ = EvenSample(inputs_, std::clamp<size_t>(fewer, 1, inputs_.size()));
  }

  [[nodiscard]] bool LeaveOut(const RoundsEnd& ended) {
    if (ended.begun == 0 || measured_.result.left_out >= kMostLeftOut) return false;
    const size_t index = (static_cast<size_t>(ended.begun) - 1) % round_ % inputs_.size();
    common::LogDebug("{}: an input ends the process, or takes too long: {}", target_.id,
                     inputs_[index].string());
    inputs_.erase(inputs_.begin() + static_cast<std::ptrdiff_t>(index));
    ++measured_.result.left_out;
    return true;
  }

  // Each input for itself, all in one process.
  void NameInputs() {
    RoundsPlan plan = EmptyPlan();
    constexpr size_t kStepsEach = kWarmRuns + 2 * kPartRuns;
    plan.inputs = EvenSample(inputs_, kMostSteps / kStepsEach);
    for (size_t input = 0; input < plan.inputs.size(); ++input) {
      for (size_t i = 0; i < kStepsEach; ++i) {
        const bool stop = i == 0 || i == kWarmRuns || i == kWarmRuns + kPartRuns;
        plan.steps.push_back({input, stop});
      }
    }
    plan.cpu_budget_ns = target_.retention.cpu_ms * kNsPerMs * kTimesBudget;
    std::vector<HeldAtStop> stops;
    const auto ended = RunRounds(plan, [&](const HeldAtStop& stop) {
      stops.push_back(stop);
      return stops.size() > plan.inputs.size() * 3 ? AfterStop::kQuit : AfterStop::kGo;
    });
    if (!ended) return;
    std::map<std::string, std::vector<GrowingInput>> by_class;
    std::vector<stdfs::path> suspects;
    for (size_t input = 0; 3 * input + 3 < stops.size(); ++input) {
      const auto grown = GrownBy(stops, 3 * input + 1);
      if (!grown) continue;
      GrowingInput named = Named(plan.inputs[input]);
      named.of = KindOf(grown->first).name;
      named.per_thousand = grown->second;
      by_class[KindOf(grown->first).bug_class].push_back(named);
      suspects.push_back(plan.inputs[input]);
    }
    if (suspects.empty()) SearchByHalves(by_class, suspects);
    DismissWhatFills(suspects);
    for (auto& [bug_class, inputs] : by_class) {
      std::erase_if(inputs, [this](const GrowingInput& input) { return !RisesStill(input.of); });
      measured_.result.alone += static_cast<int64_t>(inputs.size());
      Confirm(inputs);
    }
  }

  // What grows in steps does not show it in a few runs: halves of the inputs tell, and more so the
  // fewer they are.
  void SearchByHalves(std::map<std::string, std::vector<GrowingInput>>& by_class,
                      std::vector<stdfs::path>& suspects) {
    const auto grows = std::find_if(rates_.begin(), rates_.end(), [](const RetentionRate& rate) {
      return rate.verdict == "grows";
    });
    if (grows == rates_.end()) return;
    const auto kind = static_cast<size_t>(grows - rates_.begin());
    std::vector<stdfs::path> left = inputs_;
    while (left.size() > 1 && !cancel_) {
      const auto middle = left.begin() + static_cast<std::ptrdiff_t>(left.size() / 2);
      Measuring half(target_, {left.begin(), middle}, cancel_);
      const size_t round = std::max(left.size() / 2, kFewestInRound);
      if (!half.Look(std::max(kLeastLongRounds, kLongSteps / round), kTimesBudget)) return;
      if (half.rates_[kind].verdict == "none") {
        left.erase(left.begin(), middle);
      } else {
        left.erase(middle, left.end());
      }
    }
    const HeldKind& held = KindOf(static_cast<Held>(kind));
    GrowingInput named = Named(left.front());
    named.of = held.name;
    by_class[held.bug_class].push_back(named);
    suspects.push_back(left.front());
  }

  // A cache that few inputs fill looks like growth for long. Those alone fill it soon.
  void DismissWhatFills(const std::vector<stdfs::path>& suspects) {
    if (suspects.empty()) return;
    Measuring only(target_, suspects, cancel_);
    const size_t round = std::max(suspects.size(), kFewestInRound);
    if (!only.Look(std::max(kLeastLongRounds, kLongSteps / round), kTimesBudget)) return;
    for (size_t i = 0; i < kHeldKinds; ++i) {
      const RetentionRate& alone = only.rates_[i];
      if (alone.verdict != "none" || rates_[i].verdict == "none") continue;
      RetentionRate& rate = measured_.result.rates[i];
      rate.verdict = "none";
      rate.at_most = alone.at_most;
      fills_ = std::max(fills_, alone.inputs);
    }
  }

  [[nodiscard]] bool RisesStill(const std::string& of) const {
    const auto& rates = measured_.result.rates;
    return std::any_of(rates.begin(), rates.end(), [&](const RetentionRate& rate) {
      return rate.of == of && rate.verdict != "none";
    });
  }

  // The first kind that rises in both parts after this stop, and how fast; of those that the corpus
  // did not leave as they were.
  [[nodiscard]] std::optional<std::pair<Held, double>> GrownBy(const std::vector<HeldAtStop>& stops,
                                                               size_t at) const {
    for (size_t kind = 0; kind < kHeldKinds; ++kind) {
      const Held held = static_cast<Held>(kind);
      if (rates_[kind].verdict == "none") continue;
      const int64_t noise = NoiseOf(stops, held);
      const int64_t begin = stops[at].held[kind];
      const int64_t middle = stops[at + 1].held[kind];
      const int64_t end = stops[at + 2].held[kind];
      if (begin < 0 || middle - begin <= noise || end - middle <= noise) continue;
      return std::pair(held, static_cast<double>(end - begin) * kThousand / (2.0 * kPartRuns));
    }
    return std::nullopt;
  }

  static GrowingInput Named(const stdfs::path& path) {
    std::error_code error;
    GrowingInput named;
    named.path = path.string();
    named.sha256 = common::Sha256FileHex(path).value_or("");
    named.bytes = static_cast<int64_t>(stdfs::file_size(path, error));
    return named;
  }

  // The fastest that shows it in a process of its own as well is the one to report.
  void Confirm(std::vector<GrowingInput>& inputs) {
    std::stable_sort(inputs.begin(), inputs.end(),
                     [](const GrowingInput& one, const GrowingInput& other) {
                       return one.per_thousand > other.per_thousand;
                     });
    RetentionRunner runner(command_, LimitsFor(target_), kRepetition, &cancel_);
    for (size_t i = 0; i < std::min(kMostTried, inputs.size()) && !cancel_; ++i) {
      const auto seen = runner.Run({}, inputs[i].path, {});
      if (!seen || seen->kind != "leak") continue;
      measured_.growing.emplace_back(inputs[i].path);
      const auto report = ParseRetention(seen->log);
      if (report) inputs[i].per_thousand = report->retention.per_thousand;
      for (RetentionRate& rate : measured_.result.rates) {
        if (rate.of == inputs[i].of) rate.verdict = "grows";
      }
      std::rotate(inputs.begin(), inputs.begin() + static_cast<std::ptrdiff_t>(i),
                  inputs.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      const size_t kept = std::min(kMostNamed, inputs.size());
      auto& all = measured_.result.growing;
      all.insert(all.end(), inputs.begin(), inputs.begin() + static_cast<std::ptrdiff_t>(kept));
      return;
    }
  }

  void Conclude() {
    Retention& result = measured_.result;
    const std::string over =
        fmt::format("over {} inputs in {} rounds of {}", result.rounds * result.round_inputs,
                    result.rounds, result.round_inputs);
    std::string growing;
    std::string unclear;
    for (const RetentionRate& rate : result.rates) {
      std::string& list = rate.verdict == "grows" ? growing : unclear;
      if (rate.verdict == "none") continue;
      list += fmt::format("{}{}", list.empty() ? "" : ", ", rate.of);
      if (rate.verdict == "grows") list += " by " + common::RetentionText(rate);
    }
    result.verdict = !growing.empty() ? "grows" : !unclear.empty() ? "unknown" : "none";
    if (result.verdict == "none") {
      result.reason = fmt::format(
          "nothing grows {}: the heap by at most {:.0f} bytes per 1000 "
          "inputs",
          over, result.rates[static_cast<size_t>(Held::kHeapBytes)].at_most);
    } else if (result.verdict == "unknown") {
      result.reason = fmt::format("rises, but not steadily, {}: {}", over, unclear);
    } else {
      result.reason = fmt::format(
          "{}: {}; {}", over, growing,
          measured_.growing.empty()
              ? "no single input shows it alone"
              : fmt::format("of its {1} inputs {0} do so alone", result.alone, result.inputs));
    }
    if (fills_ > 0) {
      result.reason += fmt::format(
          "; what rises at first does so no more in {} runs of the inputs that raise it", fills_);
    }
    if (result.left_out > 0) {
      result.reason += fmt::format("; {} left out, which the process does not outlive",
                                   Counted(result.left_out, "input"));
    }
  }

  const TargetSpec& target_;
  TargetCommand command_;
  std::vector<stdfs::path> inputs_;
  const std::atomic<bool>& cancel_;
  size_t round_ = 0;  // executions of a round
  std::vector<HeldAtStop> stops_;
  std::vector<RetentionRate> rates_;  // by Held
  int64_t fills_ = 0;                 // runs that showed what rises to have an end
  RetentionMeasurement measured_;
};

}  // namespace

RetentionMeasurement MeasureRetention(const TargetSpec& target,
                                      const std::vector<stdfs::path>& inputs,
                                      const std::atomic<bool>& cancel) {
  RetentionMeasurement measurement;
  const std::string role = MainRole(target);
  if ((role != "libfuzzer" && role != "aflpp") || target.binaries.contains("image")) {
    measurement.result.absent_reason =
        "firmware, or a program for another processor, runs each input from its checkpoint";
  } else if (target.retention.cpu_ms == 0) {
    measurement.result.absent_reason = "the campaign file gives it no time";
  } else if (inputs.empty()) {
    measurement.result.absent_reason = "the corpus is empty";
  } else {
    auto sample = EvenSample(inputs, static_cast<size_t>(target.retention.inputs));
    measurement = Measuring(target, std::move(sample), cancel).Run();
  }
  measurement.result.asked = target.retention.asked;
  return measurement;
}

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/root_cause.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "campaign/triage/frame_filter.h"
#include "campaign/triage/symbolizer.h"
#include "common/words.h"
#include "harnesses/sdk/value_trace.h"

namespace percuss::campaign {

namespace {

using common::Finding;
using common::StackFrame;
using common::Suspect;

using Counts = std::vector<uint8_t>;

// How much a witness counts; the reasons are in docs/adr/0030.
constexpr double kInnermost = 1;
constexpr double kWritten = 0.85;
constexpr double kFreed = 0.8;
constexpr double kAllocated = 0.7;
constexpr double kCallerOnStack = 0.6;  // of what its callee counts
constexpr double kCallerOfBlock = 0.5;  // likewise
constexpr double kFewer = 0.75;         // what failing runs do not take may only be cut off
constexpr double kValues = 0.6;         // how a comparison came out shows in an edge, as a rule
constexpr double kSeveralTimes = 0.6;   // how often is less than whether
constexpr double kStackShare = 0.6;     // of a score; the rest is what the runs say
constexpr double kNearnessPower = 2;
constexpr size_t kComparedFailing = 16;  // different ones
constexpr size_t kNamedEdges = 1000;

size_t Difference(const Counts& one, const Counts& other) {
  size_t differ = 0;
  for (size_t i = 0; i < one.size(); ++i) differ += size_t{(one[i] != 0) != (other[i] != 0)};
  return differ;
}

// Of the surviving runs, in all 1.
std::vector<double> WeightsOf(const EdgeSpectra& spectra) {
  std::set<Counts> different;
  for (const Counts& run : spectra.failing) {
    if (different.size() < kComparedFailing) different.insert(run);
  }
  std::vector<double> weights;
  double sum = 0;
  for (const Counts& run : spectra.surviving) {
    size_t nearest = run.size();
    for (const Counts& failing : different) nearest = std::min(nearest, Difference(run, failing));
    weights.push_back(1 / std::pow(1 + static_cast<double>(nearest), kNearnessPower));
    sum += weights.back();
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

// Ochiai's coefficient for shares of either side: 1/sqrt(2) where a predicate holds in all runs,
// which is moved to 0.
double Separation(double failing, double surviving) {
  constexpr double kAlways = 0.70710678118654752;
  if (failing <= 0) return 0;
  const double ochiai = failing / std::sqrt(failing + std::max(0.0, surviving));
  return std::clamp((ochiai - kAlways) / (1 - kAlways), 0.0, 1.0);
}

class EdgeComparison {
 public:
  EdgeComparison(const EdgeSpectra& spectra, const std::vector<double>& weights)
      : spectra_(spectra), weights_(weights) {}

  // function_fails: failing runs come into the edge's function.
  EdgeEvidence Of(size_t edge, bool function_fails) {
    EdgeEvidence best;
    best.edge = edge;
    failing_.fill(0);
    surviving_.fill(0);
    weighed_.fill(0);
    for (const Counts& run : spectra_.failing) ++failing_[run[edge]];
    for (size_t i = 0; i < weights_.size(); ++i) {
      const uint8_t count = spectra_.surviving[i][edge];
      ++surviving_[count];
      weighed_[count] += weights_[i];
    }
    const auto all_failing = static_cast<int64_t>(spectra_.failing.size());
    const auto all_surviving = static_cast<int64_t>(spectra_.surviving.size());
    int64_t failing_below = 0;
    int64_t surviving_below = 0;
    double weighed_below = 0;
    for (int times = 1; times < static_cast<int>(failing_.size()); ++times) {
      const auto below = static_cast<size_t>(times) - 1;
      if (failing_[below] + surviving_[below] == 0) continue;
      failing_below += failing_[below];
      surviving_below += surviving_[below];
      weighed_below += weighed_[below];
      if (failing_below == all_failing && surviving_below == all_surviving) break;
      const double share = static_cast<double>(failing_below) / static_cast<double>(all_failing);
      const double factor = times == 1 ? 1 : kSeveralTimes;
      const EdgeEvidence more = {edge,
                                 factor * Separation(1 - share, 1 - weighed_below),
                                 false,
                                 times,
                                 all_failing - failing_below,
                                 all_surviving - surviving_below};
      if (more.score > best.score) best = more;
      if (!function_fails) continue;
      const EdgeEvidence fewer = {edge,          kFewer * factor * Separation(share, weighed_below),
                                  true,          times,
                                  failing_below, surviving_below};
      if (fewer.score > best.score) best = fewer;
    }
    return best;
  }

 private:
  const EdgeSpectra& spectra_;
  const std::vector<double>& weights_;
  std::array<int64_t, 256> failing_{};
  std::array<int64_t, 256> surviving_{};
  std::array<double, 256> weighed_{};
};

bool Reaches(const Counts& run, size_t begin, size_t end) {
  return std::any_of(run.begin() + static_cast<ptrdiff_t>(begin),
                     run.begin() + static_cast<ptrdiff_t>(end),
                     [](uint8_t count) { return count != 0; });
}

// Per edge whether failing runs come into the function that it is in.
std::vector<bool> InFailingFunctions(const EdgeSpectra& spectra) {
  const size_t edges = spectra.places.offsets.size();
  std::vector<bool> inside(edges, false);
  for (size_t begin = 0; begin < edges;) {
    size_t end = begin + 1;
    while (end < edges && !spectra.places.begins_a_function[end]) ++end;
    const bool fails = std::any_of(spectra.failing.begin(), spectra.failing.end(),
                                   [&](const Counts& run) { return Reaches(run, begin, end); });
    std::fill(inside.begin() + static_cast<ptrdiff_t>(begin),
              inside.begin() + static_cast<ptrdiff_t>(end), fails);
    begin = end;
  }
  return inside;
}

size_t Showing(const std::vector<Counts>& runs, size_t number, int relation) {
  return static_cast<size_t>(std::count_if(runs.begin(), runs.end(), [&](const Counts& run) {
    return number < run.size() && (run[number] & relation) != 0;
  }));
}

// Of each comparison the outcome that tells best. Only what failing runs show counts: what they do
// not may come behind their end.
void CompareValues(const EdgeSpectra& spectra, const std::vector<double>& weights,
                   std::vector<EdgeEvidence>& evidence) {
  const size_t failing = spectra.failing_values.size();
  if (failing != spectra.failing.size() || spectra.surviving_values.size() != weights.size())
    return;
  for (size_t number = 0; number < spectra.comparisons.size(); ++number) {
    EdgeEvidence best;
    for (const int relation : {PERCUSS_BELOW, PERCUSS_EQUAL, PERCUSS_ABOVE}) {
      const size_t fail = Showing(spectra.failing_values, number, relation);
      if (fail == 0) continue;
      double weighed = 0;
      for (size_t i = 0; i < weights.size(); ++i) {
        const Counts& run = spectra.surviving_values[i];
        if (number < run.size() && (run[number] & relation) != 0) weighed += weights[i];
      }
      EdgeEvidence found;
      found.edge = number;
      found.score =
          kValues * Separation(static_cast<double>(fail) / static_cast<double>(failing), weighed);
      found.failing = static_cast<int64_t>(fail);
      found.surviving = static_cast<int64_t>(Showing(spectra.surviving_values, number, relation));
      found.relation = relation;
      if (found.score > best.score) best = found;
    }
    if (best.score > 0) evidence.push_back(best);
  }
}

std::string RelationText(int relation) {
  if (relation == PERCUSS_EQUAL) return "equal";
  return relation == PERCUSS_BELOW ? "below" : "above";
}

std::string EvidenceText(const EdgeEvidence& evidence, const EdgeSpectra& spectra, int line) {
  if (evidence.relation != 0) {
    return fmt::format(
        "a comparison{} comes out {} in {} of {} failing and {} of {} surviving runs",
        line > 0 ? fmt::format(" at line {}", line) : " in it", RelationText(evidence.relation),
        evidence.failing, spectra.failing.size(), evidence.surviving, spectra.surviving.size());
  }
  const std::string place =
      line > 0 ? fmt::format("an edge at line {}", line) : std::string("an edge of it");
  std::string how = evidence.fewer ? "not passed" : "passed";
  if (evidence.times > 1) {
    how = fmt::format("passed {} {} times", evidence.fewer ? "less than" : "at least",
                      evidence.times);
  }
  return fmt::format("{} is {} in {} of {} failing and {} of {} surviving runs", place, how,
                     evidence.failing, spectra.failing.size(), evidence.surviving,
                     spectra.surviving.size());
}

std::string StackText(size_t position, const Finding& finding) {
  const std::string stack =
      finding.kind == "leak" ? "the stack that allocated what leaked" : "the stack of the fault";
  return position == 0 ? "innermost on " + stack
                       : fmt::format("number {} on {}", position + 1, stack);
}

// What is known of one function, or one line.
struct Candidate {
  Suspect suspect;
  double prior = 0;
  double separation = 0;
  std::string why_prior;
  std::string why_separation;
};

class Ranking {
 public:
  Ranking(const Finding& finding, const EdgeSpectra& spectra)
      : finding_(finding), spectra_(spectra) {
    for (const StackFrame& frame : finding.stack) {
      if (OwnerOf(frame) == FrameOwner::kHarness && !frame.file.empty()) harness_ = frame.file;
    }
    if (finding.kind != "property") return;
    for (const StackFrame& frame : finding.stack) {
      if (!frame.user_code) continue;
      checker_ = frame.function;
      break;
    }
  }

  void AddStacks() {
    AddStack(finding_.stack, kInnermost, kCallerOnStack,
             [&](size_t at) { return StackText(at, finding_); });
    const auto of_block = [&](const std::vector<StackFrame>& stack, double weight,
                              const std::string& done) {
      AddStack(stack, weight, kCallerOfBlock,
               [&](size_t at) { return at == 0 ? done : "on the stack that " + done; });
    };
    of_block(finding_.root_cause.block.written, kWritten, "wrote the bad value");
    of_block(finding_.root_cause.block.freed, kFreed, "freed the block");
    of_block(finding_.root_cause.block.allocated, kAllocated, "allocated the block");
  }

  void AddEvidence(const EdgeEvidence& evidence, const StackFrame& frame) {
    if (frame.function.empty() || OwnerOf(frame) != FrameOwner::kUser || IsCheck(frame)) return;
    if (!harness_.empty() && frame.file == harness_) return;
    for (Candidate* candidate : {&FunctionOf(frame), LineOf(frame)}) {
      if (candidate == nullptr || evidence.score <= candidate->separation) continue;
      candidate->separation = evidence.score;
      candidate->suspect.failing = evidence.failing;
      candidate->suspect.surviving = evidence.surviving;
      candidate->why_separation = EvidenceText(evidence, spectra_, frame.line);
      if (candidate->prior == 0) candidate->suspect.line = frame.line;
    }
  }

  [[nodiscard]] std::vector<Suspect> Functions() const { return MostSuspicious(functions_); }
  [[nodiscard]] std::vector<Suspect> Lines() const { return MostSuspicious(lines_); }
  // How well the most suspicious function is told apart by the runs.
  [[nodiscard]] double BestSeparation() const {
    const auto best = Sorted(functions_);
    return best.empty() ? 0 : best.front()->separation;
  }

 private:
  template <typename Key>
  using Candidates = std::map<Key, Candidate>;

  // A check sits in the harness, as a rule, with others of its kind.
  [[nodiscard]] bool IsCheck(const StackFrame& frame) const {
    if (checker_.empty()) return false;
    return frame.function == checker_ || (!harness_.empty() && frame.file == harness_);
  }

  template <typename Words>
  void AddStack(const std::vector<StackFrame>& stack, double weight, double decay,
                const Words& words) {
    std::set<std::string> seen;
    for (const StackFrame& frame : stack) {
      if (!frame.user_code || frame.function.empty() || IsCheck(frame)) continue;
      if (!seen.insert(frame.function).second) continue;
      const std::string why = words(seen.size() - 1);
      for (Candidate* candidate : {&FunctionOf(frame), LineOf(frame)}) {
        if (candidate == nullptr || weight <= candidate->prior) continue;
        candidate->prior = weight;
        candidate->why_prior = why;
        candidate->suspect.line = frame.line;
      }
      weight *= decay;
    }
  }

  Candidate& FunctionOf(const StackFrame& frame) {
    Candidate& candidate = functions_[frame.function];
    if (candidate.suspect.function.empty()) candidate.suspect = SuspectOf(frame);
    return candidate;
  }

  Candidate* LineOf(const StackFrame& frame) {
    if (frame.line <= 0) return nullptr;
    Candidate& candidate = lines_[{frame.file, frame.line}];
    if (candidate.suspect.function.empty()) candidate.suspect = SuspectOf(frame);
    return &candidate;
  }

  static Suspect SuspectOf(const StackFrame& frame) {
    Suspect suspect;
    suspect.function = frame.function;
    suspect.file = frame.file;
    suspect.line = frame.line;
    return suspect;
  }

  static double Score(const Candidate& candidate) {
    return kStackShare * candidate.prior + (1 - kStackShare) * candidate.separation;
  }

  template <typename Key>
  static std::vector<const Candidate*> Sorted(const Candidates<Key>& candidates) {
    std::vector<const Candidate*> sorted;
    for (const auto& [key, candidate] : candidates) sorted.push_back(&candidate);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Candidate* one, const Candidate* other) {
                       return std::make_pair(Score(*one), one->prior) >
                              std::make_pair(Score(*other), other->prior);
                     });
    return sorted;
  }

  template <typename Key>
  static std::vector<Suspect> MostSuspicious(const Candidates<Key>& candidates) {
    std::vector<Suspect> suspects;
    for (const Candidate* candidate : Sorted(candidates)) {
      if (suspects.size() == common::kMostSuspects) break;
      Suspect suspect = candidate->suspect;
      suspect.score = Score(*candidate);
      suspect.reason = candidate->why_prior;
      if (!suspect.reason.empty() && !candidate->why_separation.empty()) suspect.reason += "; ";
      suspect.reason += candidate->why_separation;
      suspects.push_back(std::move(suspect));
    }
    return suspects;
  }

  const Finding& finding_;
  const EdgeSpectra& spectra_;
  std::string harness_;  // the file of the harness, where it is known
  std::string checker_;  // of a broken property: the function that saw it
  Candidates<std::string> functions_;
  Candidates<std::pair<std::string, int>> lines_;
};

std::string WhyNotMeasured(const EdgeSpectra& spectra) {
  const auto runs = [](size_t count) {
    return common::Counted(static_cast<int64_t>(count), "run");
  };
  std::string why;
  if (spectra.failing.empty() && spectra.surviving.empty()) {
    why = spectra.why_none.empty() ? "no inputs nearby were run" : "the target " + spectra.why_none;
  } else if (spectra.surviving.empty()) {
    why = fmt::format("cannot tell: {} nearby, and none survived", runs(spectra.failing.size()));
  } else {
    why = fmt::format("cannot tell: {} nearby, and none showed the bug",
                      runs(spectra.surviving.size()));
  }
  return why + "; the order is that of the stacks alone";
}

std::string ConfidenceOf(const EdgeSpectra& spectra, double separation) {
  const size_t failing = spectra.failing.size();
  const size_t surviving = spectra.surviving.size();
  if (failing >= 5 && surviving >= 5 && separation >= 0.9) return "high";
  return failing >= 2 && surviving >= 3 && separation >= 0.5 ? "medium" : "low";
}

}  // namespace

std::vector<EdgeEvidence> CompareRuns(const EdgeSpectra& spectra) {
  std::vector<EdgeEvidence> evidence;
  if (spectra.failing.empty() || spectra.surviving.empty()) return evidence;
  const std::vector<double> weights = WeightsOf(spectra);
  const std::vector<bool> inside = InFailingFunctions(spectra);
  EdgeComparison comparison(spectra, weights);
  for (size_t edge = 0; edge < spectra.places.offsets.size(); ++edge) {
    const EdgeEvidence found = comparison.Of(edge, inside[edge]);
    if (found.score > 0) evidence.push_back(found);
  }
  CompareValues(spectra, weights, evidence);
  std::stable_sort(
      evidence.begin(), evidence.end(),
      [](const EdgeEvidence& one, const EdgeEvidence& other) { return one.score > other.score; });
  return evidence;
}

common::RootCause RankCauses(const Finding& finding, const EdgeSpectra& spectra,
                             const std::vector<EdgeEvidence>& evidence,
                             const std::vector<StackFrame>& frames) {
  Ranking ranking(finding, spectra);
  ranking.AddStacks();
  for (size_t i = 0; i < std::min(evidence.size(), frames.size()); ++i) {
    ranking.AddEvidence(evidence[i], frames[i]);
  }
  common::RootCause cause;
  cause.block = finding.root_cause.block;
  cause.failing = static_cast<int64_t>(spectra.failing.size());
  cause.surviving = static_cast<int64_t>(spectra.surviving.size());
  cause.functions = ranking.Functions();
  cause.lines = ranking.Lines();
  cause.measured = cause.failing > 0 && cause.surviving > 0;
  if (cause.measured) {
    cause.confidence = ConfidenceOf(spectra, ranking.BestSeparation());
  } else {
    cause.reason = WhyNotMeasured(spectra);
  }
  return cause;
}

namespace {

uint64_t PlaceOf(const EdgeEvidence& evidence, const EdgeSpectra& spectra) {
  return evidence.relation != 0 ? spectra.comparisons[evidence.edge]
                                : spectra.places.offsets[evidence.edge];
}

}  // namespace

common::RootCause FindRootCause(const Finding& finding, const EdgeSpectra& spectra) {
  std::vector<EdgeEvidence> evidence = CompareRuns(spectra);
  if (evidence.size() > kNamedEdges) evidence.resize(kNamedEdges);
  std::vector<StackFrame> named;
  for (const EdgeEvidence& one : evidence) {
    StackFrame frame;
    frame.module = spectra.program;
    frame.offset = PlaceOf(one, spectra);
    named.push_back(std::move(frame));
  }
  Symbolize(named);
  std::map<uint64_t, const StackFrame*> innermost;
  for (const StackFrame& frame : named) innermost.emplace(frame.offset, &frame);
  std::vector<StackFrame> frames;
  for (const EdgeEvidence& one : evidence) {
    const auto found = innermost.find(PlaceOf(one, spectra));
    frames.push_back(found == innermost.end() ? StackFrame() : *found->second);
  }
  return RankCauses(finding, spectra, evidence, frames);
}

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/surroundings_effect.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

namespace percuss::campaign {
namespace {

constexpr double kClear = 0.01;

// A way to part reruns in two, and how each part is called.
struct Parting {
  bool (*is_first)(const Surroundings& surroundings);
  const char* first;
  const char* second;
};

template <bool kFixed, HeapFill kHeap>
bool Is(const Surroundings& surroundings) {
  return surroundings == Surroundings{kFixed, kHeap};
}

template <HeapFill kHeap>
bool HasHeap(const Surroundings& surroundings) {
  return surroundings.heap == kHeap;
}

bool IsFixed(const Surroundings& surroundings) { return surroundings.fixed_layout; }
bool IsFilled(const Surroundings& surroundings) { return surroundings.heap != HeapFill::kOwn; }

// The general ones first: of equals, they are told.
constexpr std::array kPartings = {
    Parting{IsFixed, "with a fixed address-space layout", "with a random one"},
    Parting{IsFilled, "with a filled heap", "without"},
    Parting{HasHeap<HeapFill::kZeros>, "with a heap filled with zeros", "otherwise"},
    Parting{HasHeap<HeapFill::kOnes>, "with a heap filled with ones", "otherwise"},
    Parting{Is<false, HeapFill::kOwn>, "with a random layout and a heap that is not filled",
            "otherwise"},
    Parting{Is<true, HeapFill::kOwn>, "with a fixed layout and a heap that is not filled",
            "otherwise"},
    Parting{Is<false, HeapFill::kZeros>, "with a random layout and a heap filled with zeros",
            "otherwise"},
    Parting{Is<true, HeapFill::kZeros>, "with a fixed layout and a heap filled with zeros",
            "otherwise"},
    Parting{Is<false, HeapFill::kOnes>, "with a random layout and a heap filled with ones",
            "otherwise"},
    Parting{Is<true, HeapFill::kOnes>, "with a fixed layout and a heap filled with ones",
            "otherwise"}};

struct Parts {
  Shown first;
  Shown second;
};

void Count(bool shown, Shown& counts) {
  counts.reruns++;
  if (shown) counts.reproduced++;
}

Parts PartsOf(const std::vector<RunIn>& runs, const Parting& parting) {
  Parts parts;
  for (const RunIn& run : runs) {
    Count(run.shown, parting.is_first(run.surroundings) ? parts.first : parts.second);
  }
  return parts;
}

std::string InWords(const Parting& parting, const Parts& parts) {
  return fmt::format("fails in {} of {} runs {}, in {} of {} {}", parts.first.reproduced,
                     parts.first.reruns, parting.first, parts.second.reproduced,
                     parts.second.reruns, parting.second);
}

std::string DependsOn(const std::vector<RunIn>& runs) {
  std::string words;
  double least = kClear / kPartings.size();
  for (const Parting& parting : kPartings) {
    const Parts parts = PartsOf(runs, parting);
    const double p =
        FisherExact(parts.first.reproduced, parts.first.reruns - parts.first.reproduced,
                    parts.second.reproduced, parts.second.reruns - parts.second.reproduced);
    if (p >= least) continue;
    least = p;
    words = InWords(parting, parts);
  }
  return words;
}

const char* Varied(const Variable& varies) {
  if (varies.exact) return "exact";
  if (varies.layout) return varies.heap ? "layout_and_heap" : "layout";
  return varies.heap ? "heap" : "nothing";
}

Shown CountIn(const std::vector<common::RerunIn>& runs, const std::string& name) {
  Shown counts;
  for (const common::RerunIn& run : runs) {
    if (run.surroundings == name) Count(run.shown, counts);
  }
  return counts;
}

// The name with the highest share, the earliest of equals.
std::string BestOf(const std::vector<common::RerunIn>& runs) {
  std::string best;
  double most = 0;
  for (size_t i = 0; i < kSeriesLength; ++i) {
    const std::string name = NameOf(SurroundingsOfRerun(i));
    const Shown counts = CountIn(runs, name);
    const double share =
        counts.reruns == 0 ? 0 : static_cast<double>(counts.reproduced) / counts.reruns;
    if (share <= most) continue;
    most = share;
    best = name;
  }
  return best;
}

double LogFactorial(int number) {
  int sign = 0;  // lgamma itself would keep it in a global variable
  return lgamma_r(number + 1.0, &sign);
}

}  // namespace

double FisherExact(int a, int b, int c, int d) {
  const int row = a + b;
  const int column = a + c;
  const int all = a + b + c + d;
  const double fixed = LogFactorial(row) + LogFactorial(all - row) + LogFactorial(column) +
                       LogFactorial(all - column) - LogFactorial(all);
  const auto probability = [&](int corner) {
    return std::exp(fixed - LogFactorial(corner) - LogFactorial(row - corner) -
                    LogFactorial(column - corner) - LogFactorial(all - row - column + corner));
  };
  constexpr double kRounding = 1 + 1e-9;
  const double seen = probability(a) * kRounding;
  double sum = 0;
  for (int corner = std::max(0, row + column - all); corner <= std::min(row, column); ++corner) {
    const double one = probability(corner);
    if (one <= seen) sum += one;
  }
  return std::min(1.0, sum);
}

void TellSurroundings(const std::vector<RunIn>& runs, const Variable& varies,
                      common::Reproduction& reproduction) {
  reproduction.varied = Varied(varies);
  reproduction.runs.clear();
  bool shown = false;
  bool plain_shows = false;
  for (const RunIn& run : runs) {
    reproduction.runs.push_back({NameOf(run.surroundings), run.shown});
    shown = shown || run.shown;
    plain_shows = plain_shows || (run.shown && run.surroundings == Surroundings{});
  }
  reproduction.depends_on = DependsOn(runs);
  const bool matters = !plain_shows || !reproduction.depends_on.empty();
  reproduction.shown_in = shown && matters ? BestOf(reproduction.runs) : "";
}

Surroundings SurroundingsToShow(const common::Finding& finding) {
  return SurroundingsNamed(finding.reproduction.shown_in).value_or(Surroundings());
}

Shown ShownWhereReplayed(const common::Reproduction& reproduction) {
  if (SurroundingsNamed(reproduction.shown_in)) {
    const Shown in = CountIn(reproduction.runs, reproduction.shown_in);
    if (in.reproduced > 0) return in;
  }
  return {reproduction.reproduced, reproduction.reruns};
}

}  // namespace percuss::campaign

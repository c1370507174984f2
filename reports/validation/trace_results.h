// SPDX-License-Identifier: Apache-2.0
//
// What the items of a trace come to: the worst of what each is linked to, where what was not run is
// worse than what passed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "reports/validation/trace.h"

namespace percuss::reports {

// What packages say of targets, by the targets' numbers in the trace; the packages outlive it.
class TargetRuns {
 public:
  void Add(uint32_t target, const TracedPackage& package, const TracedTarget& run);

  // The worst of its latest runs, one for each interface for which it was run; "not run".
  [[nodiscard]] std::string Result(uint32_t target) const;
  // "interface uart, usb"; empty when no package names one.
  [[nodiscard]] std::string Text(uint32_t target) const;
  // Whether it was run for that interface, or was not run at all.
  [[nodiscard]] bool MayTest(uint32_t target, std::string_view interface) const;

 private:
  struct Run {
    std::string_view interface;
    std::string_view started_at;
    std::string_view verdict;
  };
  std::unordered_map<uint32_t, std::vector<Run>> runs_;
};

// Fills in result, counts of findings and what is untested. All links are there; results of
// findings and targets are those of their packages.
void JudgeItems(const ValidationFiles& files, Trace& trace);

}  // namespace percuss::reports

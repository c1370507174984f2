// SPDX-License-Identifier: Apache-2.0
//
// Why a target's engines were stopped, in the words of records.
#pragma once

#include <string_view>

namespace percuss::campaign {

// Bounds of a budget.
constexpr const char* kStoppedByWallTime = "wall time";
constexpr const char* kStoppedByCpuTime = "cpu time";
constexpr const char* kStoppedByExecutions = "executions";
constexpr const char* kStoppedByPlateau = "plateau";
// What comes before a bound.
constexpr const char* kStoppedByInterrupt = "interrupted";
constexpr const char* kStoppedWithoutEngine = "no engine runs any more";

[[nodiscard]] constexpr bool IsBoundOfBudget(std::string_view reason) {
  return reason == kStoppedByWallTime || reason == kStoppedByCpuTime ||
         reason == kStoppedByExecutions || reason == kStoppedByPlateau;
}

}  // namespace percuss::campaign

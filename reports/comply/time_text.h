// SPDX-License-Identifier: Apache-2.0
//
// Times as files and records have them: "2026-01-31" or "2026-01-31T08:00:00Z".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace percuss::reports {

constexpr double kSecondsPerDay = 86400;

// Seconds since 1970, of a date its first; none for what is no such time.
[[nodiscard]] std::optional<int64_t> UnixOf(std::string_view time);

// From one time to the other; negative when it lies before. None where one is no time.
[[nodiscard]] std::optional<double> DaysBetween(std::string_view from, std::string_view to);

}  // namespace percuss::reports

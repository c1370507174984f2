// SPDX-License-Identifier: Apache-2.0
#include "reports/comply/time_text.h"

#include <chrono>

#include "reports/validation/entry_reader.h"

namespace percuss::reports {
namespace {

int NumberAt(std::string_view text, size_t begin, size_t digits) {
  int number = 0;
  for (const char c : text.substr(begin, digits)) number = number * 10 + (c - '0');
  return number;
}

}  // namespace

std::optional<int64_t> UnixOf(std::string_view time) {
  if (!IsTime(time)) return {};
  const std::chrono::year_month_day day(
      std::chrono::year(NumberAt(time, 0, 4)),
      std::chrono::month(static_cast<unsigned>(NumberAt(time, 5, 2))),
      std::chrono::day(static_cast<unsigned>(NumberAt(time, 8, 2))));
  int64_t seconds = std::chrono::sys_seconds(std::chrono::sys_days(day)).time_since_epoch().count();
  if (time.size() > 10) {
    seconds +=
        int64_t{NumberAt(time, 11, 2)} * 3600 + NumberAt(time, 14, 2) * 60 + NumberAt(time, 17, 2);
  }
  return seconds;
}

std::optional<double> DaysBetween(std::string_view from, std::string_view to) {
  const auto begin = UnixOf(from);
  const auto end = UnixOf(to);
  if (!begin || !end) return {};
  return static_cast<double>(*end - *begin) / kSecondsPerDay;
}

}  // namespace percuss::reports

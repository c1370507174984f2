// SPDX-License-Identifier: Apache-2.0
//
// Time, so that tests can stand in for it. Durations are CLOCK_MONOTONIC nanoseconds; dates are RFC
// 3339 in UTC.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace percuss::common {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual int64_t MonotonicNs() const = 0;
  [[nodiscard]] virtual int64_t UnixS() const = 0;
};

// The host's clock; lives as long as the program.
[[nodiscard]] const Clock& SystemClock();

// "2026-01-31T23:59:59Z" (RFC 3339, section 5.6).
[[nodiscard]] std::string Rfc3339(int64_t unix_s);

// "2026-01-31" (RFC 3339, full-date), a day that the calendar has.
[[nodiscard]] bool IsDate(std::string_view text);
// "2026-01-31T23:59:59.5+01:00" (date-time); no leap second.
[[nodiscard]] bool IsDateTime(std::string_view text);

}  // namespace percuss::common

// SPDX-License-Identifier: Apache-2.0
#include "common/clock.h"

#include <array>
#include <chrono>
#include <ctime>

namespace percuss::common {
namespace {

class HostClock final : public Clock {
 public:
  [[nodiscard]] int64_t MonotonicNs() const override {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  }
  [[nodiscard]] int64_t UnixS() const override { return std::time(nullptr); }
};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// 'd' stands for a digit, anything else for itself.
bool HasShape(std::string_view text, std::string_view shape) {
  if (text.size() != shape.size()) return false;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 'd' ? !IsDigit(text[i]) : text[i] != shape[i]) return false;
  }
  return true;
}

// Of digits only, few enough for an int.
int Number(std::string_view digits) {
  int number = 0;
  for (const char c : digits) number = number * 10 + (c - '0');
  return number;
}

bool IsClockTime(std::string_view text) {
  return HasShape(text, "dd:dd") && Number(text.substr(0, 2)) < 24 && Number(text.substr(3)) < 60;
}

}  // namespace

const Clock& SystemClock() {
  static const HostClock clock;
  return clock;
}

std::string Rfc3339(int64_t unix_s) {
  const time_t seconds = unix_s;
  tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), length};
}

bool IsDate(std::string_view text) {
  if (!HasShape(text, "dddd-dd-dd")) return false;
  using std::chrono::day;
  using std::chrono::month;
  using std::chrono::year;
  const int years = Number(text.substr(0, 4));
  const auto months = static_cast<unsigned>(Number(text.substr(5, 2)));
  const auto days = static_cast<unsigned>(Number(text.substr(8)));
  return years > 0 && std::chrono::year_month_day(year(years), month(months), day(days)).ok();
}

bool IsDateTime(std::string_view text) {
  if (text.size() < 20 || !IsDate(text.substr(0, 10)) || text[10] != 'T') return false;
  if (!IsClockTime(text.substr(11, 5)) || !HasShape(text.substr(16, 3), ":dd") ||
      Number(text.substr(17, 2)) > 59) {
    return false;
  }
  std::string_view rest = text.substr(19);
  if (rest.front() == '.') {
    size_t digits = 1;
    while (digits < rest.size() && IsDigit(rest[digits])) ++digits;
    if (digits == 1) return false;
    rest.remove_prefix(digits);
  }
  if (rest == "Z") return true;
  return !rest.empty() && (rest.front() == '+' || rest.front() == '-') &&
         IsClockTime(rest.substr(1));
}

}  // namespace percuss::common

// SPDX-License-Identifier: Apache-2.0
#include "common/clock.h"

#include <array>
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

}  // namespace percuss::common

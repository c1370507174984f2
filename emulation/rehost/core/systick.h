// SPDX-License-Identifier: Apache-2.0
//
// The SysTick timer (DDI 0403E, B3.3), counted in instructions: it is brought up to date when
// somebody asks, so that it costs nothing in between. Plain data.
#pragma once

#include <cstdint>
#include <limits>

namespace percuss::rehost {

constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

class SysTick {
 public:
  // Else its registers keep what is stored there.
  explicit SysTick(bool counts = true) : counts_(counts) {}

  // Offsets from 0xe000e000: 0x10 CSR, 0x14 RVR, 0x18 CVR, 0x1c CALIB. Reading CSR clears
  // COUNTFLAG.
  [[nodiscard]] uint32_t Read(uint32_t offset, uint64_t now);
  void Write(uint32_t offset, uint32_t value, uint64_t now);

  // Counts up to `now`. True: it came to 0 on the way, and has its interrupt enabled.
  [[nodiscard]] bool Advance(uint64_t now) {
    // Nothing else of it can be seen before somebody asks.
    if (!due_ && now < NextInterrupt()) return false;
    CountTo(now);
    return TakeInterrupt();
  }
  // When it will next count to 0 with its interrupt enabled.
  [[nodiscard]] uint64_t NextInterrupt() const {
    return (control_ & kInterruptEnabled) != 0 ? NextZero() : kNever;
  }

  // An interrupt that came due in between and that nobody has been told of.
  [[nodiscard]] bool TakeInterrupt() {
    const bool due = due_;
    due_ = false;
    return due;
  }

 private:
  static constexpr uint32_t kEnabled = 1;
  static constexpr uint32_t kInterruptEnabled = 2;
  static constexpr uint32_t kControlBits = 7;
  static constexpr uint32_t kCountFlag = 1U << 16U;

  [[nodiscard]] uint64_t NextZero() const {
    if (!counts_ || (control_ & kEnabled) == 0) return kNever;
    if (count_ != 0) return at_ + count_;
    return reload_ != 0 ? at_ + 1 + reload_ : kNever;
  }
  void CountTo(uint64_t now);

  bool counts_;
  uint64_t at_ = 0;     // instruction count at which the counter was `count_`
  uint32_t count_ = 0;  // 24 bits
  uint32_t reload_ = 0;
  uint32_t control_ = 0;
  bool due_ = false;
};

}  // namespace percuss::rehost

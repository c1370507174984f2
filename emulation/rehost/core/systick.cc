// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/systick.h"

namespace percuss::rehost {

namespace {

constexpr uint32_t kCounterBits = 0x00ffffff;
// No calibration value is known, and what is counted is not time.
constexpr uint32_t kCalibration = 0x40000000;

}  // namespace

void SysTick::CountTo(uint64_t now) {
  if (now <= at_) return;
  const uint64_t zero = NextZero();
  if (zero == kNever || now < zero) {
    // On the way down, or standing still; from 0 the first step is the reload.
    if (zero != kNever) count_ = static_cast<uint32_t>(zero - now);
    at_ = now;
    return;
  }
  control_ |= kCountFlag;
  due_ = due_ || (control_ & kInterruptEnabled) != 0;
  uint64_t since = now - zero;
  if (since > reload_) since %= uint64_t{reload_} + 1;
  count_ = since == 0 ? 0 : static_cast<uint32_t>(reload_ + 1 - since);
  at_ = now;
}

uint32_t SysTick::Read(uint32_t offset, uint64_t now) {
  CountTo(now);
  switch (offset) {
    case 0x10: {
      const uint32_t value = control_;
      if (counts_) control_ &= ~kCountFlag;
      return value;
    }
    case 0x14:
      return reload_;
    case 0x18:
      return count_;
    case 0x1c:
      return kCalibration;
    default:
      return 0;
  }
}

void SysTick::Write(uint32_t offset, uint32_t value, uint64_t now) {
  CountTo(now);
  if (!counts_) {
    if (offset == 0x10) control_ = value;
    if (offset == 0x14) reload_ = value;
    if (offset == 0x18) count_ = value;
    return;
  }
  switch (offset) {
    case 0x10:
      control_ = (control_ & ~kControlBits) | (value & kControlBits);
      break;
    case 0x14:
      reload_ = value & kCounterBits;
      break;
    case 0x18:
      count_ = 0;
      control_ &= ~kCountFlag;
      break;
    default:
      break;
  }
}

}  // namespace percuss::rehost

// SPDX-License-Identifier: Apache-2.0
//
// The registers of the private peripheral bus: SCB (DDI 0403E, B3.2), NVIC, SysTick, MPU, DWT. What
// is not there reads as 0 and ignores writes.
#include <array>

#include "emulation/rehost/core/system_control.h"

namespace percuss::rehost {

namespace {

constexpr uint32_t kControlSpace = 0xe000e000;
constexpr uint32_t kControlSpaceEnd = 0xe000f000;
constexpr uint32_t kDwt = 0xe0001000;
constexpr uint32_t kDwtEnd = 0xe0002000;

constexpr uint32_t kSleepControlBits = 0x16;    // SEVONPEND, SLEEPDEEP, SLEEPONEXIT
constexpr uint32_t kConfigurationBits = 0x31b;  // CCR
constexpr uint32_t kUserMayTrigger = 1U << 1U;  // CCR.USERSETMPEND
constexpr uint32_t kVectorTableBits = ~0x7fU;
constexpr uint32_t kTraceEnabled = 1U << 24U;    // DEMCR.TRCENA
constexpr uint32_t kMonitorEnabled = 1U << 16U;  // DEMCR.MON_EN
constexpr uint32_t kMonitorPending = 1U << 17U;  // DEMCR.MON_PEND
constexpr uint32_t kDemcrBits = 0x010d07f1;      // but for MON_PEND
constexpr uint32_t kCyclesEnabled = 1;           // DWT_CTRL.CYCCNTENA

// Offsets from kControlSpace.
enum Register : uint32_t {
  kIctr = 0x004,
  kSysTickBegin = 0x010,
  kSysTickEnd = 0x0f0,
  kNvicBegin = 0x100,
  kNvicEnd = 0x5f0,
  kCpuid = 0xd00,
  kIcsr = 0xd04,
  kVtor = 0xd08,
  kAircr = 0xd0c,
  kScr = 0xd10,
  kCcr = 0xd14,
  kShpr1 = 0xd18,
  kShprEnd = 0xd24,
  kShcsr = 0xd24,
  kCfsr = 0xd28,
  kHfsr = 0xd2c,
  kDfsr = 0xd30,
  kMmfar = 0xd34,
  kBfar = 0xd38,
  kFeatures = 0xd40,
  kFeaturesEnd = 0xd74,
  kCpacr = 0xd88,
  kMpuBegin = 0xd90,
  kMpuEnd = 0xdbc,
  kDemcr = 0xdfc,
  kStir = 0xf00,
  kFpccr = 0xf34,
  kFpcar = 0xf38,
  kFpdscr = 0xf3c,
  kMvfr0 = 0xf40,
  kMvfr1 = 0xf44,
  kIdentification = 0xfe0
};

// ID_PFR0 to ID_ISAR4, as QEMU has them for Cortex-M3 and Cortex-M4.
constexpr std::array<uint32_t, 13> kFeatureRegisters = {
    0x00000030, 0x00000200, 0x00100000, 0,          0x00000030, 0,         0,
    0,          0x01141110, 0x02111000, 0x21112231, 0x01111110, 0x01310102};
constexpr std::array<uint8_t, 8> kComponent = {0x00, 0xb0, 0x1b, 0x00, 0x0d, 0xe0, 0x05, 0xb1};

uint32_t CpuidOf(Architecture architecture) {
  switch (architecture) {
    case Architecture::kV6M:
      return 0x410cc200;  // Cortex-M0
    case Architecture::kV7M:
      return 0x410fc231;  // Cortex-M3 r0p1
    case Architecture::kV7EM:
      return 0x410fc240;  // Cortex-M4 r0p0
  }
  return 0;
}

bool IsIn(uint32_t offset, uint32_t begin, uint32_t end) { return offset >= begin && offset < end; }

uint32_t LowBytes(uint32_t value, uint32_t size) {
  return size >= 4 ? value : value & ((1U << (8 * size)) - 1);
}

}  // namespace

// Of an aligned access. Unprivileged code may only trigger interrupts, if at all. SysTick has whole
// words alone.
bool SystemControl::MayAccess(Core& core, uint32_t address, uint32_t size) const {
  const bool triggers =
      address == kControlSpace + kStir && HasMain() && (configuration_ & kUserMayTrigger) != 0;
  const bool of_systick = IsIn(address - kControlSpace, kSysTickBegin, kSysTickEnd);
  if ((core.Privileged() || triggers) && (size == 4 || !of_systick)) return true;
  core.fault = kPreciseBus;
  core.fault_address = address;
  return false;
}

bool SystemControl::Read(Core& core, uint64_t now, uint32_t address, uint32_t size,
                         uint32_t& value) {
  const uint32_t beyond = address & (size - 1);
  if (beyond != 0) {  // unpredictable; as QEMU, both words or halfwords that it has a part of
    uint32_t low = 0;
    uint32_t high = 0;
    const uint32_t aligned = address - beyond;
    if (!Read(core, now, aligned, size, low)) return false;
    if (!Read(core, now, aligned + size, size, high)) return false;
    value = LowBytes(low >> (8 * beyond) | high << (8 * (size - beyond)), size);
    return true;
  }
  if (!MayAccess(core, address, size)) return false;
  value = 0;
  if (IsIn(address, kControlSpace, kControlSpaceEnd)) {
    value = ReadControl(core, now, address - kControlSpace, size);
  } else if (IsIn(address, kDwt, kDwtEnd) && size == 4) {
    value = ReadDwt(now, address - kDwt);
  }
  return true;
}

bool SystemControl::Write(Core& core, uint64_t now, uint32_t address, uint32_t size,
                          uint32_t value) {
  if ((address & (size - 1)) != 0) {  // likewise, byte by byte
    for (uint32_t i = 0; i < size; ++i) {
      if (!Write(core, now, address + i, 1, value >> (8 * i) & 0xffU)) return false;
    }
    return true;
  }
  if (!MayAccess(core, address, size)) return false;
  if (IsIn(address, kControlSpace, kControlSpaceEnd)) {
    const uint64_t next = NextEvent();
    WriteControl(core, now, address - kControlSpace, size, value);
    const bool changed = Due(core) != 0 || NextEvent() != next;
    if (changed && core.stop == Core::Stop::kNone) core.stop = Core::Stop::kAttention;
  } else if (IsIn(address, kDwt, kDwtEnd) && size == 4) {
    WriteDwt(now, address - kDwt, value);
  }
  return true;
}

uint32_t SystemControl::ReadControl(const Core& core, uint64_t now, uint32_t offset,
                                    uint32_t size) {
  if (IsIn(offset, kSysTickBegin, kSysTickEnd)) {
    const uint32_t value = systick_.Read(offset, now);
    if (systick_.TakeInterrupt()) nvic_.SetPending(kSysTick, true);
    return value;
  }
  if (IsIn(offset, kNvicBegin, kNvicEnd)) return nvic_.ReadRegister(offset, size);
  if (IsIn(offset, kShpr1, kShprEnd)) return nvic_.ReadSystemPriorities(offset, size);
  if (IsIn(offset, kCfsr, kCfsr + 4)) {
    return HasMain() ? LowBytes(faults_.cfsr >> (8 * (offset - kCfsr)), size) : 0;
  }
  if (offset >= kIdentification) {
    return (offset & 3U) == 0 ? kComponent[(offset - kIdentification) / 4] : 0;
  }
  if (offset == kIcsr && size == 4) Advance(now);
  return size == 4 ? ReadWord(core, offset) : 0;
}

uint32_t SystemControl::ReadWord(const Core& core, uint32_t offset) const {
  if (IsIn(offset, kMpuBegin, kMpuEnd)) return mpu_.Read(offset);
  switch (offset) {
    case kCpuid:
      return CpuidOf(architecture_);
    case kIcsr:
      return ReadIcsr(core);
    case kVtor:
      return vector_table_;
    case kAircr:
      return 0xfa050000 | nvic_.PriorityGroup() << 8U;
    case kScr:
      return sleep_control_;
    case kCcr:
      return configuration_;
    case kDfsr:
      return faults_.dfsr;
    case kDemcr:
      return demcr_ | (nvic_.IsPending(kDebugMonitor) ? kMonitorPending : 0);
    default:
      break;
  }
  if (!HasMain()) return 0;
  if (IsIn(offset, kFeatures, kFeaturesEnd)) {
    return kFeatureRegisters[(offset - kFeatures) / 4];
  }
  switch (offset) {
    case kIctr:
      return (kInterruptLines - 1) / 32;
    case kShcsr:
      return nvic_.SystemHandlers();
    case kHfsr:
      return faults_.hfsr;
    case kMmfar:
      return faults_.mmfar;
    case kBfar:
      return faults_.bfar;
    default:
      return has_float_ ? ReadFloat(offset) : 0;
  }
}

uint32_t SystemControl::ReadFloat(uint32_t offset) const {
  switch (offset) {
    case kCpacr:
      return float_.cpacr;
    case kFpccr:
      return float_.fpccr & FloatContext::kFpccrBits;
    case kFpcar:
      return float_.fpcar;
    case kFpdscr:
      return float_.fpdscr;
    case kMvfr0:
      return 0x10110021;
    case kMvfr1:
      return 0x11000011;
    default:
      return 0;
  }
}

uint32_t SystemControl::ReadIcsr(const Core& core) const {
  uint32_t value = core.exception;
  value |= (nvic_.HasOneActive() ? 1U : 0U) << 11U;
  value |= uint32_t{nvic_.FirstPending()} << 12U;
  value |= (nvic_.HasPendingInterrupt() ? 1U : 0U) << 22U;
  value |= (nvic_.IsPending(kSysTick) ? 1U : 0U) << 26U;
  value |= (nvic_.IsPending(kPendSv) ? 1U : 0U) << 28U;
  value |= (nvic_.IsPending(kNmi) ? 1U : 0U) << 31U;
  return value;
}

void SystemControl::WriteControl(Core& core, uint64_t now, uint32_t offset, uint32_t size,
                                 uint32_t value) {
  if (IsIn(offset, kSysTickBegin, kSysTickEnd)) {
    systick_.Write(offset, value, now);
    if (systick_.TakeInterrupt()) nvic_.SetPending(kSysTick, true);
  } else if (IsIn(offset, kNvicBegin, kNvicEnd)) {
    nvic_.WriteRegister(offset, size, value);
  } else if (IsIn(offset, kShpr1, kShprEnd)) {
    nvic_.WriteSystemPriorities(offset, size, value);
  } else if (IsIn(offset, kCfsr, kCfsr + 4)) {
    if (HasMain()) faults_.cfsr &= ~(LowBytes(value, size) << (8 * (offset - kCfsr)));
  } else if (size == 4 && IsIn(offset, kMpuBegin, kMpuEnd)) {
    mpu_.Write(offset, value);
    permissions_ = 0;
    if (core.memory != nullptr) {
      core.memory->ForgetPermissions();
      core.memory->RecheckCode(*this, core.Privileged());
    }
    Refresh(core);
    if (core.stop == Core::Stop::kNone) core.stop = Core::Stop::kAttention;
  } else if (size == 4) {
    WriteWord(core, now, offset, value);
  }
}

void SystemControl::WriteWord(Core& core, uint64_t now, uint32_t offset, uint32_t value) {
  switch (offset) {
    case kIcsr:
      Advance(now);
      return WriteIcsr(value);
    case kVtor:
      vector_table_ = value & kVectorTableBits;
      return;
    case kAircr:
      return WriteAircr(core, value);
    case kScr:
      // What was pending before that is no event.
      if ((value & ~sleep_control_ & kEventOnPending) != 0) (void)nvic_.TakePended();
      sleep_control_ = value & kSleepControlBits;
      return;
    case kDfsr:
      faults_.dfsr &= ~value;
      return;
    case kDemcr:
      return WriteDemcr(now, value);
    default:
      break;
  }
  if (!HasMain()) return;
  switch (offset) {
    case kCcr:
      configuration_ = value & kConfigurationBits;
      return Refresh(core);
    case kShcsr:
      nvic_.SetSystemHandlers(value);
      return;
    case kHfsr:
      faults_.hfsr &= ~value;
      return;
    case kMmfar:
      faults_.mmfar = value;
      return;
    case kBfar:
      faults_.bfar = value;
      return;
    case kStir:
      if ((value & 0x1ffU) < kInterruptLines) {
        nvic_.SetPending(kFirstInterrupt + (value & 0x1ffU), true);
      }
      return;
    default:
      if (has_float_) WriteFloat(offset, value);
      Refresh(core);
  }
}

void SystemControl::WriteFloat(uint32_t offset, uint32_t value) {
  switch (offset) {
    case kCpacr:
      float_.cpacr = value & FloatContext::kCpacrBits;
      return;
    case kFpccr:
      float_.fpccr = value & FloatContext::kFpccrBits;
      return;
    case kFpcar:
      float_.fpcar = value & ~7U;
      return;
    case kFpdscr:
      float_.fpdscr = value & FloatContext::kFpdscrBits;
      return;
    default:
      return;
  }
}

void SystemControl::WriteIcsr(uint32_t value) {
  if ((value >> 31U & 1U) != 0) nvic_.SetPending(kNmi, true);
  if ((value >> 28U & 1U) != 0) {
    nvic_.SetPending(kPendSv, true);
  } else if ((value >> 27U & 1U) != 0) {
    nvic_.SetPending(kPendSv, false);
  }
  if ((value >> 26U & 1U) != 0) {
    nvic_.SetPending(kSysTick, true);
  } else if ((value >> 25U & 1U) != 0) {
    nvic_.SetPending(kSysTick, false);
  }
}

void SystemControl::WriteAircr(Core& core, uint32_t value) {
  if (value >> 16U != 0x05fa) return;  // VECTKEY
  if ((value & 4U) != 0) core.stop = Core::Stop::kReset;
  if (HasMain()) nvic_.SetPriorityGroup(value >> 8U);
}

// The debug monitor is there although no debugger is: firmware may hook BKPT by it.
void SystemControl::WriteDemcr(uint64_t now, uint32_t value) {
  cycles_ = CycleCount(now);
  cycles_at_ = now;
  demcr_ = value & kDemcrBits;
  if (!HasMain()) return;
  nvic_.SetEnabled(kDebugMonitor, (value & kMonitorEnabled) != 0);
  nvic_.SetPending(kDebugMonitor, (value & kMonitorPending) != 0);
}

uint32_t SystemControl::CycleCount(uint64_t now) const {
  const bool counts = cycle_control_ != 0 && (demcr_ & kTraceEnabled) != 0;
  return counts ? cycles_ + static_cast<uint32_t>(now - cycles_at_) : cycles_;
}

uint32_t SystemControl::ReadDwt(uint64_t now, uint32_t offset) const {
  if (!HasMain()) return 0;
  if (offset == 0) return cycle_control_;
  return offset == 4 ? CycleCount(now) : 0;
}

void SystemControl::WriteDwt(uint64_t now, uint32_t offset, uint32_t value) {
  if (!HasMain() || offset > 4) return;
  cycles_ = offset == 4 ? value : CycleCount(now);
  cycles_at_ = now;
  if (offset == 0) cycle_control_ = value & kCyclesEnabled;
}

}  // namespace percuss::rehost

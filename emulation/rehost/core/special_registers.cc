// SPDX-License-Identifier: Apache-2.0
//
// MRS, MSR and CPS (DDI 0403E, B5.2), and what the core is told of system registers.
#include "emulation/rehost/core/system_control.h"

namespace percuss::rehost {

namespace {

enum SpecialRegister : uint32_t {
  kMsp = 8,
  kPsp = 9,
  kPrimask = 16,
  kBasepri = 17,
  kBasepriMax = 18,
  kFaultmask = 19,
  kControl = 20
};

constexpr uint32_t kLastOfXpsr = 7;   // 0 to 7: APSR, IPSR, EPSR and what combines them
constexpr uint8_t kUnprivileged = 1;  // CONTROL.nPRIV
constexpr uint8_t kProcessStack = 2;  // CONTROL.SPSEL
constexpr uint32_t kGreaterEqual = 0x000f0000;
constexpr uint32_t kDivideTraps = 1U << 4U;     // CCR.DIV_0_TRP
constexpr uint32_t kUnalignedTraps = 1U << 3U;  // CCR.UNALIGN_TRP

bool UsesProcessStack(const Core& core) {
  return !core.InHandlerMode() && (core.control & kProcessStack) != 0;
}

void SetApsr(Core& core, uint32_t mask, uint32_t value, bool has_dsp) {
  if ((mask & 2U) != 0) {
    core.SetNzcv(value);
    core.saturated = value >> 27U & 1U;
  }
  if ((mask & 1U) != 0 && has_dsp) core.greater_equal = (value & kGreaterEqual) >> 16U & 0xfU;
}

// SPSEL counts only where Thread mode writes it; r13 is then the other stack pointer.
void SelectStack(Core& core, bool process_stack) {
  if (core.InHandlerMode()) return;
  const bool was = UsesProcessStack(core);
  core.control =
      static_cast<uint8_t>((core.control & ~kProcessStack) | (process_stack ? kProcessStack : 0));
  if (was == process_stack) return;
  const uint32_t sp = core.r[kSp];
  core.r[kSp] = core.other_sp;
  core.other_sp = sp;
}

void Attend(Core& core) {
  if (core.stop == Core::Stop::kNone) core.stop = Core::Stop::kAttention;
}

}  // namespace

uint32_t SystemControl::ReadSpecial(const Core& core, uint32_t sysm) const {
  const bool privileged = core.Privileged();
  if (sysm <= kLastOfXpsr) {
    uint32_t value = (sysm & 4U) == 0 ? core.Apsr() : 0;
    if (architecture_ != Architecture::kV7EM) value &= ~kGreaterEqual;
    if ((sysm & 1U) != 0 && privileged) value |= core.exception;
    return value;
  }
  if (sysm == kControl) return core.control;
  if (!privileged) return 0;
  switch (sysm) {
    case kMsp:
      return UsesProcessStack(core) ? core.other_sp : core.r[kSp];
    case kPsp:
      return UsesProcessStack(core) ? core.r[kSp] : core.other_sp;
    case kPrimask:
      return core.primask;
    case kBasepri:
    case kBasepriMax:
      return core.basepri;
    case kFaultmask:
      return core.faultmask;
    default:
      return 0;
  }
}

void SystemControl::WriteSpecial(Core& core, uint32_t sysm, uint32_t mask, uint32_t value) {
  if (sysm <= kLastOfXpsr) {
    if ((sysm & 4U) == 0) SetApsr(core, mask, value, architecture_ == Architecture::kV7EM);
    return;
  }
  if (!core.Privileged()) return;
  const auto byte = static_cast<uint8_t>(value);
  switch (sysm) {
    case kMsp:
      (UsesProcessStack(core) ? core.other_sp : core.r[kSp]) = value & ~3U;
      return;
    case kPsp:
      (UsesProcessStack(core) ? core.r[kSp] : core.other_sp) = value & ~3U;
      return;
    case kPrimask:
      core.primask = byte & 1U;
      break;
    case kBasepri:
      if (HasMain()) core.basepri = byte;
      break;
    case kBasepriMax:
      if (HasMain() && byte != 0 && (byte < core.basepri || core.basepri == 0)) {
        core.basepri = byte;
      }
      break;
    case kFaultmask:
      SetFaultmask(core, (value & 1U) != 0);
      break;
    case kControl: {
      SelectStack(core, (value & kProcessStack) != 0);
      const uint8_t writable =
          static_cast<uint8_t>((HasMain() ? kUnprivileged : 0) | (has_float_ ? kControlFloat : 0));
      const bool was_privileged = core.Privileged();
      core.control = static_cast<uint8_t>((core.control & ~writable) | (byte & writable));
      if (core.Privileged() != was_privileged) Attend(core);
      Refresh(core);
      return;
    }
    default:
      return;
  }
  if (Due(core) != 0) Attend(core);
}

void SystemControl::SetFaultmask(Core& core, bool set) {
  if (!HasMain()) return;
  if (set && nvic_.ExecutionPriority(core) <= -1) return;
  const uint8_t mask = set ? 1 : 0;
  if (core.faultmask == mask) return;
  core.faultmask = mask;
  if (mpu_.IsEnabled()) Attend(core);
  Refresh(core);
}

void SystemControl::Refresh(Core& core) {
  core.divide_traps = (configuration_ & kDivideTraps) != 0;
  core.alignment_traps = (configuration_ & kUnalignedTraps) != 0 ? 3 : 0;
  RefreshContext(core);
}

void SystemControl::ChangePermissions(Core& core, bool privileged) {
  uint8_t permissions = 0;
  if (mpu_.IsEnabled()) {
    permissions = static_cast<uint8_t>(4 | (privileged ? 2 : 0) | (negative_priority_ ? 1 : 0));
  }
  if (permissions == permissions_) return;
  permissions_ = permissions;
  if (core.memory == nullptr) return;
  core.memory->ForgetPermissions();
  core.memory->RecheckCode(*this, privileged);
}

}  // namespace percuss::rehost

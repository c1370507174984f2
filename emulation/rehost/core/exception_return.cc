// SPDX-License-Identifier: Apache-2.0
//
// How exceptions end: DDI 0403E, B1.5.8. Where the architecture leaves a choice, that of QEMU.
#include <cstring>

#include "emulation/rehost/core/system_control.h"

namespace percuss::rehost {

namespace {

constexpr uint32_t kToThread = 8;  // of EXC_RETURN
constexpr uint32_t kProcessFrame = 4;
constexpr uint32_t kBasicFrameOnly = 16;
constexpr uint32_t kBasicFrame = 0x20;
constexpr uint32_t kFloatFrame = 0x68;
constexpr uint32_t kFpscrOfFrame = 0x60;
constexpr uint32_t kFpscrBits = 0xf7c0009f;
constexpr uint32_t kRealigned = 1U << 9U;
constexpr uint32_t kReturnsFromNested = 1U;  // CCR.NONBASETHRDENA

bool IsSystem(uint32_t address) { return address >= kSystemBegin && address < kSystemEnd; }

}  // namespace

bool SystemControl::StackRead(Core& core, uint32_t address, uint32_t& value) {
  if (IsSystem(address)) {
    core.fault = kPreciseBus;
    core.fault_address = address;
    return false;
  }
  const Core::Stop stop = core.stop;
  core.fault = kNoFault;
  uint32_t read = 0;
  const bool done = core.memory->Read(core, 0, address, 4, read);
  core.stop = stop;
  // A peripheral that has no more input to answer with; a stack there is nonsense anyway.
  if (!done && core.fault == kNoFault) {
    core.fault = kPreciseBus;
    core.fault_address = address;
  }
  if (done) value = read;
  return done;
}

bool SystemControl::Return(Core& core, uint32_t exc_return) {
  if (!core.InHandlerMode()) return true;
  core.fault = kNoFault;
  if (!has_float_) exc_return |= kBasicFrameOnly;
  const uint16_t exception = core.exception;
  if (exception != kNmi) core.faultmask = 0;
  const bool was_active = nvic_.IsActive(exception);
  const bool to_base = was_active && nvic_.HasOneActive();
  nvic_.SetActive(exception, false);
  const bool process_frame = (exc_return & kProcessFrame) != 0;
  core.control =
      static_cast<uint8_t>((core.control & ~kProcessStack) | (process_frame ? kProcessStack : 0));
  exc_return |= 0xff000000;
  if (!MayReturn(exc_return, was_active, to_base)) {
    return FaultOnReturn(core, kInvalidPc, exc_return);
  }
  if (nvic_.Preempts(core)) return TakePending(core, exc_return);  // tail-chained
  bool taken = false;
  if (!Unstack(core, exc_return, taken)) return false;
  if (taken) return true;
  const bool to_handler = (exc_return & kToThread) == 0;
  if (to_handler != core.InHandlerMode()) {
    // Here the frame is gone already, and a new one is made.
    core.fault = kInvalidPc;
    faults_.cfsr |= kInvalidPc;
    RefreshContext(core);
    return Raise(core, kUsageFault) && Push(core, core.r[kPc]) && TakePending(core, exc_return);
  }
  core.exclusive = false;
  core.event = true;
  RefreshContext(core);
  return true;
}

bool SystemControl::MayReturn(uint32_t exc_return, bool was_active, bool to_base) const {
  if (!was_active) return false;
  switch (exc_return & 0xfU) {
    case 1:
      return true;
    case 9:
    case 13:
      return to_base || (configuration_ & kReturnsFromNested) != 0;
    default:
      return false;
  }
}

bool SystemControl::FaultOnReturn(Core& core, uint32_t cause, uint32_t exc_return) {
  core.fault = cause;
  faults_.cfsr |= cause;
  return Raise(core, FaultStatus::ExceptionOf(cause)) && TakePending(core, exc_return);
}

// taken: another exception was entered instead.
bool SystemControl::Unstack(Core& core, uint32_t exc_return, bool& taken) {
  const bool process_frame =
      (exc_return & (kToThread | kProcessFrame)) == (kToThread | kProcessFrame);
  uint32_t& sp = process_frame ? core.other_sp : core.r[kSp];
  const uint32_t frame = sp;
  const uint16_t exception = core.exception;
  if ((exc_return & kToThread) != 0) core.exception = kNoException;
  const bool privileged = core.Privileged();
  SetPermissions(core, privileged, HasNegativePriority(core));
  uint32_t xpsr = 0;
  uint32_t cause = kNoFault;
  if (!PopBasic(core, frame, xpsr)) {
    cause = (core.fault & kMemManageCauses) != 0 ? kUnstackAccess : kUnstackBus;
  }
  const bool has_float = (exc_return & kBasicFrameOnly) == 0;
  bool pended = false;
  if (cause == kNoFault && has_float) {
    if (float_.IsLazyPending()) {
      float_.fpccr &= ~FloatContext::kLazyPending;
    } else if (!float_.IsEnabled(privileged)) {
      cause = kNoCoprocessor;
    } else {
      core.fault = kNoFault;
      PopFloat(core, frame);
      pended = core.fault != kNoFault;
    }
  }
  core.exception = exception;
  if (cause != kNoFault) {
    taken = true;
    return FaultOnReturn(core, cause, exc_return);
  }
  if (pended) {
    // The frame is used up all the same; the fault is taken next.
    core.fault = (core.fault & kMemManageCauses) != 0 ? kUnstackAccess : kUnstackBus;
    faults_.cfsr |= core.fault;
    if (!Raise(core, FaultStatus::ExceptionOf(core.fault))) return false;
  }
  core.control =
      static_cast<uint8_t>((core.control & ~kControlFloat) | (has_float ? kControlFloat : 0));
  sp = (frame + (has_float ? kFloatFrame : kBasicFrame)) | ((xpsr & kRealigned) != 0 ? 4U : 0U);
  SetXpsr(core, xpsr, architecture_ == Architecture::kV7EM);
  return true;
}

// What was popped before a fault stays so.
bool SystemControl::PopBasic(Core& core, uint32_t frame, uint32_t& xpsr) {
  if (const uint8_t* span = core.memory->ReadableSpan(frame, kBasicFrame)) {
    uint32_t words[8];
    std::memcpy(words, span, sizeof(words));
    std::memcpy(core.r, words, 4 * sizeof(words[0]));
    core.r[12] = words[4];
    core.r[kLr] = words[5];
    core.r[kPc] = words[6] & ~1U;
    xpsr = words[7];
    core.fault = kNoFault;
    return true;
  }
  const bool done =
      StackRead(core, frame, core.r[0]) && StackRead(core, frame + 4, core.r[1]) &&
      StackRead(core, frame + 8, core.r[2]) && StackRead(core, frame + 12, core.r[3]) &&
      StackRead(core, frame + 16, core.r[12]) && StackRead(core, frame + 20, core.r[kLr]) &&
      StackRead(core, frame + 24, core.r[kPc]) && StackRead(core, frame + 28, xpsr);
  core.r[kPc] &= ~1U;
  return done;
}

void SystemControl::PopFloat(Core& core, uint32_t frame) {
  bool done = true;
  for (uint32_t i = 0; i < 16 && done; ++i) {
    done = StackRead(core, frame + kBasicFrame + 4 * i, core.s[i]);
  }
  done = done && StackRead(core, frame + kFpscrOfFrame, core.fpscr);
  core.fpscr &= kFpscrBits;
  if (done) return;
  std::memset(core.s, 0, 16 * sizeof(core.s[0]));
  core.fpscr = 0;
}

void SystemControl::SetXpsr(Core& core, uint32_t xpsr, bool has_dsp) {
  core.SetNzcv(xpsr);
  core.saturated = xpsr >> 27U & 1U;
  core.greater_equal = has_dsp ? xpsr >> 16U & 0xfU : 0;
  core.it_state = static_cast<uint8_t>((xpsr >> 25U & 3U) | (xpsr >> 8U & 0xfcU));
  core.thumb = (xpsr >> 24U & 1U) != 0;
  SetException(core, xpsr & 0x1ffU);
}

}  // namespace percuss::rehost

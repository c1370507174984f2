// SPDX-License-Identifier: Apache-2.0
//
// How exceptions begin: DDI 0403E, B1.5.5 to B1.5.7, B1.5.11 to B1.5.15. Where the architecture
// leaves a choice, that of QEMU: faults met on the way are pended, and what is then the first of
// all that is pending is taken.
#include <cstring>

#include "emulation/rehost/core/op.h"
#include "emulation/rehost/core/system_control.h"

namespace percuss::rehost {

namespace {

constexpr uint32_t kWord = 4;
constexpr uint32_t kBasicFrame = 0x20;
constexpr uint32_t kFloatFrame = 0x68;
constexpr uint32_t kFpscrOfFrame = 0x60;
constexpr uint32_t kFpscrOfLazy = 0x40;           // from where FPCAR points
constexpr uint32_t kRealigned = 1U << 9U;         // of the stacked xPSR
constexpr uint32_t kStackAlign = 1U << 9U;        // CCR.STKALIGN
constexpr uint32_t kIgnoresBusFaults = 1U << 8U;  // CCR.BFHFNMIGN
constexpr uint8_t kUnprivileged = 1;              // CONTROL.nPRIV

uint32_t Xpsr(const Core& core, bool has_dsp) {
  const uint32_t apsr = has_dsp ? core.Apsr() : core.Apsr() & ~0x000f0000U;
  const uint32_t it = core.it_state;
  return apsr | core.exception | (core.thumb ? 1U << 24U : 0) | (it & 3U) << 25U |
         (it & 0xfcU) << 8U;
}

bool IsSystem(uint32_t address) { return address >= kSystemBegin && address < kSystemEnd; }

}  // namespace

bool SystemControl::Raise(const Core& core, uint16_t exception) {
  const Nvic::Raised raised = nvic_.Raise(exception, nvic_.ExecutionPriority(core), false);
  if (raised == Nvic::Raised::kEscalated) faults_.hfsr |= kForcedHardFault;
  return raised != Nvic::Raised::kLockup;
}

bool SystemControl::RaiseDerived(const Core& core, uint16_t exception) {
  const Nvic::Raised raised = nvic_.Raise(exception, nvic_.ExecutionPriority(core), true);
  if (raised == Nvic::Raised::kEscalated) faults_.hfsr |= kForcedHardFault;
  return raised != Nvic::Raised::kLockup;
}

bool SystemControl::Enter(Core& core, uint16_t exception, uint32_t return_address) {
  core.fault = kNoFault;
  if (exception == 0 || exception != Due(core)) return true;
  return EnterPending(core, return_address);
}

bool SystemControl::TakeFault(Core& core, uint32_t return_address) {
  const LazyFault lazy = lazy_fault_;
  lazy_fault_ = LazyFault::kNone;
  if (lazy != LazyFault::kNone) {  // already recorded and pended
    return lazy == LazyFault::kTaken && EnterPending(core, return_address);
  }
  faults_.Record(core.fault, core.fault_address);
  if (core.fault == kPreciseBus && (configuration_ & kIgnoresBusFaults) != 0 &&
      HasNegativePriority(core)) {
    const uint32_t bytes = core.at != nullptr ? core.at->bytes : 2;
    core.r[kPc] = return_address + bytes;
    const uint32_t it = core.it_state;
    core.it_state = static_cast<uint8_t>((it & 7U) == 0 ? 0 : (it & 0xe0U) | (it << 1U & 0x1fU));
    return true;
  }
  return Raise(core, FaultStatus::ExceptionOf(core.fault)) && EnterPending(core, return_address);
}

bool SystemControl::CallSupervisor(Core& core, uint32_t return_address) {
  if (core.stop == Core::Stop::kBreakpoint) return BreakPoint(core, return_address);
  if (!nvic_.IsReady(kSvCall, nvic_.ExecutionPriority(core))) core.fault = kMaskedCall;
  return Raise(core, kSvCall) && EnterPending(core, return_address);
}

bool SystemControl::BreakPoint(Core& core, uint32_t return_address) {
  faults_.dfsr |= kDebugBreakpoint;
  const Nvic::Raised raised = nvic_.Raise(kDebugMonitor, nvic_.ExecutionPriority(core), false);
  if (raised != Nvic::Raised::kPended) core.fault = kMaskedCall;
  if (raised == Nvic::Raised::kLockup) return false;
  if (raised == Nvic::Raised::kEscalated) faults_.hfsr |= kDebugEventFault;
  return EnterPending(core, return_address);
}

bool SystemControl::EnterPending(Core& core, uint32_t return_address) {
  uint32_t link = 0xffffffe1;
  if ((core.control & kProcessStack) != 0) link |= 4U;
  if (!core.InHandlerMode()) link |= 8U;
  if ((core.control & kControlFloat) == 0) link |= 16U;
  return Push(core, return_address) && TakePending(core, link);
}

bool SystemControl::StackWrite(Core& core, uint32_t address, uint32_t value) {
  if (IsSystem(address)) {
    core.fault = kPreciseBus;
    core.fault_address = address;
    return false;
  }
  return core.memory->Write(core, 0, address, 4, value);
}

bool SystemControl::Push(Core& core, uint32_t return_address) {
  uint32_t xpsr = Xpsr(core, architecture_ == Architecture::kV7EM);
  uint32_t frame = core.r[kSp];
  if ((frame & 4U) != 0 && (configuration_ & kStackAlign) != 0) {
    frame -= 4;
    xpsr |= kRealigned;
  }
  const bool has_float = (core.control & kControlFloat) != 0;
  frame -= has_float ? kFloatFrame : kBasicFrame;
  bool done = true;
  if (uint8_t* span = core.memory->WritableSpan(frame, kBasicFrame)) {
    std::memcpy(span, core.r, 4 * kWord);
    std::memcpy(span + 4 * kWord, &core.r[12], kWord);
    std::memcpy(span + 5 * kWord, &core.r[kLr], kWord);
    std::memcpy(span + 6 * kWord, &return_address, kWord);
    std::memcpy(span + 7 * kWord, &xpsr, kWord);
  } else if (!PushBasic(core, frame, {return_address, xpsr}, done)) {
    return false;
  }
  if (has_float && (float_.fpccr & FloatContext::kLazyEnabled) != 0) {
    ReserveFloat(core, frame + kBasicFrame);
  } else if (has_float && !PushFloat(core, frame, done)) {
    return false;
  }
  core.r[kSp] = frame;
  return true;
}

bool SystemControl::PushBasic(Core& core, uint32_t frame, const ReturnState& last, bool& done) {
  const uint32_t words[8] = {core.r[0],  core.r[1],   core.r[2],    core.r[3],
                             core.r[12], core.r[kLr], last.address, last.xpsr};
  for (uint32_t i = 0; i < 8 && done; ++i) done = StackWrite(core, frame + 4 * i, words[i]);
  return done || RaiseStacking(core);
}

bool SystemControl::RaiseStacking(Core& core) {
  core.fault = (core.fault & kMemManageCauses) != 0 ? kStackAccess : kStackBus;
  faults_.cfsr |= core.fault;
  return RaiseDerived(core, FaultStatus::ExceptionOf(core.fault));
}

bool SystemControl::PushFloat(Core& core, uint32_t frame, bool done) {
  if (!float_.IsEnabled(core.Privileged())) {
    if (!done) return true;
    core.fault = kNoCoprocessor;
    faults_.cfsr |= kNoCoprocessor;
    return Raise(core, kUsageFault);
  }
  bool goes_on = true;
  if (done) {
    for (uint32_t i = 0; i < 16 && done; ++i) {
      done = StackWrite(core, frame + kBasicFrame + 4 * i, core.s[i]);
    }
    done = done && StackWrite(core, frame + kFpscrOfFrame, core.fpscr);
    if (!done) goes_on = RaiseStacking(core);
  }
  std::memset(core.s, 0, 16 * sizeof(core.s[0]));
  core.fpscr = 0;
  return goes_on;
}

// Notes what lazy stacking will need to know of the context that is left.
void SystemControl::ReserveFloat(const Core& core, uint32_t frame) {
  const int running = nvic_.ExecutionPriority(core);
  float_.fpcar = frame & ~7U;
  uint32_t fpccr = float_.fpccr & (FloatContext::kLazyEnabled | FloatContext::kAutomatic);
  fpccr |= FloatContext::kLazyPending;
  if (!core.Privileged()) fpccr |= FloatContext::kUser;
  if (!core.InHandlerMode()) fpccr |= FloatContext::kThread;
  if (running > -1) fpccr |= FloatContext::kHardFaultReady;
  if (nvic_.IsReady(kBusFault, running)) fpccr |= FloatContext::kBusFaultReady;
  if (nvic_.IsReady(kMemManage, running)) fpccr |= FloatContext::kMemManageReady;
  if (nvic_.IsReady(kUsageFault, running)) fpccr |= FloatContext::kUsageFaultReady;
  if (nvic_.IsReady(kDebugMonitor, running)) fpccr |= FloatContext::kMonitorReady;
  float_.fpccr = fpccr;
}

// Two rounds at most: where HardFault's vector cannot be read either, RaiseDerived says no.
bool SystemControl::TakePending(Core& core, uint32_t link) {
  uint32_t address = 0;
  for (;;) {
    const uint32_t entry = vector_table_ + 4U * nvic_.FirstPending();
    if (const uint8_t* span = core.memory->ReadableSpan(entry, sizeof(address))) {
      std::memcpy(&address, span, sizeof(address));
      break;
    }
    if (core.memory->Peek(entry, &address, sizeof(address))) break;
    faults_.hfsr |= kVectorTableFault | kForcedHardFault;
    core.fault = kVectorTable;
    core.fault_address = entry;
    if (!RaiseDerived(core, kHardFault)) return false;
  }
  const uint16_t exception = nvic_.FirstPending();
  nvic_.SetActive(exception, true);
  nvic_.SetPending(exception, false);
  SetException(core, exception);
  core.control = static_cast<uint8_t>(core.control & kUnprivileged);
  core.exclusive = false;
  core.event = true;
  core.it_state = 0;
  core.r[kLr] = link;
  core.r[kPc] = address & ~1U;
  core.thumb = (address & 1U) != 0;
  RefreshContext(core);
  return true;
}

bool SystemControl::MayUseFloatingPoint(Core& core) const {
  if (has_float_ && float_.IsEnabled(core.Privileged())) return true;
  core.fault = kNoCoprocessor;
  core.fault_address = 0;
  return false;
}

bool SystemControl::PrepareFloatingPoint(Core& core) {
  if (!MayUseFloatingPoint(core)) return false;
  if (float_.IsLazyPending() && !StackLazily(core)) return false;
  if ((float_.fpccr & FloatContext::kAutomatic) != 0 && (core.control & kControlFloat) == 0) {
    core.fpscr = float_.fpdscr;
    core.control |= kControlFloat;
  }
  Refresh(core);
  return true;
}

bool SystemControl::StackLazily(Core& core) {
  const bool privileged = (float_.fpccr & FloatContext::kUser) == 0;
  const bool negative = (float_.fpccr & FloatContext::kHardFaultReady) == 0;
  uint32_t cause = float_.IsEnabled(privileged) ? kNoFault : kNoCoprocessor;
  if (cause == kNoFault) {
    // As the context that the registers are of would have stored them.
    const uint16_t exception = core.exception;
    const uint8_t control = core.control;
    core.exception = privileged ? uint16_t{kHardFault} : uint16_t{kNoException};
    core.control = static_cast<uint8_t>(core.control | kUnprivileged);
    SetPermissions(core, privileged, negative);
    bool done = true;
    for (uint32_t i = 0; i < 16 && done; ++i) {
      done = StackWrite(core, float_.fpcar + 4 * i, core.s[i]);
    }
    done = done && StackWrite(core, float_.fpcar + kFpscrOfLazy, core.fpscr);
    if (!done) cause = (core.fault & kMemManageCauses) != 0 ? kLazyAccess : kLazyBus;
    core.exception = exception;
    core.control = control;
    SetPermissions(core, core.Privileged(), HasNegativePriority(core));
  }
  core.fault = cause;
  core.fault_address = 0;
  if (cause != kNoFault) {
    lazy_fault_ = RaiseLazily(core, cause);
    if (lazy_fault_ != LazyFault::kNone) return false;
    core.fault = kNoFault;  // pended, for when it may be taken
  }
  float_.fpccr &= ~FloatContext::kLazyPending;
  return true;
}

// Whether it escalates was settled when the context was left.
SystemControl::LazyFault SystemControl::RaiseLazily(const Core& core, uint32_t cause) {
  faults_.cfsr |= cause;
  uint16_t exception = FaultStatus::ExceptionOf(cause);
  uint32_t ready = FloatContext::kUsageFaultReady;
  if (exception == kMemManage) ready = FloatContext::kMemManageReady;
  if (exception == kBusFault) ready = FloatContext::kBusFaultReady;
  const bool escalates = (float_.fpccr & ready) == 0;
  if (escalates) exception = kHardFault;
  if (!nvic_.IsReady(exception, nvic_.ExecutionPriority(core)) &&
      (float_.fpccr & FloatContext::kHardFaultReady) == 0) {
    return LazyFault::kLockup;
  }
  if (escalates) faults_.hfsr |= kForcedHardFault;
  nvic_.SetPending(exception, true);
  return nvic_.Preempts(core) ? LazyFault::kTaken : LazyFault::kNone;
}

}  // namespace percuss::rehost

// SPDX-License-Identifier: Apache-2.0
//
// The private peripheral bus and what it controls: NVIC, SysTick, SCB with the fault registers,
// MPU, DWT's cycle counter; and how exceptions begin and end (Armv7-M Architecture Reference
// Manual, DDI 0403E, B1.5, B3; Armv6-M, DDI 0419E, where that is the architecture). Its state is
// plain data: a copy of the object is a snapshot. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "emulation/rehost/core/core.h"
#include "emulation/rehost/core/fault_status.h"
#include "emulation/rehost/core/float_context.h"
#include "emulation/rehost/core/machine_image.h"
#include "emulation/rehost/core/memory.h"
#include "emulation/rehost/core/mpu.h"
#include "emulation/rehost/core/nvic.h"
#include "emulation/rehost/core/systick.h"

namespace percuss::rehost {

constexpr uint32_t kSystemBegin = 0xe0000000;
constexpr uint32_t kSystemEnd = 0xe0100000;

class SystemControl {
 public:
  explicit SystemControl(const MachineImage& image);

  // As after power-on, with the stack pointer and entry of `image`.
  void Reset(Core& core);

  // Accesses of size 1, 2 or 4 to [kSystemBegin, kSystemEnd). now: instructions since reset. False:
  // core.fault says why. A write that makes an exception due, or changes SysTick or the MPU, sets
  // core.stop to kAttention; one of SYSRESETREQ to kReset.
  [[nodiscard]] bool Read(Core& core, uint64_t now, uint32_t address, uint32_t size,
                          uint32_t& value);
  [[nodiscard]] bool Write(Core& core, uint64_t now, uint32_t address, uint32_t size,
                           uint32_t value);

  // When SysTick will next count to 0 with its interrupt enabled; kNever.
  [[nodiscard]] uint64_t NextEvent() const { return systick_.NextInterrupt(); }
  // Makes pending what has become due.
  void Advance(uint64_t now) {
    if (systick_.Advance(now)) nvic_.SetPending(kSysTick, true);
  }

  // exception: 2 to 16 + 239.
  void Pend(uint16_t exception) {
    if (exception < kNmi || exception >= kExceptions) return;
    nvic_.SetPending(exception, true);
  }
  // Whether it is enabled, and neither pending nor active.
  [[nodiscard]] bool Awaits(uint16_t exception) const {
    return nvic_.IsEnabled(exception) && !nvic_.IsPending(exception) && !nvic_.IsActive(exception);
  }
  // External interrupts that are enabled, ascending, as numbers from 0 on; until the next write.
  [[nodiscard]] std::span<const uint16_t> EnabledIrqs() const { return nvic_.EnabledIrqs(); }

  // The exception that must be taken before the next instruction; 0: none.
  [[nodiscard]] uint16_t Due(const Core& core) const {
    return nvic_.Preempts(core) ? nvic_.FirstPending() : uint16_t{0};
  }
  // Whether an event that WFI waits for is there; PRIMASK does not count for that (B1.5.19).
  [[nodiscard]] bool WakesFromSleep(const Core& core) const;

  // The same for WFE, by the event register, which that clears, or an exception.
  [[nodiscard]] bool WakesFromEvent(Core& core) { return TakeEvent(core) || Due(core) != 0; }
  // Whether the event register is set, which WFE clears. With SCR.SEVONPEND, what becomes pending
  // sets it.
  [[nodiscard]] bool TakeEvent(Core& core) {
    const bool pended = nvic_.TakePended() && (sleep_control_ & kEventOnPending) != 0;
    return std::exchange(core.event, false) || pended;
  }
  // Whether the processor is to sleep, having returned to Thread mode.
  [[nodiscard]] bool SleepsOnExit() const { return (sleep_control_ & kSleepOnExit) != 0; }

  // Of the following, each leaves in core.fault what it met on its way (and has dealt with), so
  // that a caller may make that an end. After each, Due may name a further exception.

  // Stacks, and goes to the handler; return_address: of the instruction to go on with. False: a
  // lockup. Derived exceptions of stacking are pended as B1.5.11 says.
  [[nodiscard]] bool Enter(Core& core, uint16_t exception, uint32_t return_address);
  // After a branch to EXC_RETURN in handler mode: unstacks, or tail-chains. False: a lockup.
  [[nodiscard]] bool Return(Core& core, uint32_t exc_return);
  // core.fault and fault_address into the fault registers; takes the fault at the instruction at
  // return_address, escalated to HardFault where B1.5.14 says so. Where CCR.BFHFNMIGN has a data
  // bus fault ignored, goes on behind the instruction instead. False: a lockup.
  [[nodiscard]] bool TakeFault(Core& core, uint32_t return_address);
  // SVC: SVCall at its priority, or HardFault; return_address is behind it. Where core.stop is
  // kBreakpoint, as BreakPoint. False: a lockup.
  [[nodiscard]] bool CallSupervisor(Core& core, uint32_t return_address);
  // BKPT without a debugger: DebugMonitor where that is enabled, or HardFault; return_address is
  // its own. False: a lockup.
  [[nodiscard]] bool BreakPoint(Core& core, uint32_t return_address);

  // Before the first floating-point instruction after a change of context: stacks lazily what is
  // due (B1.5.7), and begins a new context. False: core.fault says why, for TakeFault.
  [[nodiscard]] bool PrepareFloatingPoint(Core& core);
  // The access alone, as an encoding needs it that is no instruction. False: as above.
  [[nodiscard]] bool MayUseFloatingPoint(Core& core) const;

  // Whether the MPU lets it be, for all of a page or a part of it.
  enum class Verdict : uint8_t { kAllowed, kForbidden, kPartly };
  [[nodiscard]] Verdict OfPage(uint32_t page, Access access, bool privileged) const;
  [[nodiscard]] bool Allows(uint32_t address, Access access, bool privileged) const {
    return mpu_.Allows(address, access, {privileged, negative_priority_});
  }

  [[nodiscard]] bool IsActive(uint16_t exception) const { return nvic_.IsActive(exception); }
  [[nodiscard]] bool MpuEnabled() const { return mpu_.IsEnabled(); }
  // Whether what memory knows of permissions holds for `other` too: to be asked where one takes the
  // place of the other, which needs Memory::ForgetPermissions if not.
  [[nodiscard]] bool SharesPermissions(const SystemControl& other) const {
    return permissions_ == other.permissions_ && (permissions_ == 0 || mpu_ == other.mpu_);
  }

  // MRS and MSR; SYSm of B5.2.2, mask of B5.2.3: bit 1 NZCVQ, bit 0 GE. Writes may set core.stop
  // to kAttention.
  [[nodiscard]] uint32_t ReadSpecial(const Core& core, uint32_t sysm) const;
  void WriteSpecial(Core& core, uint32_t sysm, uint32_t mask, uint32_t value);

  // CPSIE f and CPSID f, which HardFault and NMI ignore (B5.2.1).
  void SetFaultmask(Core& core, bool set);

  // The fault registers and VTOR, for reports: CFSR, HFSR, MMFAR, BFAR.
  struct FaultRegisters {
    uint32_t cfsr = 0;
    uint32_t hfsr = 0;
    uint32_t mmfar = 0;
    uint32_t bfar = 0;
  };
  [[nodiscard]] FaultRegisters Faults() const {
    return {faults_.cfsr, faults_.hfsr, faults_.mmfar, faults_.bfar};
  }

 private:
  static constexpr uint8_t kProcessStack = 2;            // CONTROL.SPSEL
  static constexpr uint32_t kSleepOnExit = 1U << 1U;     // of SCR
  static constexpr uint32_t kEventOnPending = 1U << 4U;  // SEVONPEND

  // Whether a lazily stacked context met a fault that has to be taken now.
  enum class LazyFault : uint8_t { kNone, kTaken, kLockup };

  // Registers, offsets from 0xe000e000 (system_registers.cc).
  [[nodiscard]] bool MayAccess(Core& core, uint32_t address, uint32_t size) const;
  [[nodiscard]] uint32_t ReadDwt(uint64_t now, uint32_t offset) const;
  void WriteDwt(uint64_t now, uint32_t offset, uint32_t value);
  [[nodiscard]] uint32_t ReadControl(const Core& core, uint64_t now, uint32_t offset,
                                     uint32_t size);
  [[nodiscard]] uint32_t ReadWord(const Core& core, uint32_t offset) const;
  [[nodiscard]] uint32_t ReadFloat(uint32_t offset) const;
  void WriteControl(Core& core, uint64_t now, uint32_t offset, uint32_t size, uint32_t value);
  void WriteWord(Core& core, uint64_t now, uint32_t offset, uint32_t value);
  void WriteFloat(uint32_t offset, uint32_t value);
  [[nodiscard]] uint32_t ReadIcsr(const Core& core) const;
  void WriteIcsr(uint32_t value);
  void WriteAircr(Core& core, uint32_t value);
  void WriteDemcr(uint64_t now, uint32_t value);
  [[nodiscard]] uint32_t CycleCount(uint64_t now) const;

  // What depends on CCR, CPACR, CONTROL, FPCCR and on what is active (special_registers.cc).
  void Refresh(Core& core);
  // The same where an exception has begun or ended, which leaves CCR as it is.
  void RefreshContext(Core& core) {
    core.float_ready = has_float_ && IsFloatReady(core);
    SetPermissions(core, core.Privileged(), HasNegativePriority(core));
  }
  [[nodiscard]] bool IsFloatReady(const Core& core) const {
    const bool in_context =
        (core.control & kControlFloat) != 0 || (float_.fpccr & FloatContext::kAutomatic) == 0;
    return in_context && !float_.IsLazyPending() && float_.IsEnabled(core.Privileged());
  }
  void SetPermissions(Core& core, bool privileged, bool negative_priority) {
    negative_priority_ = negative_priority;
    if (mpu_.IsEnabled() || permissions_ != 0) ChangePermissions(core, privileged);
  }
  void ChangePermissions(Core& core, bool privileged);
  [[nodiscard]] bool HasNegativePriority(const Core& core) const {
    return core.faultmask != 0 || nvic_.InFaultHandler();
  }
  [[nodiscard]] bool HasMain() const { return architecture_ != Architecture::kV6M; }

  // Exceptions (exception_entry.cc, exception_return.cc). False: a lockup.
  [[nodiscard]] bool Raise(const Core& core, uint16_t exception);
  [[nodiscard]] bool RaiseDerived(const Core& core, uint16_t exception);
  [[nodiscard]] bool EnterPending(Core& core, uint32_t return_address);
  [[nodiscard]] bool Push(Core& core, uint32_t return_address);
  struct ReturnState {
    uint32_t address = 0;
    uint32_t xpsr = 0;
  };
  [[nodiscard]] bool PushBasic(Core& core, uint32_t frame, const ReturnState& last, bool& done);
  [[nodiscard]] bool PushFloat(Core& core, uint32_t frame, bool done);
  [[nodiscard]] bool RaiseStacking(Core& core);
  [[nodiscard]] bool TakePending(Core& core, uint32_t link);
  void ReserveFloat(const Core& core, uint32_t frame);
  [[nodiscard]] bool StackLazily(Core& core);
  [[nodiscard]] LazyFault RaiseLazily(const Core& core, uint32_t cause);
  [[nodiscard]] static bool StackWrite(Core& core, uint32_t address, uint32_t value);
  [[nodiscard]] static bool StackRead(Core& core, uint32_t address, uint32_t& value);
  [[nodiscard]] bool MayReturn(uint32_t exc_return, bool was_active, bool to_base) const;
  [[nodiscard]] bool Unstack(Core& core, uint32_t exc_return, bool& taken);
  [[nodiscard]] bool PopBasic(Core& core, uint32_t frame, uint32_t& xpsr);
  void PopFloat(Core& core, uint32_t frame);
  [[nodiscard]] bool FaultOnReturn(Core& core, uint32_t cause, uint32_t exc_return);
  static void SetXpsr(Core& core, uint32_t xpsr, bool has_dsp);
  static void SetException(Core& core, uint16_t exception) {
    const bool on_process_stack = (core.control & kProcessStack) != 0;
    const bool swaps = on_process_stack && (core.exception == 0) != (exception == 0);
    core.exception = exception;
    if (swaps) std::swap(core.r[kSp], core.other_sp);
  }

  Architecture architecture_;
  bool has_float_;
  uint32_t initial_vector_table_;
  uint32_t initial_sp_;
  uint32_t entry_;
  bool has_systick_;

  Nvic nvic_;
  SysTick systick_;
  Mpu mpu_;
  FaultStatus faults_;
  FloatContext float_;
  uint32_t vector_table_ = 0;
  uint32_t sleep_control_ = 0;  // SCR
  uint32_t configuration_ = 0;  // CCR
  uint32_t demcr_ = 0;
  uint32_t cycle_control_ = 0;  // DWT_CTRL.CYCCNTENA
  uint32_t cycles_ = 0;         // what CYCCNT was, at `cycles_at_`
  uint64_t cycles_at_ = 0;
  bool negative_priority_ = false;  // as the MPU is to see it
  uint8_t permissions_ = 0;         // that memory knows of
  LazyFault lazy_fault_ = LazyFault::kNone;
};

static_assert(std::is_trivially_copyable_v<SystemControl>, "a copy is a snapshot");

}  // namespace percuss::rehost

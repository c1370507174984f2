// SPDX-License-Identifier: Apache-2.0
//
// The private peripheral bus and what it controls: NVIC, SysTick, SCB with the fault registers,
// MPU, DWT's cycle counter; and how exceptions begin and end (Armv7-M Architecture Reference
// Manual, DDI 0403E, B1.5, B3; Armv6-M, DDI 0419E, where that is the architecture). Its state is
// plain data: a copy of the object is a snapshot. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "emulation/rehost/core/core.h"
#include "emulation/rehost/core/machine_image.h"
#include "emulation/rehost/core/memory.h"

namespace percuss::rehost {

constexpr uint32_t kSystemBegin = 0xe0000000;
constexpr uint32_t kSystemEnd = 0xe0100000;
constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

class SystemControl {
 public:
  explicit SystemControl(const MachineImage& image);

  // As after power-on, with the stack pointer and entry of `image`.
  void Reset(Core& core);

  // Accesses of size 1, 2 or 4 to [kSystemBegin, kSystemEnd). now: instructions since reset. False:
  // core.fault says why. A write that may make an exception due, or changes the MPU, sets core.stop
  // to kAttention; one of SYSRESETREQ to kReset.
  [[nodiscard]] bool Read(Core& core, uint64_t now, uint32_t address, uint32_t size,
                          uint32_t& value);
  [[nodiscard]] bool Write(Core& core, uint64_t now, uint32_t address, uint32_t size,
                           uint32_t value);

  // When SysTick will next count to 0 with its interrupt enabled; kNever.
  [[nodiscard]] uint64_t NextEvent() const;
  // Makes pending what has become due.
  void Advance(uint64_t now);

  // exception: 2 to 16 + 239.
  void Pend(uint16_t exception);
  // External interrupts that are enabled, ascending, as numbers from 0 on.
  [[nodiscard]] const std::vector<uint16_t>& EnabledIrqs() const;

  // The exception that must be taken before the next instruction; 0: none.
  [[nodiscard]] uint16_t Due(const Core& core) const;
  // Whether an event that WFI waits for is there; PRIMASK does not count for that (B1.5.19).
  [[nodiscard]] bool WakesFromSleep(const Core& core) const;

  // Stacks, and goes to the handler; return_address: of the instruction to go on with. False: a
  // lockup. Derived exceptions of stacking are pended as B1.5.11 says.
  [[nodiscard]] bool Enter(Core& core, uint16_t exception, uint32_t return_address);
  // After a branch to EXC_RETURN in handler mode: unstacks, or tail-chains. False: a lockup.
  [[nodiscard]] bool Return(Core& core, uint32_t exc_return);
  // core.fault and fault_address into the fault registers; takes the fault at the instruction at
  // return_address, escalated to HardFault where B1.5.14 says so. False: a lockup.
  [[nodiscard]] bool TakeFault(Core& core, uint32_t return_address);
  // SVC and BKPT alike: SVCall at its priority, or HardFault. False: a lockup.
  [[nodiscard]] bool CallSupervisor(Core& core, uint32_t return_address);

  // Lazy stacking of floating-point state (B1.5.7): to be called before the first such instruction
  // after an exception. False: core.fault says why.
  [[nodiscard]] bool PrepareFloatingPoint(Core& core);

  // Whether the MPU lets it be, for all of a page or a part of it.
  enum class Verdict : uint8_t { kAllowed, kForbidden, kPartly };
  [[nodiscard]] Verdict OfPage(uint32_t page, Access access, bool privileged) const;
  [[nodiscard]] bool Allows(uint32_t address, Access access, bool privileged) const;

  [[nodiscard]] bool MpuEnabled() const;

  // MRS and MSR but for APSR's part; SYSm of B5.2.2. Writes may set core.stop to kAttention.
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
  [[nodiscard]] FaultRegisters Faults() const;
};

}  // namespace percuss::rehost

// SPDX-License-Identifier: Apache-2.0
//
// Which exceptions are enabled, pending and active, and which of them goes first (Armv7-M
// Architecture Reference Manual, DDI 0403E, B1.5.4, B3.4). Plain data, without effects on the Core.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "emulation/rehost/core/core.h"
#include "emulation/rehost/core/machine_image.h"

namespace percuss::rehost {

constexpr uint32_t kInterruptLines = 240;
constexpr uint32_t kExceptions = 16 + kInterruptLines;

// One bit an exception: word 0 has the 16 of the architecture in its upper half, word 1 external
// interrupts 0 to 31, and so on, as the registers have them.
struct ExceptionSet {
  static constexpr uint32_t kWords = 9;
  std::array<uint32_t, kWords> words{};

  // Numbers that no exception has, as an xPSR in memory may have them, are never in.
  [[nodiscard]] bool Has(uint32_t exception) const {
    return exception < kExceptions &&
           (words[(exception + 16) >> 5U] >> ((exception + 16) & 31U) & 1U) != 0;
  }
  void Set(uint32_t exception, bool in) {
    if (exception >= kExceptions) return;
    uint32_t& word = words[(exception + 16) >> 5U];
    const uint32_t bit = 1U << ((exception + 16) & 31U);
    word = in ? word | bit : word & ~bit;
  }
};

class Nvic {
 public:
  // Lower than any priority: that of Thread mode where nothing is masked.
  static constexpr int kIdle = 0x100;

  Nvic(Architecture architecture, const std::vector<uint32_t>& disabled_irqs);
  void Reset();

  [[nodiscard]] bool IsEnabled(uint32_t exception) const { return enabled_.Has(exception); }
  [[nodiscard]] bool IsPending(uint32_t exception) const { return pending_.Has(exception); }
  [[nodiscard]] bool IsActive(uint32_t exception) const { return active_.Has(exception); }
  void SetEnabled(uint32_t exception, bool on);
  void SetPending(uint32_t exception, bool on) {
    if (exception >= kExceptions || pending_.Has(exception) == on) return;
    pending_.Set(exception, on);
    pended_ = pended_ || on;
    if (!enabled_.Has(exception)) return;
    if (on) {
      Offer(exception);
    } else if (exception == first_pending_) {
      FindFirstPending();
    }
  }
  void SetActive(uint32_t exception, bool on) {
    if (exception >= kExceptions || active_.Has(exception) == on) return;
    active_.Set(exception, on);
    const int priority = GroupPriority(Priority(exception));
    active_count_ += on ? 1 : ~0U;
    if (on) {
      active_priority_ = priority < active_priority_ ? priority : active_priority_;
    } else if (active_count_ == 0) {
      active_priority_ = kIdle;
    } else if (priority == active_priority_) {
      FindActivePriority();
    }
  }
  // Whether anything has become pending since it was last asked.
  [[nodiscard]] bool TakePended() { return std::exchange(pended_, false); }

  // Of the processor as a whole: ExecutionPriority of B1.5.4.
  [[nodiscard]] int ExecutionPriority(const Core& core) const {
    return ExecutionPriority(core.primask, core.basepri, core.faultmask);
  }
  [[nodiscard]] int ExecutionPriority(uint8_t primask, uint8_t basepri, uint8_t faultmask) const {
    int masked = kIdle;
    if (basepri != 0) masked = GroupPriority(basepri);
    if (primask != 0) masked = 0;
    if (faultmask != 0) masked = -1;
    return masked < active_priority_ ? masked : active_priority_;
  }
  // Of the active exceptions alone.
  [[nodiscard]] int ActivePriority() const { return active_priority_; }
  // The first of those that are enabled and pending, or 0, and its group priority, or kIdle.
  [[nodiscard]] uint16_t FirstPending() const { return first_pending_; }
  [[nodiscard]] int PendingPriority() const { return pending_priority_; }
  [[nodiscard]] bool Preempts(const Core& core) const {
    return first_pending_ != 0 && pending_priority_ < ExecutionPriority(core);
  }
  // Whether it is enabled and would preempt at `running`.
  [[nodiscard]] bool IsReady(uint32_t exception, int running) const;
  // Whether HardFault or NMI is active, as the MPU sees it.
  [[nodiscard]] bool InFaultHandler() const { return active_.Has(kHardFault) || active_.Has(kNmi); }
  [[nodiscard]] bool HasOneActive() const { return active_count_ <= 1; }  // or none: ICSR.RETTOBASE
  [[nodiscard]] bool HasPendingInterrupt() const;

  // Pends an exception that must be taken at once, at the priority `running`: where it cannot, it
  // is a HardFault, and where that cannot either, the processor locks up (B1.5.14, B1.5.15).
  // derived: met while entering FirstPending (B1.5.11).
  enum class Raised : uint8_t { kPended, kEscalated, kLockup };
  [[nodiscard]] Raised Raise(uint16_t exception, int running, bool derived);

  // External interrupts that are enabled, ascending, as numbers from 0 on.
  [[nodiscard]] std::span<const uint16_t> EnabledIrqs() const {
    return {enabled_irqs_.data(), enabled_count_};
  }

  // Registers at 0xe000e100 to 0xe000e5ef and SHPR at 0xe000ed18, by offset from 0xe000e000.
  [[nodiscard]] uint32_t ReadRegister(uint32_t offset, uint32_t size) const;
  void WriteRegister(uint32_t offset, uint32_t size, uint32_t value);
  [[nodiscard]] uint32_t ReadSystemPriorities(uint32_t offset, uint32_t size) const;
  void WriteSystemPriorities(uint32_t offset, uint32_t size, uint32_t value);
  [[nodiscard]] uint32_t PriorityGroup() const { return priority_group_; }
  void SetPriorityGroup(uint32_t group);
  // SHCSR.
  [[nodiscard]] uint32_t SystemHandlers() const;
  void SetSystemHandlers(uint32_t value);

 private:
  [[nodiscard]] int Priority(uint32_t exception) const {
    return exception <= kHardFault ? static_cast<int>(exception) - 4 : priority_[exception];
  }
  [[nodiscard]] int GroupPriority(int priority) const {
    return priority < 0 ? priority : priority & ~((2 << priority_group_) - 1);
  }
  [[nodiscard]] uint32_t LinesOfWord(uint32_t word) const;
  // What is first is kept as sets change, one exception at a time; Update is for all else.
  void Offer(uint32_t exception) {
    const int priority = Priority(exception);
    const int first = first_pending_ == 0 ? kIdle : Priority(first_pending_);
    if (priority > first || (priority == first && exception > first_pending_)) return;
    first_pending_ = static_cast<uint16_t>(exception);
    pending_priority_ = GroupPriority(priority);
  }
  void FindFirstPending();
  void FindActivePriority();
  void Update();
  void ListEnabled();

  uint32_t lines_;
  uint8_t priority_bits_;  // those that are there
  bool has_active_bits_;   // IABR, not of Armv6-M
  ExceptionSet forbidden_;

  ExceptionSet enabled_;
  ExceptionSet pending_;
  ExceptionSet active_;
  std::array<uint8_t, kExceptions> priority_{};
  uint32_t priority_group_ = 0;
  bool pended_ = false;
  uint16_t first_pending_ = 0;
  int pending_priority_ = kIdle;
  int active_priority_ = kIdle;
  uint32_t active_count_ = 0;
  uint32_t enabled_count_ = 0;
  std::array<uint16_t, kInterruptLines> enabled_irqs_{};
};

}  // namespace percuss::rehost

// SPDX-License-Identifier: Apache-2.0
//
// A Cortex-M with its firmware: boots once up to the first byte of input that it wants, and from
// there runs one input after another. What happens depends on the machine image and the input
// alone: not on tracing, breakpoints, coverage or what ran before. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_set>
#include <vector>

#include "emulation/rehost/core/block_cache.h"
#include "emulation/rehost/core/core.h"
#include "emulation/rehost/core/machine_image.h"
#include "emulation/rehost/core/memory.h"
#include "emulation/rehost/core/peripherals.h"
#include "emulation/rehost/core/system_control.h"

namespace percuss::rehost {

enum class End : uint8_t {
  kInputUsed,     // a load wanted more than the input has
  kInstructions,  // limits.instructions
  kWithoutInput,  // limits.instructions_without_input
  kInterrupts,    // limits.interrupts
  kExit,          // an address of `exits`
  kAssertion,     // an address of `assertions`
  kFault,         // Outcome::cause
  kLockup,        // a fault where none can be taken
  kSleep,         // WFI or WFE, and nothing will ever wake it
  kReset,         // the firmware asked for it
  kBreakpoint,    // BKPT, with no debugger
  kStopped        // by a watched address (Machine::Watch)
};

struct Outcome {
  End end = End::kInputUsed;
  uint32_t pc = 0;            // of the instruction that did not complete, or of the next one
  uint32_t cause = 0;         // FaultCause bits
  uint32_t address = 0;       // of the access that failed
  uint64_t instructions = 0;  // since reset
  uint64_t blocks = 0;
  uint64_t interrupts = 0;
  size_t input_used = 0;
};

constexpr uint8_t kCompileAfter = 60;

struct MachineOptions {
  // A fault ends the input. Else the firmware's handler is run, and only a lockup is an end.
  bool faults_end = true;
  // Counters of edges, as many as a power of two; nullptr: none are counted.
  uint8_t* edges = nullptr;
  size_t edge_bytes = 0;
  // Whether loops that only wait are left out (spin.h), which no outcome shows.
  bool skips_waiting = true;
  // After how many entries a block is compiled for the host, where that can be done; 0: never. No
  // outcome shows it.
  uint8_t compile_after = kCompileAfter;
};

class Machine {
 public:
  explicit Machine(MachineImage image, const MachineOptions& options = {});
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // From power-on to where the first byte of input is wanted; what Run goes back to. Any other end
  // than kInputUsed is what all inputs will come to.
  const Outcome& Boot();
  // bytes: outlives the call. Boots first where that has not been done.
  Outcome Run(const uint8_t* bytes, size_t size);

  // Piecemeal, for debuggers: Run is Begin and Continue. Continue again after kStopped.
  void Begin(const uint8_t* bytes, size_t size);
  Outcome Continue();
  // One instruction, or one exception that is due before it.
  Outcome Step();
  // The same as Continue up to the first moment at which Now() is not below `instructions`, where
  // it stops as kStopped. Sleep may lead past that.
  Outcome ContinueUntil(uint64_t instructions);
  [[nodiscard]] bool Ended() const { return ended_; }
  // An exception from outside, as a device would raise it; exception as of SystemControl::Pend.
  void Pend(uint16_t exception);
  // Continue stops before an instruction at a watched address.
  void Watch(uint32_t address);
  void Unwatch(uint32_t address);
  // Whether a watched address has just stopped it, and the instruction there is yet to run.
  [[nodiscard]] bool AtWatched() const {
    const uint32_t pc = state_.core.r[kPc];
    return !ended_ && state_.core.passing == pc && user_watched_.contains(pc);
  }

  // Each block's address, as it is entered.
  void TraceBlocks(std::function<void(uint32_t pc)> told);
  // BKPT at core().r[kPc], with its number: true if that is dealt with, and to be left behind.
  void OnBreakpoint(std::function<bool(Machine& machine, uint8_t number)> asked);
  // Each exception that is taken, at its time.
  void OnException(std::function<void(uint16_t exception)> told) {
    on_exception_ = std::move(told);
  }

  // Before and after all that changes the processor between its instructions: exceptions taken and
  // returned from, and sleep.
  void OnChange(std::function<void(bool done)> told) { on_change_ = std::move(told); }

  [[nodiscard]] Core& core() { return state_.core; }
  [[nodiscard]] Memory& memory() { return memory_; }
  [[nodiscard]] const Memory& memory() const { return memory_; }
  [[nodiscard]] SystemControl& system_control() { return state_.system; }
  [[nodiscard]] Peripherals& peripherals() { return peripherals_; }
  [[nodiscard]] const MachineImage& image() const { return image_; }
  [[nodiscard]] uint64_t Now() const {
    return state_.core.horizon - static_cast<uint64_t>(state_.core.fuel);
  }
  [[nodiscard]] const BlockCache& blocks() const { return blocks_; }

 private:
  static constexpr uint64_t kMostOfMaskedCall = 100'000;
  static constexpr uint64_t kMargin = 128;  // more instructions than a block has
  struct Trigger {
    uint64_t next = kNever;  // kEvery: when
    uint64_t period = 1;
    uint32_t irq = 0;  // of those that it makes pending in a row
    uint32_t pends = 0;
    uint32_t skips = 0;
    uint32_t turn = 0;
  };
  // All that Run puts back, but for memory and peripherals.
  struct State {
    Core core;
    SystemControl system;
    std::vector<Trigger> triggers;
    uint64_t interrupts = 0;
    uint64_t limits_from = 0;  // when the snapshot was taken
    // By when HardFault's handler is to have come back from a call that was masked.
    uint64_t call_until = kNever;
  };

  void PowerOn();
  void RunToEnd();
  // One instruction or exception; a user's watched address before it ends it only if heeded.
  void RunStep(bool heed_watched);
  [[nodiscard]] bool IsPaused() const;
  void RunOps(const Op* op);
  // The next ops to run; nullptr after an end, or where an exception has changed what is next.
  const Op* Next();
  void AfterOps();
  void Deal();
  void StopAt(End end, uint32_t pc);
  void TakeFault(uint32_t pc);
  void TakeException(uint16_t exception);
  void CallSupervisor();
  void ReturnFromException();
  void HandleBreakpoint();
  void HandleEvents();
  void ScheduleNext();
  [[nodiscard]] uint64_t LimitOfAll() const;
  [[nodiscard]] uint64_t LimitWithoutInput() const;
  [[nodiscard]] bool Fire(size_t index);
  // Pends the interrupts of lines with a byte; false where the first byte is yet to come.
  [[nodiscard]] bool RaiseLines();
  [[nodiscard]] bool IsLines(uint32_t irq) const;
  [[nodiscard]] bool ChooseIrq(const InterruptTrigger& trigger, Trigger& state, uint32_t& irq);
  void HandleWatched();
  void TellChange(bool done) {
    if (on_change_) on_change_(done);
  }
  void HandleSleep();
  void Sleep();
  [[nodiscard]] bool Wakes(bool for_event);
  void FlushIfChanged();
  [[nodiscard]] Outcome OutcomeNow() const;

  MachineImage image_;
  MachineOptions options_;
  std::vector<uint8_t> own_edges_;
  Memory memory_;
  Peripherals peripherals_;
  BlockCache blocks_;
  State state_;
  State snapshot_;
  PageTable<const Op* const*> no_entries_;  // while stepping
  PageTable<uint8_t*> none_writable_;       // while a loop is looked at (spin.h)
  bool booted_ = false;
  bool ended_ = false;
  bool running_ = false;
  bool stepping_ = false;
  bool heed_watched_ = true;
  bool single_ = false;  // what Next has returned is one instruction
  uint64_t until_ = kNever;
  bool check_due_ = true;
  bool at_snapshot_ = false;
  Outcome outcome_;
  Outcome boot_outcome_;
  std::unordered_set<uint32_t> user_watched_;
  std::function<void(uint32_t)> on_block_;
  std::function<bool(Machine&, uint8_t)> on_breakpoint_;
  std::function<void(uint16_t)> on_exception_;
  std::function<void(bool)> on_change_;
};

}  // namespace percuss::rehost

// SPDX-License-Identifier: Apache-2.0
//
// One input under a debugger, forwards and backwards. What a machine does is a matter of its image
// and the input alone, so to go back is to run again to a time that has been passed; what the
// debugger wrote before that time is gone then. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <string_view>
#include <vector>

#include "emulation/rehost/core/machine.h"

namespace percuss::emulation {

class DebugSession {
 public:
  enum class Stop : uint8_t {
    kStepped,
    kBreakpoint,
    kEnded,       // Last() says how; the instruction that ended it has not run
    kStill,       // it had ended before
    kBegin,       // there is nothing before it
    kInterrupted  // by who was asked
  };
  struct ExceptionTaken {
    uint64_t now = 0;  // instructions since reset
    uint16_t number = 0;
    uint32_t pc = 0;  // that it interrupts
  };
  using Interrupted = std::function<bool()>;
  // Of answers and exceptions each.
  static constexpr size_t kMostRemembered = 64;
  static constexpr size_t kMostBreakpoints = 4096;

  // machine: has been booted; it and the input outlive the session, which uses its hooks.
  DebugSession(rehost::Machine& machine, std::string_view input);
  ~DebugSession();
  DebugSession(const DebugSession&) = delete;
  DebugSession& operator=(const DebugSession&) = delete;

  // False where there are kMostBreakpoints.
  [[nodiscard]] bool AddBreakpoint(uint32_t address);
  void RemoveBreakpoint(uint32_t address);

  // interrupted: asked now and then.
  Stop Step();
  Stop Continue(const Interrupted& interrupted);
  Stop StepBack();
  Stop ContinueBack(const Interrupted& interrupted);

  [[nodiscard]] rehost::Machine& Its() { return machine_; }
  [[nodiscard]] const rehost::Outcome& Last() const { return outcome_; }
  // The last ones before now, oldest first: loads of peripherals, and exceptions.
  [[nodiscard]] const std::deque<rehost::Peripherals::Answer>& Answers() const { return answers_; }
  [[nodiscard]] const std::deque<ExceptionTaken>& Exceptions() const { return exceptions_; }

 private:
  // Exceptions take no time: steps at the same time are told apart by their number.
  struct Place {
    uint64_t now = 0;
    uint64_t steps = 0;
  };

  void Begin();
  void RunTo(uint64_t now);
  void Seek(const Place& place);
  // How many steps of this time have been taken, where that is not known.
  void FindSteps();
  [[nodiscard]] Place PlaceBefore(uint64_t now);
  [[nodiscard]] std::vector<uint32_t> Registers() const;

  rehost::Machine& machine_;
  std::string_view input_;
  rehost::Outcome outcome_;
  std::multiset<uint32_t> breakpoints_;
  uint64_t begin_ = 0;
  uint64_t steps_ = 0;
  bool steps_known_ = true;
  std::deque<rehost::Peripherals::Answer> answers_;
  std::deque<ExceptionTaken> exceptions_;
};

}  // namespace percuss::emulation

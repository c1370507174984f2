// SPDX-License-Identifier: Apache-2.0
//
// One input on the fast core, told in the same words as one on a board (emulation/board_run.h).
// Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "emulation/board_run.h"
#include "emulation/rehost/core/machine.h"

namespace percuss::emulation {

// What happened, in order: a block that was entered, an exception that was taken, a load that a
// peripheral was asked for.
struct RehostEvent {
  enum class Kind : uint8_t { kBlock, kException, kLoad };
  Kind kind = Kind::kBlock;
  uint32_t pc = 0;  // of kException: that it interrupts
  uint16_t exception = 0;
  uint32_t address = 0;  // of kLoad
  uint32_t size = 0;
  uint32_t value = 0;
};

constexpr size_t kMostRehostEvents = 1'000'000;

struct RehostRun {
  BoardRun run;
  std::deque<RehostEvent> events;  // where it was asked for; the last kMostRehostEvents
  uint64_t events_left_out = 0;
};

struct RehostRunOptions {
  bool trace = false;
  // "main+0x4"; empty where nobody knows.
  std::function<std::string(uint32_t address)> place;
};

// Ends `done` where the input is used up, or the firmware has come to rest, to an exit, a reset of
// its own or a limit without failing; else fault, lockup or assert. `error`: the firmware comes to
// an end before it wants a byte, which says nothing of the input.
[[nodiscard]] RehostRun RunOnCore(rehost::Machine& machine, std::string_view input,
                                  const RehostRunOptions& options = {});

// The same of an input that has just ended there.
[[nodiscard]] BoardRun BoardRunOf(rehost::Machine& machine, const rehost::Outcome& outcome,
                                  size_t input_bytes, const RehostRunOptions& options);

// "SysTick", "interrupt 3".
[[nodiscard]] std::string ExceptionName(uint16_t exception);

}  // namespace percuss::emulation

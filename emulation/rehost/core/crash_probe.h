// SPDX-License-Identifier: Apache-2.0
//
// What can be known of a failure by running its input again, on a machine of its own: the way
// there, what peripherals answered, and which of the answers have a part in it. An answer's part is
// found by giving another one in its place. The same for the same image and input, and bounded in
// instructions, not in time. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "emulation/rehost/core/crash_origin.h"
#include "emulation/rehost/core/machine.h"

namespace percuss::rehost {

// What another answer does to the failure.
enum class Effect : uint8_t {
  kUnknown,  // not asked: no byte of the input is behind it, or there were too many
  kNone,     // nothing
  kDecides,  // it does not fail, or otherwise
  kSteers,   // the same instruction fails, at another address
  kFlows     // and the address differs by what the answers differ, or a power of two of it
};

struct ProbedLoad {
  Peripherals::Answer load;
  size_t input_at = 0;
  uint32_t input_bytes = 0;  // 0: the configuration answered
  Effect effect = Effect::kUnknown;
  // What the firmware had stored there last, before the load.
  bool was_stored = false;
  uint32_t stored = 0;
};

// An external interrupt that was taken. Nothing but a trigger of the image raises those.
struct ProbedInterrupt {
  uint32_t irq = 0;
  uint64_t taken = 0;
  bool active = false;  // at the failure
  bool needed = false;  // of active ones: without it the input does not fail so
  // Of active ones: a peripheral that the handler has loaded from or stored to, where there is one;
  // and whether anything had been stored to one of these before the interrupt first came.
  bool touched = false;
  uint32_t device = 0;
  bool set_up = false;
};

struct CrashEvent {
  enum class Kind : uint8_t { kBlock, kException, kLoad, kStore };
  Kind kind = Kind::kBlock;
  uint32_t pc = 0;
  uint16_t exception = 0;
  uint32_t address = 0;
  uint32_t size = 0;
  uint32_t value = 0;
  [[nodiscard]] bool operator==(const CrashEvent& other) const = default;
};

struct CrashFacts {
  Outcome outcome;
  std::array<uint32_t, 16> registers{};
  uint16_t exception = 0;  // in which it failed
  // The latest answer at each place that has a part in it, and the last few; latest last.
  std::vector<ProbedLoad> loads;
  std::vector<ProbedInterrupt> interrupts;  // by number
  std::vector<CrashEvent> trace;            // the last ones
  PointerOrigin origin;                     // of a fault
  size_t runs = 0;
  bool probed_all = false;  // every answer that took bytes of the input
};

constexpr size_t kMostTraceEvents = 64;
// Bytes of what is taken for one peripheral.
constexpr uint32_t kDeviceBytes = 0x400;

[[nodiscard]] CrashFacts ProbeCrash(const MachineImage& image, const uint8_t* bytes, size_t size);

}  // namespace percuss::rehost

// SPDX-License-Identifier: Apache-2.0
//
// What must hold of any image and input, for tests.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "emulation/rehost/core/hostile_firmware.h"
#include "emulation/rehost/core/machine.h"
#include "emulation/rehost/core/machine_file.h"

namespace percuss::rehost {

inline std::string WordsOf(const Outcome& outcome, Machine& machine) {
  std::string text = "end " + std::to_string(static_cast<int>(outcome.end));
  for (const uint64_t number :
       {uint64_t{outcome.pc}, uint64_t{outcome.cause}, uint64_t{outcome.address},
        outcome.instructions, outcome.blocks, outcome.interrupts, uint64_t{outcome.input_used}}) {
    text += " " + std::to_string(number);
  }
  for (const uint32_t value : machine.core().r) text += " " + std::to_string(value);
  uint32_t sum = 0;
  for (const Region& region : machine.image().regions) {
    std::vector<uint8_t> bytes(region.size);
    (void)machine.memory().Peek(region.begin, bytes.data(), bytes.size());
    for (const uint8_t byte : bytes) sum = sum * 31 + byte;
  }
  return text + " memory " + std::to_string(sum);
}

inline Outcome RunOnce(Machine& machine, const std::string& input) {
  return machine.Run(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

// The rest of an input, with other means than Run at first.
inline Outcome RunInPieces(Machine& machine, HostileFirmware& firmware, const std::string& input) {
  machine.Begin(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  Outcome outcome = machine.Step();
  std::vector<uint32_t> watched;
  for (int i = 0; i < 40 && !machine.Ended(); ++i) {
    const uint32_t what = firmware.Below(8);
    if (what == 0) {
      watched.push_back(firmware.SomeAddress());
      machine.Watch(watched.back());
    } else if (what == 1 && !watched.empty()) {
      machine.Unwatch(watched[firmware.Below(static_cast<uint32_t>(watched.size()))]);
    } else if (what < 5) {
      outcome = machine.Step();
    } else {
      outcome = machine.ContinueUntil(machine.Now() + firmware.Below(300));
    }
  }
  for (const uint32_t address : watched) machine.Unwatch(address);
  while (!machine.Ended()) outcome = machine.Continue();
  return outcome;
}

// Nothing, or what is not as promised.
inline std::string WhatGoesWrong(HostileFirmware& firmware, size_t& ran) {
  constexpr uint64_t kStraight = 0x10000;  // no more than fits between two branches
  const MachineImage image = firmware.Make();
  if (!MistakeIn(image).empty()) return "";
  ++ran;
  std::vector<uint8_t> edges(firmware.Below(2) * 256);
  const bool faults_end = firmware.Below(3) == 0;
  Machine machine(image, {faults_end, edges.data(), edges.size(), true, 1});
  const bool leaves = firmware.Below(2) == 0;
  machine.OnBreakpoint([leaves](Machine&, uint8_t) { return leaves; });
  size_t blocks = 0;
  if (firmware.Below(4) == 0) machine.TraceBlocks([&blocks](uint32_t) { ++blocks; });
  const std::string input = firmware.SomeInput();
  const std::string other = firmware.SomeInput();
  const Outcome boot = machine.Boot();
  const Outcome outcome = RunOnce(machine, input);
  const std::string expected = WordsOf(outcome, machine);
  if (outcome.instructions > boot.instructions + image.limits.instructions + kStraight) {
    return "goes on beyond its limit: " + expected;
  }
  Machine interpreter(image, {faults_end, edges.data(), edges.size(), true, 0});
  interpreter.OnBreakpoint([leaves](Machine&, uint8_t) { return leaves; });
  (void)interpreter.Boot();
  const std::string interpreted = WordsOf(RunOnce(interpreter, input), interpreter);
  if (interpreted != expected) return interpreted + " became compiled " + expected;
  (void)RunOnce(machine, other);
  const std::string again = WordsOf(RunOnce(machine, input), machine);
  if (again != expected) return expected + " became " + again;
  const std::string pieces = WordsOf(RunInPieces(machine, firmware, input), machine);
  if (pieces != expected) return expected + " became in pieces " + pieces;
  return "";
}

}  // namespace percuss::rehost

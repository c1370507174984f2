// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/rehost_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "emulation/rehost/core/failure_report.h"

namespace percuss::emulation {
namespace {

using rehost::End;
using rehost::kPc;
using rehost::kSp;
using rehost::Machine;
using rehost::Outcome;

// Of a stack, from its pointer on, and of a text that a register points to.
constexpr size_t kMostStackBytes = 64 * 1024;
constexpr size_t kMostTextBytes = 256;

// How the rest is to be read: what ended it, in the words of BoardRun, and the rule.
struct EndWords {
  const char* ended;
  const char* rule;
};

EndWords WordsOf(End end) {
  switch (end) {
    case End::kInputUsed:
      return {"done", "the input is used up"};
    case End::kInstructions:
      return {"done", "the limit of instructions"};
    case End::kWithoutInput:
      return {"done", "no byte of the input was wanted for the limit of instructions"};
    case End::kInterrupts:
      return {"done", "the limit of interrupts"};
    case End::kExit:
      return {"done", "exit"};
    case End::kAssertion:
      return {"assert", "assertion"};
    case End::kFault:
    case End::kBreakpoint:
      return {"fault", ""};
    case End::kLockup:
      return {"lockup", "Lockup: a fault where none can be taken"};
    case End::kSleep:
      return {"done", "a sleep from which nothing wakes"};
    case End::kReset:
      return {"done", "a reset that the firmware asked for"};
    case End::kStopped:
      break;
  }
  return {"error", "stopped"};
}

std::string PlaceOf(const RehostRunOptions& options, uint32_t address) {
  const std::string known = options.place ? options.place(address) : "";
  return known.empty() ? fmt::format("{:#x}", address) : known;
}

void AddFaultRegisters(Machine& machine, const Outcome& outcome, BoardRun& run) {
  const rehost::FaultStatus faults = rehost::FaultsAt(machine, outcome);
  run.fault_registers = {
      {"cfsr", faults.cfsr}, {"hfsr", faults.hfsr}, {"mmfar", faults.mmfar}, {"bfar", faults.bfar}};
}

// What is there of so many bytes.
std::string BytesAt(const Machine& machine, uint32_t address, size_t most) {
  std::string bytes;
  std::array<char, rehost::kPageBytes> page{};
  while (bytes.size() < most) {
    const uint32_t at = address + static_cast<uint32_t>(bytes.size());
    const size_t to_bound = rehost::kPageBytes - at % rehost::kPageBytes;
    const size_t count = std::min(most - bytes.size(), to_bound);
    if (!machine.memory().Peek(at, page.data(), count)) break;
    bytes.append(page.data(), count);
    if (at + static_cast<uint32_t>(count) < at) break;
  }
  return bytes;
}

void AddMemory(const Machine& machine, BoardRun& run) {
  const auto stack = static_cast<uint32_t>(run.registers.at(kSp)) & ~3U;
  std::string words = BytesAt(machine, stack, kMostStackBytes);
  const auto text = static_cast<uint32_t>(run.registers.at(0));
  const bool in_stack = text >= stack && text - stack < words.size();
  if (!words.empty()) run.memory[stack] = std::move(words);
  if (!in_stack) {
    std::string letters = BytesAt(machine, text, kMostTextBytes);
    if (!letters.empty()) run.memory[text] = std::move(letters);
  }
}

void Record(RehostRun& result, const RehostEvent& event) {
  if (result.events.size() >= kMostRehostEvents) {
    result.events.pop_front();
    ++result.events_left_out;
  }
  result.events.push_back(event);
}

void Listen(Machine& machine, RehostRun& result) {
  machine.TraceBlocks([&result](uint32_t pc) {
    Record(result, {RehostEvent::Kind::kBlock, pc, 0, 0, 0, 0});
  });
  machine.OnException([&result, &machine](uint16_t number) {
    Record(result, {RehostEvent::Kind::kException, machine.core().r[kPc], number, 0, 0, 0});
  });
  machine.peripherals().OnRead([&result](const rehost::Peripherals::Answer& answer) {
    Record(result,
           {RehostEvent::Kind::kLoad, answer.pc, 0, answer.address, answer.size, answer.value});
  });
}

void StopListening(Machine& machine) {
  machine.TraceBlocks(nullptr);
  machine.OnException(nullptr);
  machine.peripherals().OnRead(nullptr);
}

}  // namespace

BoardRun BoardRunOf(Machine& machine, const Outcome& outcome, size_t input_bytes,
                    const RehostRunOptions& options) {
  BoardRun run;
  const EndWords words = WordsOf(outcome.end);
  run.ended = words.ended;
  run.rule = words.rule;
  const bool names_place = outcome.end == End::kExit || outcome.end == End::kAssertion;
  if (run.ended == "fault" || names_place) run.rule = PlaceOf(options, outcome.pc);
  // The bare name of a function would be that of a handler, which the stack leaves out.
  const bool bare = run.rule.find('+') == std::string::npos && !run.rule.starts_with("0x");
  if (run.ended == "fault" && bare) run.rule += "+0x0";
  run.pc = outcome.pc;
  run.address = outcome.address;
  run.unread = input_bytes - std::min(input_bytes, outcome.input_used);
  run.began = true;
  run.in_exception = run.ended == "fault";
  const rehost::Core& core = machine.core();
  for (int number = 0; number < kPc; ++number) run.registers[number] = core.r[number];
  run.registers[kPc] = outcome.pc;
  if (run.ended == "fault" || run.ended == "lockup") AddFaultRegisters(machine, outcome, run);
  AddMemory(machine, run);
  return run;
}

RehostRun RunOnCore(Machine& machine, std::string_view input, const RehostRunOptions& options) {
  RehostRun result;
  const Outcome booted = machine.Boot();
  if (booted.end != End::kInputUsed) {
    result.run = BoardRunOf(machine, booted, 0, options);
    const std::string why =
        result.run.ended == "fault" ? MeaningOf(result.run).words : result.run.rule;
    result.run.ended = "error";
    result.run.error =
        fmt::format("the firmware comes to an end at {} before it wants a byte of the input: {}",
                    PlaceOf(options, booted.pc), why);
    return result;
  }
  if (options.trace) Listen(machine, result);
  const Outcome outcome = machine.Run(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  if (options.trace) StopListening(machine);
  result.run = BoardRunOf(machine, outcome, machine.peripherals().InputBytes(), options);
  result.run.instructions =
      outcome.instructions - std::min(outcome.instructions, booted.instructions);
  for (const RehostEvent& event : result.events) {
    if (event.kind == RehostEvent::Kind::kBlock) result.run.blocks.push_back(event.pc);
  }
  return result;
}

std::string ExceptionName(uint16_t exception) {
  constexpr const char* kNames[] = {
      nullptr, "Reset", "NMI",   "HardFault", "MemManage",    "BusFault", "UsageFault", nullptr,
      nullptr, nullptr, nullptr, "SVCall",    "DebugMonitor", nullptr,    "PendSV",     "SysTick"};
  if (exception >= rehost::kFirstInterrupt) {
    return fmt::format("interrupt {}", exception - rehost::kFirstInterrupt);
  }
  const char* name = kNames[exception];
  return name == nullptr ? fmt::format("exception {}", exception) : name;
}

}  // namespace percuss::emulation

// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/failure_report.h"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>

#include "emulation/rehost/core/call_stack.h"
#include "emulation/rehost/core/fault_status.h"
#include "emulation/rehost/core/fault_words.h"

namespace percuss::rehost {
namespace {

constexpr size_t kKeyFrames = 4;
constexpr size_t kMostNameBytes = 200;
// As far below the stack as a frame may begin.
constexpr uint32_t kNearStackBytes = 4096;
constexpr uint32_t kOfLoadsAndStores = kDataAccess | kPreciseBus | kUnaligned;

// The compiler checks it as it does printf. NOLINTNEXTLINE(cert-dcl50-cpp)
[[gnu::format(printf, 1, 2)]] std::string Format(const char* format, ...) {
  std::array<char, 512> text{};
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text.data(), text.size(), format, arguments);
  va_end(arguments);
  return text.data();
}

// Names are from somebody's file.
std::string Plain(const std::string& name) {
  std::string plain = name.substr(0, kMostNameBytes);
  for (char& c : plain) {
    if (c <= ' ' || c > '~') c = '?';
  }
  return plain;
}

std::string PlaceOf(const MachineImage& image, uint32_t pc) {
  const Symbol* function = FunctionAt(image, pc);
  return function != nullptr ? Plain(function->name) : Format("0x%x", pc);
}

struct Meaning {
  std::string bug_class;
  std::string words;
};

// A stack that has left memory is what failed, whatever met it first.
bool StackRanOut(Machine& machine, const Outcome& outcome) {
  if ((outcome.cause & (kDataAccess | kPreciseBus | kStackAccess | kStackBus)) == 0) return false;
  const uint32_t sp = machine.core().r[kSp] & ~3U;
  uint32_t word = 0;
  if (machine.memory().Peek(sp, &word, sizeof word)) return false;
  const uint32_t apart = outcome.address - sp;
  return std::min(apart, 0 - apart) < kNearStackBytes;
}

Meaning MeaningOfFault(Machine& machine, const Outcome& outcome) {
  const bool forced = (outcome.cause & kMaskedCall) != 0;
  const FaultWords words = WordsOf(outcome.cause, forced ? kForcedHardFault : 0);
  Meaning meaning{std::string(words.bug_class), std::string(words.words)};
  if (meaning.words.empty()) meaning = {"segv", "a fault without a reason"};
  if ((outcome.cause & kOfLoadsAndStores) != 0) {
    meaning.words += Format(" at 0x%08x", outcome.address);
    if (meaning.bug_class == "segv" && outcome.address < kNullPageBytes) {
      meaning.bug_class = "null-dereference";
    }
  }
  if (StackRanOut(machine, outcome)) meaning.bug_class = "stack-overflow";
  return meaning;
}

Meaning MeaningOf(Machine& machine, const Outcome& outcome) {
  switch (outcome.end) {
    case End::kFault:
      return MeaningOfFault(machine, outcome);
    case End::kLockup: {
      Meaning meaning = MeaningOfFault(machine, outcome);
      return {"lockup", "a fault where none can be taken: " + meaning.words};
    }
    case End::kAssertion:
      return {"assertion-failure", "came to a place that says so"};
    case End::kBreakpoint:
      return {"assertion-failure", "breakpoint instruction without a debugger"};
    default:
      return {std::string(NameOf(outcome.end)), "ended"};
  }
}

std::string FramesText(const MachineImage& image, const std::vector<uint32_t>& stack) {
  std::string text;
  for (size_t i = 0; i < stack.size(); ++i) {
    const auto number = static_cast<unsigned>(i);
    const Symbol* function = FunctionAt(image, stack[i]);
    if (!HoldsCode(image, stack[i])) {
      text += Format("    #%u 0x%x  (no code of the image)\n", number, stack[i]);
    } else if (function != nullptr) {
      text += Format("    #%u 0x%x in %s (image+0x%x)\n", number, stack[i],
                     Plain(function->name).c_str(), stack[i]);
    } else {
      text += Format("    #%u 0x%x  (image+0x%x)\n", number, stack[i], stack[i]);
    }
  }
  return text;
}

std::string RegistersText(Machine& machine, const Outcome& outcome) {
  std::string text;
  for (unsigned i = 0; i <= kPc; ++i) {
    const uint32_t value = i == kPc ? outcome.pc : machine.core().r[i];
    text += Format("%sr%u=0x%08x", i % 4 == 0 ? "\n  " : " ", i, value);
  }
  SystemControl::FaultRegisters faults = machine.system_control().Faults();
  faults.cfsr |= outcome.cause;
  if ((outcome.cause & kPreciseBus) != 0) faults.bfar = outcome.address;
  if ((outcome.cause & kDataAccess) != 0) faults.mmfar = outcome.address;
  text += Format("\n  bfar=0x%08x cfsr=0x%08x hfsr=0x%08x mmfar=0x%08x\n", faults.bfar, faults.cfsr,
                 faults.hfsr, faults.mmfar);
  return text;
}

std::string LoadsText(Machine& machine) {
  const std::vector<Peripherals::Answer> loads = machine.peripherals().LastLoads();
  if (loads.empty()) return "";
  std::string text = "  the last loads from peripherals:\n";
  for (size_t i = 0; i < loads.size();) {
    const Peripherals::Answer& load = loads[i];
    size_t alike = 1;
    while (i + alike < loads.size() && loads[i + alike].IsAs(load)) ++alike;
    text += Format("    0x%08x at 0x%08x, %u bytes, in %s", load.value, load.address, load.size,
                   PlaceOf(machine.image(), load.pc).c_str());
    text += alike > 1 ? Format(", %zu times\n", alike) : "\n";
    i += alike;
  }
  return text;
}

}  // namespace

bool IsFailure(End end) {
  return end == End::kFault || end == End::kLockup || end == End::kAssertion ||
         end == End::kBreakpoint;
}

std::string_view NameOf(End end) {
  switch (end) {
    case End::kInputUsed:
      return "the input was used up";
    case End::kInstructions:
      return "the limit of instructions was reached";
    case End::kWithoutInput:
      return "the limit of instructions without input was reached";
    case End::kInterrupts:
      return "the limit of interrupts was reached";
    case End::kExit:
      return "an address that ends an input was reached";
    case End::kAssertion:
      return "an assertion failed";
    case End::kFault:
      return "a fault";
    case End::kLockup:
      return "lockup";
    case End::kSleep:
      return "it sleeps, and nothing will wake it";
    case End::kReset:
      return "it asked for a reset";
    case End::kBreakpoint:
      return "a breakpoint instruction";
    case End::kStopped:
      return "stopped";
  }
  return "";
}

std::string DescribeFailure(Machine& machine, const Outcome& outcome) {
  const MachineImage& image = machine.image();
  const Meaning meaning = MeaningOf(machine, outcome);
  const auto stack = CallStack(machine.core(), machine.memory(), image, outcome.pc);
  std::string text = "percuss: firmware " + meaning.bug_class + ": " + meaning.words + " in " +
                     PlaceOf(image, outcome.pc) + "\n";
  text += FramesText(image, stack);
  text += RegistersText(machine, outcome);
  text += Format("  %llu instructions, %llu interrupts, %zu bytes unread\n",
                 static_cast<unsigned long long>(outcome.instructions),
                 static_cast<unsigned long long>(outcome.interrupts),
                 machine.peripherals().InputBytes() - outcome.input_used);
  text += "  callers are told by calls that the link register and the stack point behind\n";
  return text + LoadsText(machine);
}

std::string FailureKey(Machine& machine, const Outcome& outcome) {
  std::string key = MeaningOf(machine, outcome).bug_class;
  const auto stack = CallStack(machine.core(), machine.memory(), machine.image(), outcome.pc);
  for (size_t i = 0; i < std::min(stack.size(), kKeyFrames); ++i) key += Format(" %x", stack[i]);
  return key;
}

}  // namespace percuss::rehost

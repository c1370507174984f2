// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/failure_report.h"

#include <algorithm>
#include <array>

#include "emulation/rehost/core/call_stack.h"
#include "emulation/rehost/core/fault_words.h"
#include "emulation/rehost/core/plain_text.h"

namespace percuss::rehost {
namespace {

constexpr size_t kKeyFrames = 4;
// As far below the stack as a frame may begin.
constexpr uint32_t kNearStackBytes = 4096;
constexpr uint32_t kShcsr = 0xe000ed24;  // DDI 0403E, B3.2.13
constexpr uint32_t kOfLoadsAndStores = kDataAccess | kPreciseBus | kUnaligned;

// Whether the fault's own handler is on; on copies, so that nothing of the machine changes.
bool HasHandler(Machine& machine, uint32_t cause) {
  SystemControl system = machine.system_control();
  Core core = machine.core();
  core.system = &system;
  core.control &= 0xfeU;
  uint32_t enabled = 0;
  if (!system.Read(core, machine.Now(), kShcsr, 4, enabled)) return false;
  constexpr uint32_t kFirstEnable = 16;  // MEMFAULTENA
  return (enabled >> (kFirstEnable + FaultStatus::ExceptionOf(cause) - kMemManage) & 1U) != 0;
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

// What is at a pointer, if it is a text of some letters.
std::string TextAt(const Machine& machine, uint32_t address) {
  constexpr size_t kMostBytes = 200;
  std::string text;
  char c = 0;
  while (text.size() < kMostBytes && machine.memory().Peek(address, &c, 1) && c != '\0') {
    if (c < ' ' || c > '~') return "";
    text += c;
    if (++address == 0) break;
  }
  return c == '\0' || text.size() == kMostBytes ? text : "";
}

// What the caller of an assertion has said. Of newlib's __assert_func and of makers' assert_failed
// r0 is a file and r1 a line; of others r0 is the text.
std::string SaidBy(const Machine& machine, const Core& core, const std::string& function) {
  const std::string said = TextAt(machine, core.r[0]);
  if (function != "__assert_func" && function != "assert_failed") return said;
  const std::string condition = function == "__assert_func" ? TextAt(machine, core.r[3]) : "";
  const std::string place = said.empty() ? "" : Format("%s:%u", said.c_str(), core.r[1]);
  return condition.empty() || place.empty() ? condition + place : condition + " at " + place;
}

// The first line of the report. Who enters an assertion says in r0 what has failed, or nothing.
std::string Headline(Machine& machine, const Outcome& outcome) {
  const MachineImage& image = machine.image();
  const Meaning meaning = MeaningOf(machine, outcome);
  if (outcome.end == End::kAssertion) {
    const Symbol* function = FunctionAt(image, outcome.pc);
    const std::string name = function == nullptr ? "" : function->name;
    const std::string said = SaidBy(machine, machine.core(), name);
    if (name == kBrokenProperty) {
      return "percuss: property violated: " + (said.empty() ? kBrokenProperty : said) + "\n";
    }
    if (!said.empty()) return "percuss: firmware " + meaning.bug_class + ": " + said + "\n";
  }
  return "percuss: firmware " + meaning.bug_class + ": " + meaning.words + " in " +
         PlaceText(image, outcome.pc) + "\n";
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
                     PlainName(function->name).c_str(), stack[i]);
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
  const FaultStatus faults = FaultsAt(machine, outcome);
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
                   PlaceText(machine.image(), load.pc).c_str());
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

FaultStatus FaultsAt(Machine& machine, const Outcome& outcome) {
  const SystemControl::FaultRegisters known = machine.system_control().Faults();
  FaultStatus faults;
  faults.cfsr = known.cfsr;
  faults.hfsr = known.hfsr;
  faults.mmfar = known.mmfar;
  faults.bfar = known.bfar;
  if (outcome.end == End::kFault) {
    constexpr uint32_t kNotOfCfsr = kMaskedCall | kVectorTable;
    faults.Record(outcome.cause & ~kNotOfCfsr, outcome.address);
    if (!HasHandler(machine, outcome.cause)) faults.hfsr |= kForcedHardFault;
  }
  if (outcome.end == End::kBreakpoint) faults.hfsr |= kDebugEventFault;
  return faults;
}

std::string DescribeFailure(Machine& machine, const Outcome& outcome) {
  const MachineImage& image = machine.image();
  const auto stack = CallStack(machine.core(), machine.memory(), image, outcome.pc);
  std::string text = Headline(machine, outcome);
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

// SPDX-License-Identifier: Apache-2.0
#include "emulation/board_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "emulation/plugin_words.h"
#include "emulation/rehost/core/fault_words.h"
#include "emulation/riscv_run.h"

namespace percuss::emulation {
namespace {

constexpr int kStackPointer = 13;
constexpr int kLinkRegister = 14;
constexpr int kProgramCounter = 15;
constexpr int kRiscvReturn = 1;
constexpr int kRiscvArgument = 10;
constexpr size_t kMostText = 200;
constexpr size_t kWordBytes = 4;
constexpr double kNsPerMs = 1e6;

void ReadEnded(std::string_view line, BoardRun& run) {
  run.ended = TakeWord(line);
  const std::pair<std::string_view, uint64_t*> numbers[] = {
      {"pc", &run.pc},   {"address", &run.address},           {"unread", &run.unread},
      {"cut", &run.cut}, {"instructions", &run.instructions}, {"ns", &run.device_ns}};
  while (!line.empty()) {
    const size_t rule = line.find("rule=");
    if (rule <= 1) {
      run.rule = line.substr(rule + std::string_view("rule=").size());
      return;
    }
    const std::string_view word = TakeWord(line);
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos) continue;
    const auto value = Number(word.substr(equals + 1), 10);
    for (const auto& [name, number] : numbers) {
      if (word.substr(0, equals) == name && value) *number = *value;
    }
    if (word == "exception=1") run.in_exception = true;
  }
}

// "R00=00000001 R01=..." as QEMU prints them.
void ReadRegisters(std::string_view line, BoardRun& run) {
  while (!line.empty()) {
    const std::string_view word = TakeWord(line);
    if (word.size() < 5 || word[0] != 'R' || word[3] != '=') continue;
    const auto number = Number(word.substr(1, 2), 10);
    const auto value = Number(word.substr(4), 16);
    if (number && value && *number <= kProgramCounter)
      run.registers[static_cast<int>(*number)] = *value;
  }
}

void ReadMemory(std::string_view line, BoardRun& run) {
  const auto address = Number(TakeWord(line), 16);
  const std::string_view digits = TakeWord(line);
  if (!address) return;
  std::string bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    const auto byte = Number(digits.substr(i, 2), 16);
    if (!byte) return;
    bytes.push_back(static_cast<char>(*byte));
  }
  run.memory[*address] = bytes;
}

void ReadFaultRegister(std::string_view line, BoardRun& run) {
  const std::string_view word = TakeWord(line);
  const size_t equals = word.find('=');
  if (equals == std::string_view::npos) return;
  const auto value = Number(word.substr(equals + 1), 16);
  if (value)
    run.fault_registers[std::string(word.substr(0, equals))] = static_cast<uint32_t>(*value);
}

// The processor has pushed r0-r3, r12, lr, pc and xPSR (DDI 0403E, B1.5.6): go back to before.
void UndoException(BoardRun& run) {
  constexpr int kStacked[] = {0, 1, 2, 3, 12, kLinkRegister, kProgramCounter};
  constexpr uint64_t kFrameBytes = 32;
  constexpr uint64_t kFloatFrameBytes = 104;
  constexpr uint64_t kOnProcessStack = 1U << 2;
  constexpr uint64_t kNoFloatFrame = 1U << 4;
  constexpr uint32_t kPadded = 1U << 9;
  const uint64_t exc_return = run.registers[kLinkRegister];
  const bool of_task = (exc_return & kOnProcessStack) != 0;
  const uint64_t stack = of_task ? run.process_stack.value_or(0) : run.registers[kStackPointer];
  const auto status = WordOf(run, stack + 7 * kWordBytes);
  if ((of_task && !run.process_stack) || !status) {
    run.registers.clear();
    run.registers[kProgramCounter] = run.pc;
    return;
  }
  uint64_t at = stack;
  for (const int number : kStacked) {
    if (const auto word = WordOf(run, at)) run.registers[number] = *word;
    at += kWordBytes;
  }
  uint64_t bytes = (exc_return & kNoFloatFrame) != 0 ? kFrameBytes : kFloatFrameBytes;
  if ((*status & kPadded) != 0) bytes += kWordBytes;
  run.registers[kStackPointer] = stack + bytes;
}

// In the words of common/model/finding.h, as far as it has one.
std::string ClassOf(const std::string& ended) {
  if (ended == "assert") return "assertion-failure";
  if (ended == "deadline") return "deadline-missed";
  if (ended == "watchdog") return "watchdog-reset";
  if (ended == "reset") return "unexpected-reset";
  return ended;
}

uint32_t FaultRegister(const BoardRun& run, std::string_view name) {
  const auto found = run.fault_registers.find(std::string(name));
  return found == run.fault_registers.end() ? 0 : found->second;
}

// Where the tables end at once, at a jump to nowhere or in a C library's function in assembly, the
// caller is who set the link register.
void AddCallerOfLeaf(const BoardRun& run, const ElfImage& image, std::vector<uint64_t>& stack) {
  const int counter = run.riscv ? kProgramCounterOfRiscv : kProgramCounter;
  const auto pc = run.registers.find(counter);
  const auto link = run.registers.find(run.riscv ? kRiscvReturn : kLinkRegister);
  if (pc == run.registers.end() || link == run.registers.end() || link->second == 0) return;
  const uint64_t within_the_call = (link->second & ~uint64_t{1}) - 2;
  if (!image.FunctionAt(within_the_call)) return;
  Registers caller = run.registers;
  caller[counter] = within_the_call;
  stack = image.Unwind(caller, [&](uint64_t address) { return WordOf(run, address); });
  // It has not saved where it returns to: what the register has is the leaf's, or older.
  if (stack.size() > 1 && stack[1] == (link->second & ~uint64_t{1}) - 1) stack.resize(1);
  stack.insert(stack.begin(), pc->second);
}

// A memory check knows the instruction, but the registers are those of the next block: of the same
// function, of one that it calls, or of its caller.
void PutInFront(uint64_t pc, const ElfImage& image, std::vector<uint64_t>& stack) {
  const auto function = image.FunctionAt(pc);
  const auto is_in = [&](uint64_t frame) {
    return function && frame >= function->begin && frame < function->end;
  };
  if (stack.size() > 1 && !is_in(stack[0]) && is_in(stack[1])) stack.erase(stack.begin());
  if (!stack.empty() && (stack[0] == pc || is_in(stack[0]))) stack.erase(stack.begin());
  stack.insert(stack.begin(), pc);
}

// A handler that takes the fault by its unwind tables is not where it happened.
void LeaveHandler(const std::string& handler, const ElfImage& image, std::vector<uint64_t>& stack) {
  const auto function = image.Function(handler);
  const bool in_it =
      function && stack.size() > 1 && stack[0] >= function->begin && stack[0] < function->end;
  if (in_it) stack.erase(stack.begin());
}

// What a kernel has put into LR for a task that returns, which no call has left there.
bool BeginsFunction(uint64_t address, const ElfImage& image) {
  const auto function = image.FunctionAt(address);
  return function && function->begin == address;
}

}  // namespace

std::optional<uint32_t> WordOf(const BoardRun& run, uint64_t address) {
  auto chunk = run.memory.upper_bound(address);
  if (chunk == run.memory.begin()) return std::nullopt;
  --chunk;
  const uint64_t offset = address - chunk->first;
  if (offset >= chunk->second.size() || chunk->second.size() - offset < kWordBytes)
    return std::nullopt;
  uint32_t word = 0;
  for (size_t i = 0; i < kWordBytes; ++i) {
    word |= static_cast<uint32_t>(static_cast<unsigned char>(chunk->second[offset + i])) << (8 * i);
  }
  return word;
}

std::string TextAt(const BoardRun& run, uint64_t address) {
  std::string text;
  while (text.size() < kMostText) {
    auto chunk = run.memory.upper_bound(address);
    if (chunk == run.memory.begin()) return text;
    --chunk;
    const uint64_t offset = address - chunk->first;
    if (offset >= chunk->second.size() || chunk->second[offset] == '\0') return text;
    const char c = chunk->second[offset];
    text.push_back(c >= ' ' && c <= '~' ? c : '?');
    ++address;
  }
  return text;
}

BoardRun ReadBoardRun(std::string_view log) {
  BoardRun run;
  run.error = "the emulator ended without a word of its plugin";
  bool lockup = false;
  while (!log.empty()) {
    const size_t end = std::min(log.find('\n'), log.size());
    std::string_view line = log.substr(0, end);
    log.remove_prefix(std::min(end + 1, log.size()));
    // QEMU 7.2 ends itself on a fault within a fault, and prints the registers.
    if (line.find("Lockup: can") != std::string_view::npos) {
      run.ended = run.began ? "lockup" : "error";
      run.error = "the processor locked up before the checkpoint";
      run.rule = line.substr(line.find("Lockup"));
      lockup = true;
    }
    if (lockup) ReadRegisters(line, run);
    if (!line.starts_with(kPluginMark)) continue;
    line.remove_prefix(kPluginMark.size());
    const std::string_view what = TakeWord(line);
    if (what == "began") run.began = true;
    if (what == "error") run.error = line.substr(std::min<size_t>(1, line.size()));
    if (what == "ended") ReadEnded(line, run);
    if (what == "registers") {
      ReadRegisters(line, run);
      ReadRiscvRegisters(line, run);
    }
    if (what == "memory") ReadMemory(line, run);
    if (what == "scb") ReadFaultRegister(line, run);
    if (what == "psp") run.process_stack = Number(TakeWord(line), 16);
    if (what == "at") {
      if (const auto block = Number(TakeWord(line), 16)) run.blocks.push_back(*block);
    }
  }
  if (run.riscv) {
    FinishRiscv(run);
  } else if (run.ended == "fault" && run.in_exception) {
    UndoException(run);
  }
  return run;
}

std::string WhyInconclusive(const BoardRun& run, uint64_t input_bytes) {
  if (run.ended != "done" || input_bytes == 0) return "";
  if (run.cut != 0) {
    return fmt::format(
        "the last {} of the input's {} bytes have no room in the board's input buffer and did not "
        "reach the firmware",
        run.cut, input_bytes);
  }
  if (run.unread < input_bytes) return "";
  return "the firmware read no byte of the input: it goes to another line, or has not been opened "
         "at the checkpoint";
}

FaultMeaning MeaningOf(const BoardRun& run) {
  if (run.riscv) return RiscvMeaningOf(run);
  constexpr uint32_t kBusAddressValid = 1U << 15;
  constexpr uint32_t kMemoryAddressValid = 1U << 7;
  FaultMeaning meaning;
  const uint32_t status = FaultRegister(run, "cfsr");
  const rehost::FaultWords words = rehost::WordsOf(status, FaultRegister(run, "hfsr"));
  meaning.words = words.words;
  if (!words.bug_class.empty()) meaning.bug_class = words.bug_class;
  std::optional<uint32_t> address;
  if ((status & kBusAddressValid) != 0) address = FaultRegister(run, "bfar");
  if ((status & kMemoryAddressValid) != 0) address = FaultRegister(run, "mmfar");
  if (!run.in_exception) meaning.words = "the processor took an exception";
  if (meaning.words.empty()) meaning.words = "a fault without a reason in CFSR and HFSR";
  if (address) {
    meaning.words += fmt::format(" at {:#010x}", *address);
    if (*address < rehost::kNullPageBytes && meaning.bug_class == "segv")
      meaning.bug_class = "null-dereference";
  }
  return meaning;
}

std::string RegisterName(const BoardRun& run, int number) {
  return run.riscv ? RiscvRegisterName(number) : fmt::format("r{}", number);
}

std::vector<uint64_t> StackOf(const BoardRun& run, const ElfImage& image) {
  std::vector<uint64_t> stack;
  if (run.registers.size() > 1) {
    stack = image.Unwind(run.registers, [&](uint64_t address) { return WordOf(run, address); });
  }
  if (stack.size() <= 1) AddCallerOfLeaf(run, image, stack);
  // Values of LR that return from exceptions (DDI 0403E, B1.5.8), and the one at reset.
  constexpr uint64_t kNoCode = 0xF0000000;
  while (!stack.empty() && stack.back() >= kNoCode) stack.pop_back();
  if (stack.size() > 1 && BeginsFunction(stack.back() + 1, image)) stack.pop_back();
  if (run.ended == "fault") LeaveHandler(run.rule, image, stack);
  if (run.ended == "corruption") PutInFront(run.pc, image, stack);
  if (stack.empty()) stack.push_back(run.pc);
  return stack;
}

std::string StackText(const std::vector<uint64_t>& stack, const ElfImage& image) {
  std::string text;
  int number = 0;
  for (const uint64_t pc : stack) {
    text += image.HoldsCode(pc)
                ? fmt::format("    #{} {:#x}  ({}+{:#x})\n", number, pc, image.Path().string(), pc)
                // A symbol table has names for any address.
                : fmt::format("    #{} {:#x}  (no code of the image)\n", number, pc);
    ++number;
  }
  return text;
}

std::string DeviceTimeText(const BoardRun& run) {
  if (run.device_ns == 0) return "";
  return fmt::format(", {:.3f} ms of device time", static_cast<double>(run.device_ns) / kNsPerMs);
}

std::string Describe(const BoardRun& run, const ElfImage& image) {
  std::string text;
  const auto argument = run.registers.find(run.riscv ? kRiscvArgument : 0);
  const std::string said = argument == run.registers.end() ? "" : TextAt(run, argument->second);
  if (run.ended == "property") {
    text = fmt::format("percuss: property violated: {}\n", said.empty() ? run.rule : said);
  } else if (run.ended == "fault") {
    const FaultMeaning meaning = MeaningOf(run);
    text =
        fmt::format("percuss: firmware {}: {} in {}\n", meaning.bug_class, meaning.words, run.rule);
  } else if (run.ended == "corruption") {
    const std::string where = run.address == 0 ? "" : fmt::format(" at {:#010x}", run.address);
    text = fmt::format("percuss: firmware {}{}\n", run.rule, where);
  } else {
    const bool spoke = run.ended == "assert" && !said.empty();
    text = fmt::format("percuss: firmware {}: {}\n", ClassOf(run.ended), spoke ? said : run.rule);
  }
  text += StackText(StackOf(run, image), image);
  for (const auto& [name, value] : run.registers) {
    text +=
        fmt::format("{}{}={:#010x}", name % 4 == 0 ? "\n  " : " ", RegisterName(run, name), value);
  }
  bool first = true;
  for (const auto& [name, value] : run.fault_registers) {
    text += fmt::format("{}{}={:#010x}", first ? "\n  " : " ", name, value);
    first = false;
  }
  text += fmt::format("\n  {} instructions{}, {} bytes unread\n", run.instructions,
                      DeviceTimeText(run), run.unread);
  return text;
}

}  // namespace percuss::emulation

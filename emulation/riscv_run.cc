// SPDX-License-Identifier: Apache-2.0
#include "emulation/riscv_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "emulation/plugin_words.h"

namespace percuss::emulation {
namespace {

constexpr int kStackPointer = 2;
constexpr uint64_t kNullPageBytes = 1024;
// An access that fails so near to the stack pointer is the stack's own.
constexpr uint32_t kNearStackBytes = 4096;

// RISC-V ABIs Specification 1.0, integer register convention.
constexpr std::array<const char*, 32> kNames = {"zero", "ra", "sp",  "gp",  "tp", "t0", "t1", "t2",
                                                "s0",   "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
                                                "a6",   "a7", "s2",  "s3",  "s4", "s5", "s6", "s7",
                                                "s8",   "s9", "s10", "s11", "t3", "t4", "t5", "t6"};

struct Cause {
  uint32_t number;
  std::string_view words;
  std::string_view bug_class;
  bool of_data;  // mtval is the address of a load or store
};

constexpr Cause kCauses[] = {
    {0, "instruction address misaligned", "segv", false},
    {1, "instruction access fault", "segv", false},
    {2, "illegal instruction", "illegal-instruction", false},
    {3, "breakpoint", "trap", false},
    {4, "load address misaligned", "misaligned-access", true},
    {5, "load access fault", "segv", true},
    {6, "store address misaligned", "misaligned-access", true},
    {7, "store access fault", "segv", true},
    {12, "instruction page fault", "segv", false},
    {13, "load page fault", "segv", true},
    {15, "store page fault", "segv", true},
};

uint32_t FaultRegister(const BoardRun& run, const char* name) {
  const auto found = run.fault_registers.find(name);
  return found == run.fault_registers.end() ? 0 : found->second;
}

bool IsNearStack(const BoardRun& run, uint32_t address) {
  const auto stack = run.registers.find(kStackPointer);
  if (stack == run.registers.end()) return false;
  const auto pointer = static_cast<uint32_t>(stack->second);
  return address - pointer < kNearStackBytes || pointer - address < kNearStackBytes;
}

}  // namespace

void ReadRiscvRegisters(std::string_view line, BoardRun& run) {
  while (!line.empty()) {
    const std::string_view name = TakeWord(line);
    const size_t slash = name.find('/');
    if (name.starts_with('x') && slash != std::string_view::npos) {
      const auto number = Number(name.substr(1, slash - 1), 10);
      const auto value = Number(TakeWord(line), 16);
      if (!number || !value || *number >= kNames.size()) continue;
      run.riscv = true;
      run.registers[static_cast<int>(*number)] = *value;
    } else if (name == "pc") {
      if (const auto value = Number(TakeWord(line), 16)) {
        run.registers[kProgramCounterOfRiscv] = *value;
      }
    } else if (name == "mepc" || name == "mcause" || name == "mtval") {
      const auto value = Number(TakeWord(line), 16);
      if (value) run.fault_registers[std::string(name)] = static_cast<uint32_t>(*value);
    }
  }
}

void FinishRiscv(BoardRun& run) {
  if (run.ended != "fault" || !run.in_exception) {
    run.fault_registers.clear();
    return;
  }
  const auto where = run.fault_registers.find("mepc");
  if (where != run.fault_registers.end()) run.registers[kProgramCounterOfRiscv] = where->second;
}

FaultMeaning RiscvMeaningOf(const BoardRun& run) {
  const uint32_t number = FaultRegister(run, "mcause");
  const uint32_t value = FaultRegister(run, "mtval");
  const auto* cause = std::find_if(std::begin(kCauses), std::end(kCauses),
                                   [&](const Cause& one) { return one.number == number; });
  FaultMeaning meaning;
  if (cause == std::end(kCauses) || !run.fault_registers.contains("mcause")) {
    meaning.words = fmt::format("the processor took exception {}", number);
    return meaning;
  }
  meaning.words = cause->words;
  meaning.bug_class = cause->bug_class;
  if (meaning.bug_class == "illegal-instruction") {
    if (value != 0) meaning.words += fmt::format(" {:#x}", value);  // not every core tells
    return meaning;
  }
  if (meaning.bug_class == "trap") return meaning;
  meaning.words += fmt::format(" at {:#010x}", value);
  if (meaning.bug_class != "segv") return meaning;
  if (value < kNullPageBytes) {
    meaning.bug_class = "null-dereference";
  } else if (cause->of_data && IsNearStack(run, value)) {
    meaning.bug_class = "stack-overflow";
  }
  return meaning;
}

std::string RiscvRegisterName(int number) {
  if (number == kProgramCounterOfRiscv) return "pc";
  const bool known = number >= 0 && static_cast<size_t>(number) < kNames.size();
  return known ? kNames.at(static_cast<size_t>(number)) : fmt::format("x{}", number);
}

}  // namespace percuss::emulation

// SPDX-License-Identifier: Apache-2.0
//
// How one input ended on a board, from what our plugin printed. The text is hostile: it comes from
// a process in which firmware runs. Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulation/elf_image.h"

namespace percuss::emulation {

struct BoardRun {
  // done|fault|lockup|assert|property|watchdog|reset|budget|deadline|corruption, or error: it says
  // nothing of the input
  std::string ended = "error";
  std::string rule;   // the symbol that was reached, or what happened in words
  std::string error;  // where ended is error
  uint64_t pc = 0;    // of the block at the end
  uint64_t address = 0;
  uint64_t unread = 0;        // bytes of the input that the firmware did not read
  uint64_t cut = 0;           // bytes at its end that had no room in the board's buffer
  uint64_t instructions = 0;  // from the checkpoint on, as device_ns
  uint64_t device_ns = 0;
  bool began = false;                               // the firmware came to the checkpoint
  bool in_exception = false;                        // the processor told of a fault
  bool riscv = false;                               // else Arm
  std::optional<uint64_t> process_stack;            // a kernel's tasks run on it, and it is known
  Registers registers;                              // at the end; of a fault, as stacked
  std::map<std::string, uint32_t> fault_registers;  // cfsr, hfsr, dfsr, mmfar, bfar; or
                                                    // mepc, mcause, mtval
  std::map<uint64_t, std::string> memory;           // bytes at an address
  std::vector<uint64_t> blocks;                     // that ran, in order, where it was asked for
};

[[nodiscard]] BoardRun ReadBoardRun(std::string_view log);

// Why that the firmware went on with an input of so many bytes says nothing about this input, in
// words; empty where it says what it seems to.
[[nodiscard]] std::string WhyInconclusive(const BoardRun& run, uint64_t input_bytes);

// A word of the memory that the plugin told.
[[nodiscard]] std::optional<uint32_t> WordOf(const BoardRun& run, uint64_t address);
[[nodiscard]] std::string TextAt(const BoardRun& run, uint64_t address);

// What the fault registers say, in words ("precise data bus error at 0x70000000"), after the
// ARMv7-M Architecture Reference Manual (DDI 0403E), B3.2.15 to B3.2.18, or the RISC-V Privileged
// Architecture (20211203), table 3.6; and its class in the words of common/model/finding.h.
struct FaultMeaning {
  std::string words;
  std::string bug_class = "segv";
};
[[nodiscard]] FaultMeaning MeaningOf(const BoardRun& run);

// "r13", or as RISC-V's assemblers call it: "sp", "pc".
[[nodiscard]] std::string RegisterName(const BoardRun& run, int number);

// Program counters, innermost first.
[[nodiscard]] std::vector<uint64_t> StackOf(const BoardRun& run, const ElfImage& image);

// One frame a line, as StackOf gives them.
[[nodiscard]] std::string StackText(const std::vector<uint64_t>& stack, const ElfImage& image);

// ", 1.234 ms of device time"; empty where there is no device with a clock.
[[nodiscard]] std::string DeviceTimeText(const BoardRun& run);

// A report like a sanitizer's: what happened, the stack, registers.
[[nodiscard]] std::string Describe(const BoardRun& run, const ElfImage& image);

}  // namespace percuss::emulation

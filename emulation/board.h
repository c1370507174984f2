// SPDX-License-Identifier: Apache-2.0
//
// A board as its description says (schema percuss.board.v1, emulation/boards): which of the
// emulator's machines it is, how input gets in, where inputs begin and end, what counts as a crash.
// Places in the firmware are names of symbols or addresses ("0x1a0"). Whether an image has them
// board_places.h tells.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/result.h"

namespace percuss::emulation {

struct MemoryRegion {
  std::string name;
  std::string kind;  // flash|ram|device
  uint64_t address = 0;
  uint64_t bytes = 0;
};

struct BoardInput {
  std::string kind = "serial";  // serial|memory|semihosting
  int64_t serial_index = 0;     // of the machine's serial lines
  std::string buffer;           // memory: where the bytes go,
  uint64_t buffer_bytes = 0;    // how many fit,
  std::string length;           // and the 32-bit word that gets their number; may be empty
};

// Detections beyond what the board itself would notice, by watching the firmware's memory accesses.
struct MemoryChecks {
  std::string heap_begin;  // with heap_end: the heap's bounds; empty: no heap is watched
  std::string heap_end;
  uint64_t null_bytes = 0;     // from address 0 on that the firmware has no reason to access
  bool flash_writes = false;   // no instruction writes to regions of flash
  bool ram_execution = false;  // nothing in regions of RAM runs but what the image marks as code
  std::string stack_limit;     // the lowest address of the main stack; empty: it is not watched
  std::string stack_top;       // its end; empty: what the vector table of a Cortex-M begins with
  bool leaks = false;          // what an input allocates must be free when it is done
};

struct Board {
  std::string name;
  std::filesystem::path file;
  bool shipped = false;  // one of percuss' own descriptions
  std::string description;
  std::string emulator;  // the program: qemu-system-arm, qemu-system-riscv32
  std::string machine;
  std::string cpu;      // empty: the machine's own
  std::string sound;    // the emulator's type of the machine's sound device; empty: it has none
  std::string profile;  // m|a, of the Arm architecture; riscv
  int64_t clock_hz = 0;
  std::vector<MemoryRegion> memory;
  BoardInput input;
  std::string checkpoint = "sleep";  // the first WFI or WFE, or a place
  std::vector<std::string> done;
  std::vector<std::string> faults;
  std::vector<std::string> assertions;
  std::vector<std::string> properties;
  std::vector<std::string> watchdogs;  // the handler of a watchdog's warning
  int64_t deadline_instructions = 0;   // an input that takes more has failed; 0: no deadline
  MemoryChecks checks;
  int64_t idle_ms = 0;  // of device time, asleep and without a byte, ends an input
  int64_t instruction_budget = 0;
  std::vector<std::string> fidelity_limits;
};

// name_or_file: a name of a board in `shipped`, or the path of a description. kBadInput with file,
// line and field.
[[nodiscard]] common::Result<Board> LoadBoard(const std::string& name_or_file,
                                              const std::filesystem::path& shipped);

// The folder of shipped descriptions beside this program, or what PERCUSS_BOARDS names.
[[nodiscard]] std::filesystem::path ShippedBoards();

}  // namespace percuss::emulation

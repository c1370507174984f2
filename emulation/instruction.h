// SPDX-License-Identifier: Apache-2.0
//
// What the instructions of firmware do with registers and memory, as far as it takes to follow a
// value backwards: of Cortex-M (ARMv7-M Architecture Reference Manual, DDI 0403E, A7) and of
// RV32IMAC (RISC-V Unprivileged Architecture 20191213). The image may be hostile. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "emulation/elf_image.h"

namespace percuss::emulation {

// Registers have the architecture's numbers; kNoRegister where there is none.
inline constexpr int kNoRegister = -1;

// What a core uses its registers for.
struct RegisterRoles {
  int argument = 0;  // the first one's, and that of the result
  int frame = 0;     // where a function that has one keeps the frame's address
  int stack = 0;
  int link = 0;
  int pc = 0;  // as BoardRun's registers have it
};

struct Instruction {
  uint32_t address = 0;
  uint32_t bytes = 0;
  std::string text;                // "ldr r3, [r2, #4]"
  bool conditional = false;        // it may not have been executed
  bool call = false;               // and its successor in memory is where that returns to
  bool branch = false;             // anything that may go on elsewhere
  std::optional<uint32_t> target;  // of a direct branch or call
  int branch_register = kNoRegister;
  std::vector<int> loads;   // registers that words from memory go to, by rising address
  std::vector<int> stores;  // the same of those that are stored
  int base = kNoRegister;   // of the access
  int index = kNoRegister;
  std::set<int> writes;  // all registers that have a new value behind it
  // Of what is no load: where the new value is from.
  enum class Source {
    kNone,
    kRegister,  // one register's value as it was, or another made of it and of constants alone
    kConstant,
    kSeveral  // `sources`, or more than is told here
  } source = Source::kNone;
  int source_register = kNoRegister;
  std::vector<int> sources;  // of kSeveral, where all of them are known
  bool changes = false;      // kRegister: it is not the same value
};

// The code of an image, block by block.
class InstructionReader {
 public:
  // image: outlives it.
  explicit InstructionReader(const ElfImage& image) : image_(image) {}

  [[nodiscard]] RegisterRoles Roles() const;
  [[nodiscard]] std::string NameOf(int number) const;

  // All of a block; empty where the image has no such code, or not so much that it comes out even.
  [[nodiscard]] const std::vector<Instruction>& Block(uint32_t address, uint32_t bytes);
  // nullptr where Block is empty.
  [[nodiscard]] const Instruction* LastOf(uint32_t address, uint32_t bytes);

 private:
  const ElfImage& image_;
  std::map<std::pair<uint32_t, uint32_t>, std::vector<Instruction>> blocks_;
};

// From the first instruction on, up to one that is none or is cut off.
[[nodiscard]] std::vector<Instruction> DecodeThumb(const std::string& code, uint32_t address);
[[nodiscard]] std::vector<Instruction> DecodeRiscv(const std::string& code, uint32_t address);

}  // namespace percuss::emulation

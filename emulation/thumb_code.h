// SPDX-License-Identifier: Apache-2.0
//
// What the instructions of a Cortex-M's image do with registers and memory, as far as it takes to
// follow a value backwards (ARMv7-M Architecture Reference Manual, DDI 0403E, A7). Decoded by
// Capstone. The image may be hostile. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "emulation/elf_image.h"

namespace percuss::emulation {

// Registers are r0 to r15; kNoRegister where there is none.
inline constexpr int kNoRegister = -1;
inline constexpr int kStackRegister = 13;
inline constexpr int kLinkRegister = 14;
inline constexpr int kPcRegister = 15;

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

class ThumbCode {
 public:
  // image: outlives it.
  explicit ThumbCode(const ElfImage& image);
  ~ThumbCode();
  ThumbCode(const ThumbCode&) = delete;
  ThumbCode& operator=(const ThumbCode&) = delete;

  // All of a block; empty where the image has no such code, or not so much that it comes out even.
  [[nodiscard]] const std::vector<Instruction>& Block(uint32_t address, uint32_t bytes);
  // nullptr where Block is empty.
  [[nodiscard]] const Instruction* LastOf(uint32_t address, uint32_t bytes);

 private:
  struct Decoder;
  const ElfImage& image_;
  std::unique_ptr<Decoder> decoder_;
  std::map<std::pair<uint32_t, uint32_t>, std::vector<Instruction>> blocks_;
};

}  // namespace percuss::emulation

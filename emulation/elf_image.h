// SPDX-License-Identifier: Apache-2.0
//
// What a firmware image in ELF says about itself: architecture, symbols, and the call stack at a
// place by its unwind tables (DWARF Debugging Information Format 5, section 6.4). The image may be
// hostile or truncated. Not thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"

namespace percuss::emulation {

// Register by DWARF number to value. Arm: r0 to r15. RISC-V: x0 to x31, and the program counter as
// the "alternate frame return column" (RISC-V ABIs Specification 1.0, DWARF register numbers).
using Registers = std::map<int, uint64_t>;
constexpr int kProgramCounterOfRiscv = 64;
// A little-endian word of the machine's memory; nothing where it is not known.
using ReadWord = std::function<std::optional<uint32_t>(uint64_t address)>;

struct AddressRange {
  uint64_t begin = 0;
  uint64_t end = 0;
};

// What running an ELF file needs to know of it.
struct ProgramFacts {
  std::string architecture;  // as QEMU calls it: arm, aarch64, riscv32, riscv64, mips, mipsel,
                             // x86_64; or empty
  uint64_t entry = 0;
  uint64_t lowest_code = 0;  // the address of its lowest executable segment
  std::string interpreter;   // of a dynamic program
  bool for_linux = false;    // it says so, or what it needs or defines does
  // A loader copies parts of it to elsewhere, or it begins at address 0: no kernel's program does,
  // unless for_linux says otherwise.
  bool placed_by_hand = false;
  std::vector<AddressRange> code;      // sections of instructions
  std::optional<uint64_t> first_word;  // of its lowest segment: a Cortex-M's initial stack pointer
};

class ElfImage {
 public:
  // kBadInput when it is no ELF image of a 32-bit Arm or RISC-V processor.
  [[nodiscard]] static common::Result<ElfImage> Open(const std::filesystem::path& path);
  // The same for any processor; kBadInput when it is no ELF file.
  [[nodiscard]] static common::Result<ElfImage> OpenAny(const std::filesystem::path& path);
  [[nodiscard]] const ProgramFacts& Facts() const { return facts_; }

  // The address of a symbol, without Thumb's lowest bit; or of "0x..." itself.
  [[nodiscard]] std::optional<uint64_t> Find(const std::string& place) const;
  // Of all symbols, in alphabetical order.
  [[nodiscard]] std::vector<std::string> SymbolNames() const;
  [[nodiscard]] const std::filesystem::path& Path() const { return path_; }

  using Range = AddressRange;
  // The code of a function, and of the function that holds an address. Nothing where the symbol has
  // no size.
  [[nodiscard]] std::optional<Range> Function(const std::string& name) const;
  [[nodiscard]] std::optional<Range> FunctionAt(uint64_t address) const;
  // Whether it lies in a section of instructions, or in a function.
  [[nodiscard]] bool HoldsCode(uint64_t address) const;
  // What the file has for an address: all of it or nothing. What is written while the firmware runs
  // is not in it.
  [[nodiscard]] std::string Loaded(uint64_t address, uint64_t bytes) const;
  // "main+0x1c"; empty where no function is.
  [[nodiscard]] std::string NameOf(uint64_t address) const;

  // Program counters of the calling frames, innermost first. It ends where the tables do.
  [[nodiscard]] std::vector<uint64_t> Unwind(const Registers& registers,
                                             const ReadWord& memory) const;

 private:
  std::filesystem::path path_;
  std::map<std::string, uint64_t> symbols_;
  std::map<uint64_t, uint64_t> functions_;  // begin to end
  std::map<uint64_t, std::string> names_;   // of functions, by where they begin
  ProgramFacts facts_;
};

// Names of the shared libraries that an ELF file asks for; empty where it is none.
[[nodiscard]] std::vector<std::string> NeededLibraries(const std::filesystem::path& path);

}  // namespace percuss::emulation

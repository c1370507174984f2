// SPDX-License-Identifier: Apache-2.0
//
// RV32IMAC (RISC-V Unprivileged Architecture 20191213, chapters 2, 7, 8 and 16): the decoder of the
// distribution knows no RISC-V.
#include <fmt/format.h>

#include <array>
#include <optional>
#include <set>

#include "emulation/instruction.h"
#include "emulation/riscv_run.h"

namespace percuss::emulation {
namespace {

using Source = Instruction::Source;

constexpr int kZero = 0;
constexpr int kReturnAddress = 1;
constexpr int kStackPointer = 2;

// Bits [low, low + count) of a word.
constexpr uint32_t Bits(uint32_t word, unsigned low, unsigned count) {
  return word >> low & ((1U << count) - 1);
}
constexpr int Register(uint32_t word, unsigned low) { return static_cast<int>(Bits(word, low, 5)); }
// Three bits in compressed instructions, for x8 to x15.
constexpr int ShortRegister(uint32_t word, unsigned low) {
  return 8 + static_cast<int>(Bits(word, low, 3));
}
constexpr int32_t Signed(uint32_t value, unsigned bits) {
  const uint32_t sign = 1U << (bits - 1);
  return static_cast<int32_t>((value ^ sign) - sign);
}
std::string Name(int number) { return RiscvRegisterName(number); }

void Write(Instruction& instruction, int rd, const std::set<int>& from, bool changes) {
  if (rd != kZero) instruction.writes.insert(rd);
  std::set<int> sources = from;
  sources.erase(kZero);
  instruction.changes = changes;
  instruction.source = Source::kConstant;
  if (sources.size() == 1) {
    instruction.source = Source::kRegister;
    instruction.source_register = *sources.begin();
  } else if (sources.size() > 1) {
    instruction.source = Source::kSeveral;
    instruction.sources.assign(sources.begin(), sources.end());
  }
}

void Load(Instruction& instruction, const char* name, int rd, int base, int32_t offset) {
  instruction.loads = {rd};
  instruction.base = base;
  if (rd != kZero) instruction.writes.insert(rd);
  instruction.text = fmt::format("{} {}, {}({})", name, Name(rd), offset, Name(base));
}

void Store(Instruction& instruction, const char* name, int from, int base, int32_t offset) {
  instruction.stores = {from};
  instruction.base = base;
  instruction.text = fmt::format("{} {}, {}({})", name, Name(from), offset, Name(base));
}

// With the alternate link register a function's beginning is shared with others; that is no call.
void Jump(Instruction& instruction, const char* name, int link, int32_t offset) {
  instruction.branch = true;
  instruction.call = link == kReturnAddress;
  instruction.target = instruction.address + static_cast<uint32_t>(offset);
  Write(instruction, link, {}, false);
  instruction.text = fmt::format("{} {:#x}", name, *instruction.target);
}

void JumpTo(Instruction& instruction, const char* name, int link, int to) {
  instruction.branch = true;
  instruction.call = link == kReturnAddress;
  instruction.branch_register = to;
  Write(instruction, link, {}, false);
  instruction.text = fmt::format("{} {}", name, Name(to));
}

void Branch(Instruction& instruction, int32_t offset) {
  instruction.branch = true;
  instruction.target = instruction.address + static_cast<uint32_t>(offset);
  instruction.text = fmt::format("branch {:#x}", *instruction.target);
}

constexpr std::array kLoads = {"lb", "lh", "lw", "ld", "lbu", "lhu", "lwu", "l?"};
constexpr std::array kStores = {"sb", "sh", "sw", "sd", "s?", "s?", "s?", "s?"};
constexpr std::array kImmediates = {"addi", "slli", "slti", "sltiu", "xori", "srli", "ori", "andi"};
constexpr std::array kOperations = {"add", "sll", "slt", "sltu", "xor", "srl", "or", "and"};
constexpr std::array kProducts = {"mul", "mulh", "mulhsu", "mulhu", "div", "divu", "rem", "remu"};

int32_t JumpOffset(uint32_t word) {
  return Signed(Bits(word, 31, 1) << 20 | Bits(word, 12, 8) << 12 | Bits(word, 20, 1) << 11 |
                    Bits(word, 21, 10) << 1,
                21);
}
int32_t BranchOffset(uint32_t word) {
  return Signed(Bits(word, 31, 1) << 12 | Bits(word, 7, 1) << 11 | Bits(word, 25, 6) << 5 |
                    Bits(word, 8, 4) << 1,
                13);
}

void ReadAtomic(uint32_t word, Instruction& instruction) {
  constexpr uint32_t kLoadReserved = 2;
  constexpr uint32_t kStoreConditional = 3;
  const uint32_t kind = Bits(word, 27, 5);
  instruction.text = "amo";
  if (kind != kStoreConditional) {
    Load(instruction, kind == kLoadReserved ? "lr.w" : "amo", Register(word, 7), Register(word, 15),
         0);
  } else {
    Store(instruction, "sc.w", Register(word, 20), Register(word, 15), 0);
    instruction.writes.insert(Register(word, 7));
    instruction.source = Source::kSeveral;
  }
  if (kind != kLoadReserved) instruction.stores = {Register(word, 20)};
  instruction.writes.erase(kZero);
}

void ReadOperation(uint32_t word, Instruction& instruction) {
  const int rd = Register(word, 7);
  const int one = Register(word, 15);
  const int other = Register(word, 20);
  const uint32_t kind = Bits(word, 12, 3);
  const uint32_t more = Bits(word, 25, 7);
  const bool adds = kind == 0 && more == 0;
  Write(instruction, rd, {one, other}, !adds || one == other);
  const char* name = more == 1 ? kProducts.at(kind) : kOperations.at(kind);
  if (more == 0x20) name = kind == 0 ? "sub" : "sra";
  instruction.text = fmt::format("{} {}, {}, {}", name, Name(rd), Name(one), Name(other));
}

// False where it is none of ours.
bool ReadWhole(uint32_t word, Instruction& instruction) {
  const int rd = Register(word, 7);
  const int one = Register(word, 15);
  const uint32_t kind = Bits(word, 12, 3);
  const int32_t immediate = Signed(Bits(word, 20, 12), 12);
  switch (word & 0x7F) {
    case 0x03:
      Load(instruction, kLoads.at(kind), rd, one, immediate);
      return true;
    case 0x23:
      Store(instruction, kStores.at(kind), Register(word, 20), one,
            Signed(Bits(word, 25, 7) << 5 | Bits(word, 7, 5), 12));
      return true;
    case 0x13:
      Write(instruction, rd, {one}, kind != 0 || immediate != 0);
      instruction.text =
          fmt::format("{} {}, {}, {}", kImmediates.at(kind), Name(rd), Name(one), immediate);
      return true;
    case 0x17:
    case 0x37:
      Write(instruction, rd, {}, false);
      instruction.text = fmt::format("{} {}, {:#x}", (word & 0x7F) == 0x37 ? "lui" : "auipc",
                                     Name(rd), word >> 12);
      return true;
    case 0x33:
      ReadOperation(word, instruction);
      return true;
    case 0x6F:
      Jump(instruction, "jal", rd, JumpOffset(word));
      return true;
    case 0x67:
      JumpTo(instruction, rd == kZero ? "jr" : "jalr", rd, one);
      return true;
    case 0x63:
      Branch(instruction, BranchOffset(word));
      return true;
    case 0x2F:
      ReadAtomic(word, instruction);
      return true;
    case 0x0F:
      instruction.text = "fence";
      return true;
    case 0x73:  // registers of control and status, and what calls for or leaves a trap
      instruction.text = "system";
      instruction.branch = kind == 0;
      if (kind != 0 && rd != kZero) instruction.writes.insert(rd);
      instruction.source = Source::kSeveral;
      return true;
    default:
      return false;
  }
}

int32_t ShortJumpOffset(uint32_t word) {
  return Signed(Bits(word, 12, 1) << 11 | Bits(word, 11, 1) << 4 | Bits(word, 9, 2) << 8 |
                    Bits(word, 8, 1) << 10 | Bits(word, 7, 1) << 6 | Bits(word, 6, 1) << 7 |
                    Bits(word, 3, 3) << 1 | Bits(word, 2, 1) << 5,
                12);
}
int32_t ShortBranchOffset(uint32_t word) {
  return Signed(Bits(word, 12, 1) << 8 | Bits(word, 10, 2) << 3 | Bits(word, 5, 2) << 6 |
                    Bits(word, 3, 2) << 1 | Bits(word, 2, 1) << 5,
                9);
}

bool ReadFirstQuadrant(uint32_t word, Instruction& instruction) {
  const int short_register = ShortRegister(word, 2);
  const auto offset =
      static_cast<int32_t>(Bits(word, 6, 1) << 2 | Bits(word, 10, 3) << 3 | Bits(word, 5, 1) << 6);
  switch (Bits(word, 13, 3)) {
    case 0:
      if (word == 0) return false;
      Write(instruction, short_register, {kStackPointer}, true);
      instruction.text = fmt::format("addi {}, sp", Name(short_register));
      return true;
    case 2:
      Load(instruction, "lw", short_register, ShortRegister(word, 7), offset);
      return true;
    case 6:
      Store(instruction, "sw", short_register, ShortRegister(word, 7), offset);
      return true;
    default:
      return false;
  }
}

void ReadShortArithmetic(uint32_t word, Instruction& instruction) {
  constexpr std::array kWithImmediate = {"srli", "srai", "andi"};
  constexpr std::array kWithRegister = {"sub", "xor", "or", "and"};
  const int rd = ShortRegister(word, 7);
  const uint32_t kind = Bits(word, 10, 2);
  if (kind < kWithImmediate.size()) {
    Write(instruction, rd, {rd}, true);
    instruction.text = fmt::format("{} {}", kWithImmediate.at(kind), Name(rd));
    return;
  }
  const int other = ShortRegister(word, 2);
  Write(instruction, rd, {rd, other}, true);
  instruction.text =
      fmt::format("{} {}, {}", kWithRegister.at(Bits(word, 5, 2)), Name(rd), Name(other));
}

bool ReadSecondQuadrant(uint32_t word, Instruction& instruction) {
  const int rd = Register(word, 7);
  const int32_t immediate = Signed(Bits(word, 12, 1) << 5 | Bits(word, 2, 5), 6);
  switch (Bits(word, 13, 3)) {
    case 0:
      Write(instruction, rd, {rd}, immediate != 0);
      instruction.text = fmt::format("addi {0}, {0}, {1}", Name(rd), immediate);
      return true;
    case 1:
      Jump(instruction, "jal", kReturnAddress, ShortJumpOffset(word));
      return true;
    case 2:
      Write(instruction, rd, {}, false);
      instruction.text = fmt::format("li {}, {}", Name(rd), immediate);
      return true;
    case 3:
      Write(instruction, rd, rd == kStackPointer ? std::set<int>{kStackPointer} : std::set<int>(),
            true);
      instruction.text = rd == kStackPointer ? "addi sp, sp" : fmt::format("lui {}", Name(rd));
      return true;
    case 4:
      ReadShortArithmetic(word, instruction);
      return true;
    case 5:
      Jump(instruction, "j", kZero, ShortJumpOffset(word));
      return true;
    default:
      Branch(instruction, ShortBranchOffset(word));
      return true;
  }
}

void ReadMoveOrJump(uint32_t word, Instruction& instruction) {
  const int rd = Register(word, 7);
  const int other = Register(word, 2);
  const bool second = Bits(word, 12, 1) != 0;
  if (other == kZero && rd == kZero) {
    instruction.text = "ebreak";
    instruction.branch = true;
  } else if (other == kZero) {
    JumpTo(instruction, second ? "jalr" : "jr", second ? kReturnAddress : kZero, rd);
  } else if (second) {
    Write(instruction, rd, {rd, other}, true);
    instruction.text = fmt::format("add {0}, {0}, {1}", Name(rd), Name(other));
  } else {
    Write(instruction, rd, {other}, false);
    instruction.text = fmt::format("mv {}, {}", Name(rd), Name(other));
  }
}

bool ReadThirdQuadrant(uint32_t word, Instruction& instruction) {
  const int rd = Register(word, 7);
  switch (Bits(word, 13, 3)) {
    case 0:
      Write(instruction, rd, {rd}, true);
      instruction.text = fmt::format("slli {}", Name(rd));
      return true;
    case 2:
      Load(instruction, "lw", rd, kStackPointer,
           static_cast<int32_t>(Bits(word, 12, 1) << 5 | Bits(word, 4, 3) << 2 |
                                Bits(word, 2, 2) << 6));
      return true;
    case 4:
      ReadMoveOrJump(word, instruction);
      return true;
    case 6:
      Store(instruction, "sw", Register(word, 2), kStackPointer,
            static_cast<int32_t>(Bits(word, 9, 4) << 2 | Bits(word, 7, 2) << 6));
      return true;
    default:
      return false;
  }
}

bool ReadShort(uint32_t word, Instruction& instruction) {
  switch (word & 3) {
    case 0:
      return ReadFirstQuadrant(word, instruction);
    case 1:
      return ReadSecondQuadrant(word, instruction);
    default:
      return ReadThirdQuadrant(word, instruction);
  }
}

uint32_t HalfWord(const std::string& code, size_t at) {
  return static_cast<uint32_t>(static_cast<unsigned char>(code[at])) |
         static_cast<uint32_t>(static_cast<unsigned char>(code[at + 1])) << 8;
}

}  // namespace

std::vector<Instruction> DecodeRiscv(const std::string& code, uint32_t address) {
  constexpr uint32_t kWhole = 3;  // the lowest two bits of what is not compressed
  std::vector<Instruction> instructions;
  size_t at = 0;
  while (code.size() - at >= 2) {
    Instruction instruction;
    uint32_t word = HalfWord(code, at);
    const bool whole = (word & kWhole) == kWhole;
    instruction.address = address + static_cast<uint32_t>(at);
    instruction.bytes = whole ? 4 : 2;
    if (code.size() - at < instruction.bytes) break;
    if (whole) word |= HalfWord(code, at + 2) << 16;
    if (!(whole ? ReadWhole(word, instruction) : ReadShort(word, instruction))) break;
    at += instruction.bytes;
    instructions.push_back(std::move(instruction));
  }
  return instructions;
}

}  // namespace percuss::emulation

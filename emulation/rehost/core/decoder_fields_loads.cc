// SPDX-License-Identifier: Apache-2.0
#include <bit>

#include "emulation/rehost/core/decoder_fields.h"

namespace percuss::rehost {
namespace {

constexpr uint8_t kSp = 13;
constexpr uint8_t kPc = 15;

uint8_t N(const Instruction& instruction) { return Register(instruction, 16); }
uint8_t T(const Instruction& instruction) { return Register(instruction, 12); }

// S:J2:J1 are bits 26, 11 and 13; the sign goes to the left of them.
uint32_t Sign(const Instruction& instruction, unsigned bit) {
  return Bits(instruction, 26, 26) != 0 ? ~0U << bit : 0;
}

bool IsStatus(const Decoded& decoded) {
  return decoded.ra != kSp && decoded.ra != kPc && decoded.ra != decoded.rn &&
         decoded.ra != decoded.rd;
}

}  // namespace

bool TLiteral(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = T(instruction);
  const uint32_t offset = Bits(instruction, 11, 0);
  const bool add = Bits(instruction, 23, 23) != 0;
  decoded.imm = LiteralBase(instruction) + (add ? offset : 0 - offset);
  return true;
}

bool TNImm8(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = T(instruction);
  decoded.rn = N(instruction);
  decoded.imm = Bits(instruction, 7, 0);
  return true;
}

bool TNImm12(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = T(instruction);
  decoded.rn = N(instruction);
  decoded.imm = Bits(instruction, 11, 0);
  return true;
}

bool TNIndexed(const Instruction& instruction, Decoded& decoded) {
  decoded.index = Bits(instruction, 10, 10) != 0;
  decoded.add = Bits(instruction, 9, 9) != 0;
  decoded.write_back = Bits(instruction, 8, 8) != 0;
  return TNImm8(instruction, decoded);
}

bool TNMShifted(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = T(instruction);
  decoded.rn = N(instruction);
  decoded.rm = Register(instruction, 0);
  decoded.amount = static_cast<uint8_t>(Bits(instruction, 5, 4));
  return true;
}

bool Multiple(const Instruction& instruction, Decoded& decoded) {
  decoded.rn = N(instruction);
  decoded.registers = static_cast<uint16_t>(Bits(instruction, 15, 0));
  decoded.write_back = Bits(instruction, 21, 21) != 0;
  const bool base_in_list = (decoded.registers >> decoded.rn & 1) != 0;
  return std::popcount(decoded.registers) >= 2 && decoded.rn != kPc &&
         !(decoded.write_back && base_in_list);
}

bool DualLiteral(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = T(instruction);
  decoded.ra = Register(instruction, 8);
  const uint32_t offset = Bits(instruction, 7, 0) * 4;
  const bool add = Bits(instruction, 23, 23) != 0;
  decoded.imm = LiteralBase(instruction) + (add ? offset : 0 - offset);
  return true;
}

bool Dual(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = T(instruction);
  decoded.ra = Register(instruction, 8);
  decoded.rn = N(instruction);
  decoded.imm = Bits(instruction, 7, 0) * 4;
  decoded.index = Bits(instruction, 24, 24) != 0;
  decoded.add = Bits(instruction, 23, 23) != 0;
  decoded.write_back = Bits(instruction, 21, 21) != 0;
  return decoded.rn != kPc;
}

bool LoadExclusive(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = T(instruction);
  decoded.rn = N(instruction);
  return decoded.rd != kSp && decoded.rd != kPc && decoded.rn != kPc;
}

bool LoadExclusiveWord(const Instruction& instruction, Decoded& decoded) {
  decoded.imm = Bits(instruction, 7, 0) * 4;
  return LoadExclusive(instruction, decoded);
}

bool StoreExclusive(const Instruction& instruction, Decoded& decoded) {
  decoded.ra = Register(instruction, 0);
  return LoadExclusive(instruction, decoded) && IsStatus(decoded);
}

bool StoreExclusiveWord(const Instruction& instruction, Decoded& decoded) {
  decoded.ra = Register(instruction, 8);
  return LoadExclusiveWord(instruction, decoded) && IsStatus(decoded);
}

bool BranchIf20(const Instruction& instruction, Decoded& decoded) {
  decoded.condition = Register(instruction, 22);
  const uint32_t offset = Sign(instruction, 20) | Bits(instruction, 11, 11) << 19 |
                          Bits(instruction, 13, 13) << 18 | Bits(instruction, 21, 16) << 12 |
                          Bits(instruction, 10, 0) << 1;
  decoded.imm = instruction.address + 4 + offset;
  return decoded.condition < kAlways && !instruction.in_it;
}

bool Branch24(const Instruction& instruction, Decoded& decoded) {
  const uint32_t not_sign = Bits(instruction, 26, 26) ^ 1;
  const uint32_t i1 = Bits(instruction, 13, 13) ^ not_sign;
  const uint32_t i2 = Bits(instruction, 11, 11) ^ not_sign;
  const uint32_t offset = Sign(instruction, 24) | i1 << 23 | i2 << 22 |
                          Bits(instruction, 25, 16) << 12 | Bits(instruction, 10, 0) << 1;
  decoded.imm = instruction.address + 4 + offset;
  return true;
}

bool BarrierOption(const Instruction& instruction, Decoded& decoded) {
  decoded.imm = Bits(instruction, 3, 0);
  return true;
}

bool ToSpecial(const Instruction& instruction, Decoded& decoded) {
  decoded.rn = N(instruction);
  decoded.variant = static_cast<uint8_t>(Bits(instruction, 11, 10));
  decoded.imm = Bits(instruction, 7, 0);
  return true;
}

bool FromSpecial(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = Register(instruction, 8);
  decoded.imm = Bits(instruction, 7, 0);
  return true;
}

}  // namespace percuss::rehost

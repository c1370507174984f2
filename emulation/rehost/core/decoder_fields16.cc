// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/decoder_fields.h"

namespace percuss::rehost {
namespace {

constexpr uint8_t kSp = 13;

uint8_t Low(const Instruction& instruction, unsigned low) {
  return static_cast<uint8_t>(Bits(instruction, low + 2, low));
}

uint32_t SignExtended(uint32_t value, unsigned bits) {
  const uint32_t sign = 1U << (bits - 1);
  return (value ^ sign) - sign;
}

}  // namespace

bool None(const Instruction&, Decoded&) { return true; }

bool LowDM(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = Low(instruction, 0);
  decoded.rm = Low(instruction, 3);
  return true;
}

bool LowDN(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = Low(instruction, 0);
  decoded.rn = Low(instruction, 3);
  return true;
}

bool LowNM(const Instruction& instruction, Decoded& decoded) {
  decoded.rn = Low(instruction, 0);
  decoded.rm = Low(instruction, 3);
  return true;
}

bool LowDnM(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = Low(instruction, 0);
  return LowNM(instruction, decoded);
}

bool LowDmN(const Instruction& instruction, Decoded& decoded) {
  decoded.rm = Low(instruction, 0);
  return LowDN(instruction, decoded);
}

bool LowDNM(const Instruction& instruction, Decoded& decoded) {
  decoded.rm = Low(instruction, 6);
  return LowDN(instruction, decoded);
}

bool LowDNImm3(const Instruction& instruction, Decoded& decoded) {
  decoded.imm = Bits(instruction, 8, 6);
  return LowDN(instruction, decoded);
}

bool Immediate8(const Instruction& instruction, Decoded& decoded) {
  decoded.imm = Bits(instruction, 7, 0);
  return true;
}

bool LowDImm8(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = Low(instruction, 8);
  return Immediate8(instruction, decoded);
}

bool LowNImm8(const Instruction& instruction, Decoded& decoded) {
  decoded.rn = Low(instruction, 8);
  return Immediate8(instruction, decoded);
}

bool LowDNImm8(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = Low(instruction, 8);
  return LowNImm8(instruction, decoded);
}

bool LowDNBytes(const Instruction& instruction, Decoded& decoded) {
  decoded.imm = Bits(instruction, 10, 6);
  return LowDN(instruction, decoded);
}

bool LowDNHalves(const Instruction& instruction, Decoded& decoded) {
  decoded.imm = Bits(instruction, 10, 6) * 2;
  return LowDN(instruction, decoded);
}

bool LowDNWords(const Instruction& instruction, Decoded& decoded) {
  decoded.imm = Bits(instruction, 10, 6) * 4;
  return LowDN(instruction, decoded);
}

bool LowDSpWords(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = Low(instruction, 8);
  decoded.rn = kSp;
  decoded.imm = Bits(instruction, 7, 0) * 4;
  return true;
}

bool LowDAddress(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = Low(instruction, 8);
  decoded.imm = LiteralBase(instruction) + Bits(instruction, 7, 0) * 4;
  return true;
}

bool LowStoreList(const Instruction& instruction, Decoded& decoded) {
  decoded.rn = Low(instruction, 8);
  decoded.registers = static_cast<uint16_t>(Bits(instruction, 7, 0));
  decoded.write_back = true;
  return decoded.registers != 0;
}

bool LowLoadList(const Instruction& instruction, Decoded& decoded) {
  const bool any = LowStoreList(instruction, decoded);
  decoded.write_back = (decoded.registers >> decoded.rn & 1) == 0;
  return any;
}

bool ShiftLow(const Instruction& instruction, Decoded& decoded) {
  decoded.amount = static_cast<uint8_t>(Bits(instruction, 10, 6));
  return LowDM(instruction, decoded);
}

bool ShiftRightLow(const Instruction& instruction, Decoded& decoded) {
  ShiftLow(instruction, decoded);
  if (decoded.amount == 0) decoded.amount = 32;
  return true;
}

bool HighM(const Instruction& instruction, Decoded& decoded) {
  decoded.rm = Register(instruction, 3);
  return true;
}

bool HighDM(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = static_cast<uint8_t>(Bits(instruction, 7, 7) << 3 | Bits(instruction, 2, 0));
  return HighM(instruction, decoded);
}

bool HighNM(const Instruction& instruction, Decoded& decoded) {
  decoded.rn = static_cast<uint8_t>(Bits(instruction, 7, 7) << 3 | Bits(instruction, 2, 0));
  return HighM(instruction, decoded);
}

bool HighDnM(const Instruction& instruction, Decoded& decoded) {
  HighNM(instruction, decoded);
  return HighDM(instruction, decoded);
}

bool Push(const Instruction& instruction, Decoded& decoded) {
  decoded.rn = kSp;
  decoded.registers =
      static_cast<uint16_t>(Bits(instruction, 8, 8) << 14 | Bits(instruction, 7, 0));
  decoded.write_back = true;
  return decoded.registers != 0;
}

bool Pop(const Instruction& instruction, Decoded& decoded) {
  decoded.rn = kSp;
  decoded.registers =
      static_cast<uint16_t>(Bits(instruction, 8, 8) << 15 | Bits(instruction, 7, 0));
  decoded.write_back = true;
  return decoded.registers != 0;
}

bool AdjustSp(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = kSp;
  decoded.rn = kSp;
  decoded.imm = Bits(instruction, 6, 0) * 4;
  return true;
}

bool ChangePrimask(const Instruction& instruction, Decoded& decoded) {
  decoded.imm = Bits(instruction, 1, 1) << 1;
  decoded.variant = static_cast<uint8_t>(Bits(instruction, 4, 4));
  return true;
}

bool ChangeState(const Instruction& instruction, Decoded& decoded) {
  decoded.imm = Bits(instruction, 1, 0);
  decoded.variant = static_cast<uint8_t>(Bits(instruction, 4, 4));
  return true;
}

bool CompareAndBranch(const Instruction& instruction, Decoded& decoded) {
  decoded.rn = Low(instruction, 0);
  const uint32_t offset = Bits(instruction, 9, 9) << 6 | Bits(instruction, 7, 3) << 1;
  decoded.imm = instruction.address + 4 + offset;
  return true;
}

bool BranchIf8(const Instruction& instruction, Decoded& decoded) {
  decoded.condition = Register(instruction, 8);
  decoded.imm = instruction.address + 4 + SignExtended(Bits(instruction, 7, 0) << 1, 9);
  return !instruction.in_it;
}

bool Branch11(const Instruction& instruction, Decoded& decoded) {
  decoded.imm = instruction.address + 4 + SignExtended(Bits(instruction, 10, 0) << 1, 12);
  return true;
}

}  // namespace percuss::rehost

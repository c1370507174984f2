// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/decoder_fields.h"

namespace percuss::rehost {
namespace {

constexpr uint8_t kPc = 15;
constexpr uint8_t kLastSingle = 31;
constexpr uint32_t kSingles = 32;

// Four bits and, elsewhere, the lowest one.
uint8_t Single(const Instruction& instruction, unsigned four, unsigned one) {
  return static_cast<uint8_t>(Bits(instruction, four + 3, four) << 1 | Bits(instruction, one, one));
}

uint8_t D(const Instruction& instruction) { return Single(instruction, 12, 22); }
uint8_t N(const Instruction& instruction) { return Single(instruction, 16, 7); }
uint8_t M(const Instruction& instruction) { return Single(instruction, 0, 5); }

// VFPExpandImm, A6.4.1: one bit of sign, three of the exponent, four of the fraction.
uint32_t Expanded(uint32_t imm8) {
  const uint32_t exponent = (imm8 & 0x40) != 0 ? 0x3e000000 : 0x40000000;
  return (imm8 & 0x80) << 24 | exponent | (imm8 & 0x3f) << 19;
}

void Offset(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = D(instruction);
  decoded.rn = Register(instruction, 16);
  decoded.add = Bits(instruction, 23, 23) != 0;
  decoded.imm = Bits(instruction, 7, 0) * 4;
}

void List(const Instruction& instruction, Decoded& decoded) {
  Offset(instruction, decoded);
  decoded.imm /= 4;
  decoded.write_back = Bits(instruction, 21, 21) != 0;
}

// Of 32 doubles there are 16: those of which the lowest bit for singles is 0.
bool AsDouble(Decoded& decoded) {
  decoded.variant = 1;
  return (decoded.rd & 1) == 0;
}

}  // namespace

bool SingleD(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = D(instruction);
  return true;
}

bool SingleDM(const Instruction& instruction, Decoded& decoded) {
  decoded.rm = M(instruction);
  return SingleD(instruction, decoded);
}

bool SingleDNM(const Instruction& instruction, Decoded& decoded) {
  decoded.rn = N(instruction);
  return SingleDM(instruction, decoded);
}

bool SingleDImmediate(const Instruction& instruction, Decoded& decoded) {
  decoded.imm = Expanded(Bits(instruction, 19, 16) << 4 | Bits(instruction, 3, 0));
  return SingleD(instruction, decoded);
}

bool ConvertHalf(const Instruction& instruction, Decoded& decoded) {
  decoded.variant = static_cast<uint8_t>(Bits(instruction, 7, 7));
  return SingleDM(instruction, decoded);
}

bool ConvertFixed(const Instruction& instruction, Decoded& decoded) {
  if (Bits(instruction, 18, 18) != 0) decoded.operation = Operation::kVcvtToFixed;
  const bool words = Bits(instruction, 7, 7) != 0;
  decoded.variant = static_cast<uint8_t>(Bits(instruction, 16, 16) | (words ? 0 : 4));
  decoded.imm = (words ? 32U : 16U) - M(instruction);
  return SingleD(instruction, decoded);
}

bool FromInteger(const Instruction& instruction, Decoded& decoded) {
  decoded.variant = static_cast<uint8_t>(Bits(instruction, 7, 7) ^ 1);
  return SingleDM(instruction, decoded);
}

bool ToInteger(const Instruction& instruction, Decoded& decoded) {
  decoded.variant =
      static_cast<uint8_t>((Bits(instruction, 16, 16) ^ 1) | Bits(instruction, 7, 7) << 1);
  return SingleDM(instruction, decoded);
}

bool MoveSingle(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = N(instruction);
  decoded.ra = Register(instruction, 12);
  return true;
}

bool MoveScalar(const Instruction& instruction, Decoded& decoded) {
  decoded.variant = static_cast<uint8_t>(Bits(instruction, 21, 21));
  decoded.rd = static_cast<uint8_t>(Register(instruction, 16) << 1 | decoded.variant);
  decoded.ra = Register(instruction, 12);
  return true;
}

bool MovePair(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = M(instruction);
  decoded.ra = Register(instruction, 12);
  decoded.rn = Register(instruction, 16);
  return decoded.rd != kLastSingle;
}

bool ToFpscr(const Instruction& instruction, Decoded& decoded) {
  decoded.ra = Register(instruction, 12);
  return decoded.ra != kPc;
}

bool FromFpscr(const Instruction& instruction, Decoded& decoded) {
  decoded.ra = Register(instruction, 12);
  return true;
}

bool SingleList(const Instruction& instruction, Decoded& decoded) {
  List(instruction, decoded);
  return decoded.imm != 0 && decoded.rd + decoded.imm <= kSingles &&
         !(decoded.rn == kPc && decoded.write_back);
}

bool DoubleList(const Instruction& instruction, Decoded& decoded) {
  List(instruction, decoded);
  const uint32_t words = decoded.imm & ~1U;
  return AsDouble(decoded) && words != 0 && decoded.rd + words <= kSingles &&
         !(decoded.rn == kPc && decoded.write_back);
}

bool SingleOffset(const Instruction& instruction, Decoded& decoded) {
  Offset(instruction, decoded);
  return true;
}

bool DoubleOffset(const Instruction& instruction, Decoded& decoded) {
  Offset(instruction, decoded);
  return AsDouble(decoded);
}

bool OfCoprocessor(const Instruction& instruction, Decoded& decoded) {
  decoded.imm = Register(instruction, 8);
  return (decoded.imm != 10 && decoded.imm != 11) || !instruction.floating_point;
}

}  // namespace percuss::rehost

// SPDX-License-Identifier: Apache-2.0
#include <bit>

#include "emulation/rehost/core/decoder_fields.h"

namespace percuss::rehost {
namespace {

uint8_t D(const Instruction& instruction) { return Register(instruction, 8); }
uint8_t N(const Instruction& instruction) { return Register(instruction, 16); }
uint8_t M(const Instruction& instruction) { return Register(instruction, 0); }

// i:imm3:imm8
uint32_t Imm12(const Instruction& instruction) {
  return Bits(instruction, 26, 26) << 11 | Bits(instruction, 14, 12) << 8 | Bits(instruction, 7, 0);
}

// imm3:imm2
uint8_t Imm5(const Instruction& instruction) {
  return static_cast<uint8_t>(Bits(instruction, 14, 12) << 2 | Bits(instruction, 7, 6));
}

// ThumbExpandImm, A5.3.2
uint32_t Expanded(uint32_t imm12) {
  const uint32_t byte = imm12 & 0xff;
  if (imm12 >= 0x400) return std::rotr(byte | 0x80, static_cast<int>(imm12 >> 7));
  switch (imm12 >> 8) {
    case 0:
      return byte;
    case 1:
      return byte << 16 | byte;
    case 2:
      return byte << 24 | byte << 8;
    default:
      return byte << 24 | byte << 16 | byte << 8 | byte;
  }
}

void Logical(const Instruction& instruction, Decoded& decoded) {
  const uint32_t imm12 = Imm12(instruction);
  decoded.imm = Expanded(imm12);
  if (imm12 >= 0x400) decoded.immediate_carry = static_cast<uint8_t>(decoded.imm >> 31);
}

// DecodeImmShift, A7.4.2
void Shifted(const Instruction& instruction, Decoded& decoded) {
  decoded.amount = Imm5(instruction);
  decoded.shift = static_cast<Shift>(Bits(instruction, 5, 4));
  if (decoded.amount != 0 || decoded.shift == Shift::kLsl) return;
  if (decoded.shift == Shift::kRor) {
    decoded.shift = Shift::kRrx;
    decoded.amount = 1;
  } else {
    decoded.amount = 32;
  }
}

void Rotated(const Instruction& instruction, Decoded& decoded) {
  decoded.amount = static_cast<uint8_t>(Bits(instruction, 5, 4) * 8);
}

void Saturated(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = D(instruction);
  decoded.rn = N(instruction);
  decoded.imm = Bits(instruction, 4, 0);
  decoded.amount = Imm5(instruction);
  if (Bits(instruction, 21, 21) != 0 && decoded.amount != 0) decoded.shift = Shift::kAsr;
}

// Without the DSP extension, a shift by no bits to the right is SSAT16 or USAT16.
bool IsSaturation(const Instruction& instruction, const Decoded& decoded) {
  const bool dsp_only = Bits(instruction, 21, 21) != 0 && decoded.amount == 0;
  return !dsp_only || decoded.operation == Operation::kSsat16 ||
         decoded.operation == Operation::kUsat16;
}

}  // namespace

bool NLogical(const Instruction& instruction, Decoded& decoded) {
  decoded.rn = N(instruction);
  Logical(instruction, decoded);
  return true;
}

// With pc and flags it would be an exception return of other profiles.
bool DLogical(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = D(instruction);
  Logical(instruction, decoded);
  const bool is_return = decoded.rd == 15 && Bits(instruction, 20, 20) != 0;
  return !is_return || decoded.operation != Operation::kMovImmediate;
}

bool DNLogical(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = D(instruction);
  return NLogical(instruction, decoded);
}

bool NModified(const Instruction& instruction, Decoded& decoded) {
  decoded.rn = N(instruction);
  decoded.imm = Expanded(Imm12(instruction));
  return true;
}

bool DNModified(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = D(instruction);
  return NModified(instruction, decoded);
}

bool DNPlain12(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = D(instruction);
  decoded.rn = N(instruction);
  decoded.imm = Imm12(instruction);
  return true;
}

bool DPlain16(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = D(instruction);
  decoded.imm = Bits(instruction, 19, 16) << 12 | Imm12(instruction);
  return true;
}

bool AddressAfter(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = D(instruction);
  decoded.imm = LiteralBase(instruction) + Imm12(instruction);
  return true;
}

bool AddressBefore(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = D(instruction);
  decoded.imm = LiteralBase(instruction) - Imm12(instruction);
  return true;
}

bool SaturateSigned(const Instruction& instruction, Decoded& decoded) {
  Saturated(instruction, decoded);
  ++decoded.imm;
  return IsSaturation(instruction, decoded);
}

bool SaturateUnsigned(const Instruction& instruction, Decoded& decoded) {
  Saturated(instruction, decoded);
  return IsSaturation(instruction, decoded);
}

bool BitFieldExtract(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = D(instruction);
  decoded.rn = N(instruction);
  decoded.amount = Imm5(instruction);
  decoded.imm = Bits(instruction, 4, 0) + 1;
  return decoded.amount + decoded.imm <= 32;
}

bool BitFieldClear(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = D(instruction);
  decoded.amount = Imm5(instruction);
  const uint32_t msb = Bits(instruction, 4, 0);
  decoded.imm = msb - decoded.amount + 1;
  return msb >= decoded.amount;
}

bool BitFieldInsert(const Instruction& instruction, Decoded& decoded) {
  decoded.rn = N(instruction);
  return BitFieldClear(instruction, decoded);
}

bool DM(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = D(instruction);
  decoded.rm = M(instruction);
  return true;
}

bool NM(const Instruction& instruction, Decoded& decoded) {
  decoded.rn = N(instruction);
  decoded.rm = M(instruction);
  return true;
}

bool DNM(const Instruction& instruction, Decoded& decoded) {
  decoded.rd = D(instruction);
  return NM(instruction, decoded);
}

bool DNMA(const Instruction& instruction, Decoded& decoded) {
  decoded.ra = Register(instruction, 12);
  return DNM(instruction, decoded);
}

bool DMAmount(const Instruction& instruction, Decoded& decoded) {
  Shifted(instruction, decoded);
  decoded.shift = Shift::kLsl;
  return DM(instruction, decoded);
}

bool DMShifted(const Instruction& instruction, Decoded& decoded) {
  Shifted(instruction, decoded);
  return DM(instruction, decoded);
}

bool NMShifted(const Instruction& instruction, Decoded& decoded) {
  Shifted(instruction, decoded);
  return NM(instruction, decoded);
}

bool DNMShifted(const Instruction& instruction, Decoded& decoded) {
  Shifted(instruction, decoded);
  return DNM(instruction, decoded);
}

bool DMRotated(const Instruction& instruction, Decoded& decoded) {
  Rotated(instruction, decoded);
  return DM(instruction, decoded);
}

bool DNMRotated(const Instruction& instruction, Decoded& decoded) {
  Rotated(instruction, decoded);
  return DNM(instruction, decoded);
}

bool DNMHalves(const Instruction& instruction, Decoded& decoded) {
  decoded.variant = static_cast<uint8_t>(Bits(instruction, 5, 4));
  return DNM(instruction, decoded);
}

bool DNMAHalves(const Instruction& instruction, Decoded& decoded) {
  decoded.variant = static_cast<uint8_t>(Bits(instruction, 5, 4));
  return DNMA(instruction, decoded);
}

bool DNMOption(const Instruction& instruction, Decoded& decoded) {
  decoded.variant = static_cast<uint8_t>(Bits(instruction, 4, 4));
  return DNM(instruction, decoded);
}

bool DNMAOption(const Instruction& instruction, Decoded& decoded) {
  decoded.variant = static_cast<uint8_t>(Bits(instruction, 4, 4));
  return DNMA(instruction, decoded);
}

bool Parallel(const Instruction& instruction, Decoded& decoded) {
  decoded.variant = static_cast<uint8_t>(Bits(instruction, 6, 4));
  return (decoded.variant & 3) != 3 && DNM(instruction, decoded);
}

}  // namespace percuss::rehost

// SPDX-License-Identifier: Apache-2.0
//
// How the fields of an encoding are laid out: one function for each of the layouts that there are.
// Named after what they take, in the letters of the manual: D, N, M, A, T for registers (Dn: one
// that is both), Low for those of three bits, and so on.
#pragma once

#include <cstdint>

#include "emulation/rehost/core/decoder_table.h"

namespace percuss::rehost {

bool None(const Instruction& instruction, Decoded& decoded);

// 16 bits
bool LowDM(const Instruction& instruction, Decoded& decoded);
bool LowDN(const Instruction& instruction, Decoded& decoded);
bool LowNM(const Instruction& instruction, Decoded& decoded);
bool LowDnM(const Instruction& instruction, Decoded& decoded);
bool LowDmN(const Instruction& instruction, Decoded& decoded);
bool LowDNM(const Instruction& instruction, Decoded& decoded);
bool LowDNImm3(const Instruction& instruction, Decoded& decoded);
bool LowDImm8(const Instruction& instruction, Decoded& decoded);
bool LowNImm8(const Instruction& instruction, Decoded& decoded);
bool LowDNImm8(const Instruction& instruction, Decoded& decoded);
bool LowDNBytes(const Instruction& instruction, Decoded& decoded);
bool LowDNHalves(const Instruction& instruction, Decoded& decoded);
bool LowDNWords(const Instruction& instruction, Decoded& decoded);
bool LowDSpWords(const Instruction& instruction, Decoded& decoded);
bool LowDAddress(const Instruction& instruction, Decoded& decoded);
bool LowStoreList(const Instruction& instruction, Decoded& decoded);
bool LowLoadList(const Instruction& instruction, Decoded& decoded);
bool ShiftLow(const Instruction& instruction, Decoded& decoded);
bool ShiftRightLow(const Instruction& instruction, Decoded& decoded);
bool HighM(const Instruction& instruction, Decoded& decoded);
bool HighDM(const Instruction& instruction, Decoded& decoded);
bool HighNM(const Instruction& instruction, Decoded& decoded);
bool HighDnM(const Instruction& instruction, Decoded& decoded);
bool Push(const Instruction& instruction, Decoded& decoded);
bool Pop(const Instruction& instruction, Decoded& decoded);
bool AdjustSp(const Instruction& instruction, Decoded& decoded);
bool ChangePrimask(const Instruction& instruction, Decoded& decoded);
bool ChangeState(const Instruction& instruction, Decoded& decoded);
bool CompareAndBranch(const Instruction& instruction, Decoded& decoded);
bool BranchIf8(const Instruction& instruction, Decoded& decoded);
bool Branch11(const Instruction& instruction, Decoded& decoded);
bool Immediate8(const Instruction& instruction, Decoded& decoded);

// 32 bits, data processing
bool NLogical(const Instruction& instruction, Decoded& decoded);
bool DLogical(const Instruction& instruction, Decoded& decoded);
bool DNLogical(const Instruction& instruction, Decoded& decoded);
bool NModified(const Instruction& instruction, Decoded& decoded);
bool DNModified(const Instruction& instruction, Decoded& decoded);
bool DNPlain12(const Instruction& instruction, Decoded& decoded);
bool DPlain16(const Instruction& instruction, Decoded& decoded);
bool AddressAfter(const Instruction& instruction, Decoded& decoded);
bool AddressBefore(const Instruction& instruction, Decoded& decoded);
bool SaturateSigned(const Instruction& instruction, Decoded& decoded);
bool SaturateUnsigned(const Instruction& instruction, Decoded& decoded);
bool BitFieldExtract(const Instruction& instruction, Decoded& decoded);
bool BitFieldInsert(const Instruction& instruction, Decoded& decoded);
bool BitFieldClear(const Instruction& instruction, Decoded& decoded);
bool DM(const Instruction& instruction, Decoded& decoded);
bool NM(const Instruction& instruction, Decoded& decoded);
bool DNM(const Instruction& instruction, Decoded& decoded);
bool DNMA(const Instruction& instruction, Decoded& decoded);
bool DMAmount(const Instruction& instruction, Decoded& decoded);
bool DMShifted(const Instruction& instruction, Decoded& decoded);
bool NMShifted(const Instruction& instruction, Decoded& decoded);
bool DNMShifted(const Instruction& instruction, Decoded& decoded);
bool DMRotated(const Instruction& instruction, Decoded& decoded);
bool DNMRotated(const Instruction& instruction, Decoded& decoded);
bool DNMHalves(const Instruction& instruction, Decoded& decoded);
bool DNMAHalves(const Instruction& instruction, Decoded& decoded);
bool DNMOption(const Instruction& instruction, Decoded& decoded);
bool DNMAOption(const Instruction& instruction, Decoded& decoded);
bool Parallel(const Instruction& instruction, Decoded& decoded);

// 32 bits, loads, stores, branches and system
bool TLiteral(const Instruction& instruction, Decoded& decoded);
bool TNImm8(const Instruction& instruction, Decoded& decoded);
bool TNImm12(const Instruction& instruction, Decoded& decoded);
bool TNIndexed(const Instruction& instruction, Decoded& decoded);
bool TNMShifted(const Instruction& instruction, Decoded& decoded);
bool Multiple(const Instruction& instruction, Decoded& decoded);
bool DualLiteral(const Instruction& instruction, Decoded& decoded);
bool Dual(const Instruction& instruction, Decoded& decoded);
bool LoadExclusive(const Instruction& instruction, Decoded& decoded);
bool LoadExclusiveWord(const Instruction& instruction, Decoded& decoded);
bool StoreExclusive(const Instruction& instruction, Decoded& decoded);
bool StoreExclusiveWord(const Instruction& instruction, Decoded& decoded);
bool BranchIf20(const Instruction& instruction, Decoded& decoded);
bool Branch24(const Instruction& instruction, Decoded& decoded);
bool BarrierOption(const Instruction& instruction, Decoded& decoded);
bool ToSpecial(const Instruction& instruction, Decoded& decoded);
bool FromSpecial(const Instruction& instruction, Decoded& decoded);

// Coprocessors and floating point
bool SingleD(const Instruction& instruction, Decoded& decoded);
bool SingleDM(const Instruction& instruction, Decoded& decoded);
bool SingleDNM(const Instruction& instruction, Decoded& decoded);
bool SingleDImmediate(const Instruction& instruction, Decoded& decoded);
bool ConvertHalf(const Instruction& instruction, Decoded& decoded);
bool ConvertFixed(const Instruction& instruction, Decoded& decoded);
bool FromInteger(const Instruction& instruction, Decoded& decoded);
bool ToInteger(const Instruction& instruction, Decoded& decoded);
bool MoveSingle(const Instruction& instruction, Decoded& decoded);
bool MoveScalar(const Instruction& instruction, Decoded& decoded);
bool MovePair(const Instruction& instruction, Decoded& decoded);
bool ToFpscr(const Instruction& instruction, Decoded& decoded);
bool FromFpscr(const Instruction& instruction, Decoded& decoded);
bool SingleList(const Instruction& instruction, Decoded& decoded);
bool DoubleList(const Instruction& instruction, Decoded& decoded);
bool SingleOffset(const Instruction& instruction, Decoded& decoded);
bool DoubleOffset(const Instruction& instruction, Decoded& decoded);
bool OfCoprocessor(const Instruction& instruction, Decoded& decoded);

// Bits high to low of the instruction.
constexpr uint32_t Bits(const Instruction& instruction, unsigned high, unsigned low) {
  return instruction.bits >> low & ((2U << (high - low)) - 1);
}
constexpr uint8_t Register(const Instruction& instruction, unsigned low) {
  return static_cast<uint8_t>(Bits(instruction, low + 3, low));
}
// Align(PC, 4)
constexpr uint32_t LiteralBase(const Instruction& instruction) {
  return (instruction.address + 4) & ~3U;
}

}  // namespace percuss::rehost

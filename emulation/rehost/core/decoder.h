// SPDX-License-Identifier: Apache-2.0
//
// Thumb instructions of Armv6-M, Armv7-M and Armv7E-M with FPv4-SP, from their bytes to operation
// and operands (Armv7-M Architecture Reference Manual, DDI 0403E, A5 to A7). Pure, thread-safe.
#pragma once

#include <cstdint>

#include "emulation/rehost/core/machine_image.h"

namespace percuss::rehost {

// Named as the sections of A7.7 are. Where one section has two kinds of operand, each has a name.
//
// Core registers are 0 to 15. Register 15 as a source is the instruction's address + 4 (as QEMU has
// it also where the manual calls that unpredictable); as the destination of data processing it is a
// branch to the value without bit 0, of a load one as by BX. A branch out of the middle of an IT
// block ends that. Only what is said here of an operation's fields is set, all else is as in
// Decoded's initialisers.
enum class Operation : uint8_t {
  // UDF, and whatever is none; faults as UNDEFINSTR. variant 1: in the space of coprocessors 10 and
  // 11, so that without access to those (CPACR) it faults as NOCP.
  kUndefined,
  // Data processing: rd from rn and imm, or from rn and rm, which is shifted by `shift` and
  // `amount`. MOV and MVN have no rn; CMN, CMP, TEQ and TST have no rd and always set_flags. With
  // stack pointer or pc as rn they are what the manual calls ADD (SP plus ...) and so on. kAdr: imm
  // is the address (to register 15, unpredictable: as by BX). kMovImmediate also has the 16 bits of
  // MOVW. kMovt: imm is not shifted yet.
  kAdcImmediate,
  kAdcRegister,
  kAddImmediate,
  kAddRegister,
  kAdr,
  kAndImmediate,
  kAndRegister,
  kBicImmediate,
  kBicRegister,
  kCmnImmediate,
  kCmnRegister,
  kCmpImmediate,
  kCmpRegister,
  kEorImmediate,
  kEorRegister,
  kMovImmediate,
  kMovRegister,
  kMovt,
  kMvnImmediate,
  kMvnRegister,
  kOrnImmediate,
  kOrnRegister,
  kOrrImmediate,
  kOrrRegister,
  kRsbImmediate,
  kRsbRegister,
  kSbcImmediate,
  kSbcRegister,
  kSubImmediate,
  kSubRegister,
  kTeqImmediate,
  kTeqRegister,
  kTstImmediate,
  kTstRegister,
  // Shifts: of rm by `amount` (immediate: 1 to 31, LSR and ASR to 32), of rn by rm (register).
  // kMovRegister never shifts, kRrx has no amount.
  kAsrImmediate,
  kAsrRegister,
  kLslImmediate,
  kLslRegister,
  kLsrImmediate,
  kLsrRegister,
  kRorImmediate,
  kRorRegister,
  kRrx,
  // Bits and bytes. Bit fields: lsb in `amount`, width (1 to 32 - lsb) in imm, from rn to rd;
  // others
  // from rm to rd.
  kBfc,
  kBfi,
  kClz,
  kRbit,
  kRev,
  kRev16,
  kRevsh,
  kSbfx,
  kUbfx,
  // Extensions rotate rm right by `amount`; with rn where they add.
  kSxtab,
  kSxtab16,
  kSxtah,
  kSxtb,
  kSxtb16,
  kSxth,
  kUxtab,
  kUxtab16,
  kUxtah,
  kUxtb,
  kUxtb16,
  kUxth,
  // Multiplications and divisions of rn by rm. Accumulators and low words in ra; long ones: low in
  // ra, high in rd. Only kMul sets flags (N and Z).
  kMul,
  kMla,
  kMls,
  kSdiv,
  kUdiv,
  kSmull,
  kUmull,
  kSmlal,
  kUmlal,
  kUmaal,
  // Halves that they take: bit 0 of `variant` is M (top of rm), bit 1 is N (top of rn). Of
  // kSmlad, kSmlald, kSmlsd, kSmlsld, kSmuad, kSmusd bit 0 is X; of kSmmla, kSmmls, kSmmul it is R.
  // kSmlawb, kSmulwb have bit 0 only.
  kSmlabb,
  kSmlad,
  kSmlalbb,
  kSmlald,
  kSmlawb,
  kSmlsd,
  kSmlsld,
  kSmmla,
  kSmmls,
  kSmmul,
  kSmuad,
  kSmulbb,
  kSmulwb,
  kSmusd,
  // Saturation. kQadd is rm + rn, kQsub rm - rn, kQdadd and kQdsub double rn. kSsat, kUsat: to imm
  // bits of rn, shifted by `shift` and `amount` (imm 1 to 32 where signed, 0 to 31 where not).
  // kSsat16, kUsat16: each half to imm bits, where an imm of more than 16 (unpredictable) leaves
  // signed halves as they are, and unsigned ones too unless they are negative.
  kQadd,
  kQdadd,
  kQdsub,
  kQsub,
  kSsat,
  kSsat16,
  kUsat,
  kUsat16,
  // Parallel addition and subtraction: `variant` is 0 S, 1 Q, 2 SH, 4 U, 5 UQ, 6 UH.
  kParallelAdd16,
  kParallelAsx,
  kParallelSax,
  kParallelSub16,
  kParallelAdd8,
  kParallelSub8,
  // rm shifted by `shift` and `amount`.
  kPkhbt,
  kPkhtb,
  kSel,
  kUsad8,
  kUsada8,
  // Loads and stores: rt in rd (and ra of a pair), base rn; immediate forms with imm, index, add
  // and write_back, register forms with rm shifted left by `amount`, literals with imm as the
  // address. rn is never 15. With write_back and rn as a loaded register too, the loaded value
  // stays, but of kLdrdImmediate the address does. kLdrt and its like: immediate forms, as if
  // unprivileged.
  kLdrImmediate,
  kLdrLiteral,
  kLdrRegister,
  kLdrbImmediate,
  kLdrbLiteral,
  kLdrbRegister,
  kLdrhImmediate,
  kLdrhLiteral,
  kLdrhRegister,
  kLdrsbImmediate,
  kLdrsbLiteral,
  kLdrsbRegister,
  kLdrshImmediate,
  kLdrshLiteral,
  kLdrshRegister,
  kLdrdImmediate,
  kLdrdLiteral,
  kStrImmediate,
  kStrRegister,
  kStrbImmediate,
  kStrbRegister,
  kStrhImmediate,
  kStrhRegister,
  kStrdImmediate,
  kLdrt,
  kLdrbt,
  kLdrht,
  kLdrsbt,
  kLdrsht,
  kStrt,
  kStrbt,
  kStrht,
  // `registers` is the list: kLdm also of POP, kStmdb also of PUSH. It is never empty. The base of
  // kLdm and kLdmdb with write_back is never in it; kStm stores the base as it was.
  kLdm,
  kLdmdb,
  kStm,
  kStmdb,
  // rt in rd, base rn, imm (of the words alone) to be added; status of a store in ra.
  kLdrex,
  kLdrexb,
  kLdrexh,
  kStrex,
  kStrexb,
  kStrexh,
  kClrex,
  // Branches: imm is the address that they go to, rm the register with it. kB has its own
  // condition, kAlways where it is B T2 or T4. kCbz, kCbnz: of rn. kTbb, kTbh: table at rn, index
  // rm.
  kB,
  kBl,
  kBlxRegister,
  kBx,
  kCbz,
  kCbnz,
  kTbb,
  kTbh,
  // System. kMrs, kMsr: SYSm in imm, rd, or rn and mask in `variant`. kCps: imm bit 0 F, bit 1 I;
  // variant 1 to set (the instruction is CPSID). kBkpt, kSvc: imm as in the instruction; a
  // breakpoint is one also where the IT block's condition does not hold. kDbg, kDmb, kDsb, kIsb:
  // option in imm. kIt: imm is ITSTATE for the next instruction, of which conditions 14 and 15 both
  // are always; in another's block it takes effect whether or not that one's condition holds. kNop:
  // also hints without meaning. kPld: also PLI, and has no effect.
  kBkpt,
  kCps,
  kDbg,
  kDmb,
  kDsb,
  kIsb,
  kIt,
  kMrs,
  kMsr,
  kNop,
  kPld,
  kSev,
  kSvc,
  kWfe,
  kWfi,
  kYield,
  kCoprocessor,  // of coprocessor imm that is not there: faults as NOCP
  // Floating point: S registers in rd, rn, rm; of 64-bit moves and transfers the first of a pair,
  // never the last register alone. kVcmp and its like compare rd with rm, or with 0.
  // kVmovImmediate:
  // imm is the single's bits.
  kVabs,
  kVadd,
  kVcmp,
  kVcmpe,
  kVcmpZero,
  kVcmpeZero,
  kVdiv,
  kVfma,
  kVfms,
  kVfnma,
  kVfnms,
  kVmla,
  kVmls,
  kVmovImmediate,
  kVmovRegister,
  kVmul,
  kVneg,
  kVnmla,
  kVnmls,
  kVnmul,
  kVsqrt,
  kVsub,
  // `variant`: bit 0 unsigned; bit 1 (to integer) rounds to zero, or else as FPSCR says. Fixed
  // point: from rd to rd; bit 2 16 bits, imm fraction bits (two's complement: down to -15 where it
  // is unpredictable). Half precision: bit 0 the top half of the half precision register.
  kVcvtToInteger,
  kVcvtFromInteger,
  kVcvtToFixed,
  kVcvtFromFixed,
  kVcvtToHalf,
  kVcvtFromHalf,
  // Moves: the S register, or the first of two, in rd. Core register: ra, and rn the second. Of
  // single and scalar to core register 15 (unpredictable), the upper four bits go to APSR.
  kVmovCoreToSingle,
  kVmovSingleToCore,
  kVmovCoreToPair,
  kVmovPairToCore,
  // Half of a double that `variant` names (0 low, 1 high): register number as of the single, that
  // is, of the half itself, so that they do what kVmovCoreToSingle and kVmovSingleToCore do.
  kVmovCoreToScalar,
  kVmovScalarToCore,
  kVmrs,
  kVmsr,  // FPSCR and ra; kVmrs to 15 is APSR
  // S register in rd, base rn, which if it is 15 is Align(PC, 4). kVldr, kVstr: `add` and imm, the
  // offset. Lists: imm is the number of words, 1 to 33, write_back as in A7.7. variant 1: doubles;
  // an
  // odd imm of a list (FLDMX, FSTMX) transfers one word less, but write_back counts it.
  kVldr,
  kVstr,
  kVldm,
  kVstm,
  kVldmdb,
  kVstmdb,
  kCount
};

enum class Shift : uint8_t { kLsl, kLsr, kAsr, kRor, kRrx };

constexpr uint8_t kAlways = 14;

struct Decoded {
  Operation operation = Operation::kUndefined;
  uint8_t bytes = 2;  // 2 or 4
  uint8_t rd = 0;
  uint8_t rn = 0;
  uint8_t rm = 0;
  uint8_t ra = 0;
  Shift shift = Shift::kLsl;
  uint8_t amount = 0;  // of a shift, 0 to 32
  uint8_t variant = 0;
  // Of a B; everything else goes by the IT block that it is in.
  uint8_t condition = kAlways;
  bool set_flags = false;  // S; of 16-bit encodings outside of an IT block
  // What an immediate operand of a logical operation leaves in C: 0, 1, or 2 for as it was.
  uint8_t immediate_carry = 2;
  bool index = true;  // P
  bool add = true;    // U
  bool write_back = false;
  uint16_t registers = 0;
  uint32_t imm = 0;
};

struct DecoderOptions {
  Architecture architecture = Architecture::kV7EM;
  bool floating_point = true;
};

// How many bytes an instruction has that begins with this halfword: 2 or 4.
[[nodiscard]] int InstructionBytes(uint16_t first);

// second: the halfword behind, of an instruction of 4 bytes. address: its own. in_it:
// whether it is in an IT block. What is unpredictable there or by its operands is kUndefined where
// QEMU takes it as that, or else does what QEMU does.
[[nodiscard]] Decoded Decode(uint16_t first, uint16_t second, uint32_t address, bool in_it,
                             const DecoderOptions& options);

}  // namespace percuss::rehost

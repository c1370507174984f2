// SPDX-License-Identifier: Apache-2.0
//
// Thumb instructions of Armv6-M, Armv7-M and Armv7E-M with FPv4-SP, from their bytes to operation
// and operands (Armv7-M Architecture Reference Manual, DDI 0403E, A5 to A7). Pure, thread-safe.
#pragma once

#include <cstdint>

#include "emulation/rehost/core/machine_image.h"

namespace percuss::rehost {

// Named as the sections of A7.7 are. Where one section has two kinds of operand, each has a name.
enum class Operation : uint8_t {
  kUndefined,  // UDF, and whatever is none; faults as UNDEFINSTR
  // Data processing. Register forms shift rm by `shift` and `amount`.
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
  // Shifts: of rm by `amount` (immediate), of rn by rm (register). kMovRegister never shifts.
  kAsrImmediate,
  kAsrRegister,
  kLslImmediate,
  kLslRegister,
  kLsrImmediate,
  kLsrRegister,
  kRorImmediate,
  kRorRegister,
  kRrx,
  // Bits and bytes. Bit fields: lsb in `amount`, width in imm.
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
  // Multiplications. Accumulators and low words in ra; long ones: low in ra, high in rd.
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
  // Saturation. kSsat, kUsat: to imm bits of rn, shifted by `shift` and `amount`.
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
  kPkhbt,
  kPkhtb,
  kSel,
  kUsad8,
  kUsada8,
  // Loads and stores: rt in rd (and ra of a pair), base rn; immediate forms with imm, index, add
  // and write_back, register forms with rm shifted left by `amount`, literals with imm as the
  // address.
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
  // `registers` is the list: kLdm also of POP, kStmdb also of PUSH.
  kLdm,
  kLdmdb,
  kStm,
  kStmdb,
  kLdrex,
  kLdrexb,
  kLdrexh,
  kStrex,
  kStrexb,
  kStrexh,
  kClrex,  // status of a store in ra
  // Branches: imm is the address that they go to.
  kB,
  kBl,
  kBlxRegister,
  kBx,
  kCbz,
  kCbnz,
  kTbb,
  kTbh,
  // System. kMrs, kMsr: SYSm in imm, mask in `variant`. kCps: imm bit 0 F, bit 1 I; variant 1 to
  // set.
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
  kCoprocessor,  // of a coprocessor that is not there: faults as NOCP
  // Floating point: S registers in rd, rn, rm; of 64-bit moves and transfers the first of a pair.
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
  // `variant`: bit 0 unsigned; bit 1 (to integer) rounds to zero. Fixed point: bit 2 16 bits, imm
  // fraction bits. Half precision: bit 0 the top half.
  kVcvtToInteger,
  kVcvtFromInteger,
  kVcvtToFixed,
  kVcvtFromFixed,
  kVcvtToHalf,
  kVcvtFromHalf,
  kVmovCoreToSingle,
  kVmovSingleToCore,
  kVmovCoreToPair,
  kVmovPairToCore,  // core: ra, and rn
  // Half of a double that `variant` names (0 low, 1 high): register number as of the single.
  kVmovCoreToScalar,
  kVmovScalarToCore,
  kVmrs,
  kVmsr,  // ra; kVmrs to 15 is APSR
  // imm: offset; of lists the number of words, `add`, write_back as in A7.7. variant 1: doubles.
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

// second: the halfword behind, of an instruction of 4 bytes. address: its own. in_it, last_in_it:
// its place in an IT block. What is unpredictable there or by its operands is kUndefined where QEMU
// takes it as that, or else does what QEMU does.
[[nodiscard]] Decoded Decode(uint16_t first, uint16_t second, uint32_t address, bool in_it,
                             bool last_in_it, const DecoderOptions& options);

}  // namespace percuss::rehost

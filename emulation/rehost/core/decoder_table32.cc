// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/decoder_fields.h"
#include "emulation/rehost/core/decoder_table.h"

namespace percuss::rehost {
namespace {

using enum Operation;
constexpr FlagSetting kKept = FlagSetting::kKept;
constexpr FlagSetting kSet = FlagSetting::kSet;
constexpr FlagSetting kS = FlagSetting::kByBit20;
constexpr Needs kDsp = Needs::kDsp;

constexpr Row kDataProcessing32[] = {
    // A5.3.1 Data processing (modified immediate)
    {"11110i0 0000 1 nnnn 0iii1111 iiiiiiii", "TST (immediate) T1", kTstImmediate, NLogical, kSet},
    {"11110i0 0000 s nnnn 0iiidddd iiiiiiii", "AND (immediate) T1", kAndImmediate, DNLogical, kS},
    {"11110i0 0001 s nnnn 0iiidddd iiiiiiii", "BIC (immediate) T1", kBicImmediate, DNLogical, kS},
    {"11110i0 0010 s 1111 0iiidddd iiiiiiii", "MOV (immediate) T2", kMovImmediate, DLogical, kS},
    {"11110i0 0010 s nnnn 0iiidddd iiiiiiii", "ORR (immediate) T1", kOrrImmediate, DNLogical, kS},
    {"11110i0 0011 s 1111 0iiidddd iiiiiiii", "MVN (immediate) T1", kMvnImmediate, DLogical, kS},
    {"11110i0 0011 s nnnn 0iiidddd iiiiiiii", "ORN (immediate) T1", kOrnImmediate, DNLogical, kS},
    {"11110i0 0100 1 nnnn 0iii1111 iiiiiiii", "TEQ (immediate) T1", kTeqImmediate, NLogical, kSet},
    {"11110i0 0100 s nnnn 0iiidddd iiiiiiii", "EOR (immediate) T1", kEorImmediate, DNLogical, kS},
    {"11110i0 1000 1 nnnn 0iii1111 iiiiiiii", "CMN (immediate) T1", kCmnImmediate, NModified, kSet},
    {"11110i0 1000 s nnnn 0iiidddd iiiiiiii", "ADD (immediate) T3", kAddImmediate, DNModified, kS},
    {"11110i0 1010 s nnnn 0iiidddd iiiiiiii", "ADC (immediate) T1", kAdcImmediate, DNModified, kS},
    {"11110i0 1011 s nnnn 0iiidddd iiiiiiii", "SBC (immediate) T1", kSbcImmediate, DNModified, kS},
    {"11110i0 1101 1 nnnn 0iii1111 iiiiiiii", "CMP (immediate) T2", kCmpImmediate, NModified, kSet},
    {"11110i0 1101 s nnnn 0iiidddd iiiiiiii", "SUB (immediate) T3", kSubImmediate, DNModified, kS},
    {"11110i0 1110 s nnnn 0iiidddd iiiiiiii", "RSB (immediate) T2", kRsbImmediate, DNModified, kS},

    // A5.3.3 Data processing (plain binary immediate)
    {"11110i1 00000 1111 0iiidddd iiiiiiii", "ADR T3", kAdr, AddressAfter},
    {"11110i1 00000 nnnn 0iiidddd iiiiiiii", "ADD (immediate) T4", kAddImmediate, DNPlain12},
    {"11110i1 00100 iiii 0iiidddd iiiiiiii", "MOV (immediate) T3", kMovImmediate, DPlain16},
    {"11110i1 01010 1111 0iiidddd iiiiiiii", "ADR T2", kAdr, AddressBefore},
    {"11110i1 01010 nnnn 0iiidddd iiiiiiii", "SUB (immediate) T4", kSubImmediate, DNPlain12},
    {"11110i1 01100 iiii 0iiidddd iiiiiiii", "MOVT T1", kMovt, DPlain16},
    {"1111001 10010 nnnn 0000dddd 000iiiii", "SSAT16 T1", kSsat16, SaturateSigned, kKept, kDsp},
    {"1111001 100h0 nnnn 0iiidddd ii0iiiii", "SSAT T1", kSsat, SaturateSigned},
    {"1111001 10100 nnnn 0iiidddd ii0wwwww", "SBFX T1", kSbfx, BitFieldExtract},
    {"1111001 10110 1111 0iiidddd ii0mmmmm", "BFC T1", kBfc, BitFieldClear},
    {"1111001 10110 nnnn 0iiidddd ii0mmmmm", "BFI T1", kBfi, BitFieldInsert},
    {"1111001 11010 nnnn 0000dddd 000iiiii", "USAT16 T1", kUsat16, SaturateUnsigned, kKept, kDsp},
    {"1111001 110h0 nnnn 0iiidddd ii0iiiii", "USAT T1", kUsat, SaturateUnsigned},
    {"1111001 11100 nnnn 0iiidddd ii0wwwww", "UBFX T1", kUbfx, BitFieldExtract},

    // A5.3.11 Data processing (shifted register)
    {"1110101 0000 1 nnnn 0iii1111 iittmmmm", "TST (register) T2", kTstRegister, NMShifted, kSet},
    {"1110101 0000 s nnnn 0iiidddd iittmmmm", "AND (register) T2", kAndRegister, DNMShifted, kS},
    {"1110101 0001 s nnnn 0iiidddd iittmmmm", "BIC (register) T2", kBicRegister, DNMShifted, kS},
    // Move register and immediate shifts
    {"1110101 0010 1 1111 0iii1111 iittmmmm", "MOV (register) T3 to pc", kUndefined, None},
    {"1110101 0010 s 1111 0000dddd 0000mmmm", "MOV (register) T3", kMovRegister, DM, kS},
    {"1110101 0010 s 1111 0iiidddd ii00mmmm", "LSL (immediate) T2", kLslImmediate, DMAmount, kS},
    {"1110101 0010 s 1111 0iiidddd ii01mmmm", "LSR (immediate) T2", kLsrImmediate, DMAmount, kS},
    {"1110101 0010 s 1111 0iiidddd ii10mmmm", "ASR (immediate) T2", kAsrImmediate, DMAmount, kS},
    {"1110101 0010 s 1111 0000dddd 0011mmmm", "RRX T1", kRrx, DM, kS},
    {"1110101 0010 s 1111 0iiidddd ii11mmmm", "ROR (immediate) T1", kRorImmediate, DMAmount, kS},
    {"1110101 0010 s nnnn 0iiidddd iittmmmm", "ORR (register) T2", kOrrRegister, DNMShifted, kS},
    {"1110101 0011 s 1111 0iiidddd iittmmmm", "MVN (register) T2", kMvnRegister, DMShifted, kS},
    {"1110101 0011 s nnnn 0iiidddd iittmmmm", "ORN (register) T1", kOrnRegister, DNMShifted, kS},
    {"1110101 0100 1 nnnn 0iii1111 iittmmmm", "TEQ (register) T1", kTeqRegister, NMShifted, kSet},
    {"1110101 0100 s nnnn 0iiidddd iittmmmm", "EOR (register) T2", kEorRegister, DNMShifted, kS},
    {"1110101 0110 0 nnnn 0iiidddd ii00mmmm", "PKHBT T1", kPkhbt, DNMShifted, kKept, kDsp},
    {"1110101 0110 0 nnnn 0iiidddd ii10mmmm", "PKHTB T1", kPkhtb, DNMShifted, kKept, kDsp},
    {"1110101 1000 1 nnnn 0iii1111 iittmmmm", "CMN (register) T2", kCmnRegister, NMShifted, kSet},
    {"1110101 1000 s nnnn 0iiidddd iittmmmm", "ADD (register) T3", kAddRegister, DNMShifted, kS},
    {"1110101 1010 s nnnn 0iiidddd iittmmmm", "ADC (register) T2", kAdcRegister, DNMShifted, kS},
    {"1110101 1011 s nnnn 0iiidddd iittmmmm", "SBC (register) T2", kSbcRegister, DNMShifted, kS},
    {"1110101 1101 1 nnnn 0iii1111 iittmmmm", "CMP (register) T3", kCmpRegister, NMShifted, kSet},
    {"1110101 1101 s nnnn 0iiidddd iittmmmm", "SUB (register) T2", kSubRegister, DNMShifted, kS},
    {"1110101 1110 s nnnn 0iiidddd iittmmmm", "RSB (register) T1", kRsbRegister, DNMShifted, kS},

    // A5.3.12 Data processing (register)
    {"11111010 000 s nnnn 1111dddd 0000mmmm", "LSL (register) T2", kLslRegister, DNM, kS},
    {"11111010 001 s nnnn 1111dddd 0000mmmm", "LSR (register) T2", kLsrRegister, DNM, kS},
    {"11111010 010 s nnnn 1111dddd 0000mmmm", "ASR (register) T2", kAsrRegister, DNM, kS},
    {"11111010 011 s nnnn 1111dddd 0000mmmm", "ROR (register) T2", kRorRegister, DNM, kS},
    {"11111010 0000 1111 1111dddd 10rrmmmm", "SXTH T2", kSxth, DMRotated},
    {"11111010 0000 nnnn 1111dddd 10rrmmmm", "SXTAH T1", kSxtah, DNMRotated, kKept, kDsp},
    {"11111010 0001 1111 1111dddd 10rrmmmm", "UXTH T2", kUxth, DMRotated},
    {"11111010 0001 nnnn 1111dddd 10rrmmmm", "UXTAH T1", kUxtah, DNMRotated, kKept, kDsp},
    {"11111010 0010 1111 1111dddd 10rrmmmm", "SXTB16 T1", kSxtb16, DMRotated, kKept, kDsp},
    {"11111010 0010 nnnn 1111dddd 10rrmmmm", "SXTAB16 T1", kSxtab16, DNMRotated, kKept, kDsp},
    {"11111010 0011 1111 1111dddd 10rrmmmm", "UXTB16 T1", kUxtb16, DMRotated, kKept, kDsp},
    {"11111010 0011 nnnn 1111dddd 10rrmmmm", "UXTAB16 T1", kUxtab16, DNMRotated, kKept, kDsp},
    {"11111010 0100 1111 1111dddd 10rrmmmm", "SXTB T2", kSxtb, DMRotated},
    {"11111010 0100 nnnn 1111dddd 10rrmmmm", "SXTAB T1", kSxtab, DNMRotated, kKept, kDsp},
    {"11111010 0101 1111 1111dddd 10rrmmmm", "UXTB T2", kUxtb, DMRotated},
    {"11111010 0101 nnnn 1111dddd 10rrmmmm", "UXTAB T1", kUxtab, DNMRotated, kKept, kDsp},

    // A5.3.13 Parallel addition and subtraction, signed; A5.3.14 unsigned
    {"11111010 1001 nnnn 1111dddd 0pppmmmm", "SADD16 T1", kParallelAdd16, Parallel, kKept, kDsp},
    {"11111010 1010 nnnn 1111dddd 0pppmmmm", "SASX T1", kParallelAsx, Parallel, kKept, kDsp},
    {"11111010 1110 nnnn 1111dddd 0pppmmmm", "SSAX T1", kParallelSax, Parallel, kKept, kDsp},
    {"11111010 1101 nnnn 1111dddd 0pppmmmm", "SSUB16 T1", kParallelSub16, Parallel, kKept, kDsp},
    {"11111010 1000 nnnn 1111dddd 0pppmmmm", "SADD8 T1", kParallelAdd8, Parallel, kKept, kDsp},
    {"11111010 1100 nnnn 1111dddd 0pppmmmm", "SSUB8 T1", kParallelSub8, Parallel, kKept, kDsp},

    // A5.3.15 Miscellaneous operations
    {"11111010 1000 nnnn 1111dddd 1000mmmm", "QADD T1", kQadd, DNM, kKept, kDsp},
    {"11111010 1000 nnnn 1111dddd 1001mmmm", "QDADD T1", kQdadd, DNM, kKept, kDsp},
    {"11111010 1000 nnnn 1111dddd 1010mmmm", "QSUB T1", kQsub, DNM, kKept, kDsp},
    {"11111010 1000 nnnn 1111dddd 1011mmmm", "QDSUB T1", kQdsub, DNM, kKept, kDsp},
    {"11111010 1001 ---- 1111dddd 1000mmmm", "REV T2", kRev, DM},
    {"11111010 1001 ---- 1111dddd 1001mmmm", "REV16 T2", kRev16, DM},
    {"11111010 1001 ---- 1111dddd 1010mmmm", "RBIT T1", kRbit, DM},
    {"11111010 1001 ---- 1111dddd 1011mmmm", "REVSH T2", kRevsh, DM},
    {"11111010 1010 nnnn 1111dddd 1000mmmm", "SEL T1", kSel, DNM, kKept, kDsp},
    {"11111010 1011 ---- 1111dddd 1000mmmm", "CLZ T1", kClz, DM},

    // A5.3.16 Multiply, multiply accumulate, and absolute difference
    {"11111011 0000 nnnn 1111dddd 0000mmmm", "MUL T2", kMul, DNM},
    {"11111011 0000 nnnn aaaadddd 0000mmmm", "MLA T1", kMla, DNMA},
    {"11111011 0000 nnnn aaaadddd 0001mmmm", "MLS T1", kMls, DNMA},
    {"11111011 0001 nnnn 1111dddd 00nmmmmm", "SMULBB T1", kSmulbb, DNMHalves, kKept, kDsp},
    {"11111011 0001 nnnn aaaadddd 00nmmmmm", "SMLABB T1", kSmlabb, DNMAHalves, kKept, kDsp},
    {"11111011 0010 nnnn 1111dddd 000xmmmm", "SMUAD T1", kSmuad, DNMOption, kKept, kDsp},
    {"11111011 0010 nnnn aaaadddd 000xmmmm", "SMLAD T1", kSmlad, DNMAOption, kKept, kDsp},
    {"11111011 0011 nnnn 1111dddd 000mmmmm", "SMULWB T1", kSmulwb, DNMOption, kKept, kDsp},
    {"11111011 0011 nnnn aaaadddd 000mmmmm", "SMLAWB T1", kSmlawb, DNMAOption, kKept, kDsp},
    {"11111011 0100 nnnn 1111dddd 000xmmmm", "SMUSD T1", kSmusd, DNMOption, kKept, kDsp},
    {"11111011 0100 nnnn aaaadddd 000xmmmm", "SMLSD T1", kSmlsd, DNMAOption, kKept, kDsp},
    {"11111011 0101 nnnn 1111dddd 000rmmmm", "SMMUL T1", kSmmul, DNMOption, kKept, kDsp},
    {"11111011 0101 nnnn aaaadddd 000rmmmm", "SMMLA T1", kSmmla, DNMAOption, kKept, kDsp},
    // Unpredictable; for QEMU there is nothing to subtract from then.
    {"11111011 0110 nnnn 1111dddd 000rmmmm", "SMMLS T1", kSmmul, DNMOption, kKept, kDsp},
    {"11111011 0110 nnnn aaaadddd 000rmmmm", "SMMLS T1", kSmmls, DNMAOption, kKept, kDsp},
    {"11111011 0111 nnnn 1111dddd 0000mmmm", "USAD8 T1", kUsad8, DNM, kKept, kDsp},
    {"11111011 0111 nnnn aaaadddd 0000mmmm", "USADA8 T1", kUsada8, DNMA, kKept, kDsp},

    // A5.3.17 Long multiply, long multiply accumulate, and divide
    {"11111011 1000 nnnn aaaadddd 0000mmmm", "SMULL T1", kSmull, DNMA},
    {"11111011 1001 nnnn 1111dddd 1111mmmm", "SDIV T1", kSdiv, DNM},
    {"11111011 1010 nnnn aaaadddd 0000mmmm", "UMULL T1", kUmull, DNMA},
    {"11111011 1011 nnnn 1111dddd 1111mmmm", "UDIV T1", kUdiv, DNM},
    {"11111011 1100 nnnn aaaadddd 0000mmmm", "SMLAL T1", kSmlal, DNMA},
    {"11111011 1100 nnnn aaaadddd 10nmmmmm", "SMLALBB T1", kSmlalbb, DNMAHalves, kKept, kDsp},
    {"11111011 1100 nnnn aaaadddd 110xmmmm", "SMLALD T1", kSmlald, DNMAOption, kKept, kDsp},
    {"11111011 1101 nnnn aaaadddd 110xmmmm", "SMLSLD T1", kSmlsld, DNMAOption, kKept, kDsp},
    {"11111011 1110 nnnn aaaadddd 0000mmmm", "UMLAL T1", kUmlal, DNMA},
    {"11111011 1110 nnnn aaaadddd 0110mmmm", "UMAAL T1", kUmaal, DNMA, kKept, kDsp},
};

}  // namespace

std::span<const Row> DataProcessing32() { return kDataProcessing32; }

}  // namespace percuss::rehost

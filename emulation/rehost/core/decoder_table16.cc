// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/decoder_fields.h"
#include "emulation/rehost/core/decoder_table.h"

namespace percuss::rehost {
namespace {

using enum Operation;
constexpr FlagSetting kKept = FlagSetting::kKept;
constexpr FlagSetting kSet = FlagSetting::kSet;
constexpr FlagSetting kOutside = FlagSetting::kSetOutsideIt;
constexpr Needs kV6M = Needs::kV6M;
constexpr Needs kV7M = Needs::kV7M;

constexpr Row kEncodings16[] = {
    // A5.2.1 Shift (immediate), add, subtract, move, and compare
    {"00000 00000 mmm ddd", "MOV (register) T2", kMovRegister, LowDM, kOutside, kV6M},
    {"00000 iiiii mmm ddd", "LSL (immediate) T1", kLslImmediate, ShiftLow, kOutside, kV6M},
    {"00001 iiiii mmm ddd", "LSR (immediate) T1", kLsrImmediate, ShiftRightLow, kOutside, kV6M},
    {"00010 iiiii mmm ddd", "ASR (immediate) T1", kAsrImmediate, ShiftRightLow, kOutside, kV6M},
    {"0001100 mmm nnn ddd", "ADD (register) T1", kAddRegister, LowDNM, kOutside, kV6M},
    {"0001101 mmm nnn ddd", "SUB (register) T1", kSubRegister, LowDNM, kOutside, kV6M},
    {"0001110 iii nnn ddd", "ADD (immediate) T1", kAddImmediate, LowDNImm3, kOutside, kV6M},
    {"0001111 iii nnn ddd", "SUB (immediate) T1", kSubImmediate, LowDNImm3, kOutside, kV6M},
    {"00100 ddd iiiiiiii", "MOV (immediate) T1", kMovImmediate, LowDImm8, kOutside, kV6M},
    {"00101 nnn iiiiiiii", "CMP (immediate) T1", kCmpImmediate, LowNImm8, kSet, kV6M},
    {"00110 ddd iiiiiiii", "ADD (immediate) T2", kAddImmediate, LowDNImm8, kOutside, kV6M},
    {"00111 ddd iiiiiiii", "SUB (immediate) T2", kSubImmediate, LowDNImm8, kOutside, kV6M},

    // A5.2.2 Data processing
    {"010000 0000 mmm ddd", "AND (register) T1", kAndRegister, LowDnM, kOutside, kV6M},
    {"010000 0001 mmm ddd", "EOR (register) T1", kEorRegister, LowDnM, kOutside, kV6M},
    {"010000 0010 mmm ddd", "LSL (register) T1", kLslRegister, LowDnM, kOutside, kV6M},
    {"010000 0011 mmm ddd", "LSR (register) T1", kLsrRegister, LowDnM, kOutside, kV6M},
    {"010000 0100 mmm ddd", "ASR (register) T1", kAsrRegister, LowDnM, kOutside, kV6M},
    {"010000 0101 mmm ddd", "ADC (register) T1", kAdcRegister, LowDnM, kOutside, kV6M},
    {"010000 0110 mmm ddd", "SBC (register) T1", kSbcRegister, LowDnM, kOutside, kV6M},
    {"010000 0111 mmm ddd", "ROR (register) T1", kRorRegister, LowDnM, kOutside, kV6M},
    {"010000 1000 mmm nnn", "TST (register) T1", kTstRegister, LowNM, kSet, kV6M},
    {"010000 1001 nnn ddd", "RSB (immediate) T1", kRsbImmediate, LowDN, kOutside, kV6M},
    {"010000 1010 mmm nnn", "CMP (register) T1", kCmpRegister, LowNM, kSet, kV6M},
    {"010000 1011 mmm nnn", "CMN (register) T1", kCmnRegister, LowNM, kSet, kV6M},
    {"010000 1100 mmm ddd", "ORR (register) T1", kOrrRegister, LowDnM, kOutside, kV6M},
    {"010000 1101 nnn ddd", "MUL T1", kMul, LowDmN, kOutside, kV6M},
    {"010000 1110 mmm ddd", "BIC (register) T1", kBicRegister, LowDnM, kOutside, kV6M},
    {"010000 1111 mmm ddd", "MVN (register) T1", kMvnRegister, LowDM, kOutside, kV6M},

    // A5.2.3 Special data instructions and branch and exchange
    {"01000100 d mmmm ddd", "ADD (register) T2", kAddRegister, HighDnM, kKept, kV6M},
    {"01000101 n mmmm nnn", "CMP (register) T2", kCmpRegister, HighNM, kSet, kV6M},
    {"01000110 d mmmm ddd", "MOV (register) T1", kMovRegister, HighDM, kKept, kV6M},
    {"01000111 0 mmmm 000", "BX T1", kBx, HighM, kKept, kV6M},
    {"01000111 1 mmmm 000", "BLX (register) T1", kBlxRegister, HighM, kKept, kV6M},

    // A5.2.4 Load/store single data item; A7.7.44 for literals
    {"01001 ttt iiiiiiii", "LDR (literal) T1", kLdrLiteral, LowDAddress, kKept, kV6M},
    {"0101 000 mmm nnn ttt", "STR (register) T1", kStrRegister, LowDNM, kKept, kV6M},
    {"0101 001 mmm nnn ttt", "STRH (register) T1", kStrhRegister, LowDNM, kKept, kV6M},
    {"0101 010 mmm nnn ttt", "STRB (register) T1", kStrbRegister, LowDNM, kKept, kV6M},
    {"0101 011 mmm nnn ttt", "LDRSB (register) T1", kLdrsbRegister, LowDNM, kKept, kV6M},
    {"0101 100 mmm nnn ttt", "LDR (register) T1", kLdrRegister, LowDNM, kKept, kV6M},
    {"0101 101 mmm nnn ttt", "LDRH (register) T1", kLdrhRegister, LowDNM, kKept, kV6M},
    {"0101 110 mmm nnn ttt", "LDRB (register) T1", kLdrbRegister, LowDNM, kKept, kV6M},
    {"0101 111 mmm nnn ttt", "LDRSH (register) T1", kLdrshRegister, LowDNM, kKept, kV6M},
    {"0110 0 iiiii nnn ttt", "STR (immediate) T1", kStrImmediate, LowDNWords, kKept, kV6M},
    {"0110 1 iiiii nnn ttt", "LDR (immediate) T1", kLdrImmediate, LowDNWords, kKept, kV6M},
    {"0111 0 iiiii nnn ttt", "STRB (immediate) T1", kStrbImmediate, LowDNBytes, kKept, kV6M},
    {"0111 1 iiiii nnn ttt", "LDRB (immediate) T1", kLdrbImmediate, LowDNBytes, kKept, kV6M},
    {"1000 0 iiiii nnn ttt", "STRH (immediate) T1", kStrhImmediate, LowDNHalves, kKept, kV6M},
    {"1000 1 iiiii nnn ttt", "LDRH (immediate) T1", kLdrhImmediate, LowDNHalves, kKept, kV6M},
    {"1001 0 ttt iiiiiiii", "STR (immediate) T2", kStrImmediate, LowDSpWords, kKept, kV6M},
    {"1001 1 ttt iiiiiiii", "LDR (immediate) T2", kLdrImmediate, LowDSpWords, kKept, kV6M},

    // A5.2 Thumb instruction encoding, the rest of its table
    {"10100 ddd iiiiiiii", "ADR T1", kAdr, LowDAddress, kKept, kV6M},
    {"10101 ddd iiiiiiii", "ADD (SP plus immediate) T1", kAddImmediate, LowDSpWords, kKept, kV6M},
    {"11000 nnn llllllll", "STM T1", kStm, LowStoreList, kKept, kV6M},
    {"11001 nnn llllllll", "LDM T1", kLdm, LowLoadList, kKept, kV6M},

    // A5.2.5 Miscellaneous 16-bit instructions
    {"1011 0110 011 m 00 i f", "CPS T1", kCps, ChangeState, kKept, kV7M},
    {"1011 0110 011 m 00 i -", "CPS T1", kCps, ChangePrimask, kKept, kV6M},
    {"1011 00000 iiiiiii", "ADD (SP plus immediate) T2", kAddImmediate, AdjustSp, kKept, kV6M},
    {"1011 00001 iiiiiii", "SUB (SP minus immediate) T1", kSubImmediate, AdjustSp, kKept, kV6M},
    {"1011 00i1 iiiii nnn", "CBZ T1", kCbz, CompareAndBranch, kKept, kV7M},
    {"1011 0010 00 mmm ddd", "SXTH T1", kSxth, LowDM, kKept, kV6M},
    {"1011 0010 01 mmm ddd", "SXTB T1", kSxtb, LowDM, kKept, kV6M},
    {"1011 0010 10 mmm ddd", "UXTH T1", kUxth, LowDM, kKept, kV6M},
    {"1011 0010 11 mmm ddd", "UXTB T1", kUxtb, LowDM, kKept, kV6M},
    {"1011 010 m llllllll", "PUSH T1", kStmdb, Push, kKept, kV6M},
    {"1011 1010 00 mmm ddd", "REV T1", kRev, LowDM, kKept, kV6M},
    {"1011 1010 01 mmm ddd", "REV16 T1", kRev16, LowDM, kKept, kV6M},
    {"1011 1010 11 mmm ddd", "REVSH T1", kRevsh, LowDM, kKept, kV6M},
    {"1011 10i1 iiiii nnn", "CBNZ T1", kCbnz, CompareAndBranch, kKept, kV7M},
    {"1011 110 p llllllll", "POP T1", kLdm, Pop, kKept, kV6M},
    {"1011 1110 iiiiiiii", "BKPT T1", kBkpt, Immediate8, kKept, kV6M},

    // A5.2.5 If-Then, and hints
    {"1011 1111 0001 0000", "YIELD T1", kYield, None, kKept, kV6M},
    {"1011 1111 0010 0000", "WFE T1", kWfe, None, kKept, kV6M},
    {"1011 1111 0011 0000", "WFI T1", kWfi, None, kKept, kV6M},
    {"1011 1111 0100 0000", "SEV T1", kSev, None, kKept, kV6M},
    {"1011 1111 hhhh 0000", "NOP T1", kNop, None, kKept, kV6M},
    {"1011 1111 cccc mmmm", "IT T1", kIt, Immediate8, kKept, kV7M},

    // A5.2.6 Conditional branch, and Supervisor Call
    {"1101 1110 iiiiiiii", "UDF T1", kUndefined, None, kKept, kV6M},
    {"1101 1111 iiiiiiii", "SVC T1", kSvc, Immediate8, kKept, kV6M},
    {"1101 cccc iiiiiiii", "B T1", kB, BranchIf8, kKept, kV6M},
    {"11100 iiiiiiiiiii", "B T2", kB, Branch11, kKept, kV6M},
};

}  // namespace

std::span<const Row> Encodings16() { return kEncodings16; }

}  // namespace percuss::rehost

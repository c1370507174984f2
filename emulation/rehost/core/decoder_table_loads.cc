// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/decoder_fields.h"
#include "emulation/rehost/core/decoder_table.h"

namespace percuss::rehost {
namespace {

using enum Operation;
constexpr FlagSetting kKept = FlagSetting::kKept;
constexpr Needs kV6M = Needs::kV6M;

constexpr Row kLoadsAndBranches32[] = {
    // A5.3.4 Branches and miscellaneous control
    {"11110011 100 0 nnnn 1000mm00 ssssssss", "MSR T1", kMsr, ToSpecial, kKept, kV6M},
    {"11110011 1010 1111 10000000 00000001", "YIELD T2", kYield, None},
    {"11110011 1010 1111 10000000 00000010", "WFE T2", kWfe, None},
    {"11110011 1010 1111 10000000 00000011", "WFI T2", kWfi, None},
    {"11110011 1010 1111 10000000 00000100", "SEV T2", kSev, None},
    {"11110011 1010 1111 10000000 1111oooo", "DBG T1", kDbg, BarrierOption},
    {"11110011 1010 1111 10000000 --------", "NOP T2", kNop, None},
    {"11110011 1011 1111 10001111 00101111", "CLREX T1", kClrex, None},
    {"11110011 1011 1111 10001111 0100oooo", "DSB T1", kDsb, BarrierOption, kKept, kV6M},
    {"11110011 1011 1111 10001111 0101oooo", "DMB T1", kDmb, BarrierOption, kKept, kV6M},
    {"11110011 1011 1111 10001111 0110oooo", "ISB T1", kIsb, BarrierOption, kKept, kV6M},
    {"11110011 111 0 1111 1000dddd ssssssss", "MRS T1", kMrs, FromSpecial, kKept, kV6M},
    {"11110111 1111 iiii 1010iiii iiiiiiii", "UDF T2", kUndefined, None, kKept, kV6M},
    {"11110 s cccc iiiiii 10j0jiii iiiiiiii", "B T3", kB, BranchIf20},
    {"11110 s iiiiiiiiii 10j1jiii iiiiiiii", "B T4", kB, Branch24},
    {"11110 s iiiiiiiiii 11j1jiii iiiiiiii", "BL T1", kBl, Branch24, kKept, kV6M},

    // A5.3.5 Load Multiple and Store Multiple
    {"1110100 010 w 0 nnnn llllllll llllllll", "STM T2", kStm, Multiple},
    {"1110100 010 w 1 nnnn llllllll llllllll", "LDM T2", kLdm, Multiple},
    {"1110100 100 w 0 nnnn llllllll llllllll", "STMDB T1", kStmdb, Multiple},
    {"1110100 100 w 1 nnnn llllllll llllllll", "LDMDB T1", kLdmdb, Multiple},

    // A5.3.6 Load/store dual or exclusive, table branch
    {"1110100 00100 nnnn ttttdddd iiiiiiii", "STREX T1", kStrex, StoreExclusiveWord},
    {"1110100 00101 nnnn tttt1111 iiiiiiii", "LDREX T1", kLdrex, LoadExclusiveWord},
    {"1110100 0u110 nnnn ttttTTTT iiiiiiii", "STRD (immediate) T1", kStrdImmediate, Dual},
    {"1110100 1u1w0 nnnn ttttTTTT iiiiiiii", "STRD (immediate) T1", kStrdImmediate, Dual},
    {"1110100 1u101 1111 ttttTTTT iiiiiiii", "LDRD (literal) T1", kLdrdLiteral, DualLiteral},
    {"1110100 -u111 1111 ttttTTTT iiiiiiii", "LDRD (literal) T1 that writes to pc", kUndefined,
     None},
    {"1110100 0u111 nnnn ttttTTTT iiiiiiii", "LDRD (immediate) T1", kLdrdImmediate, Dual},
    {"1110100 1u1w1 nnnn ttttTTTT iiiiiiii", "LDRD (immediate) T1", kLdrdImmediate, Dual},
    {"1110100 01100 nnnn tttt1111 0100dddd", "STREXB T1", kStrexb, StoreExclusive},
    {"1110100 01100 nnnn tttt1111 0101dddd", "STREXH T1", kStrexh, StoreExclusive},
    {"1110100 01101 nnnn 11110000 0000mmmm", "TBB T1", kTbb, NM},
    {"1110100 01101 nnnn 11110000 0001mmmm", "TBH T1", kTbh, NM},
    {"1110100 01101 nnnn tttt1111 01001111", "LDREXB T1", kLdrexb, LoadExclusive},
    {"1110100 01101 nnnn tttt1111 01011111", "LDREXH T1", kLdrexh, LoadExclusive},

    // A5.3.7 Load word
    {"11111000 u101 1111 tttt iiii iiiiiiii", "LDR (literal) T2", kLdrLiteral, TLiteral},
    {"11111000 1101 nnnn tttt iiii iiiiiiii", "LDR (immediate) T3", kLdrImmediate, TNImm12},
    {"11111000 0101 nnnn tttt 1pu1 iiiiiiii", "LDR (immediate) T4", kLdrImmediate, TNIndexed},
    {"11111000 0101 nnnn tttt 1100 iiiiiiii", "LDR (immediate) T4", kLdrImmediate, TNIndexed},
    {"11111000 0101 nnnn tttt 1110 iiiiiiii", "LDRT T1", kLdrt, TNImm8},
    {"11111000 0101 nnnn tttt 0000 00iimmmm", "LDR (register) T2", kLdrRegister, TNMShifted},

    // A5.3.8 Load halfword, memory hints; of a literal before the others
    {"11111000 u011 1111 1111 iiii iiiiiiii", "Unallocated memory hint", kPld, None},
    {"11111000 u011 1111 tttt iiii iiiiiiii", "LDRH (literal) T1", kLdrhLiteral, TLiteral},
    {"11111000 1011 nnnn 1111 iiii iiiiiiii", "Unallocated memory hint", kPld, None},
    {"11111000 1011 nnnn tttt iiii iiiiiiii", "LDRH (immediate) T2", kLdrhImmediate, TNImm12},
    {"11111000 0011 nnnn tttt 1pu1 iiiiiiii", "LDRH (immediate) T3", kLdrhImmediate, TNIndexed},
    {"11111000 0011 nnnn 1111 1100 iiiiiiii", "Unallocated memory hint", kPld, None},
    {"11111000 0011 nnnn tttt 1100 iiiiiiii", "LDRH (immediate) T3", kLdrhImmediate, TNIndexed},
    {"11111000 0011 nnnn tttt 1110 iiiiiiii", "LDRHT T1", kLdrht, TNImm8},
    {"11111000 0011 nnnn 1111 0000 00iimmmm", "Unallocated memory hint", kPld, None},
    {"11111000 0011 nnnn tttt 0000 00iimmmm", "LDRH (register) T2", kLdrhRegister, TNMShifted},
    {"11111001 u011 1111 1111 iiii iiiiiiii", "Unallocated memory hint", kPld, None},
    {"11111001 u011 1111 tttt iiii iiiiiiii", "LDRSH (literal) T1", kLdrshLiteral, TLiteral},
    {"11111001 1011 nnnn 1111 iiii iiiiiiii", "Unallocated memory hint", kPld, None},
    {"11111001 1011 nnnn tttt iiii iiiiiiii", "LDRSH (immediate) T1", kLdrshImmediate, TNImm12},
    {"11111001 0011 nnnn tttt 1pu1 iiiiiiii", "LDRSH (immediate) T2", kLdrshImmediate, TNIndexed},
    {"11111001 0011 nnnn 1111 1100 iiiiiiii", "Unallocated memory hint", kPld, None},
    {"11111001 0011 nnnn tttt 1100 iiiiiiii", "LDRSH (immediate) T2", kLdrshImmediate, TNIndexed},
    {"11111001 0011 nnnn tttt 1110 iiiiiiii", "LDRSHT T1", kLdrsht, TNImm8},
    {"11111001 0011 nnnn 1111 0000 00iimmmm", "Unallocated memory hint", kPld, None},
    {"11111001 0011 nnnn tttt 0000 00iimmmm", "LDRSH (register) T2", kLdrshRegister, TNMShifted},

    // A5.3.9 Load byte, memory hints
    {"11111000 u001 1111 1111 iiii iiiiiiii", "PLD (literal) T1", kPld, None},
    {"11111000 u001 1111 tttt iiii iiiiiiii", "LDRB (literal) T1", kLdrbLiteral, TLiteral},
    {"11111000 1001 nnnn 1111 iiii iiiiiiii", "PLD (immediate) T1", kPld, None},
    {"11111000 1001 nnnn tttt iiii iiiiiiii", "LDRB (immediate) T2", kLdrbImmediate, TNImm12},
    {"11111000 0001 nnnn tttt 1pu1 iiiiiiii", "LDRB (immediate) T3", kLdrbImmediate, TNIndexed},
    {"11111000 0001 nnnn 1111 1100 iiiiiiii", "PLD (immediate) T2", kPld, None},
    {"11111000 0001 nnnn tttt 1100 iiiiiiii", "LDRB (immediate) T3", kLdrbImmediate, TNIndexed},
    {"11111000 0001 nnnn tttt 1110 iiiiiiii", "LDRBT T1", kLdrbt, TNImm8},
    {"11111000 0001 nnnn 1111 0000 00iimmmm", "PLD (register) T1", kPld, None},
    {"11111000 0001 nnnn tttt 0000 00iimmmm", "LDRB (register) T2", kLdrbRegister, TNMShifted},
    {"11111001 u001 1111 1111 iiii iiiiiiii", "PLI (immediate, literal) T3", kPld, None},
    {"11111001 u001 1111 tttt iiii iiiiiiii", "LDRSB (literal) T1", kLdrsbLiteral, TLiteral},
    {"11111001 1001 nnnn 1111 iiii iiiiiiii", "PLI (immediate, literal) T1", kPld, None},
    {"11111001 1001 nnnn tttt iiii iiiiiiii", "LDRSB (immediate) T1", kLdrsbImmediate, TNImm12},
    {"11111001 0001 nnnn tttt 1pu1 iiiiiiii", "LDRSB (immediate) T2", kLdrsbImmediate, TNIndexed},
    {"11111001 0001 nnnn 1111 1100 iiiiiiii", "PLI (immediate, literal) T2", kPld, None},
    {"11111001 0001 nnnn tttt 1100 iiiiiiii", "LDRSB (immediate) T2", kLdrsbImmediate, TNIndexed},
    {"11111001 0001 nnnn tttt 1110 iiiiiiii", "LDRSBT T1", kLdrsbt, TNImm8},
    {"11111001 0001 nnnn 1111 0000 00iimmmm", "PLI (register) T1", kPld, None},
    {"11111001 0001 nnnn tttt 0000 00iimmmm", "LDRSB (register) T2", kLdrsbRegister, TNMShifted},

    // A5.3.10 Store single data item. With pc as base there is none.
    {"11111000 --00 1111 -------- --------", "Store to pc", kUndefined, None},
    {"11111000 --10 1111 -------- --------", "Store to pc", kUndefined, None},
    {"11111000 1000 nnnn tttt iiii iiiiiiii", "STRB (immediate) T2", kStrbImmediate, TNImm12},
    {"11111000 0000 nnnn tttt 1pu1 iiiiiiii", "STRB (immediate) T3", kStrbImmediate, TNIndexed},
    {"11111000 0000 nnnn tttt 1100 iiiiiiii", "STRB (immediate) T3", kStrbImmediate, TNIndexed},
    {"11111000 0000 nnnn tttt 1110 iiiiiiii", "STRBT T1", kStrbt, TNImm8},
    {"11111000 0000 nnnn tttt 0000 00iimmmm", "STRB (register) T2", kStrbRegister, TNMShifted},
    {"11111000 1010 nnnn tttt iiii iiiiiiii", "STRH (immediate) T2", kStrhImmediate, TNImm12},
    {"11111000 0010 nnnn tttt 1pu1 iiiiiiii", "STRH (immediate) T3", kStrhImmediate, TNIndexed},
    {"11111000 0010 nnnn tttt 1100 iiiiiiii", "STRH (immediate) T3", kStrhImmediate, TNIndexed},
    {"11111000 0010 nnnn tttt 1110 iiiiiiii", "STRHT T1", kStrht, TNImm8},
    {"11111000 0010 nnnn tttt 0000 00iimmmm", "STRH (register) T2", kStrhRegister, TNMShifted},
    {"11111000 1100 nnnn tttt iiii iiiiiiii", "STR (immediate) T3", kStrImmediate, TNImm12},
    {"11111000 0100 nnnn tttt 1pu1 iiiiiiii", "STR (immediate) T4", kStrImmediate, TNIndexed},
    {"11111000 0100 nnnn tttt 1100 iiiiiiii", "STR (immediate) T4", kStrImmediate, TNIndexed},
    {"11111000 0100 nnnn tttt 1110 iiiiiiii", "STRT T1", kStrt, TNImm8},
    {"11111000 0100 nnnn tttt 0000 00iimmmm", "STR (register) T2", kStrRegister, TNMShifted},
};

}  // namespace

std::span<const Row> LoadsAndBranches32() { return kLoadsAndBranches32; }

}  // namespace percuss::rehost

// SPDX-License-Identifier: Apache-2.0
//
// FPv4-SP. Rows with 1010 in bits 11 to 8 are of singles, with 1011 of doubles, which can only be
// moved. A6.7 has the letters: of single registers the upper four bits stand together.
#include "emulation/rehost/core/decoder_fields.h"
#include "emulation/rehost/core/decoder_table.h"

namespace percuss::rehost {
namespace {

using enum Operation;
constexpr FlagSetting kKept = FlagSetting::kKept;
constexpr Needs kFp = Needs::kFloatingPoint;

constexpr Row kCoprocessor32[] = {
    // A6.4 Floating-point data-processing instructions
    {"11101110 0D00 nnnn dddd1010 N0M0mmmm", "VMLA T1", kVmla, SingleDNM, kKept, kFp},
    {"11101110 0D00 nnnn dddd1010 N1M0mmmm", "VMLS T1", kVmls, SingleDNM, kKept, kFp},
    {"11101110 0D01 nnnn dddd1010 N0M0mmmm", "VNMLS T1", kVnmls, SingleDNM, kKept, kFp},
    {"11101110 0D01 nnnn dddd1010 N1M0mmmm", "VNMLA T1", kVnmla, SingleDNM, kKept, kFp},
    {"11101110 0D10 nnnn dddd1010 N0M0mmmm", "VMUL T1", kVmul, SingleDNM, kKept, kFp},
    {"11101110 0D10 nnnn dddd1010 N1M0mmmm", "VNMUL T2", kVnmul, SingleDNM, kKept, kFp},
    {"11101110 0D11 nnnn dddd1010 N0M0mmmm", "VADD T1", kVadd, SingleDNM, kKept, kFp},
    {"11101110 0D11 nnnn dddd1010 N1M0mmmm", "VSUB T1", kVsub, SingleDNM, kKept, kFp},
    {"11101110 1D00 nnnn dddd1010 N0M0mmmm", "VDIV T1", kVdiv, SingleDNM, kKept, kFp},
    {"11101110 1D01 nnnn dddd1010 N0M0mmmm", "VFNMS T1", kVfnms, SingleDNM, kKept, kFp},
    {"11101110 1D01 nnnn dddd1010 N1M0mmmm", "VFNMA T1", kVfnma, SingleDNM, kKept, kFp},
    {"11101110 1D10 nnnn dddd1010 N0M0mmmm", "VFMA T1", kVfma, SingleDNM, kKept, kFp},
    {"11101110 1D10 nnnn dddd1010 N1M0mmmm", "VFMS T1", kVfms, SingleDNM, kKept, kFp},

    // Other of these
    {"11101110 1D11 iiii dddd1010 0000iiii", "VMOV (immediate) T1", kVmovImmediate,
     SingleDImmediate, kKept, kFp},
    {"11101110 1D11 0000 dddd1010 01M0mmmm", "VMOV (register) T1", kVmovRegister, SingleDM, kKept,
     kFp},
    {"11101110 1D11 0000 dddd1010 11M0mmmm", "VABS T1", kVabs, SingleDM, kKept, kFp},
    {"11101110 1D11 0001 dddd1010 01M0mmmm", "VNEG T1", kVneg, SingleDM, kKept, kFp},
    {"11101110 1D11 0001 dddd1010 11M0mmmm", "VSQRT T1", kVsqrt, SingleDM, kKept, kFp},
    {"11101110 1D11 0010 dddd1010 T1M0mmmm", "VCVTB T1", kVcvtFromHalf, ConvertHalf, kKept, kFp},
    {"11101110 1D11 0011 dddd1010 T1M0mmmm", "VCVTB T1", kVcvtToHalf, ConvertHalf, kKept, kFp},
    {"11101110 1D11 0100 dddd1010 01M0mmmm", "VCMP T1", kVcmp, SingleDM, kKept, kFp},
    {"11101110 1D11 0100 dddd1010 11M0mmmm", "VCMPE T1", kVcmpe, SingleDM, kKept, kFp},
    {"11101110 1D11 0101 dddd1010 01000000", "VCMP T2", kVcmpZero, SingleD, kKept, kFp},
    {"11101110 1D11 0101 dddd1010 11000000", "VCMPE T2", kVcmpeZero, SingleD, kKept, kFp},
    {"11101110 1D11 1000 dddd1010 s1M0mmmm", "VCVT (integer) T1", kVcvtFromInteger, FromInteger,
     kKept, kFp},
    {"11101110 1D11 1x1u dddd1010 s1i0iiii", "VCVT (fixed-point) T1", kVcvtFromFixed, ConvertFixed,
     kKept, kFp},
    {"11101110 1D11 110s dddd1010 z1M0mmmm", "VCVT, VCVTR T1", kVcvtToInteger, ToInteger, kKept,
     kFp},

    // A6.6 32-bit transfer between core and extension registers
    {"11101110 0000 nnnn tttt1010 N0010000", "VMOV (core, single) T1", kVmovCoreToSingle,
     MoveSingle, kKept, kFp},
    {"11101110 0001 nnnn tttt1010 N0010000", "VMOV (core, single) T1", kVmovSingleToCore,
     MoveSingle, kKept, kFp},
    {"11101110 1110 0001 tttt1010 00010000", "VMSR T1", kVmsr, ToFpscr, kKept, kFp},
    {"11101110 1111 0001 tttt1010 00010000", "VMRS T1", kVmrs, FromFpscr, kKept, kFp},
    {"11101110 00x0 dddd tttt1011 00010000", "VMOV (core to scalar) T1", kVmovCoreToScalar,
     MoveScalar, kKept, kFp},
    {"11101110 00x1 nnnn tttt1011 00010000", "VMOV (scalar to core) T1", kVmovScalarToCore,
     MoveScalar, kKept, kFp},

    // A6.7 64-bit transfers between core and extension registers
    {"11101100 0100 TTTT tttt1010 00M1mmmm", "VMOV (two cores, two singles) T1", kVmovCoreToPair,
     MovePair, kKept, kFp},
    {"11101100 0101 TTTT tttt1010 00M1mmmm", "VMOV (two cores, two singles) T1", kVmovPairToCore,
     MovePair, kKept, kFp},
    {"11101100 0100 TTTT tttt1011 0001mmmm", "VMOV (two cores, double) T1", kVmovCoreToPair,
     MovePair, kKept, kFp},
    {"11101100 0101 TTTT tttt1011 0001mmmm", "VMOV (two cores, double) T1", kVmovPairToCore,
     MovePair, kKept, kFp},

    // A6.5 Extension register load or store instructions
    {"1110110 01Dw0 nnnn dddd1010 iiiiiiii", "VSTM T2", kVstm, SingleList, kKept, kFp},
    {"1110110 01Dw0 nnnn dddd1011 iiiiiiii", "VSTM T1", kVstm, DoubleList, kKept, kFp},
    {"1110110 1uD00 nnnn dddd1010 iiiiiiii", "VSTR T2", kVstr, SingleOffset, kKept, kFp},
    {"1110110 1uD00 nnnn dddd1011 iiiiiiii", "VSTR T1", kVstr, DoubleOffset, kKept, kFp},
    {"1110110 10D10 nnnn dddd1010 iiiiiiii", "VSTM T2, VPUSH T2", kVstmdb, SingleList, kKept, kFp},
    {"1110110 10D10 nnnn dddd1011 iiiiiiii", "VSTM T1, VPUSH T1", kVstmdb, DoubleList, kKept, kFp},
    {"1110110 01Dw1 nnnn dddd1010 iiiiiiii", "VLDM T2, VPOP T2", kVldm, SingleList, kKept, kFp},
    {"1110110 01Dw1 nnnn dddd1011 iiiiiiii", "VLDM T1, VPOP T1", kVldm, DoubleList, kKept, kFp},
    {"1110110 1uD01 nnnn dddd1010 iiiiiiii", "VLDR T2", kVldr, SingleOffset, kKept, kFp},
    {"1110110 1uD01 nnnn dddd1011 iiiiiiii", "VLDR T1", kVldr, DoubleOffset, kKept, kFp},
    {"1110110 10D11 nnnn dddd1010 iiiiiiii", "VLDM T2", kVldmdb, SingleList, kKept, kFp},
    {"1110110 10D11 nnnn dddd1011 iiiiiiii", "VLDM T1", kVldmdb, DoubleList, kKept, kFp},

    // A5.3.18 Coprocessor instructions, all that is left of them: LDC, STC, MRRC, MCRR; CDP, MRC,
    // MCR
    {"111- 110 ----- ---- ----cccc --------", "Coprocessor", kCoprocessor, OfCoprocessor},
    {"111- 1110 ---- ---- ----cccc --------", "Coprocessor", kCoprocessor, OfCoprocessor},
};

}  // namespace

std::span<const Row> Coprocessor32() { return kCoprocessor32; }

}  // namespace percuss::rehost

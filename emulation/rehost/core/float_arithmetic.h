// SPDX-License-Identifier: Apache-2.0
//
// Single precision as FPv4-SP computes it (Armv7-M Architecture Reference Manual, DDI 0403E, A2.5),
// in integers alone: what comes out does not depend on the host. Operands and results are the bits
// of registers. Modes are read from `fpscr`, and the cumulative flags are set in it. Pure but for
// that, thread-safe.
#pragma once

#include <cstdint>

namespace percuss::rehost {

// FPSCR (A2.5.3).
enum FpscrBits : uint32_t {
  kInvalidOperation = 1U << 0,  // IOC
  kDivisionByZero = 1U << 1,    // DZC
  kOverflow = 1U << 2,          // OFC
  kUnderflow = 1U << 3,         // UFC
  kInexact = 1U << 4,           // IXC
  kInputDenormal = 1U << 7,     // IDC
  kFlushToZero = 1U << 24,      // FZ
  kDefaultNan = 1U << 25,       // DN
  kAlternativeHalf = 1U << 26,  // AHP
  kRoundingShift = 22,
  kFpscrMask = 0xf7c0009f  // what there is of it
};

// As FPSCR.RMode.
enum class Rounding : uint8_t { kNearest, kUp, kDown, kToZero };
[[nodiscard]] constexpr Rounding RoundingOf(uint32_t fpscr) {
  return static_cast<Rounding>(fpscr >> kRoundingShift & 3U);
}

[[nodiscard]] uint32_t FloatAdd(uint32_t a, uint32_t b, uint32_t& fpscr);
[[nodiscard]] uint32_t FloatSubtract(uint32_t a, uint32_t b, uint32_t& fpscr);
[[nodiscard]] uint32_t FloatMultiply(uint32_t a, uint32_t b, uint32_t& fpscr);
[[nodiscard]] uint32_t FloatDivide(uint32_t a, uint32_t b, uint32_t& fpscr);
[[nodiscard]] uint32_t FloatSquareRoot(uint32_t a, uint32_t& fpscr);
// addend + a * b, rounded once.
[[nodiscard]] uint32_t FloatMultiplyAdd(uint32_t addend, uint32_t a, uint32_t b, uint32_t& fpscr);
// N, Z, C and V as bits 31 to 28. quiet: only a signalling NaN is an invalid operation.
[[nodiscard]] uint32_t FloatCompare(uint32_t a, uint32_t b, bool quiet, uint32_t& fpscr);
[[nodiscard]] constexpr uint32_t FloatNegate(uint32_t a) { return a ^ 0x80000000U; }

// An integer of `bits` (16 or 32), the last `fraction` of which are behind its point (-16 to 32).
struct FixedPoint {
  int bits = 32;
  int fraction = 0;
  bool is_unsigned = false;
};
// Saturates; the result is extended to 32 bits.
[[nodiscard]] uint32_t FloatToFixed(uint32_t a, const FixedPoint& format, Rounding rounding,
                                    uint32_t& fpscr);
// Bits above those of the format do not count.
[[nodiscard]] uint32_t FloatFromFixed(uint32_t a, const FixedPoint& format, Rounding rounding,
                                      uint32_t& fpscr);

[[nodiscard]] uint16_t FloatToHalf(uint32_t a, uint32_t& fpscr);
[[nodiscard]] uint32_t FloatFromHalf(uint16_t a, uint32_t& fpscr);

}  // namespace percuss::rehost

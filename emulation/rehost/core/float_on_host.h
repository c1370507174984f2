// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic of float_arithmetic.h as the host has it, where that cannot differ: to the nearest,
// from normal numbers to normal numbers that are not near the ends of their range, and with IXC set
// already, so that no flag changes. Nothing where that is not so: float_arithmetic.h then has the
// answer. Relies on the host's rounding mode, which nobody in a process of ours changes. Pure,
// thread-safe.
#pragma once

#include <bit>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "emulation/rehost/core/float_arithmetic.h"

namespace percuss::rehost {

constexpr bool kHostIsIeee = std::numeric_limits<float>::is_iec559 &&
                             std::numeric_limits<double>::is_iec559 && FLT_EVAL_METHOD == 0;

[[nodiscard]] constexpr bool MayUseHost(uint32_t fpscr) {
  constexpr uint32_t kRoundingMask = 3U << kRoundingShift;
  return kHostIsIeee && (fpscr & (kRoundingMask | kInexact)) == kInexact;
}

// An exponent field of 1 to 254: adding 1 to it carries out of its upper bits only from 255.
[[nodiscard]] constexpr bool IsNormal(uint32_t a) { return ((a + 0x00800000U) & 0x7f000000U) != 0; }

// A result with a field of 2 to 254, so that it was not tiny before it was rounded either.
[[nodiscard]] inline std::optional<uint32_t> IfAmple(float result) {
  const auto bits = std::bit_cast<uint32_t>(result);
  if (((bits >> 23U & 0xffU) - 2) > 252) return std::nullopt;
  return bits;
}

[[nodiscard]] inline std::optional<uint32_t> AddOnHost(uint32_t a, uint32_t b, uint32_t fpscr) {
  if (!MayUseHost(fpscr) || !IsNormal(a) || !IsNormal(b)) return std::nullopt;
  return IfAmple(std::bit_cast<float>(a) + std::bit_cast<float>(b));
}

[[nodiscard]] inline std::optional<uint32_t> MultiplyOnHost(uint32_t a, uint32_t b,
                                                            uint32_t fpscr) {
  if (!MayUseHost(fpscr) || !IsNormal(a) || !IsNormal(b)) return std::nullopt;
  return IfAmple(std::bit_cast<float>(a) * std::bit_cast<float>(b));
}

[[nodiscard]] inline std::optional<uint32_t> DivideOnHost(uint32_t a, uint32_t b, uint32_t fpscr) {
  if (!MayUseHost(fpscr) || !IsNormal(a) || !IsNormal(b)) return std::nullopt;
  return IfAmple(std::bit_cast<float>(a) / std::bit_cast<float>(b));
}

[[nodiscard]] inline std::optional<uint32_t> SquareRootOnHost(uint32_t a, uint32_t fpscr) {
  if (!MayUseHost(fpscr) || !IsNormal(a) || (a >> 31U) != 0) return std::nullopt;
  return std::bit_cast<uint32_t>(std::sqrt(std::bit_cast<float>(a)));
}

// In double precision, where the product is exact and the sum rounded. What rounds that to single
// precision rounds the exact sum alike, unless the rounded one is half-way between two singles:
// only then the exact one can be on the other side of what decides.
[[nodiscard]] inline std::optional<uint32_t> MultiplyAddOnHost(uint32_t addend, uint32_t a,
                                                               uint32_t b, uint32_t fpscr) {
  if (!MayUseHost(fpscr) || !IsNormal(addend) || !IsNormal(a) || !IsNormal(b)) return std::nullopt;
  const double product = double{std::bit_cast<float>(a)} * double{std::bit_cast<float>(b)};
  const double sum = product + double{std::bit_cast<float>(addend)};
  const auto bits = std::bit_cast<uint64_t>(sum);
  constexpr uint64_t kLeastField = 1023 - 125;
  constexpr uint64_t kFields = 125 + 126;  // up to 2^127, which has a place
  if (((bits >> 52U & 0x7ffU) - kLeastField) > kFields) return std::nullopt;
  if ((bits & 0x1fffffffU) == 0x10000000U) return std::nullopt;
  return std::bit_cast<uint32_t>(static_cast<float>(sum));
}

[[nodiscard]] inline std::optional<uint32_t> FromIntegerOnHost(uint32_t a, bool is_unsigned,
                                                               uint32_t fpscr) {
  if (!MayUseHost(fpscr)) return std::nullopt;
  return std::bit_cast<uint32_t>(is_unsigned ? static_cast<float>(a)
                                             : static_cast<float>(static_cast<int32_t>(a)));
}

// Towards zero, and of what is less than 2^31.
[[nodiscard]] inline std::optional<uint32_t> ToIntegerOnHost(uint32_t a, bool is_unsigned,
                                                             uint32_t fpscr) {
  if (!MayUseHost(fpscr) || !IsNormal(a)) return std::nullopt;
  if ((a >> 23U & 0xffU) >= 127 + 31 || (is_unsigned && (a >> 31U) != 0)) return std::nullopt;
  return static_cast<uint32_t>(static_cast<int32_t>(std::bit_cast<float>(a)));
}

}  // namespace percuss::rehost

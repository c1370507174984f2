// SPDX-License-Identifier: Apache-2.0
#include <bit>

#include "emulation/rehost/core/ops_groups.h"
#include "emulation/rehost/core/register_result.h"

namespace percuss::rehost {
namespace {

// Bit fields: amount is the lowest bit, imm the width.
uint32_t FieldMask(const Op& op) {
  return (op.imm >= 32 ? 0xffffffffU : (1U << op.imm) - 1) << (op.amount & 31U);
}

uint32_t Bfc(Core& core, const Op& op) { return core.r[op.rd] & ~FieldMask(op); }

uint32_t Bfi(Core& core, const Op& op) {
  const uint32_t mask = FieldMask(op);
  return (core.r[op.rd] & ~mask) | (core.r[op.rn] << (op.amount & 31U) & mask);
}

uint32_t Sbfx(Core& core, const Op& op) {
  const uint32_t unused = (32 - op.imm) & 31U;
  const uint32_t at_top = core.r[op.rn] >> (op.amount & 31U) << unused;
  return static_cast<uint32_t>(static_cast<int32_t>(at_top) >> unused);
}

uint32_t Ubfx(Core& core, const Op& op) {
  const uint32_t unused = (32 - op.imm) & 31U;
  return core.r[op.rn] >> (op.amount & 31U) << unused >> unused;
}

uint32_t Clz(Core& core, const Op& op) {
  return static_cast<uint32_t>(std::countl_zero(core.r[op.rm]));
}

uint32_t SwapBytesOfHalves(uint32_t value) {
  return (value >> 8U & 0x00ff00ffU) | (value << 8U & 0xff00ff00U);
}

uint32_t Rev(Core& core, const Op& op) { return std::rotl(SwapBytesOfHalves(core.r[op.rm]), 16); }

uint32_t Rev16(Core& core, const Op& op) { return SwapBytesOfHalves(core.r[op.rm]); }

uint32_t Revsh(Core& core, const Op& op) {
  return static_cast<uint32_t>(static_cast<int16_t>(SwapBytesOfHalves(core.r[op.rm])));
}

uint32_t Rbit(Core& core, const Op& op) {
  uint32_t value = std::rotl(SwapBytesOfHalves(core.r[op.rm]), 16);
  value = (value >> 4U & 0x0f0f0f0fU) | (value & 0x0f0f0f0fU) << 4U;
  value = (value >> 2U & 0x33333333U) | (value & 0x33333333U) << 2U;
  return (value >> 1U & 0x55555555U) | (value & 0x55555555U) << 1U;
}

// What an extension takes, and whether rn is added to it.
enum class Extended { kByte, kTwoBytes, kHalf };

template <Extended part, bool is_signed, bool adds>
uint32_t Extend(Core& core, const Op& op) {
  const uint32_t rotated = std::rotr(core.r[op.rm], op.amount & 31);
  const uint32_t base = adds ? core.r[op.rn] : 0;
  if constexpr (part == Extended::kByte) {
    return base + (is_signed ? static_cast<uint32_t>(static_cast<int8_t>(rotated))
                             : static_cast<uint8_t>(rotated));
  } else if constexpr (part == Extended::kHalf) {
    return base + (is_signed ? static_cast<uint32_t>(static_cast<int16_t>(rotated))
                             : static_cast<uint16_t>(rotated));
  } else {
    uint32_t low = rotated & 0xffU;
    uint32_t high = rotated >> 16U & 0xffU;
    if constexpr (is_signed) {
      low = (low ^ 0x80U) - 0x80U;
      high = (high ^ 0x80U) - 0x80U;
    }
    return ((base + low) & 0xffffU) | ((base >> 16U) + high) << 16U;
  }
}

Handler ExtensionHandler(const Decoded& decoded) {
  switch (decoded.operation) {
    case Operation::kSxtab:
      return WordHandler<Extend<Extended::kByte, true, true>>(decoded);
    case Operation::kSxtab16:
      return WordHandler<Extend<Extended::kTwoBytes, true, true>>(decoded);
    case Operation::kSxtah:
      return WordHandler<Extend<Extended::kHalf, true, true>>(decoded);
    case Operation::kSxtb:
      return WordHandler<Extend<Extended::kByte, true, false>>(decoded);
    case Operation::kSxtb16:
      return WordHandler<Extend<Extended::kTwoBytes, true, false>>(decoded);
    case Operation::kSxth:
      return WordHandler<Extend<Extended::kHalf, true, false>>(decoded);
    case Operation::kUxtab:
      return WordHandler<Extend<Extended::kByte, false, true>>(decoded);
    case Operation::kUxtab16:
      return WordHandler<Extend<Extended::kTwoBytes, false, true>>(decoded);
    case Operation::kUxtah:
      return WordHandler<Extend<Extended::kHalf, false, true>>(decoded);
    case Operation::kUxtb:
      return WordHandler<Extend<Extended::kByte, false, false>>(decoded);
    case Operation::kUxtb16:
      return WordHandler<Extend<Extended::kTwoBytes, false, false>>(decoded);
    case Operation::kUxth:
      return WordHandler<Extend<Extended::kHalf, false, false>>(decoded);
    default:
      return nullptr;
  }
}

}  // namespace

Handler BitsHandler(const Decoded& decoded) {
  if (!AreCoreRegisters(decoded)) return nullptr;
  switch (decoded.operation) {
    case Operation::kBfc:
      return WordHandler<Bfc>(decoded);
    case Operation::kBfi:
      return WordHandler<Bfi>(decoded);
    case Operation::kClz:
      return WordHandler<Clz>(decoded);
    case Operation::kRbit:
      return WordHandler<Rbit>(decoded);
    case Operation::kRev:
      return WordHandler<Rev>(decoded);
    case Operation::kRev16:
      return WordHandler<Rev16>(decoded);
    case Operation::kRevsh:
      return WordHandler<Revsh>(decoded);
    case Operation::kSbfx:
      return WordHandler<Sbfx>(decoded);
    case Operation::kUbfx:
      return WordHandler<Ubfx>(decoded);
    default:
      return ExtensionHandler(decoded);
  }
}

}  // namespace percuss::rehost

// SPDX-License-Identifier: Apache-2.0
//
// Loads and stores of floating-point registers, by words: DDI 0403E A7.7.235 to A7.7.237 and
// A7.7.255 to A7.7.257. Of a list whose load fails, as with QEMU, the registers before that change.
#include <algorithm>
#include <cstring>

#include "emulation/rehost/core/access.h"
#include "emulation/rehost/core/ops_groups.h"
#include "emulation/rehost/core/register_result.h"

namespace percuss::rehost {
namespace {

// Base and offset. literal: the base is the pc.
template <bool literal, bool adds>
uint32_t AddressOf(const Core& core, const Op* op) {
  const uint32_t base = literal ? (op->pc + 4) & ~3U : core.r[op->rn];
  return adds ? base + op->imm : base - op->imm;
}

template <bool literal, bool adds, bool is_double>
const Op* Vldr(Core& core, const Op* op) {
  const uint32_t address = AddressOf<literal, adds>(core, op);
  if (PERCUSS_UNLIKELY((address & 3U) != 0)) return Unaligned(core, op, address);
  uint32_t low = 0;
  if (!Load<4>(core, op, address, low)) return Stopped(core, op);
  if constexpr (is_double) {
    uint32_t high = 0;
    if (!Load<4>(core, op, address + 4, high)) return Stopped(core, op);
    core.s[op->rd + 1] = high;
  }
  core.s[op->rd] = low;
  PERCUSS_NEXT(core, op);
}

template <bool literal, bool adds, bool is_double>
const Op* Vstr(Core& core, const Op* op) {
  const uint32_t address = AddressOf<literal, adds>(core, op);
  if (PERCUSS_UNLIKELY((address & 3U) != 0)) return Unaligned(core, op, address);
  if (!Store<4>(core, op, address, core.s[op->rd])) return Stopped(core, op);
  if constexpr (is_double) {
    if (!Store<4>(core, op, address + 4, core.s[op->rd + 1])) return Stopped(core, op);
  }
  PERCUSS_AFTER_STORE(core, op);
}

// Lists: imm is their length in words, which for doubles can be odd: that word is not transferred.
template <bool is_double>
uint32_t WordsOf(const Op* op) {
  return std::min(is_double ? op->imm & ~1U : op->imm, 32U);
}

template <bool before>
uint32_t Lowest(const Core& core, const Op* op) {
  return before ? core.r[op->rn] - 4 * op->imm : core.r[op->rn];
}

template <bool before, bool write_back>
void WriteBack(Core& core, const Op* op) {
  if constexpr (write_back) core.r[op->rn] += before ? 0 - 4 * op->imm : 4 * op->imm;
}

// As much as the longest list: one that cannot go beyond its page needs no further look.
constexpr uint32_t kMostBytes = 32 * 4;

template <typename Page>
bool IsDirect(Page page, uint32_t address) {
  return page != nullptr && (address & 3U) == 0 && (address & 0xfffU) <= 4096 - kMostBytes;
}

template <bool before, bool write_back, bool is_double>
[[gnu::noinline]] const Op* LoadListSlowly(Core& core, const Op* op) {
  const uint32_t address = Lowest<before>(core, op);
  if ((address & 3U) != 0) return Unaligned(core, op, address);
  const uint32_t words = WordsOf<is_double>(op);
  uint32_t loaded[32];
  for (uint32_t i = 0; i < words; ++i) {
    if (Load<4>(core, op, address + 4 * i, loaded[i])) continue;
    const uint32_t whole = is_double ? i & ~1U : i;
    if (core.fault != kNoFault) std::copy_n(loaded, whole, core.s + op->rd);
    return Stopped(core, op);
  }
  std::copy_n(loaded, words, core.s + op->rd);
  WriteBack<before, write_back>(core, op);
  PERCUSS_NEXT(core, op);
}

template <bool before, bool write_back, bool is_double>
const Op* LoadList(Core& core, const Op* op) {
  const uint32_t address = Lowest<before>(core, op);
  const uint8_t* page = core.readable[address >> 12U];
  if (PERCUSS_UNLIKELY(!IsDirect(page, address))) {
    PERCUSS_TAIL LoadListSlowly<before, write_back, is_double>(core, op);
  }
  std::memcpy(core.s + op->rd, page + (address & 0xfffU), size_t{4} * WordsOf<is_double>(op));
  WriteBack<before, write_back>(core, op);
  PERCUSS_NEXT(core, op);
}

template <bool before, bool write_back, bool is_double>
[[gnu::noinline]] const Op* StoreListSlowly(Core& core, const Op* op) {
  const uint32_t address = Lowest<before>(core, op);
  if ((address & 3U) != 0) return Unaligned(core, op, address);
  const uint32_t words = WordsOf<is_double>(op);
  for (uint32_t i = 0; i < words; ++i) {
    if (!Store<4>(core, op, address + 4 * i, core.s[op->rd + i])) return Stopped(core, op);
  }
  WriteBack<before, write_back>(core, op);
  PERCUSS_AFTER_STORE(core, op);
}

template <bool before, bool write_back, bool is_double>
const Op* StoreList(Core& core, const Op* op) {
  const uint32_t address = Lowest<before>(core, op);
  uint8_t* page = core.writable[address >> 12U];
  if (PERCUSS_UNLIKELY(!IsDirect(page, address))) {
    PERCUSS_TAIL StoreListSlowly<before, write_back, is_double>(core, op);
  }
  std::memcpy(page + (address & 0xfffU), core.s + op->rd, size_t{4} * WordsOf<is_double>(op));
  WriteBack<before, write_back>(core, op);
  PERCUSS_NEXT(core, op);
}

// Calls make with three constants.
template <typename Make>
Handler ByThree(bool first, bool second, bool third, Make make) {
  const auto with_two = [&](auto one, auto two) {
    return third ? make(one, two, std::true_type()) : make(one, two, std::false_type());
  };
  const auto with_one = [&](auto one) {
    return second ? with_two(one, std::true_type()) : with_two(one, std::false_type());
  };
  return first ? with_one(std::true_type()) : with_one(std::false_type());
}

Handler SingleAccessHandler(const Decoded& decoded) {
  const bool is_double = decoded.variant == 1;
  if (decoded.rd + (is_double ? 1 : 0) > 31 || decoded.rn > 15) return nullptr;
  return ByThree(decoded.rn == kPc, decoded.add, is_double,
                 [&](auto literal, auto adds, auto doubles) -> Handler {
                   constexpr bool kLiteral = decltype(literal)::value;
                   constexpr bool kAdds = decltype(adds)::value;
                   constexpr bool kDoubles = decltype(doubles)::value;
                   return decoded.operation == Operation::kVldr ? Vldr<kLiteral, kAdds, kDoubles>
                                                                : Vstr<kLiteral, kAdds, kDoubles>;
                 });
}

Handler ListHandler(const Decoded& decoded, bool loads, bool before) {
  const bool is_double = decoded.variant == 1;
  const uint32_t words = is_double ? decoded.imm & ~1U : decoded.imm;
  if (decoded.imm > 33 || decoded.rd + words > 32 || decoded.rn > 15) return nullptr;
  if (decoded.write_back && decoded.rn == kPc) return nullptr;
  return ByThree(before, decoded.write_back, is_double,
                 [&](auto is_before, auto writes, auto doubles) -> Handler {
                   constexpr bool kBefore = decltype(is_before)::value;
                   constexpr bool kWrites = decltype(writes)::value;
                   constexpr bool kDoubles = decltype(doubles)::value;
                   return loads ? LoadList<kBefore, kWrites, kDoubles>
                                : StoreList<kBefore, kWrites, kDoubles>;
                 });
}

}  // namespace

Handler FloatMemoryHandler(const Decoded& decoded) {
  switch (decoded.operation) {
    case Operation::kVldr:
    case Operation::kVstr:
      return SingleAccessHandler(decoded);
    case Operation::kVldm:
    case Operation::kVldmdb:
      return ListHandler(decoded, true, decoded.operation == Operation::kVldmdb);
    case Operation::kVstm:
    case Operation::kVstmdb:
      return ListHandler(decoded, false, decoded.operation == Operation::kVstmdb);
    default:
      return nullptr;
  }
}

}  // namespace percuss::rehost

// SPDX-License-Identifier: Apache-2.0
//
// Loads and stores of lists of registers: DDI 0403E A7.7.41, A7.7.42, A7.7.99, A7.7.101, A7.7.159,
// A7.7.160. Op::imm has the list. A load that fails leaves its base as it was, so that it can be
// run again (B1.5.10); what it has loaded by then stays, as with QEMU.
#include <bit>
#include <cstring>

#include "emulation/rehost/core/access.h"
#include "emulation/rehost/core/ops.h"

namespace percuss::rehost {

namespace {

// ra: how many registers are in the list.
uint32_t BytesOf(const Op* op) { return uint32_t{4} * op->ra; }

template <bool before>
uint32_t Lowest(const Core& core, const Op* op) {
  if constexpr (!before) return core.r[op->rn];
  return core.r[op->rn] - BytesOf(op);
}

template <bool before>
uint32_t Beyond(const Core& core, const Op* op) {
  return before ? core.r[op->rn] - BytesOf(op) : core.r[op->rn] + BytesOf(op);
}

// Of a stack pointer that was loaded; its lowest two bits are always 0.
void KeepAligned(Core& core, const Op* op) {
  if ((op->imm & 1U << kSp) != 0) core.r[kSp] &= ~uint32_t{3};
}

// list: what a load that has failed did not come to.
[[gnu::cold]] const Op* StoppedWithin(Core& core, const Op* op, const uint32_t* loaded,
                                      uint32_t list) {
  if (core.fault == kNoFault) return Stopped(core, op);  // it waits for input
  for (uint32_t done = op->imm & ~list; done != 0; done &= done - 1) {
    const int rd = std::countr_zero(done);
    if (rd != op->rn) core.r[rd] = *loaded;
    ++loaded;
  }
  KeepAligned(core, op);
  return Stopped(core, op);
}

template <bool before, bool write_back, bool to_pc>
[[gnu::noinline]] const Op* LoadListSlowly(Core& core, const Op* op) {
  uint32_t address = Lowest<before>(core, op);
  if ((address & 3U) != 0) return Unaligned(core, op, address);
  uint32_t loaded[16];
  uint32_t* value = loaded;
  for (uint32_t list = op->imm; list != 0; list &= list - 1) {
    if (!Load<4>(core, op, address, *value++)) return StoppedWithin(core, op, loaded, list);
    address += 4;
  }
  if constexpr (write_back) core.r[op->rn] = Beyond<before>(core, op);
  value = loaded;
  for (uint32_t list = op->imm & 0x7fffU; list != 0; list &= list - 1) {
    core.r[std::countr_zero(list)] = *value++;
  }
  KeepAligned(core, op);
  if constexpr (to_pc) return Exchange(core, op, *value);
  PERCUSS_NEXT(core, op);
}

template <bool before, bool write_back, bool to_pc>
const Op* LoadList(Core& core, const Op* op) {
  const uint32_t address = Lowest<before>(core, op);
  const uint8_t* page = core.readable[address >> 12U];
  const uint32_t offset = address & 0xfffU;
  if (PERCUSS_UNLIKELY(page == nullptr || (address & 3U) != 0 || offset + BytesOf(op) > 4096)) {
    PERCUSS_TAIL LoadListSlowly<before, write_back, to_pc>(core, op);
  }
  const uint8_t* from = page + offset;
  if constexpr (write_back) core.r[op->rn] = Beyond<before>(core, op);
  for (uint32_t list = op->imm & 0x7fffU; list != 0; list &= list - 1) {
    std::memcpy(&core.r[std::countr_zero(list)], from, 4);
    from += 4;
  }
  KeepAligned(core, op);
  if constexpr (to_pc) {
    uint32_t target = 0;
    std::memcpy(&target, from, 4);
    return Exchange(core, op, target);
  }
  PERCUSS_NEXT(core, op);
}

template <bool before, bool write_back>
[[gnu::noinline]] const Op* StoreListSlowly(Core& core, const Op* op) {
  uint32_t address = Lowest<before>(core, op);
  if ((address & 3U) != 0) return Unaligned(core, op, address);
  for (uint32_t list = op->imm; list != 0; list &= list - 1) {
    if (!Store<4>(core, op, address, core.r[std::countr_zero(list)])) return Stopped(core, op);
    address += 4;
  }
  if constexpr (write_back) core.r[op->rn] = Beyond<before>(core, op);
  PERCUSS_AFTER_STORE(core, op);
}

template <bool before, bool write_back>
const Op* StoreList(Core& core, const Op* op) {
  const uint32_t address = Lowest<before>(core, op);
  uint8_t* page = core.writable[address >> 12U];
  const uint32_t offset = address & 0xfffU;
  if (PERCUSS_UNLIKELY(page == nullptr || (address & 3U) != 0 || offset + BytesOf(op) > 4096)) {
    PERCUSS_TAIL StoreListSlowly<before, write_back>(core, op);
  }
  uint8_t* to = page + offset;
  for (uint32_t list = op->imm; list != 0; list &= list - 1) {
    std::memcpy(to, &core.r[std::countr_zero(list)], 4);
    to += 4;
  }
  if constexpr (write_back) core.r[op->rn] = Beyond<before>(core, op);
  PERCUSS_NEXT(core, op);
}

template <bool before, bool write_back>
Handler Loading(const Decoded& decoded) {
  const bool to_pc = (decoded.registers & 0x8000U) != 0;
  return to_pc ? LoadList<before, write_back, true> : LoadList<before, write_back, false>;
}

}  // namespace

Handler MultipleHandler(const Decoded& decoded) {
  switch (decoded.operation) {
    case Operation::kLdm:
      return decoded.write_back ? Loading<false, true>(decoded) : Loading<false, false>(decoded);
    case Operation::kLdmdb:
      return decoded.write_back ? Loading<true, true>(decoded) : Loading<true, false>(decoded);
    case Operation::kStm:
      return decoded.write_back ? StoreList<false, true> : StoreList<false, false>;
    case Operation::kStmdb:
      return decoded.write_back ? StoreList<true, true> : StoreList<true, false>;
    default:
      return nullptr;
  }
}

}  // namespace percuss::rehost

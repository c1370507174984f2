// SPDX-License-Identifier: Apache-2.0
//
// How instructions reach memory: directly where the page is plain memory and the address aligned,
// else through Memory.
#pragma once

#include <cstdint>
#include <cstring>

#include "emulation/rehost/core/core.h"
#include "emulation/rehost/core/op.h"

namespace percuss::rehost {

// Ends a handler whose access did not take place; its instruction counts as not executed.
[[gnu::cold]] inline const Op* Stopped(Core& core, const Op* op) {
  core.at = op;
  return nullptr;
}

// False: return Stopped(core, op), with all registers as before the instruction.
[[nodiscard]] bool LoadSlowly(Core& core, const Op* op, uint32_t address, uint32_t size,
                              uint32_t& value);
[[nodiscard]] bool StoreSlowly(Core& core, const Op* op, uint32_t address, uint32_t size,
                               uint32_t value);

// Where the bytes are, if that is the direct way.
template <uint32_t size>
[[nodiscard]] inline const uint8_t* DirectLoad(const Core& core, uint32_t address) {
  const uint8_t* page = core.readable[address >> 12U];
  if (PERCUSS_UNLIKELY(page == nullptr || (address & (size - 1)) != 0)) return nullptr;
  return page + (address & 0xfffU);
}
template <uint32_t size>
[[nodiscard]] inline uint8_t* DirectStore(const Core& core, uint32_t address) {
  uint8_t* page = core.writable[address >> 12U];
  if (PERCUSS_UNLIKELY(page == nullptr || (address & (size - 1)) != 0)) return nullptr;
  return page + (address & 0xfffU);
}

template <uint32_t size>
[[nodiscard]] inline uint32_t BytesAt(const uint8_t* from) {
  if constexpr (size == 1) return *from;
  if constexpr (size == 2) {
    uint16_t half = 0;
    std::memcpy(&half, from, 2);
    return half;
  }
  uint32_t word = 0;
  std::memcpy(&word, from, 4);
  return word;
}

template <uint32_t size>
[[nodiscard]] inline bool Load(Core& core, const Op* op, uint32_t address, uint32_t& value) {
  if (const uint8_t* from = DirectLoad<size>(core, address)) {
    value = BytesAt<size>(from);
    return true;
  }
  return LoadSlowly(core, op, address, size, value);
}

template <uint32_t size>
[[nodiscard]] inline bool Store(Core& core, const Op* op, uint32_t address, uint32_t value) {
  if (uint8_t* to = DirectStore<size>(core, address)) {
    std::memcpy(to, &value, size);
    return true;
  }
  return StoreSlowly(core, op, address, size, value);
}

// The same for an access that the architecture wants aligned whatever CCR says.
[[gnu::cold]] inline const Op* Unaligned(Core& core, const Op* op, uint32_t address) {
  return Faulted(core, op, kUnaligned, address);
}

// Leaves the run of ops behind an instruction that has completed.
[[gnu::cold]] const Op* LeaveAfter(Core& core, const Op* op);

// The end of an instruction that has stored: something may be due at once.
#define PERCUSS_AFTER_STORE(core, op)                         \
  do {                                                        \
    if (PERCUSS_UNLIKELY((core).stop != Core::Stop::kNone)) { \
      return LeaveAfter((core), (op));                        \
    }                                                         \
    PERCUSS_NEXT((core), (op));                               \
  } while (false)

}  // namespace percuss::rehost

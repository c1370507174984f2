// SPDX-License-Identifier: Apache-2.0
//
// Instructions as they are executed: each is a function and its operands, in the order in which
// they run, and ends by running the next one. Where the compiler can be made to turn that into a
// jump (Clang), it is one; elsewhere a loop calls one after the other.
#pragma once

#include <cstdint>

#include "emulation/rehost/core/core.h"

namespace percuss::rehost {

struct Op;
// Returns the op to go on with, or nullptr: then `core` says why (Core::stop, fault or a branch
// whose block is not known yet, with the address in r[kPc]).
using Handler = const Op* (*)(Core& core, const Op* op);

struct Op {
  mutable Handler run = nullptr;     // a compiled block's is its code
  mutable const Op* link = nullptr;  // of a branch: the block it goes to, once that is known
  uint32_t imm = 0;
  uint32_t pc = 0;  // the instruction's own address
  uint8_t rd = 0;
  uint8_t rn = 0;
  uint8_t rm = 0;
  mutable uint8_t ra = 0;  // of a block's head: entries until it is compiled
  uint8_t amount = 0;
  uint8_t bytes = 0;
  uint8_t it_state = 0;   // ITSTATE when it is executed
  uint8_t remaining = 0;  // instructions from this one to the end of its block, itself included
};
static_assert(sizeof(Op) == 32);

#if defined(__clang__) && defined(__OPTIMIZE__)
#if !__has_feature(address_sanitizer)
#define PERCUSS_TAIL [[clang::musttail]] return
#endif
#endif
#ifdef PERCUSS_TAIL
#define PERCUSS_RUN(core, op) PERCUSS_TAIL(op)->run((core), (op))
#else
#define PERCUSS_TAIL return
#define PERCUSS_RUN(core, op) return (static_cast<void>(core), (op))
#endif
#define PERCUSS_NEXT(core, op) PERCUSS_RUN(core, (op) + 1)

#define PERCUSS_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define PERCUSS_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

// Ends a handler whose instruction did not complete. cause: FaultCause bits.
[[gnu::cold]] inline const Op* Faulted(Core& core, const Op* op, uint32_t cause,
                                       uint32_t address = 0) {
  core.fault = cause;
  core.fault_address = address;
  core.at = op;
  return nullptr;
}

}  // namespace percuss::rehost

// SPDX-License-Identifier: Apache-2.0
//
// Shifts as instructions of their own: DDI 0403E A5.2.1, A5.3.11, A5.3.12.
#include "emulation/rehost/core/ops.h"

namespace percuss::rehost {

namespace {

// The stack pointer's lowest two bits are always 0.
template <Flags flags>
void Put(Core& core, const Op* op, Shifted shifted) {
  core.r[op->rd] = op->rd == kSp ? shifted.value & ~uint32_t{3} : shifted.value;
  SetNz<flags>(core, shifted.value);
  if constexpr (flags == Flags::kAll) core.carry = shifted.carry;
}

template <Shift shift, Flags flags>
const Op* ByImmediate(Core& core, const Op* op) {
  Put<flags>(core, op, ShiftBy<shift>(core.r[op->rm], op->amount, core.carry));
  PERCUSS_NEXT(core, op);
}

template <Shift shift, Flags flags>
const Op* ByRegister(Core& core, const Op* op) {
  Put<flags>(core, op, ShiftBy<shift>(core.r[op->rn], core.r[op->rm] & 0xffU, core.carry));
  PERCUSS_NEXT(core, op);
}

template <Shift shift>
Handler Immediately(Flags flags) {
  switch (flags) {
    case Flags::kNone:
      return ByImmediate<shift, Flags::kNone>;
    case Flags::kNz:
      return ByImmediate<shift, Flags::kNz>;
    default:
      return ByImmediate<shift, Flags::kAll>;
  }
}

template <Shift shift>
Handler Variably(Flags flags) {
  switch (flags) {
    case Flags::kNone:
      return ByRegister<shift, Flags::kNone>;
    case Flags::kNz:
      return ByRegister<shift, Flags::kNz>;
    default:
      return ByRegister<shift, Flags::kAll>;
  }
}

}  // namespace

Handler ShiftHandler(const Decoded& decoded, Flags flags) {
  switch (decoded.operation) {
    case Operation::kAsrImmediate:
      return Immediately<Shift::kAsr>(flags);
    case Operation::kAsrRegister:
      return Variably<Shift::kAsr>(flags);
    case Operation::kLslImmediate:
      return Immediately<Shift::kLsl>(flags);
    case Operation::kLslRegister:
      return Variably<Shift::kLsl>(flags);
    case Operation::kLsrImmediate:
      return Immediately<Shift::kLsr>(flags);
    case Operation::kLsrRegister:
      return Variably<Shift::kLsr>(flags);
    case Operation::kRorImmediate:
      return Immediately<Shift::kRor>(flags);
    case Operation::kRorRegister:
      return Variably<Shift::kRor>(flags);
    case Operation::kRrx:
      return Immediately<Shift::kRrx>(flags);
    default:
      return nullptr;
  }
}

}  // namespace percuss::rehost

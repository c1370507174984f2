// SPDX-License-Identifier: Apache-2.0
//
// Data processing with two operands: DDI 0403E A5.2.1, A5.3.1, A5.3.3, A5.3.11.
#include "emulation/rehost/core/ops.h"
#include "emulation/rehost/core/register_result.h"

namespace percuss::rehost {

namespace {

struct Operand {
  uint32_t value = 0;
  uint8_t carry = 0;  // of the shifter, for logical operations
};

// carry: what an immediate leaves in C, 2 for as it was.
template <uint8_t carry>
struct Immediate {
  static Operand Of(const Core& core, const Op* op) {
    return {op->imm, carry == 2 ? core.carry : carry};
  }
};

struct Plain {
  static Operand Of(const Core& core, const Op* op) { return {core.r[op->rm], core.carry}; }
};

template <Shift shift>
struct ShiftedRegister {
  static Operand Of(const Core& core, const Op* op) {
    const Shifted shifted = ShiftBy<shift>(core.r[op->rm], op->amount, core.carry);
    return {shifted.value, shifted.carry};
  }
};

template <Flags flags>
void SetLogical(Core& core, uint32_t result, uint8_t carry) {
  SetNz<flags>(core, result);
  if constexpr (flags == Flags::kAll) core.carry = carry;
}

// Each: what becomes of rn and the operand, with flags.
struct Add {
  template <Flags flags>
  static uint32_t Run(Core& core, uint32_t a, Operand b) {
    return AddWithCarry<flags>(core, a, b.value, 0);
  }
};
struct Adc {
  template <Flags flags>
  static uint32_t Run(Core& core, uint32_t a, Operand b) {
    return AddWithCarry<flags>(core, a, b.value, core.carry);
  }
};
struct Sub {
  template <Flags flags>
  static uint32_t Run(Core& core, uint32_t a, Operand b) {
    return Subtract<flags>(core, a, b.value);
  }
};
struct Sbc {
  template <Flags flags>
  static uint32_t Run(Core& core, uint32_t a, Operand b) {
    return AddWithCarry<flags>(core, a, ~b.value, core.carry);
  }
};
struct Rsb {
  template <Flags flags>
  static uint32_t Run(Core& core, uint32_t a, Operand b) {
    return Subtract<flags>(core, b.value, a);
  }
};
template <typename Bits>
struct Logical {
  template <Flags flags>
  static uint32_t Run(Core& core, uint32_t a, Operand b) {
    const uint32_t result = Bits::Of(a, b.value);
    SetLogical<flags>(core, result, b.carry);
    return result;
  }
};
struct AndBits {
  static uint32_t Of(uint32_t a, uint32_t b) { return a & b; }
};
struct BicBits {
  static uint32_t Of(uint32_t a, uint32_t b) { return a & ~b; }
};
struct EorBits {
  static uint32_t Of(uint32_t a, uint32_t b) { return a ^ b; }
};
struct OrrBits {
  static uint32_t Of(uint32_t a, uint32_t b) { return a | b; }
};
struct OrnBits {
  static uint32_t Of(uint32_t a, uint32_t b) { return a | ~b; }
};
struct MovBits {
  static uint32_t Of(uint32_t /*a*/, uint32_t b) { return b; }
};
struct MvnBits {
  static uint32_t Of(uint32_t /*a*/, uint32_t b) { return ~b; }
};

template <typename Action, typename Source, Flags flags>
const Op* Compute(Core& core, const Op* op) {
  core.r[op->rd] = Action::template Run<flags>(core, core.r[op->rn], Source::Of(core, op));
  PERCUSS_NEXT(core, op);
}

// The stack pointer's lowest two bits are always 0.
template <typename Action, typename Source, Flags flags>
const Op* ComputeSp(Core& core, const Op* op) {
  core.r[kSp] =
      Action::template Run<flags>(core, core.r[op->rn], Source::Of(core, op)) & ~uint32_t{3};
  PERCUSS_NEXT(core, op);
}

template <typename Action, typename Source, Flags flags>
const Op* ComputePc(Core& core, const Op* op) {
  const uint32_t target = Action::template Run<flags>(core, core.r[op->rn], Source::Of(core, op));
  core.r[kPc] = target & ~uint32_t{1};
  return GoOn(core, op);
}

template <typename Action, typename Source, Flags flags>
const Op* Compare(Core& core, const Op* op) {
  (void)Action::template Run<flags>(core, core.r[op->rn], Source::Of(core, op));
  PERCUSS_NEXT(core, op);
}

template <typename Action, typename Source, Flags flags>
Handler WithFlags(const Decoded& decoded, bool compares) {
  if (compares) return Compare<Action, Source, flags>;
  if (decoded.rd == kPc) return ComputePc<Action, Source, flags>;
  if (decoded.rd == kSp) return ComputeSp<Action, Source, flags>;
  return Compute<Action, Source, flags>;
}

template <typename Action, typename Source>
Handler WithSource(const Decoded& decoded, Flags flags, bool compares) {
  switch (flags) {
    case Flags::kNone:
      return WithFlags<Action, Source, Flags::kNone>(decoded, compares);
    case Flags::kNz:
      return WithFlags<Action, Source, Flags::kNz>(decoded, compares);
    case Flags::kAll:
      return WithFlags<Action, Source, Flags::kAll>(decoded, compares);
  }
  return nullptr;
}

template <typename Action>
Handler OfImmediate(const Decoded& decoded, Flags flags, bool compares = false) {
  switch (decoded.immediate_carry) {
    case 0:
      return WithSource<Action, Immediate<0>>(decoded, flags, compares);
    case 1:
      return WithSource<Action, Immediate<1>>(decoded, flags, compares);
    default:
      return WithSource<Action, Immediate<2>>(decoded, flags, compares);
  }
}

template <typename Action>
Handler OfRegister(const Decoded& decoded, Flags flags, bool compares = false) {
  if (decoded.shift == Shift::kRrx) {
    return WithSource<Action, ShiftedRegister<Shift::kRrx>>(decoded, flags, compares);
  }
  if (decoded.amount == 0) return WithSource<Action, Plain>(decoded, flags, compares);
  switch (decoded.shift) {
    case Shift::kLsl:
      return WithSource<Action, ShiftedRegister<Shift::kLsl>>(decoded, flags, compares);
    case Shift::kLsr:
      return WithSource<Action, ShiftedRegister<Shift::kLsr>>(decoded, flags, compares);
    case Shift::kAsr:
      return WithSource<Action, ShiftedRegister<Shift::kAsr>>(decoded, flags, compares);
    default:
      return WithSource<Action, ShiftedRegister<Shift::kRor>>(decoded, flags, compares);
  }
}

uint32_t Adr(Core& /*core*/, const Op& op) { return op.imm; }

uint32_t Movt(Core& core, const Op& op) { return (core.r[op.rd] & 0xffffU) | op.imm << 16U; }

Handler ArithmeticHandler(const Decoded& decoded, Flags flags) {
  switch (decoded.operation) {
    case Operation::kAdcImmediate:
      return OfImmediate<Adc>(decoded, flags);
    case Operation::kAdcRegister:
      return OfRegister<Adc>(decoded, flags);
    case Operation::kAddImmediate:
      return OfImmediate<Add>(decoded, flags);
    case Operation::kAddRegister:
      return OfRegister<Add>(decoded, flags);
    case Operation::kCmnImmediate:
      return OfImmediate<Add>(decoded, flags, true);
    case Operation::kCmnRegister:
      return OfRegister<Add>(decoded, flags, true);
    case Operation::kCmpImmediate:
      return OfImmediate<Sub>(decoded, flags, true);
    case Operation::kCmpRegister:
      return OfRegister<Sub>(decoded, flags, true);
    case Operation::kRsbImmediate:
      return OfImmediate<Rsb>(decoded, flags);
    case Operation::kRsbRegister:
      return OfRegister<Rsb>(decoded, flags);
    case Operation::kSbcImmediate:
      return OfImmediate<Sbc>(decoded, flags);
    case Operation::kSbcRegister:
      return OfRegister<Sbc>(decoded, flags);
    case Operation::kSubImmediate:
      return OfImmediate<Sub>(decoded, flags);
    case Operation::kSubRegister:
      return OfRegister<Sub>(decoded, flags);
    case Operation::kAdr:
      return WordHandler<Adr>(decoded);
    case Operation::kMovt:
      return WordHandler<Movt>(decoded);
    default:
      return nullptr;
  }
}

Handler LogicalHandler(const Decoded& decoded, Flags flags) {
  switch (decoded.operation) {
    case Operation::kAndImmediate:
      return OfImmediate<Logical<AndBits>>(decoded, flags);
    case Operation::kAndRegister:
      return OfRegister<Logical<AndBits>>(decoded, flags);
    case Operation::kBicImmediate:
      return OfImmediate<Logical<BicBits>>(decoded, flags);
    case Operation::kBicRegister:
      return OfRegister<Logical<BicBits>>(decoded, flags);
    case Operation::kEorImmediate:
      return OfImmediate<Logical<EorBits>>(decoded, flags);
    case Operation::kEorRegister:
      return OfRegister<Logical<EorBits>>(decoded, flags);
    case Operation::kMovImmediate:
      return OfImmediate<Logical<MovBits>>(decoded, flags);
    case Operation::kMovRegister:
      return OfRegister<Logical<MovBits>>(decoded, flags);
    case Operation::kMvnImmediate:
      return OfImmediate<Logical<MvnBits>>(decoded, flags);
    case Operation::kMvnRegister:
      return OfRegister<Logical<MvnBits>>(decoded, flags);
    case Operation::kOrnImmediate:
      return OfImmediate<Logical<OrnBits>>(decoded, flags);
    case Operation::kOrnRegister:
      return OfRegister<Logical<OrnBits>>(decoded, flags);
    case Operation::kOrrImmediate:
      return OfImmediate<Logical<OrrBits>>(decoded, flags);
    case Operation::kOrrRegister:
      return OfRegister<Logical<OrrBits>>(decoded, flags);
    case Operation::kTeqImmediate:
      return OfImmediate<Logical<EorBits>>(decoded, flags, true);
    case Operation::kTeqRegister:
      return OfRegister<Logical<EorBits>>(decoded, flags, true);
    case Operation::kTstImmediate:
      return OfImmediate<Logical<AndBits>>(decoded, flags, true);
    case Operation::kTstRegister:
      return OfRegister<Logical<AndBits>>(decoded, flags, true);
    default:
      return nullptr;
  }
}

}  // namespace

Handler DataHandler(const Decoded& decoded, Flags flags) {
  if (const Handler handler = ArithmeticHandler(decoded, flags)) return handler;
  return LogicalHandler(decoded, flags);
}

}  // namespace percuss::rehost

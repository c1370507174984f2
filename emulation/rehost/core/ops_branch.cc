// SPDX-License-Identifier: Apache-2.0
//
// Branches, and the ops that hold blocks together: DDI 0403E A4.3, A5.2.6, A5.3.4.
#include "emulation/rehost/core/access.h"
#include "emulation/rehost/core/block_cache.h"
#include "emulation/rehost/core/ops.h"

namespace percuss::rehost {

const Op* GoOn(Core& core, const Op* op) {
  const uint32_t target = core.r[kPc];
  const Op* const* page = core.entries[target >> 12U];
  if (PERCUSS_LIKELY(page != nullptr)) {
    const Op* entry = page[(target & 0xfffU) >> 1U];
    if (PERCUSS_LIKELY(entry != nullptr)) PERCUSS_RUN(core, entry);
  }
  core.at = op;
  return nullptr;
}

const Op* Exchange(Core& core, const Op* op, uint32_t target) {
  core.r[kPc] = target & ~uint32_t{1};
  if (PERCUSS_UNLIKELY(target >= 0xf0000000U && core.InHandlerMode())) {
    core.r[kPc] = target;
    core.exchange = true;
    core.at = op;
    return nullptr;
  }
  if (PERCUSS_UNLIKELY((target & 1U) == 0)) {
    core.thumb = false;
    core.at = op;
    return nullptr;
  }
  return GoOn(core, op);
}

namespace {

inline const Op* Leave(Core& core, const Op* op, uint32_t target) {
  core.r[kPc] = target;
  core.unlinked = op;
  core.at = op;
  return nullptr;
}

template <uint8_t condition>
const Op* BranchIf(Core& core, const Op* op) {
  if (Holds<condition>(core)) {
    if (PERCUSS_LIKELY(op->link != nullptr)) PERCUSS_RUN(core, op->link);
    return Leave(core, op, op->imm);
  }
  PERCUSS_NEXT(core, op);
}

// Backwards: it may be one of a loop that only waits.
template <uint8_t condition>
const Op* BranchBackIf(Core& core, const Op* op) {
  if (Holds<condition>(core)) {
    if (PERCUSS_UNLIKELY(--core.spin.countdown <= 0)) ProbeSpin(core, op);
    if (PERCUSS_LIKELY(op->link != nullptr)) PERCUSS_RUN(core, op->link);
    return Leave(core, op, op->imm);
  }
  PERCUSS_NEXT(core, op);
}

const Op* BranchAndLink(Core& core, const Op* op) {
  core.r[kLr] = (op->pc + op->bytes) | 1U;
  if (PERCUSS_LIKELY(op->link != nullptr)) PERCUSS_RUN(core, op->link);
  return Leave(core, op, op->imm);
}

const Op* BranchExchange(Core& core, const Op* op) {
  const uint32_t target = core.r[op->rm];
  return Exchange(core, op, target);
}

const Op* BranchLinkExchange(Core& core, const Op* op) {
  const uint32_t target = core.r[op->rm];
  core.r[kLr] = (op->pc + op->bytes) | 1U;
  // BLX is no way back from an exception.
  core.r[kPc] = target & ~uint32_t{1};
  if (PERCUSS_UNLIKELY((target & 1U) == 0)) {
    core.thumb = false;
    core.at = op;
    return nullptr;
  }
  PERCUSS_TAIL GoOn(core, op);
}

template <bool if_zero>
const Op* CompareBranch(Core& core, const Op* op) {
  if ((core.r[op->rn] == 0) == if_zero) {
    if (PERCUSS_LIKELY(op->link != nullptr)) PERCUSS_RUN(core, op->link);
    return Leave(core, op, op->imm);
  }
  PERCUSS_NEXT(core, op);
}

template <uint32_t size>
const Op* TableBranch(Core& core, const Op* op) {
  uint32_t halfwords = 0;
  if (!Load<size>(core, op, core.r[op->rn] + core.r[op->rm] * size, halfwords)) {
    return Stopped(core, op);
  }
  core.r[kPc] = op->pc + 4 + 2 * halfwords;
  PERCUSS_TAIL GoOn(core, op);
}

template <uint8_t condition>
const Op* SkipUnlessHolds(Core& core, const Op* op) {
  if (Holds<condition>(core)) PERCUSS_NEXT(core, op);
  PERCUSS_RUN(core, op + 1 + op->amount);
}

template <template <uint8_t> class Chosen>
Handler OfCondition(uint8_t condition) {
  static constexpr Handler kHandlers[] = {
      Chosen<0>::kRun,  Chosen<1>::kRun,  Chosen<2>::kRun,  Chosen<3>::kRun,  Chosen<4>::kRun,
      Chosen<5>::kRun,  Chosen<6>::kRun,  Chosen<7>::kRun,  Chosen<8>::kRun,  Chosen<9>::kRun,
      Chosen<10>::kRun, Chosen<11>::kRun, Chosen<12>::kRun, Chosen<13>::kRun, Chosen<14>::kRun};
  return kHandlers[condition < 14 ? condition : 14];
}

template <uint8_t condition>
struct BranchOf {
  static constexpr Handler kRun = BranchIf<condition>;
};
template <uint8_t condition>
struct BranchBackOf {
  static constexpr Handler kRun = BranchBackIf<condition>;
};
template <uint8_t condition>
struct SkipOf {
  static constexpr Handler kRun = SkipUnlessHolds<condition>;
};

}  // namespace

const Op* LeaveUnlinked(Core& core, const Op* op) { return Leave(core, op, op->imm); }

Handler SkipUnless(uint8_t condition) { return OfCondition<SkipOf>(condition); }

const Op* SetPc(Core& core, const Op* op) {
  core.r[kPc] = op->imm;
  PERCUSS_NEXT(core, op);
}

const Op* Jump(Core& core, const Op* op) {
  if (PERCUSS_LIKELY(op->link != nullptr)) PERCUSS_RUN(core, op->link);
  return Leave(core, op, op->imm);
}

const Op* JumpOn(Core& core, const Op* op) {
  if (PERCUSS_LIKELY(op->link != nullptr)) PERCUSS_RUN(core, op->link);
  core.continued = true;
  core.it_state = op->amount;
  return Leave(core, op, op->imm);
}

namespace {

[[gnu::cold]] const Op* StopBefore(Core& core, const Op* op, Core::Stop why) {
  core.r[kPc] = op->pc;
  core.stop = why;
  return nullptr;
}

// Whether a watched block has to be told of first.
bool IsHeld(Core& core, const Op* op) {
  if (op->rd == 0) return false;
  if (core.passing != op->pc) return true;
  core.passing = kNowhere;
  if (core.fired == op->pc) core.fired = kNowhere;
  return false;
}

}  // namespace

const Op* EnterBlock(Core& core, const Op* op) {
  if (PERCUSS_UNLIKELY(core.fuel <= 0)) return StopBefore(core, op, Core::Stop::kFuel);
  core.fuel -= op->imm & 0xffU;
  const uint32_t number = op->imm >> 8U;
  ++core.edges[(number ^ core.previous_block) & core.edge_mask];
  core.previous_block = number >> 1U;
  ++core.blocks;
  PERCUSS_NEXT(core, op);
}

const Op* EnterCountedBlock(Core& core, const Op* op) {
  if (PERCUSS_UNLIKELY(--op->ra == 0)) core.code->Compile(core, op);
  PERCUSS_TAIL EnterBlock(core, op);
}

const Op* EnterSpecialBlock(Core& core, const Op* op) {
  // Not to be passed before what is due has been dealt with.
  if (core.fuel <= 0) return StopBefore(core, op, Core::Stop::kFuel);
  if (IsHeld(core, op)) return StopBefore(core, op, Core::Stop::kWatched);
  if (core.on_block != nullptr) core.on_block(core.on_block_context, op->pc);
  if (op->ra != 0 && --op->ra == 0) core.code->Compile(core, op);
  PERCUSS_TAIL EnterBlock(core, op);
}

const Op* ContinueBlock(Core& core, const Op* op) {
  if (PERCUSS_UNLIKELY(core.fuel <= 0) && core.bounded) {
    core.continued = true;
    return StopBefore(core, op, Core::Stop::kFuel);
  }
  core.fuel -= op->imm & 0xffU;
  PERCUSS_RUN(core, op + 2);
}

const Op* ContinueSpecialBlock(Core& core, const Op* op) {
  const bool bounded = core.fuel <= 0 && core.bounded;
  if (!bounded && IsHeld(core, op)) {
    core.continued = true;
    return StopBefore(core, op, Core::Stop::kWatched);
  }
  PERCUSS_TAIL ContinueBlock(core, op);
}

const Op* StepBehind(Core& core, const Op* op) {
  core.continued = op->rd == 0;
  core.it_state = op->amount;
  core.r[kPc] = op->imm;
  core.at = op;
  return nullptr;
}

const Op* FaultHere(Core& core, const Op* op) { return Faulted(core, op, op->imm, op->pc); }

Handler BranchHandler(const Decoded& decoded, bool backwards) {
  switch (decoded.operation) {
    case Operation::kB:
      return backwards ? OfCondition<BranchBackOf>(decoded.condition)
                       : OfCondition<BranchOf>(decoded.condition);
    case Operation::kBl:
      return BranchAndLink;
    case Operation::kBx:
      return BranchExchange;
    case Operation::kBlxRegister:
      return BranchLinkExchange;
    case Operation::kCbz:
      return CompareBranch<true>;
    case Operation::kCbnz:
      return CompareBranch<false>;
    case Operation::kTbb:
      return TableBranch<1>;
    case Operation::kTbh:
      return TableBranch<2>;
    default:
      return nullptr;
  }
}

}  // namespace percuss::rehost

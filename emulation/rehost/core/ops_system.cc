// SPDX-License-Identifier: Apache-2.0
//
// Instructions that concern the processor itself: DDI 0403E A5.2.5, A5.3.4, B5.
#include "emulation/rehost/core/access.h"
#include "emulation/rehost/core/instruction_kind.h"
#include "emulation/rehost/core/ops.h"
#include "emulation/rehost/core/register_result.h"
#include "emulation/rehost/core/system_control.h"

namespace percuss::rehost {

namespace {

template <Core::Stop why>
const Op* StopBehind(Core& core, const Op* op) {
  core.stop = why;
  return LeaveAfter(core, op);
}

const Op* Breakpoint(Core& core, const Op* op) {
  core.stop = Core::Stop::kBreakpoint;
  core.r[kPc] = op->pc;
  return Stopped(core, op);
}

const Op* WaitForEvent(Core& core, const Op* op) {
  if (core.system->TakeEvent(core)) PERCUSS_NEXT(core, op);
  core.for_event = true;
  core.stop = Core::Stop::kSleep;
  return LeaveAfter(core, op);
}

const Op* SendEvent(Core& core, const Op* op) {
  core.event = true;
  PERCUSS_NEXT(core, op);
}

const Op* Nothing(Core& core, const Op* op) { PERCUSS_NEXT(core, op); }

template <bool disable>
const Op* ChangeState(Core& core, const Op* op) {
  if (!core.Privileged()) PERCUSS_NEXT(core, op);
  if ((op->imm & 2U) != 0) core.primask = disable ? 1 : 0;
  if ((op->imm & 1U) != 0) core.system->SetFaultmask(core, disable);
  if constexpr (!disable) core.stop = Core::Stop::kAttention;
  PERCUSS_AFTER_STORE(core, op);
}

uint32_t MoveFromSpecial(Core& core, const Op& op) {
  return core.system->ReadSpecial(core, op.imm);
}

const Op* MoveToSpecial(Core& core, const Op* op) {
  core.system->WriteSpecial(core, op->imm, op->amount, core.r[op->rn]);
  PERCUSS_AFTER_STORE(core, op);
}

}  // namespace

const Op* CheckFloatingPoint(Core& core, const Op* op) {
  if (PERCUSS_LIKELY(core.float_ready)) PERCUSS_NEXT(core, op);
  core.now = core.horizon - static_cast<uint64_t>(core.fuel) - op->remaining;
  if (!core.system->PrepareFloatingPoint(core)) return Stopped(core, op);
  PERCUSS_NEXT(core, op);
}

const Op* CheckCoprocessor(Core& core, const Op* op) {
  if (!core.system->MayUseFloatingPoint(core)) return Stopped(core, op);
  PERCUSS_NEXT(core, op);
}

Handler SystemHandler(const Decoded& decoded) {
  if (DoesNothing(decoded.operation)) return Nothing;
  switch (decoded.operation) {
    case Operation::kUndefined:
    case Operation::kCoprocessor:
      return FaultHere;
    case Operation::kSvc:
      return StopBehind<Core::Stop::kSvc>;
    case Operation::kBkpt:
      return Breakpoint;
    case Operation::kWfi:
      return StopBehind<Core::Stop::kSleep>;
    case Operation::kWfe:
      return WaitForEvent;
    case Operation::kSev:
      return SendEvent;
    case Operation::kCps:
      return decoded.variant != 0 ? ChangeState<true> : ChangeState<false>;
    case Operation::kMrs:
      return WordHandler<MoveFromSpecial>(decoded);
    case Operation::kMsr:
      return MoveToSpecial;
    default:
      return nullptr;
  }
}

}  // namespace percuss::rehost

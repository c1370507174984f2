// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/machine.h"

#include <algorithm>
#include <utility>

#include "emulation/rehost/core/it_block.h"

namespace percuss::rehost {

namespace {

void TellBlock(void* context, uint32_t pc) {
  (*static_cast<std::function<void(uint32_t)>*>(context))(pc);
}

}  // namespace

Machine::Machine(MachineImage image, const MachineOptions& options)
    : image_(std::move(image)),
      options_(options),
      own_edges_(1),
      memory_(image_),
      peripherals_(image_),
      blocks_(memory_, image_, options.compile_after),
      state_{{}, SystemControl(image_), std::vector<Trigger>(image_.triggers.size()), 0, 0, kNever},
      snapshot_(state_) {
  for (const uint32_t address : image_.exits) blocks_.Watch(address);
  for (const uint32_t address : image_.assertions) blocks_.Watch(address);
  for (const InterruptTrigger& trigger : image_.triggers) {
    if (trigger.when == InterruptTrigger::When::kAtAddress) blocks_.Watch(trigger.address);
  }
}

Machine::~Machine() = default;

void Machine::PowerOn() {
  Core& core = state_.core;
  core = Core{};
  core.memory = &memory_;
  core.peripherals = &peripherals_;
  core.system = &state_.system;
  core.readable = memory_.Readable();
  core.direct_writable = memory_.Writable();
  core.none_writable = none_writable_.Data();
  core.writable = core.direct_writable;
  core.entries = blocks_.Entries();
  core.code = &blocks_;
  core.edges = own_edges_.data();
  core.spin.off = !options_.skips_waiting;
  if (on_block_) {
    core.on_block = TellBlock;
    core.on_block_context = &on_block_;
  }
  state_.system.Reset(core);
  peripherals_.Lines().PowerOn();
  state_.call_until = kNever;
  state_.interrupts = 0;
  state_.limits_from = 0;
  for (size_t i = 0; i < image_.triggers.size(); ++i) {
    const InterruptTrigger& trigger = image_.triggers[i];
    const bool timed = trigger.when == InterruptTrigger::When::kEvery ||
                       trigger.when == InterruptTrigger::When::kEveryByInput;
    const uint64_t period = std::max<uint64_t>(trigger.period, 1);
    state_.triggers[i] = {
        .next = timed ? period : kNever, .period = period, .skips = trigger.skips};
  }
  ScheduleNext();
}

const Outcome& Machine::Boot() {
  if (booted_) {
    memory_.PowerOn(image_);
    peripherals_.PowerOn();
  }
  PowerOn();
  peripherals_.SetInput(nullptr, 0);
  ended_ = false;
  booted_ = false;
  RunToEnd();
  boot_outcome_ = outcome_;
  booted_ = true;
  at_snapshot_ = outcome_.end == End::kInputUsed;
  memory_.TakeSnapshot();
  peripherals_.TakeSnapshot();
  FlushIfChanged();
  if (options_.edges != nullptr && options_.edge_bytes != 0) {
    // From here on: those of the boot are every input's.
    state_.core.edges = options_.edges;
    state_.core.edge_mask = static_cast<uint32_t>(options_.edge_bytes - 1);
  }
  state_.limits_from = Now();
  ScheduleNext();
  snapshot_ = state_;
  return boot_outcome_;
}

void Machine::Begin(const uint8_t* bytes, size_t size) {
  if (!booted_) (void)Boot();
  memory_.Restore();
  peripherals_.Restore();
  const bool same_permissions = state_.system.SharesPermissions(snapshot_.system);
  state_ = snapshot_;
  if (!same_permissions) {
    memory_.ForgetPermissions();
    memory_.RecheckCode(state_.system, state_.core.Privileged());
  }
  FlushIfChanged();
  peripherals_.SetInput(bytes, size);
  peripherals_.Lines().Begin(Now());
  if (!peripherals_.Lines().Empty()) ScheduleNext();
  ended_ = !at_snapshot_;
  check_due_ = true;
  if (ended_) outcome_ = boot_outcome_;
}

Outcome Machine::Run(const uint8_t* bytes, size_t size) {
  Begin(bytes, size);
  return Continue();
}

Outcome Machine::Continue() {
  RunToEnd();
  return outcome_;
}

Outcome Machine::Step() {
  if (!ended_) RunStep(false);
  return outcome_;
}

void Machine::RunStep(bool heed_watched) {
  FlushIfChanged();
  // One instruction is one, of a loop that only waits too.
  ResetPatience(state_.core);
  stepping_ = true;
  heed_watched_ = heed_watched;
  running_ = true;
  bool again = true;
  while (again && running_) {
    const Op* op = Next();
    if (op == nullptr) break;
    RunOps(op);
    const Core::Stop stop = state_.core.stop;
    again = stop == Core::Stop::kWatched || stop == Core::Stop::kFuel;
    AfterOps();
  }
  heed_watched_ = true;
  stepping_ = false;
  if (!ended_) StopAt(End::kStopped, state_.core.r[kPc]);
}

bool Machine::IsPaused() const {
  return !stepping_ && until_ != kNever && Now() + kMargin >= until_;
}

Outcome Machine::ContinueUntil(uint64_t instructions) {
  if (ended_) return outcome_;
  until_ = instructions;
  ScheduleNext();
  RunToEnd();
  const bool paused = !ended_ && IsPaused();
  until_ = kNever;
  ScheduleNext();
  while (paused && !ended_ && Now() < instructions) {
    RunStep(true);
    if (AtWatched()) break;
  }
  if (!ended_) StopAt(End::kStopped, state_.core.r[kPc]);
  return outcome_;
}

void Machine::Unwatch(uint32_t address) {
  const auto same = [address](uint32_t own) { return (own & ~1U) == (address & ~1U); };
  const bool wanted =
      std::any_of(image_.exits.begin(), image_.exits.end(), same) ||
      std::any_of(image_.assertions.begin(), image_.assertions.end(), same) ||
      std::any_of(
          image_.triggers.begin(), image_.triggers.end(), [&same](const InterruptTrigger& trigger) {
            return trigger.when == InterruptTrigger::When::kAtAddress && same(trigger.address);
          });
  user_watched_.erase(address & ~1U);
  if (wanted) return;
  blocks_.Unwatch(address);
  // Else it would be let pass once more, where it is watched again.
  if (state_.core.passing == (address & ~1U)) state_.core.passing = kNowhere;
}

void Machine::Pend(uint16_t exception) {
  state_.system.Pend(exception);
  check_due_ = true;
}

void Machine::Watch(uint32_t address) {
  user_watched_.insert(address & ~1U);
  blocks_.Watch(address);
}

void Machine::TraceBlocks(std::function<void(uint32_t)> told) {
  on_block_ = std::move(told);
  for (State* state : {&state_, &snapshot_}) {
    state->core.on_block = on_block_ ? TellBlock : nullptr;
    state->core.on_block_context = &on_block_;
  }
  blocks_.Trace(static_cast<bool>(on_block_));
}

void Machine::OnBreakpoint(std::function<bool(Machine&, uint8_t)> asked) {
  on_breakpoint_ = std::move(asked);
}

void Machine::RunToEnd() {
  if (ended_) return;  // Boot has come to what all inputs will
  FlushIfChanged();
  outcome_.end = End::kStopped;
  running_ = true;
  while (running_ && !ended_) {
    if (const Op* op = Next()) {
      RunOps(op);
      AfterOps();
    }
  }
}

void Machine::RunOps(const Op* op) {
  Core& core = state_.core;
  core.stop = Core::Stop::kNone;
  core.fault = kNoFault;
  core.at = nullptr;
  core.unlinked = nullptr;
  while (op != nullptr) op = op->run(core, op);
}

const Op* Machine::Next() {
  Core& core = state_.core;
  if (IsPaused()) {
    running_ = false;
    return nullptr;
  }
  FlushIfChanged();
  const Op* unlinked = std::exchange(core.unlinked, nullptr);
  bool continued = std::exchange(core.continued, false);
  if (core.fuel <= 0 && !continued) {
    HandleEvents();
    unlinked = nullptr;
    if (ended_) return nullptr;
  }
  while (check_due_) {
    check_due_ = false;
    if (!peripherals_.Lines().Empty() && !RaiseLines()) return nullptr;
    const uint16_t due = state_.system.Due(core);
    if (due == 0) break;
    TakeException(due);
    FlushIfChanged();
    // Its handler is next, where nothing else is to be asked first.
    if (!running_ || stepping_ || until_ != kNever || core.fuel <= 0) return nullptr;
    unlinked = nullptr;
    continued = false;
  }
  // Straight on, after what is due has been put off to the next branch, but not past until_.
  single_ = stepping_ || core.it_state != 0 || (core.bounded && continued && core.fuel <= 0);
  core.bounded = until_ != kNever && !single_;
  core.entries = single_ ? no_entries_.Data() : blocks_.Entries();
  core.fault = kNoFault;
  const uint64_t flushes = blocks_.Flushes();
  const Op* op = nullptr;
  // Of a frame that was made up: to go on within an LDM or STM, which are never left half done.
  const bool resumes = core.it_state != 0 && (core.it_state & 0xfU) == 0;
  if (!core.thumb || resumes) {
    // Fetched first, and only then found not to be Thumb.
    if (memory_.MayExecute(core, core.r[kPc])) core.fault = kInvalidState;
  } else if (single_) {
    op = blocks_.Single(core, core.r[kPc], core.it_state);
  } else {
    op = blocks_.At(core, core.r[kPc]);
    if (op != nullptr && unlinked != nullptr && flushes == blocks_.Flushes()) {
      blocks_.Link(unlinked, continued ? op - 1 : op);
    }
  }
  if (op == nullptr) {
    TakeFault(core.r[kPc]);
    return nullptr;
  }
  return continued ? op - 1 : op;
}

// What has been counted of a block that was not run to its end is given back.
void Machine::AfterOps() {
  Core& core = state_.core;
  const Op* at = core.at;
  if (core.stop == Core::Stop::kFuel && at == nullptr && core.fault == kNoFault) {
    // Before a block: nothing of it has been done.
    core.stop = Core::Stop::kNone;
    if (core.spin.probing) EndProbe(core);
    FlushIfChanged();
    return;
  }
  const bool branched =
      core.stop == Core::Stop::kNone && core.fault == kNoFault && !core.exchange && core.thumb;
  if (core.spin.probing && !branched) EndProbe(core);
  const bool undone = core.fault != kNoFault || core.stop == Core::Stop::kInput ||
                      core.stop == Core::Stop::kBreakpoint;
  if (at != nullptr) {
    core.fuel += at->remaining - (undone ? 0 : 1);
    if (undone) {
      core.r[kPc] = at->pc;
      core.it_state = at->it_state;
    } else if (core.stop != Core::Stop::kNone) {
      core.it_state = AfterInstruction(at->it_state);
    } else if (!core.continued) {
      core.it_state = 0;
    }
  }
  if (single_) core.unlinked = nullptr;
  if (core.fault != kNoFault) {
    TakeFault(core.r[kPc]);
  } else if (core.stop != Core::Stop::kNone) {
    Deal();
  } else if (std::exchange(core.exchange, false)) {
    ReturnFromException();
  }
  FlushIfChanged();
}

void Machine::Deal() {
  Core& core = state_.core;
  const uint32_t pc = core.r[kPc];
  switch (std::exchange(core.stop, Core::Stop::kNone)) {
    case Core::Stop::kNone:
    case Core::Stop::kFuel:
      break;
    case Core::Stop::kInput:
      StopAt(End::kInputUsed, pc);
      break;
    case Core::Stop::kSvc:
      CallSupervisor();
      break;
    case Core::Stop::kBreakpoint:
      HandleBreakpoint();
      break;
    case Core::Stop::kSleep:
      HandleSleep();
      break;
    case Core::Stop::kAttention:
      check_due_ = true;
      ScheduleNext();
      break;
    case Core::Stop::kCode:
      core.continued = true;
      break;
    case Core::Stop::kWatched:
      HandleWatched();
      break;
    case Core::Stop::kReset:
      StopAt(End::kReset, pc);
      break;
  }
}

void Machine::CallSupervisor() {
  Core& core = state_.core;
  const uint32_t pc = core.r[kPc];
  check_due_ = true;
  TellChange(false);
  const bool done = state_.system.CallSupervisor(core, pc);
  TellChange(true);
  if (!done) {
    StopAt(End::kLockup, pc);
  } else if (core.fault == kMaskedCall) {
    // HardFault's handler has it: kernels that mask by PRIMASK call so to switch tasks. Whether
    // that was meant shows in that the handler comes back.
    core.fault = kNoFault;
    if (!options_.faults_end) return;
    state_.call_until = Now() + kMostOfMaskedCall;
    ScheduleNext();
  } else if (core.fault != kNoFault && options_.faults_end) {
    StopAt(End::kFault, pc);
  }
}

void Machine::StopAt(End end, uint32_t pc) {
  const Core& core = state_.core;
  running_ = false;
  ended_ = end != End::kStopped;
  outcome_ = OutcomeNow();
  outcome_.end = end;
  outcome_.pc = pc;
  if (end == End::kFault || end == End::kLockup) {
    outcome_.cause = core.fault;
    outcome_.address = core.fault_address;
  }
}

Outcome Machine::OutcomeNow() const {
  Outcome outcome;
  outcome.instructions = Now();
  outcome.blocks = state_.core.blocks;
  outcome.interrupts = state_.interrupts;
  outcome.input_used = peripherals_.Consumed();
  return outcome;
}

void Machine::TakeFault(uint32_t pc) {
  Core& core = state_.core;
  if (options_.faults_end) {
    StopAt(End::kFault, pc);
    return;
  }
  check_due_ = true;
  TellChange(false);
  const bool done = state_.system.TakeFault(core, pc);
  TellChange(true);
  if (!done) StopAt(End::kLockup, pc);
}

void Machine::TakeException(uint16_t exception) {
  Core& core = state_.core;
  const uint32_t pc = core.r[kPc];
  if (on_exception_) on_exception_(exception);
  core.fault = kNoFault;
  check_due_ = true;
  TellChange(false);
  const bool done = state_.system.Enter(core, exception, pc);
  TellChange(true);
  if (!done) {
    StopAt(End::kLockup, pc);
  } else if (core.fault != kNoFault && options_.faults_end) {
    StopAt(End::kFault, pc);
  }
  if (exception < kFirstInterrupt) return;
  ++state_.interrupts;
  if (!ended_ && image_.limits.interrupts != 0 && state_.interrupts >= image_.limits.interrupts) {
    StopAt(End::kInterrupts, pc);
  }
}

void Machine::ReturnFromException() {
  Core& core = state_.core;
  const uint32_t how = core.r[kPc];
  const bool returns = core.InHandlerMode();
  core.fault = kNoFault;
  check_due_ = true;
  TellChange(false);
  const bool done = state_.system.Return(core, how);
  TellChange(true);
  if (state_.call_until != kNever && !state_.system.IsActive(kHardFault)) {
    state_.call_until = kNever;
    ScheduleNext();
  }
  if (!done) {
    StopAt(End::kLockup, how);
  } else if (core.fault != kNoFault && options_.faults_end) {
    StopAt(End::kFault, how);
  } else if (returns && !core.InHandlerMode() && state_.system.SleepsOnExit()) {
    HandleSleep();
  }
}

void Machine::HandleBreakpoint() {
  Core& core = state_.core;
  const uint32_t pc = core.r[kPc];
  uint16_t instruction = 0;
  (void)memory_.Peek(pc, &instruction, 2);
  if (!on_breakpoint_ || !on_breakpoint_(*this, static_cast<uint8_t>(instruction & 0xffU))) {
    StopAt(End::kBreakpoint, pc);
    return;
  }
  core.fuel -= 1;
  core.r[kPc] = pc + 2;
  core.it_state = AfterInstruction(core.it_state);
}

void Machine::HandleWatched() {
  Core& core = state_.core;
  const uint32_t pc = core.r[kPc];
  const auto here = [pc](uint32_t address) { return (address & ~1U) == pc; };
  core.passing = pc;
  if (std::any_of(image_.exits.begin(), image_.exits.end(), here)) {
    StopAt(End::kExit, pc);
    return;
  }
  if (std::any_of(image_.assertions.begin(), image_.assertions.end(), here)) {
    StopAt(End::kAssertion, pc);
    return;
  }
  // Once, also where a handler that is watched comes between that and the instruction here.
  const bool fired = core.fired == pc;
  for (size_t i = 0; i < image_.triggers.size() && !fired; ++i) {
    const InterruptTrigger& trigger = image_.triggers[i];
    if (trigger.when != InterruptTrigger::When::kAtAddress || !here(trigger.address)) continue;
    core.now = Now();
    if (!Fire(i)) {
      core.passing = kNowhere;
      return;
    }
    check_due_ = true;
    if (state_.triggers[i].pends == 0) {
      core.fired = pc;
    } else if (state_.system.Due(core) != 0) {
      core.passing = kNowhere;  // again, once the handler has returned to here
    }
  }
  const bool heeded = heed_watched_ && booted_ && user_watched_.contains(pc);
  if (heeded) StopAt(End::kStopped, pc);
}

void Machine::FlushIfChanged() {
  if (memory_.CodeChanged()) {
    blocks_.Flush();
    state_.core.unlinked = nullptr;
    if (state_.core.spin.probing) EndProbe(state_.core);
  }
}

}  // namespace percuss::rehost

// SPDX-License-Identifier: Apache-2.0
//
// What happens to a machine at a certain time: limits, the system timer, interrupts that nobody's
// device raises, and sleep.
#include <algorithm>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "emulation/rehost/core/machine.h"

namespace percuss::rehost {

namespace {

// Of a period that the input chooses, in multiples and parts of the usual one.
constexpr uint64_t kShares[] = {64, 32, 16, 1, 256, 512, 1024, 128};
constexpr uint64_t kUsualShare = 64;
constexpr StreamKey kInterrupts{kInterruptsAddress, StreamKey::kEveryPlace};
// Events in a row that wake nobody.
constexpr int kMostInSleep = 100'000;

// Times and periods come from outside, and may be as far off as there are numbers.
uint64_t After(uint64_t time, uint64_t more) { return time + std::min(more, kNever - time); }

uint64_t ShareOf(uint64_t period, uint64_t share) {
  if (period > kNever / share) return kNever;
  return std::max<uint64_t>(period * share / kUsualShare, 1);
}

}  // namespace

inline uint64_t Machine::LimitOfAll() const {
  const uint64_t most = image_.limits.instructions;
  return most == 0 ? kNever : After(state_.limits_from, most);
}

inline uint64_t Machine::LimitWithoutInput() const {
  const uint64_t most = image_.limits.instructions_without_input;
  return most == 0 ? kNever : After(std::max(state_.limits_from, peripherals_.LastTaken()), most);
}

void Machine::ScheduleNext() {
  Core& core = state_.core;
  const uint64_t now = Now();
  uint64_t next = state_.system.NextEvent();
  next = std::min(next, state_.call_until);
  for (const Trigger& trigger : state_.triggers) next = std::min(next, trigger.next);
  next = std::min({next, LimitOfAll(), LimitWithoutInput()});
  if (!peripherals_.Lines().Empty()) {
    next = std::min(next, peripherals_.Lines().NextChange(now));
  }
  if (until_ != kNever) next = std::min(next, until_ - std::min(until_, kMargin));
  // Far enough for any run, and near enough for sums.
  next = std::clamp(next, now, After(now, uint64_t{1} << 60U));
  core.horizon = next;
  core.fuel = static_cast<int64_t>(next - now);
}

void Machine::HandleEvents() {
  Core& core = state_.core;
  const uint64_t now = Now();
  core.now = now;
  if (now >= LimitOfAll()) {
    StopAt(End::kInstructions, core.r[kPc]);
    return;
  }
  if (now >= LimitWithoutInput()) {
    StopAt(End::kWithoutInput, core.r[kPc]);
    return;
  }
  if (now >= state_.call_until) {
    core.fault = kMaskedCall;
    core.fault_address = 0;
    StopAt(End::kFault, core.r[kPc]);
    return;
  }
  state_.system.Advance(now);
  for (size_t i = 0; i < state_.triggers.size(); ++i) {
    while (state_.triggers[i].next <= now && state_.triggers[i].next != kNever) {
      if (!Fire(i)) return;
    }
  }
  check_due_ = true;
  ResetPatience(core);
  ScheduleNext();
}

// As fuzzware's triggers: the first time is none that is skipped, what is pended in a row is one
// interrupt, and the period that an input has chosen stays until the next choice. False where the
// input has no more bytes for it: then nothing of it has happened.
bool Machine::Fire(size_t index) {
  const InterruptTrigger& trigger = image_.triggers[index];
  Trigger& state = state_.triggers[index];
  const Trigger before = state;
  const bool goes_on = state.pends != 0;
  const bool waits = !goes_on && state.skips < trigger.skips;
  bool any = goes_on;
  if (!goes_on && !waits) {
    any = ChooseIrq(trigger, state, state.irq);
    uint32_t share = 0;
    const bool by_input = trigger.when == InterruptTrigger::When::kEveryByInput;
    if (!ended_ && by_input) {
      if (peripherals_.Take(state_.core, kInterrupts, 1, share)) {
        state.period = ShareOf(std::max<uint64_t>(trigger.period, 1), kShares[share % 8]);
      } else {
        StopAt(End::kInputUsed, state_.core.r[kPc]);
      }
    }
    if (ended_) {
      state = before;
      return false;
    }
  }
  state.next = After(state.next, state.period);
  if (waits) ++state.skips;
  if (any) {
    state_.system.Pend(static_cast<uint16_t>(kFirstInterrupt + state.irq));
    ++state.pends;
  }
  if (state.pends >= std::max(trigger.pends, 1U)) {
    state.pends = 0;
    state.skips = 0;
  }
  return true;
}

bool Machine::RaiseLines() {
  InputLines& lines = peripherals_.Lines();
  for (size_t i = 0; i < image_.lines.size(); ++i) {
    const uint32_t irq = image_.lines[i].irq;
    if (irq == InputLine::kNoInterrupt) continue;
    const auto exception = static_cast<uint16_t>(kFirstInterrupt + irq);
    if (!lines.Raises(i, Now()) || !state_.system.Awaits(exception)) continue;
    if (!lines.HasBegun()) {
      StopAt(End::kInputUsed, state_.core.r[kPc]);
      return false;
    }
    lines.NoteTold(i);
    state_.system.Pend(exception);
  }
  return true;
}

bool Machine::IsLines(uint32_t irq) const {
  return std::any_of(image_.lines.begin(), image_.lines.end(),
                     [irq](const InputLine& line) { return line.irq == irq; });
}

bool Machine::ChooseIrq(const InterruptTrigger& trigger, Trigger& state, uint32_t& irq) {
  if (trigger.which == InterruptTrigger::Which::kFixed) {
    irq = trigger.irq;
    return true;
  }
  std::span<const uint16_t> enabled = state_.system.EnabledIrqs();
  std::vector<uint16_t> nobodys;
  if (!image_.lines.empty()) {
    std::copy_if(enabled.begin(), enabled.end(), std::back_inserter(nobodys),
                 [this](uint16_t one) { return !IsLines(one); });
    enabled = nobodys;
  }
  if (enabled.empty()) return false;
  uint32_t choice = 0;
  if (trigger.which == InterruptTrigger::Which::kInTurn) {
    choice = state.turn++;
  } else if (enabled.size() > 1 && !peripherals_.Take(state_.core, kInterrupts, 1, choice)) {
    StopAt(End::kInputUsed, state_.core.r[kPc]);
    return false;
  }
  irq = enabled[choice % enabled.size()];
  return true;
}

void Machine::HandleSleep() {
  TellChange(false);
  // Time must not pass up to there.
  const uint64_t until = std::exchange(until_, kNever);
  Sleep();
  TellChange(true);
  until_ = until;
  if (until != kNever && !ended_) ScheduleNext();
}

bool Machine::Wakes(bool for_event) {
  Core& core = state_.core;
  return for_event ? state_.system.WakesFromEvent(core) : state_.system.WakesFromSleep(core);
}

void Machine::Sleep() {
  Core& core = state_.core;
  const bool for_event = std::exchange(core.for_event, false);
  check_due_ = true;
  for (int i = 0; i < kMostInSleep && !ended_; ++i) {
    if (!RaiseLines() || Wakes(for_event)) return;
    if (peripherals_.Lines().Over(Now())) {
      StopAt(End::kInputUsed, core.r[kPc]);
      return;
    }
    for (size_t t = 0; t < image_.triggers.size() && !ended_; ++t) {
      if (image_.triggers[t].when != InterruptTrigger::When::kOnSleep) continue;
      core.now = Now();
      if (!Fire(t)) return;
    }
    if (ended_ || Wakes(for_event)) return;
    uint64_t next = std::min(state_.system.NextEvent(), state_.call_until);
    for (const Trigger& trigger : state_.triggers) next = std::min(next, trigger.next);
    next = std::min(next, peripherals_.Lines().NextChange(Now()));
    if (next == kNever) break;
    // Time passes at once, but never past a limit.
    ScheduleNext();
    core.fuel = 0;
    HandleEvents();
  }
  if (!ended_) StopAt(End::kSleep, core.r[kPc]);
}

}  // namespace percuss::rehost

// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/debug_session.h"

#include <algorithm>

namespace percuss::emulation {

using rehost::kPc;
using rehost::Outcome;

namespace {

// Between questions whether somebody wants it to stop.
constexpr uint64_t kSlice = 2'000'000;
// Exceptions that are taken one upon the other.
constexpr uint64_t kMostSteps = 1024;

template <typename Entry>
void Remember(std::deque<Entry>& entries, const Entry& entry) {
  if (entries.size() >= DebugSession::kMostRemembered) entries.pop_front();
  entries.push_back(entry);
}

}  // namespace

DebugSession::DebugSession(rehost::Machine& machine, std::string_view input)
    : machine_(machine), input_(input) {
  machine_.OnException([this](uint16_t number) {
    Remember(exceptions_, {machine_.Now(), number, machine_.core().r[kPc]});
  });
  machine_.peripherals().OnRead(
      [this](const rehost::Peripherals::Answer& answer) { Remember(answers_, answer); });
  Begin();
  begin_ = machine_.Now();
}

DebugSession::~DebugSession() {
  for (const uint32_t address : breakpoints_) machine_.Unwatch(address);
  machine_.OnException(nullptr);
  machine_.peripherals().OnRead(nullptr);
}

bool DebugSession::AddBreakpoint(uint32_t address) {
  if (breakpoints_.size() >= kMostBreakpoints) return false;
  breakpoints_.insert(address & ~1U);
  machine_.Watch(address);
  return true;
}

void DebugSession::RemoveBreakpoint(uint32_t address) {
  const auto found = breakpoints_.find(address & ~1U);
  if (found == breakpoints_.end()) return;
  breakpoints_.erase(found);
  if (!breakpoints_.contains(address & ~1U)) machine_.Unwatch(address);
}

void DebugSession::Begin() {
  answers_.clear();
  exceptions_.clear();
  machine_.Begin(reinterpret_cast<const uint8_t*>(input_.data()), input_.size());
  steps_ = 0;
  steps_known_ = true;
}

DebugSession::Stop DebugSession::Step() {
  if (machine_.Ended()) return Stop::kStill;
  const uint64_t before = machine_.Now();
  outcome_ = machine_.Step();
  if (machine_.Ended()) return Stop::kEnded;
  steps_ = machine_.Now() == before ? steps_ + 1 : 0;
  steps_known_ = steps_known_ || steps_ == 0;
  return Stop::kStepped;
}

DebugSession::Stop DebugSession::Continue(const Interrupted& interrupted) {
  // Not to stop again where it stands.
  const Stop first = Step();
  if (first != Stop::kStepped) return first;
  if (breakpoints_.contains(machine_.core().r[kPc])) return Stop::kBreakpoint;
  while (true) {
    outcome_ = machine_.ContinueUntil(machine_.Now() + kSlice);
    steps_known_ = false;
    if (machine_.Ended()) return Stop::kEnded;
    if (machine_.AtWatched()) return Stop::kBreakpoint;
    if (interrupted()) return Stop::kInterrupted;
  }
}

void DebugSession::RunTo(uint64_t now) {
  Begin();
  while (!machine_.Ended() && machine_.Now() < now) outcome_ = machine_.ContinueUntil(now);
}

void DebugSession::Seek(const Place& place) {
  RunTo(place.now);
  while (!machine_.Ended() && steps_ < place.steps) {
    outcome_ = machine_.Step();
    ++steps_;
  }
}

std::vector<uint32_t> DebugSession::Registers() const {
  const rehost::Core& core = machine_.core();
  std::vector<uint32_t> values(core.r, core.r + kPc + 1);
  values.insert(values.end(), {core.other_sp, core.Apsr(), core.exception});
  return values;
}

void DebugSession::FindSteps() {
  if (steps_known_) return;
  const uint64_t now = machine_.Now();
  const std::vector<uint32_t> wanted = Registers();
  RunTo(now);
  while (!machine_.Ended() && machine_.Now() == now && steps_ < kMostSteps) {
    if (Registers() == wanted) return;
    outcome_ = machine_.Step();
    ++steps_;
  }
  // The debugger has written registers.
  steps_ = 0;
}

// The last place at which the time was less. Sleep leads over times at which nothing is.
DebugSession::Place DebugSession::PlaceBefore(uint64_t now) {
  uint64_t distance = 1;
  RunTo(now - distance);
  while (machine_.Now() >= now && distance < now - begin_) {
    distance = std::min(2 * distance, now - begin_);
    RunTo(now - distance);
  }
  Place place{machine_.Now(), 0};
  while (!machine_.Ended()) {
    const Place before{machine_.Now(), machine_.Now() == place.now ? place.steps : 0};
    outcome_ = machine_.Step();
    if (machine_.Now() >= now) return before;
    place = {machine_.Now(), machine_.Now() == before.now ? before.steps + 1 : 0};
  }
  return place;
}

DebugSession::Stop DebugSession::StepBack() {
  const uint64_t now = machine_.Now();
  FindSteps();
  const uint64_t steps = steps_;
  if (now <= begin_ && steps == 0) {
    Begin();
    return Stop::kBegin;
  }
  Seek(steps > 0 ? Place{now, steps - 1} : PlaceBefore(now));
  return Stop::kStepped;
}

// The first time to count how often a breakpoint is met before now, the second time to stop there.
DebugSession::Stop DebugSession::ContinueBack(const Interrupted& interrupted) {
  const uint64_t now = machine_.Now();
  uint64_t met = 0;
  for (const bool counting : {true, false}) {
    Begin();
    uint64_t left = met;
    while (!machine_.Ended() && machine_.Now() < now && (counting || left > 0)) {
      outcome_ = machine_.ContinueUntil(std::min(now, machine_.Now() + kSlice));
      if (interrupted()) {
        Seek({now, 0});
        steps_known_ = false;
        return Stop::kInterrupted;
      }
      if (!machine_.AtWatched() || machine_.Now() >= now) continue;
      counting ? ++met : --left;
    }
    if (counting && met == 0) break;
  }
  if (met > 0) {
    steps_known_ = false;
    return Stop::kBreakpoint;
  }
  Begin();
  return Stop::kBegin;
}

}  // namespace percuss::emulation

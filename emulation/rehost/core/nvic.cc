// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/nvic.h"

#include <algorithm>
#include <bit>

namespace percuss::rehost {

namespace {

// Where SHCSR has what it has.
struct HandlerBit {
  uint16_t exception;
  uint8_t active;
  uint8_t pending;
  uint8_t enabled;
};
constexpr uint8_t kNone = 31;  // a bit that SHCSR does not have
constexpr HandlerBit kHandlerBits[] = {
    {kMemManage, 0, 13, 16},     {kBusFault, 1, 14, 17},           {kUsageFault, 3, 12, 18},
    {kSvCall, 7, 15, kNone},     {kDebugMonitor, 8, kNone, kNone}, {kPendSv, 10, kNone, kNone},
    {kSysTick, 11, kNone, kNone}};

uint32_t MaskOf(uint32_t size) { return size >= 4 ? ~0U : (1U << (8 * size)) - 1; }

// Calls `use` with each exception of the set, ascending.
template <typename Use>
void ForEach(const ExceptionSet& a, const ExceptionSet& b, Use use) {
  for (uint32_t word = 0; word < ExceptionSet::kWords; ++word) {
    for (uint32_t bits = a.words[word] & b.words[word]; bits != 0; bits &= bits - 1) {
      use(32 * word + static_cast<uint32_t>(std::countr_zero(bits)) - 16);
    }
  }
}

}  // namespace

Nvic::Nvic(Architecture architecture, const std::vector<uint32_t>& disabled_irqs)
    : lines_(architecture == Architecture::kV6M ? 32 : kInterruptLines),
      priority_bits_(architecture == Architecture::kV6M ? 0xc0 : 0xff),
      has_active_bits_(architecture != Architecture::kV6M) {
  for (const uint32_t irq : disabled_irqs) {
    if (irq < kInterruptLines) forbidden_.Set(kFirstInterrupt + irq, true);
  }
  Reset();
}

void Nvic::Reset() {
  enabled_ = {};
  pending_ = {};
  active_ = {};
  priority_ = {};
  priority_group_ = 0;
  pended_ = false;
  for (const uint32_t always : {kNmi, kHardFault, kSvCall, kPendSv, kSysTick}) {
    enabled_.Set(always, true);
  }
  ListEnabled();
  Update();
}

void Nvic::SetEnabled(uint32_t exception, bool on) {
  enabled_.Set(exception, on);
  ListEnabled();
  FindFirstPending();
}

void Nvic::FindFirstPending() {
  uint32_t any = 0;  // mostly none
  for (uint32_t word = 0; word < ExceptionSet::kWords; ++word) {
    any |= pending_.words[word] & enabled_.words[word];
  }
  if (any == 0) {
    first_pending_ = 0;
    pending_priority_ = kIdle;
    return;
  }
  int pending = kIdle;
  uint32_t first = 0;
  ForEach(pending_, enabled_, [&](uint32_t exception) {
    if (Priority(exception) < pending) {
      pending = Priority(exception);
      first = exception;
    }
  });
  first_pending_ = static_cast<uint16_t>(first);
  pending_priority_ = first == 0 ? kIdle : GroupPriority(pending);
}

void Nvic::FindActivePriority() {
  int active = kIdle;
  active_count_ = 0;
  ForEach(active_, active_, [&](uint32_t exception) {
    active = std::min(active, Priority(exception));
    ++active_count_;
  });
  active_priority_ = active == kIdle ? kIdle : GroupPriority(active);
}

void Nvic::Update() {
  FindFirstPending();
  FindActivePriority();
}

void Nvic::ListEnabled() {
  enabled_count_ = 0;
  ForEach(enabled_, enabled_, [&](uint32_t exception) {
    if (exception < kFirstInterrupt) return;
    enabled_irqs_[enabled_count_++] = static_cast<uint16_t>(exception - kFirstInterrupt);
  });
}

bool Nvic::IsReady(uint32_t exception, int running) const {
  return enabled_.Has(exception) && GroupPriority(Priority(exception)) < running;
}

bool Nvic::HasPendingInterrupt() const {
  return std::any_of(pending_.words.begin() + 1, pending_.words.end(),
                     [](uint32_t word) { return word != 0; });
}

Nvic::Raised Nvic::Raise(uint16_t exception, int running, bool derived) {
  // A HardFault while entering something comes of a vector that cannot be read: no way around it.
  if (derived && exception == kHardFault && pending_priority_ <= Priority(kHardFault)) {
    return Raised::kLockup;
  }
  const bool escalates = !IsReady(exception, running);
  if (escalates && running <= Priority(kHardFault)) return Raised::kLockup;
  SetPending(escalates ? uint16_t{kHardFault} : exception, true);
  return escalates ? Raised::kEscalated : Raised::kPended;
}

uint32_t Nvic::LinesOfWord(uint32_t word) const {
  const uint32_t first = 32 * word;
  if (first >= lines_) return 0;
  return lines_ - first >= 32 ? ~0U : (1U << (lines_ - first)) - 1;
}

uint32_t Nvic::ReadRegister(uint32_t offset, uint32_t size) const {
  if (offset >= 0x400) {
    uint32_t value = 0;
    for (uint32_t i = 0; i < size; ++i) {
      const uint32_t irq = offset - 0x400 + i;
      if (irq < lines_) value |= uint32_t{priority_[kFirstInterrupt + irq]} << (8 * i);
    }
    return value;
  }
  const uint32_t word = (offset & 0x7fU) >> 2U;
  if (word + 1 >= ExceptionSet::kWords) return 0;
  uint32_t value = 0;
  switch (offset >> 8U) {
    case 1:
      value = enabled_.words[word + 1];
      break;
    case 2:
      value = pending_.words[word + 1];
      break;
    default:
      value = has_active_bits_ && offset < 0x340 ? active_.words[word + 1] : 0;
  }
  return value >> (8 * (offset & 3U)) & MaskOf(size);
}

void Nvic::WriteRegister(uint32_t offset, uint32_t size, uint32_t value) {
  if (offset >= 0x400) {
    for (uint32_t i = 0; i < size; ++i) {
      const uint32_t irq = offset - 0x400 + i;
      if (irq >= lines_) break;
      priority_[kFirstInterrupt + irq] = static_cast<uint8_t>(value >> (8 * i) & priority_bits_);
    }
    Update();
    return;
  }
  const uint32_t word = (offset & 0x7fU) >> 2U;
  if (offset >= 0x300 || word + 1 >= ExceptionSet::kWords) return;
  const bool clears = (offset & 0x80U) != 0;
  const bool enables = offset < 0x200;
  uint32_t bits = (value & MaskOf(size)) << (8 * (offset & 3U)) & LinesOfWord(word);
  if (enables && !clears) bits &= ~forbidden_.words[word + 1];
  uint32_t& target = (enables ? enabled_ : pending_).words[word + 1];
  const uint32_t changed = clears ? target & ~bits : target | bits;
  if (changed == target) return;
  pended_ = pended_ || (!enables && !clears);
  target = changed;
  if (enables) ListEnabled();
  FindFirstPending();
}

// SHPR1 begins with the priority of exception 4. Those of exceptions that do not exist stay 0, as
// do those of Armv6-M's faults, which have no SHPR1.
uint32_t Nvic::ReadSystemPriorities(uint32_t offset, uint32_t size) const {
  uint32_t value = 0;
  for (uint32_t i = 0; i < size; ++i) {
    value |= uint32_t{priority_[offset - 0xd14 + i]} << (8 * i);
  }
  return value;
}

void Nvic::WriteSystemPriorities(uint32_t offset, uint32_t size, uint32_t value) {
  constexpr uint32_t kConfigurable = 1U << kMemManage | 1U << kBusFault | 1U << kUsageFault |
                                     1U << kSvCall | 1U << kDebugMonitor | 1U << kPendSv |
                                     1U << kSysTick;
  for (uint32_t i = 0; i < size; ++i) {
    const uint32_t exception = offset - 0xd14 + i;
    const bool is_there =
        (kConfigurable >> exception & 1U) != 0 && (has_active_bits_ || exception > kUsageFault);
    if (is_there) priority_[exception] = static_cast<uint8_t>(value >> (8 * i) & priority_bits_);
  }
  Update();
}

void Nvic::SetPriorityGroup(uint32_t group) {
  priority_group_ = group & 7U;
  Update();
}

uint32_t Nvic::SystemHandlers() const {
  uint32_t value = 0;
  for (const HandlerBit& bit : kHandlerBits) {
    if (active_.Has(bit.exception)) value |= 1U << bit.active;
    if (bit.pending != kNone && pending_.Has(bit.exception)) value |= 1U << bit.pending;
    if (bit.enabled != kNone && enabled_.Has(bit.exception)) value |= 1U << bit.enabled;
  }
  return value;
}

void Nvic::SetSystemHandlers(uint32_t value) {
  for (const HandlerBit& bit : kHandlerBits) {
    active_.Set(bit.exception, (value >> bit.active & 1U) != 0);
    if (bit.pending != kNone) pending_.Set(bit.exception, (value >> bit.pending & 1U) != 0);
    if (bit.enabled != kNone) enabled_.Set(bit.exception, (value >> bit.enabled & 1U) != 0);
  }
  Update();
}

}  // namespace percuss::rehost

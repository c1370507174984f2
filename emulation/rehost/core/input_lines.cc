// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/input_lines.h"

#include <algorithm>

#include "emulation/rehost/core/line_input.h"
#include "emulation/rehost/core/systick.h"

namespace percuss::rehost {

namespace {

constexpr uint32_t kFrameDataBytes = 8;
constexpr size_t kFrameHeadBytes = 8;
constexpr size_t kFrameLengthAt = 4;
constexpr uint32_t kCanIdBits = 0x1fffffff;
constexpr uint32_t kWord = 4;

uint64_t After(uint64_t time, uint64_t more) { return time + std::min(more, kNever - time); }

bool HasStatusOrInterrupt(const InputLine& line) {
  return !line.statuses.empty() || line.irq != InputLine::kNoInterrupt;
}

// Brings the next event forward, where it was to be later.
void BringForward(Core& core, uint64_t next) {
  if (next >= core.horizon) return;
  core.fuel -= static_cast<int64_t>(core.horizon - next);
  core.horizon = next;
}

}  // namespace

InputLines::InputLines(const MachineImage& image) : lines_(image.lines), states_(lines_.size()) {
  for (size_t number = 0; number < lines_.size(); ++number) AddRegisters(number);
  snapshot_ = states_;
}

void InputLines::AddRegisters(size_t number) {
  const InputLine& line = lines_[number];
  const auto add = [this](const Register& one, uint32_t bytes) {
    for (uint32_t i = 0; i < bytes; ++i) {
      by_address_.emplace(one.begin + i, static_cast<int32_t>(registers_.size()));
    }
    registers_.push_back(one);
  };
  const bool can = line.kind == InputLine::Kind::kCan;
  add({Role::kData, number, 0, line.data}, can ? kFrameDataBytes : 1);
  if (can) {
    add({Role::kId, number, 0, line.id}, kWord);
    add({Role::kLength, number, 0, line.length}, kWord);
  }
  for (size_t i = 0; i < line.statuses.size(); ++i) {
    add({Role::kStatus, number, i, line.statuses[i].address}, kWord);
  }
  silence_ = std::max<uint64_t>(silence_, line.silence);
}

void InputLines::PowerOn() {
  for (State& state : states_) state = {};
}

InputLines::Others InputLines::SetInput(std::span<const uint8_t> input) {
  LineInput split = SplitLineInput(input, lines_);
  for (size_t i = 0; i < lines_.size(); ++i) {
    states_[i].message = split.messages[i];
    states_[i].cursor = 0;
    states_[i].has_frame = false;
  }
  has_begun_ = !lines_.empty() && !input.empty();
  last_taken_ = 0;
  return split.others;
}

void InputLines::Begin(uint64_t now) {
  began_ = now;
  for (State& state : states_) state.arrival = now;
}

size_t InputLines::Consumed(size_t others) const {
  size_t consumed = others;
  for (const State& state : states_) consumed += state.cursor;
  return consumed;
}

int32_t InputLines::RegisterAt(uint32_t address) const {
  const auto found = by_address_.find(address);
  return found == by_address_.end() ? kNone : found->second;
}

bool InputLines::Read(Core& core, int32_t number, uint32_t address, uint32_t& value) {
  const Register& which = registers_[static_cast<size_t>(number)];
  const uint32_t offset = address - which.begin;
  if (which.role != Role::kStatus) return ReadData(core, which, offset, value);
  if (!ReadStatus(core, which, value)) return false;
  value >>= 8 * offset;
  return true;
}

bool InputLines::ReadStatus(Core& core, const Register& which, uint32_t& value) {
  State& state = states_[which.line];
  const bool there = IsThere(state, core.now);
  if (!has_begun_ || (!there && Over(core.now))) {
    core.stop = Core::Stop::kInput;
    return false;
  }
  const LineStatus& status = lines_[which.line].statuses[which.status];
  value = status.always | (there ? status.ready : status.empty);
  core.spin.steady = !there || state.told;
  state.told |= there;
  return true;
}

bool InputLines::ReadData(Core& core, const Register& which, uint32_t offset, uint32_t& value) {
  const InputLine& line = lines_[which.line];
  State& state = states_[which.line];
  const bool knows = HasStatusOrInterrupt(line);
  value = 0;
  if (knows && !state.told) return true;
  if (!HasMore(state)) {
    if (knows && has_begun_ && !Over(core.now)) return true;
    core.stop = Core::Stop::kInput;
    return false;
  }
  if (line.kind != InputLine::Kind::kCan) {
    for (uint32_t i = 0; i < line.bytes && state.cursor < state.message.size(); ++i) {
      value |= uint32_t{state.message[state.cursor++]} << (8 * i);
    }
    Took(core, line, state);
    return true;
  }
  if (!state.has_frame) TakeFrame(core, line, state);
  if (which.role == Role::kId) {
    value = state.frame.id << line.id_shift >> 8 * offset;
  } else if (which.role == Role::kLength) {
    value = state.frame.length >> 8 * offset;
  } else {
    for (uint32_t i = 0; i < kWord && offset + i < kFrameDataBytes; ++i) {
      value |= uint32_t{state.frame.data[offset + i]} << (8 * i);
    }
  }
  return true;
}

void InputLines::Took(Core& core, const InputLine& line, State& state) {
  last_taken_ = core.now;
  state.arrival = After(core.now, line.gap);
  BringForward(core, NextChange(core.now));
}

// Of one that is cut off, the rest is zeros.
void InputLines::TakeFrame(Core& core, const InputLine& line, State& state) {
  const auto left = state.message.subspan(state.cursor);
  const auto byte = [&left](size_t at) { return at < left.size() ? uint32_t{left[at]} : 0U; };
  Frame frame;
  for (size_t i = 0; i < kWord; ++i) frame.id = frame.id << 8U | byte(i);
  frame.id &= kCanIdBits;
  frame.length = std::min(byte(kFrameLengthAt), kFrameDataBytes);
  for (size_t i = 0; i < frame.length; ++i) {
    frame.data[i] = static_cast<uint8_t>(byte(kFrameHeadBytes + i));
  }
  state.frame = frame;
  state.cursor += std::min(left.size(), kFrameHeadBytes + frame.length);
  state.has_frame = true;
  Took(core, line, state);
}

void InputLines::Write(Core& core, uint32_t address, uint32_t size, uint32_t value,
                       uint32_t changes) {
  const uint32_t mask = (size >= kWord ? 0xffffffffU : (1U << (8 * size)) - 1) & changes;
  for (size_t i = 0; i < lines_.size(); ++i) {
    const InputLine& line = lines_[i];
    State& state = states_[i];
    if (line.enable_bits != 0 && address - line.enable < kWord) {
      const uint32_t shift = (address - line.enable) * 8;
      state.enabled = (state.enabled & ~(mask << shift)) | (value & mask) << shift;
      core.stop = Core::Stop::kAttention;
    }
    const bool can = line.kind == InputLine::Kind::kCan;
    if (can && address - line.release < kWord) {
      const uint32_t stored = (value & mask) << (address - line.release) * 8;
      if ((stored & line.release_bits) == 0 || !has_begun_ || !HasMore(state)) continue;
      if (!state.has_frame) TakeFrame(core, line, state);
      state.has_frame = false;
      state.arrival = After(core.now, line.gap);
      BringForward(core, NextChange(core.now));
      core.stop = Core::Stop::kAttention;
    }
  }
}

bool InputLines::Raises(size_t line, uint64_t now) const {
  const InputLine& of = lines_[line];
  if ((states_[line].enabled & of.enable_bits) != of.enable_bits) return false;
  return !has_begun_ || IsThere(states_[line], now);
}

bool InputLines::Over(uint64_t now) const {
  return has_begun_ && now >= After(std::max(began_, last_taken_), silence_) &&
         std::none_of(states_.begin(), states_.end(),
                      [this](const State& state) { return HasMore(state); });
}

uint64_t InputLines::NextChange(uint64_t now) const {
  if (!has_begun_) return kNever;
  uint64_t next = kNever;
  bool more = false;
  for (const State& state : states_) {
    more |= HasMore(state);
    if (HasMore(state) && state.arrival > now) next = std::min(next, state.arrival);
  }
  if (more) return next;
  const uint64_t over = After(std::max(began_, last_taken_), silence_);
  return over > now ? over : kNever;
}

}  // namespace percuss::rehost

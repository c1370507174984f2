// SPDX-License-Identifier: Apache-2.0
//
// Lines of a device on which messages come in (InputLine): what their registers are answered with,
// and whether they ask for an interrupt. A function of the input, of what was loaded and stored,
// and of time. Not thread-safe.
//
// Before there is an input, the first load that depends on one wants it, as of other peripherals:
// there a machine's boot ends. Where a line has a status or an interrupt, its data are loaded as 0
// until one of these has once told of a byte, so that a driver may empty the register beforehand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "emulation/rehost/core/core.h"
#include "emulation/rehost/core/machine_image.h"

namespace percuss::rehost {

class InputLines {
 public:
  static constexpr int32_t kNone = -1;
  using Others = std::span<const uint8_t>;

  explicit InputLines(const MachineImage& image);
  [[nodiscard]] bool Empty() const { return lines_.empty(); }

  void PowerOn();
  // The messages, which outlive the run; what is for nobody here is returned. Of no bytes: there is
  // no input yet.
  [[nodiscard]] Others SetInput(std::span<const uint8_t> input);
  // When the input begins.
  void Begin(uint64_t now);
  [[nodiscard]] bool HasBegun() const { return has_begun_; }
  // With `others` of what was returned.
  [[nodiscard]] size_t Consumed(size_t others) const;
  [[nodiscard]] uint64_t LastTaken() const { return last_taken_; }

  // A number for Read, of a register of ours; kNone.
  [[nodiscard]] int32_t RegisterAt(uint32_t address) const;
  // False with core.stop: the input is used up. Sets core.spin.steady. core.now must be right.
  [[nodiscard]] bool Read(Core& core, int32_t number, uint32_t address, uint32_t& value);
  // core.stop is kAttention where that may change who interrupts.
  // changes: the bits that are stored.
  void Write(Core& core, uint32_t address, uint32_t size, uint32_t value, uint32_t changes);

  // Whether the line asks for its interrupt; before the input, whether it would.
  [[nodiscard]] bool Raises(size_t line, uint64_t now) const;
  void NoteTold(size_t line) { states_[line].told = true; }
  // All is consumed, and the silence behind it is over: who waits now waits for ever.
  [[nodiscard]] bool Over(uint64_t now) const;
  // The next time at which, without a load, answers or interrupts change; kNever.
  [[nodiscard]] uint64_t NextChange(uint64_t now) const;

  void TakeSnapshot() { snapshot_ = states_; }
  void Restore() { states_ = snapshot_; }

 private:
  enum class Role : uint8_t { kData, kStatus, kId, kLength };
  struct Register {
    Role role = Role::kData;
    size_t line = 0;
    size_t status = 0;
    uint32_t begin = 0;
  };
  // Of a frame in the input, as LINKTYPE_CAN_SOCKETCAN has it: identifier in network order, length,
  // three bytes, data.
  struct Frame {
    uint32_t id = 0;
    uint32_t length = 0;
    uint8_t data[8] = {};
  };
  struct State {
    std::span<const uint8_t> message;
    size_t cursor = 0;
    uint64_t arrival = 0;  // of the next byte or frame
    uint32_t enabled = 0;  // what was last stored at `enable`
    bool told = false;
    bool has_frame = false;
    Frame frame;
  };

  void AddRegisters(size_t number);
  [[nodiscard]] bool HasMore(const State& state) const {
    return state.has_frame || state.cursor < state.message.size();
  }
  [[nodiscard]] bool IsThere(const State& state, uint64_t now) const {
    return HasMore(state) && (state.has_frame || now >= state.arrival);
  }
  [[nodiscard]] bool ReadStatus(Core& core, const Register& which, uint32_t& value);
  [[nodiscard]] bool ReadData(Core& core, const Register& which, uint32_t offset, uint32_t& value);
  void Took(Core& core, const InputLine& line, State& state);
  void TakeFrame(Core& core, const InputLine& line, State& state);

  const std::vector<InputLine> lines_;
  std::vector<Register> registers_;
  std::unordered_map<uint32_t, int32_t> by_address_;
  std::vector<State> states_;
  std::vector<State> snapshot_;
  uint64_t silence_ = 0;
  bool has_begun_ = false;
  uint64_t began_ = 0;
  uint64_t last_taken_ = 0;
};

}  // namespace percuss::rehost

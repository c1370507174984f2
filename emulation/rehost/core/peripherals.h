// SPDX-License-Identifier: Apache-2.0
//
// Peripherals that nobody has modelled: loads are answered by the input, or as a model says; stores
// have no effect but where a model wants them kept. Not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "emulation/rehost/core/core.h"
#include "emulation/rehost/core/input_lines.h"
#include "emulation/rehost/core/input_streams.h"
#include "emulation/rehost/core/machine_image.h"

namespace percuss::rehost {

class Peripherals {
 public:
  explicit Peripherals(const MachineImage& image);

  // bytes: outlives the run.
  void SetInput(const uint8_t* bytes, size_t size);
  // From the input, of the stream that context has; false at its end, with core.stop kInput.
  [[nodiscard]] bool Take(Core& core, const StreamKey& context, uint32_t bytes, uint32_t& value);
  [[nodiscard]] InputStreams& Input() { return input_; }
  // Of the streams' bytes, where the input has some.
  [[nodiscard]] size_t Consumed() const { return lines_.Consumed(input_.Used()); }
  [[nodiscard]] size_t InputBytes() const { return input_bytes_; }
  // core.now of the last byte that was taken.
  [[nodiscard]] uint64_t LastTaken() const { return std::max(last_taken_, lines_.LastTaken()); }
  [[nodiscard]] InputLines& Lines() { return lines_; }
  [[nodiscard]] const InputLines& Lines() const { return lines_; }

  [[nodiscard]] bool Covers(uint32_t address) const;
  // Whether one of the spans has all of them.
  [[nodiscard]] bool CoversAll(uint32_t address, uint32_t size) const;
  // Whether a model answers for that address, at whatever place.
  [[nodiscard]] bool Models(uint32_t address) const { return by_address_.contains(address); }
  [[nodiscard]] bool Read(Core& core, uint32_t pc, uint32_t address, uint32_t size,
                          uint32_t& value);
  // changes: the bits that are stored.
  void Write(Core& core, uint32_t address, uint32_t size, uint32_t value,
             uint32_t changes = 0xffffffff) {
    if (heeds_stores_) HeedStore(core, address, size, value, changes);
  }
  // Each load that was answered, for traces and debuggers.
  struct Answer {
    uint64_t now = 0;  // instructions since reset
    uint32_t pc = 0;
    uint32_t address = 0;
    uint32_t size = 0;
    uint32_t value = 0;
    // At whatever time.
    [[nodiscard]] bool IsAs(const Answer& other) const {
      return pc == other.pc && address == other.address && size == other.size &&
             value == other.value;
    }
  };
  void OnRead(std::function<void(const Answer&)> told) { on_read_ = std::move(told); }
  // Each store, likewise.
  using Stored = std::function<void(uint32_t address, uint32_t size, uint32_t value)>;
  void OnWrite(Stored told) {
    on_write_ = std::move(told);
    heeds_stores_ = on_write_ || !lines_.Empty() || kept_.any();
  }

  // Those of this input, as many as are kept, latest last.
  static constexpr size_t kMostLoads = 16;
  [[nodiscard]] std::vector<Answer> LastLoads() const;

  // What was stored, and how often was loaded, as at the beginning.
  void PowerOn();
  void TakeSnapshot() {
    snapshot_ = states_;
    lines_.TakeSnapshot();
  }
  void Restore() {
    states_ = snapshot_;
    lines_.Restore();
  }

 private:
  // What answers a load at an address.
  struct Site {
    uint32_t pc = 0;
    uint32_t address = 0;
    int32_t model = kUnknown;
    uint8_t input_bytes = 0;  // kFromInput: how many, 0: as many as the load has
    uint8_t left_shift = 0;   // below 32
  };
  static constexpr int32_t kUnknown = -2;
  static constexpr int32_t kFromInput = -1;
  static constexpr size_t kSites = 1024;

  [[nodiscard]] bool ReadFromInput(Core& core, const StreamKey& context, uint32_t bytes,
                                   uint32_t& value);
  void NoteRead(Core& core, const Answer& answer);
  void HeedStore(Core& core, uint32_t address, uint32_t size, uint32_t value, uint32_t changes);
  [[nodiscard]] bool ReadByModel(Core& core, size_t index, const StreamKey& context,
                                 uint32_t& value);
  [[nodiscard]] Site SiteOf(uint32_t pc, uint32_t address) const;
  [[nodiscard]] int32_t Search(uint32_t pc, uint32_t address) const;

  InputStreams input_;  // of what is no line's
  uint64_t last_taken_ = 0;
  bool by_site_ = false;       // else all loads are the input's
  bool heeds_stores_ = false;  // whether anybody wants to know of one
  InputLines lines_;
  std::vector<AddressSpan> spans_;
  std::vector<AccessModel> models_;
  std::unordered_multimap<uint32_t, int32_t> by_address_;
  std::vector<Site> sites_;
  std::bitset<kSites> kept_;  // by hash: addresses of which a model wants to know the stores
  // Of each model: what was stored last, or how often it was loaded.
  std::vector<uint32_t> states_;
  std::vector<uint32_t> snapshot_;
  size_t input_bytes_ = 0;
  std::function<void(const Answer&)> on_read_;
  Stored on_write_;
  std::array<Answer, kMostLoads> loads_{};
  size_t load_count_ = 0;
};

}  // namespace percuss::rehost

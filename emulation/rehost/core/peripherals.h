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
#include <cstring>
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
  // The same of `size` bytes where it is as mostly: the place is known, the input alone answers,
  // and nobody is told. False: nothing has happened, and Read has to be asked.
  template <uint32_t size>
  [[nodiscard]] bool ReadAtOnce(const Core& core, uint32_t pc, uint32_t address, uint32_t& value) {
    const Site& site = sites_[HashOf(pc, address)];
    const bool plain = site.pc == pc && site.address == address && site.model == kFromInput;
    if (!plain || tells_loads_) return false;
    uint32_t mask = MaskOf(size);
    uint32_t bytes = size;
    if (site.input_bytes != 0) {
      bytes = site.input_bytes;
      mask = MaskOf(bytes);
    }
    const uint8_t* from = input_.TakeAtOnce(bytes);
    if (from == nullptr) return false;
    uint32_t read = 0;
    std::memcpy(&read, from, sizeof(read));
    value = (read & mask) << site.left_shift & MaskOf(size);
    last_taken_ = core.now;
    Keep(core, {core.now, pc, address, size, value});
    return true;
  }
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
  void OnRead(std::function<void(const Answer&)> told) {
    on_read_ = std::move(told);
    tells_loads_ = static_cast<bool>(on_read_);
  }
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
  static constexpr uint32_t HashOf(uint32_t pc, uint32_t address) {
    return (pc * 0x9e3779b1U ^ address * 0x85ebca6bU) >> 22U;
  }
  // The lowest 1 to 4 bytes.
  static constexpr uint32_t MaskOf(uint32_t bytes) {
    return 0xffffffffU >> (bytes < 4 ? 32 - 8 * bytes : 0);
  }

  void NoteRead(const Core& core, const Answer& answer) {
    Keep(core, answer);
    if (on_read_) on_read_(answer);
  }
  // Field by field: what is written in parts and read at once just behind that is slow.
  void Keep(const Core& core, const Answer& answer) {
    if (core.spin.steady) return;  // what only waits is left out, as loops that wait are
    Answer& kept = loads_[load_count_++ % kMostLoads];
    kept.now = answer.now;
    kept.pc = answer.pc;
    kept.address = answer.address;
    kept.size = answer.size;
    kept.value = answer.value;
  }
  void HeedStore(Core& core, uint32_t address, uint32_t size, uint32_t value, uint32_t changes);
  [[nodiscard]] bool ReadByModel(Core& core, size_t index, const StreamKey& context,
                                 uint32_t& value);
  [[nodiscard]] Site SiteOf(uint32_t pc, uint32_t address) const;
  [[nodiscard]] int32_t Search(uint32_t pc, uint32_t address) const;

  InputStreams input_;  // of what is no line's
  uint64_t last_taken_ = 0;
  bool tells_loads_ = false;
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

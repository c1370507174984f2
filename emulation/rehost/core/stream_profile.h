// SPDX-License-Identifier: Apache-2.0
//
// What a run made of its input, for who wants to change that: which register took which bytes, what
// wanted more, and which values would have made comparisons come out the other way
// (input-to-state: Aschermann et al., REDQUEEN, NDSS 2019). Depends on the machine and the input
// alone. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "emulation/rehost/core/block_compares.h"
#include "emulation/rehost/core/input_streams.h"
#include "emulation/rehost/core/machine.h"

namespace percuss::rehost {

// Bytes of a stream that a comparison depends on, and what they should be.
struct Substitution {
  StreamKey key;
  size_t at = 0;
  uint32_t bytes = 0;  // 1 to 4
  uint32_t value = 0;
  uint32_t site = 0;  // the block that compared
  [[nodiscard]] bool operator==(const Substitution& other) const {
    return key == other.key && at == other.at && bytes == other.bytes && value == other.value;
  }
};

struct StreamProfile {
  // The same run, byte by byte, with nothing that it has not read: a stream for each register, and
  // in the rest only what more than kMostStreams of them have read.
  StreamSet streams;
  std::vector<uint32_t> widths;  // of each stream: bytes of its widest load
  std::string flat;              // the same run too: what was read, in turn
  bool used_up = false;          // the input; then `starved` wanted that many bytes more
  StreamKey starved;
  uint32_t starved_bytes = 0;
  uint64_t last_taken = 0;  // instructions since reset when the last byte was
};

constexpr size_t kMostSubstitutions = 2048;

enum class StreamsBy : uint8_t {
  kAddress,  // one for all places that load from it
  kPlace     // one for each pc and address
};

class StreamProfiler {
 public:
  explicit StreamProfiler(MachineImage image, StreamsBy by = StreamsBy::kAddress);
  StreamProfiler(const StreamProfiler&) = delete;
  StreamProfiler& operator=(const StreamProfiler&) = delete;

  // About as long as a run.
  [[nodiscard]] StreamProfile Profile(std::string_view input);
  // Of an input and its profile: the latest last, kMostSubstitutions at most. Some times as long as
  // a run, but ends soon behind the last byte.
  [[nodiscard]] std::vector<Substitution> Substitutions(std::string_view input,
                                                        const StreamProfile& profile);

 private:
  // A load that took bytes of the input, and what the firmware saw of them.
  struct Seen {
    StreamKey key;
    size_t at = 0;  // in its stream
    uint32_t bytes = 0;
    uint32_t value = 0;
    uint32_t shift = 0;  // that a model has moved the bytes by
  };
  // The latest loads that had a low byte, the latest last, few of each register. What an interrupt
  // has put into a buffer is compared long after, when many others have come; so it is looked for
  // by its value, not among the latest.
  struct Alike {
    static constexpr size_t kMost = 32;
    static constexpr size_t kMostOfOne = 8;
    void Add(const Seen& added);
    std::vector<Seen> seen;
  };
  // The latest loads of one register, and which registers were loaded last.
  struct Recent {
    static constexpr size_t kRegisters = 4;
    StreamKey key;
    std::array<Seen, 8> seen{};
    size_t count = 0;
  };
  static constexpr uint32_t kMostSums = 2;         // of one block
  static constexpr size_t kLoads = 32;             // that a number is put together from
  static constexpr size_t kMostCompares = 50'000;  // of one run, that are looked at
  static constexpr uint32_t kMostOfSite = 48;      // of these, in one block: loops
  static constexpr size_t kMostBlocks = 4096;      // from a load to what compares it
  static constexpr uint64_t kMostTime = 5000;      // instructions, behind the last byte

  [[nodiscard]] StreamKey KeyOf(const StreamKey& context) const {
    return by_ == StreamsBy::kPlace ? context : StreamKey{context.address, StreamKey::kEveryPlace};
  }
  void NoteRead(const Peripherals::Answer& answer);
  void NoteBlock(uint32_t pc);
  void Compare(const BlockCompare& compare);
  void Match(uint32_t had, uint32_t wanted);
  void MatchLatest(uint32_t had, uint32_t wanted);
  void MatchSums(uint32_t had, uint32_t wanted);
  void NoteRecent(const Seen& seen);
  void MatchJoined(uint32_t had, uint32_t wanted);
  void Propose(const Seen& seen, uint32_t value);
  void Push(Substitution substitution);
  void Sort(std::string_view input, StreamProfile& profile);

  // A machine that is told of blocks is slow to be made one that is not.
  struct Traced {
    explicit Traced(MachineImage image);
    Machine machine;
    BlockCompares compares;
  };

  StreamsBy by_;
  Machine machine_;
  std::unique_ptr<Traced> traced_;  // from the first call of Substitutions on
  std::string_view input_;
  size_t noted_ = 0;
  std::unordered_map<uint64_t, size_t> sizes_;  // of streams, so far
  std::array<Seen, kLoads> loads_{};
  size_t load_count_ = 0;
  std::array<Alike, 256> alike_;  // by low byte
  size_t compare_count_ = 0;
  size_t blocks_since_ = 0;  // the last load
  uint32_t block_ = 0;
  uint32_t site_ = 0;                             // of what is compared just now
  std::unordered_map<uint32_t, uint32_t> sites_;  // how often that was
  std::unordered_map<uint32_t, uint32_t> sums_;   // and as a sum
  std::vector<Recent> recent_;                    // the latest first
  std::vector<Substitution> found_;
  std::unordered_set<uint64_t> pushed_;  // digests of all that were found
  size_t found_count_ = 0;
};

}  // namespace percuss::rehost

// SPDX-License-Identifier: Apache-2.0
//
// Changes inputs stream by stream, for engines: what they are given is run once, sorted into
// streams and cut down to what was read (stream_profile.h), and each change is one of a stream.
// What it makes are always streams (input_streams.h). Not thread-safe. The same machine, seed and
// calls give the same results.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "emulation/rehost/core/stream_profile.h"

namespace percuss::rehost {

// Numbers that are the same again for the same seed, on every machine (xorshift64*, Vigna 2016).
class StreamRandom {
 public:
  explicit StreamRandom(uint64_t seed) { Seed(seed); }
  void Seed(uint64_t seed) {
    state_ = seed * 0x9e3779b97f4a7c15ULL + 1;
    if (state_ == 0) state_ = 1;
    (void)Next();
  }
  uint64_t Next() {
    state_ ^= state_ >> 12U;
    state_ ^= state_ << 25U;
    state_ ^= state_ >> 27U;
    return state_ * 0x2545f4914f6cdd1dULL;
  }
  // Below `count`, which is not 0.
  size_t Below(size_t count) { return static_cast<size_t>((Next() >> 11U) % count); }
  bool OneIn(size_t count) { return Below(count) == 0; }

 private:
  uint64_t state_ = 1;
};

class StreamMutator {
 public:
  // An engine's own way to change bytes, which knows its dictionary; may be empty.
  using ByteChange = std::function<size_t(uint8_t* bytes, size_t size, size_t most)>;

  StreamMutator(MachineImage image, uint64_t seed, StreamsBy by = StreamsBy::kAddress,
                ByteChange engine = nullptr);

  void Seed(uint64_t seed) { random_.Seed(seed); }
  // At most `most` bytes, which live until the next call.
  [[nodiscard]] const std::string& Mutate(std::string_view input, size_t most);
  // The same with parts of another.
  [[nodiscard]] const std::string& Cross(std::string_view input, std::string_view other,
                                         size_t most);
  // Only sorted into streams: the same run.
  [[nodiscard]] const std::string& Sort(std::string_view input, size_t most);

  // How many inputs were run to know them: each of a corpus once, as far as there is room.
  [[nodiscard]] uint64_t Profiled() const { return profiled_; }

 private:
  // Of an input; its substitutions are looked for when it is changed.
  struct Known {
    StreamProfile profile;
    std::vector<Substitution> substitutions;
    size_t untried = 0;  // of the substitutions, from the first on
    bool compared = false;
    size_t bytes = 0;  // that it takes among those that are kept; 0: it is none of them
  };
  using Shared = std::shared_ptr<Known>;
  static constexpr size_t kMostPending = 64;
  static constexpr size_t kMostKeptBytes = 1 << 20;  // of an input that is kept
  // Of all that are kept with what is known of them: those of a corpus, whose turns are far apart.
  static constexpr size_t kMostBytesOfAll = size_t{96} << 20U;

  Shared ProfileOf(std::string_view input);
  void Keep(Known& known, size_t bytes);
  bool Begin(std::string_view input);
  void ChangeOnce();
  void ChangeFlat();
  void ChangeBytes(std::string& bytes, size_t width);
  void ChangeNumber(std::string& bytes, size_t width);
  void Extend();
  void Substitute();
  void Put(const Substitution& one);
  bool TryNext();
  bool TryPending();
  void StartFrom(const Shared& known);
  void Splice(const StreamSet& other);
  Stream& StreamAt(const StreamKey& key);
  [[nodiscard]] std::string Made(size_t bytes, std::string_view like);
  [[nodiscard]] size_t PickStream();
  const std::string& Finish(size_t most);

  StreamProfiler profiler_;
  StreamRandom random_;
  ByteChange engine_;
  std::unordered_map<std::string, Shared> kept_;
  std::deque<std::string> order_;  // the oldest first
  size_t kept_bytes_ = 0;
  uint64_t profiled_ = 0;
  Shared known_;                                  // of what is changed
  std::unordered_map<uint64_t, uint32_t> tried_;  // substitutions, by block and register
  std::deque<Shared> pending_;                    // with some to try, the newest last
  StreamSet set_;
  std::vector<uint32_t> widths_;
  std::string written_;
};

}  // namespace percuss::rehost

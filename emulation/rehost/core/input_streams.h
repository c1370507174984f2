// SPDX-License-Identifier: Apache-2.0
//
// What a run takes of its input, which is flat or several streams (stream_table.h).
//
// A load takes from the stream of its pc and address, else from that of its address, else from the
// rest. A stream with fewer bytes than a load wants is at its end from then on, and what it had
// left is not used: its loads go on with the rest. Where the rest has too few bytes, the input is
// used up. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "emulation/rehost/core/stream_table.h"

namespace percuss::rehost {

// Of what chooses interrupts, and when they come: no peripheral is at the NVIC's address.
constexpr uint32_t kInterruptsAddress = 0xe000e100;

// Where a run is in its input.
class InputStreams {
 public:
  // One that was taken, for who asks (Note). at: in the input.
  struct Taken {
    StreamKey context;
    size_t at = 0;
    uint32_t bytes = 0;
  };

  // bytes: outlives the run.
  void Set(const uint8_t* bytes, size_t size);
  // nullptr: the input is used up. bytes is not 0.
  [[nodiscard]] const uint8_t* Take(const StreamKey& context, uint32_t bytes) {
    return by_key_ ? TakeByKey(context, bytes) : TakeRest(bytes);
  }
  // The same where it takes no more than to go on in the rest, and four bytes are there to be read;
  // nullptr: nothing has happened. bytes is 4 at most.
  [[nodiscard]] const uint8_t* TakeAtOnce(uint32_t bytes) {
    const uint8_t* from = rest_;
    if (by_key_ || end_ - from < 4) return nullptr;
    rest_ = from + bytes;
    return from;
  }
  // Whether four bytes of the input are there, whosever they are.
  [[nodiscard]] bool HasWord(const uint8_t* from) const { return end_ - from >= 4; }
  // Of all streams together, without what is about them.
  [[nodiscard]] size_t Used() const { return used_ + static_cast<size_t>(rest_ - rest_begin_); }
  [[nodiscard]] size_t Bytes() const { return bytes_; }

  // From the next Set on; noted are all of the last run.
  void Note(bool noting) { noting_ = noting; }
  [[nodiscard]] const std::vector<Taken>& Noted() const { return noted_; }
  // Of a run with streams, or noted, that has used its input up: what wanted more.
  [[nodiscard]] const StreamKey& Starved() const { return starved_; }
  [[nodiscard]] uint32_t StarvedBytes() const { return starved_bytes_; }

 private:
  struct Cursor {
    StreamKey key;
    size_t at = 0;
    size_t left = 0;
  };
  struct Site {
    StreamKey context;
    uint32_t generation = 0;
    size_t stream = 0;
  };
  static constexpr size_t kSites = 256;

  [[nodiscard]] const uint8_t* TakeRest(uint32_t bytes) {
    const uint8_t* from = rest_;
    if (bytes > static_cast<size_t>(end_ - from)) return nullptr;
    rest_ = from + bytes;
    return from;
  }
  [[nodiscard]] const uint8_t* TakeByKey(const StreamKey& context, uint32_t bytes);
  [[nodiscard]] size_t Find(const StreamKey& context);
  [[nodiscard]] size_t Search(const StreamKey& key) const;

  // What every load wants to know, together.
  const uint8_t* rest_ = nullptr;  // what is left of it, to the end of the input
  const uint8_t* end_ = nullptr;
  bool by_key_ = false;  // there are streams, or each that is taken is noted
  const uint8_t* rest_begin_ = nullptr;
  const uint8_t* input_ = nullptr;
  StreamPlaces places_;  // kept for its room
  std::vector<Cursor> streams_;
  std::vector<Site> sites_ = std::vector<Site>(kSites);
  uint32_t generation_ = 0;
  size_t used_ = 0;  // of the streams, without the rest
  size_t bytes_ = 0;
  bool noting_ = false;
  std::vector<Taken> noted_;
  StreamKey starved_;
  uint32_t starved_bytes_ = 0;
};

}  // namespace percuss::rehost

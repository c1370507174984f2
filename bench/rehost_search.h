// SPDX-License-Identifier: Apache-2.0
//
// What searches with random changes to inputs share, for rehost_reach and rehost_streams: CPU time,
// which edges are new, and inputs as flat bytes. Not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "bench/cpu_seconds.h"

namespace percuss::bench {

constexpr size_t kEdgeBytes = size_t{1} << 16;
constexpr size_t kMostInputBytes = 16384;

// One bit for each of the ranges of counts that AFL tells apart.
inline uint8_t Bucket(uint8_t count) {
  static constexpr std::array<uint8_t, 9> kLeast = {0, 1, 2, 3, 4, 8, 16, 32, 128};
  const auto* above = std::upper_bound(kLeast.begin(), kLeast.end(), count);
  if (count == 0) return 0;
  return static_cast<uint8_t>(1U << (above - kLeast.begin() - 2));
}

class FlatInputs {
 public:
  explicit FlatInputs(uint64_t seed) : random_(seed) {
    for (const size_t size : {64U, 512U, 4096U}) {
      kept_.push_back(Random(size));
      kept_.push_back(std::string(size, '\0'));
      kept_.push_back(std::string(size, '\xff'));
    }
  }

  std::string Next() {
    // The newest half as often as the rest: what was found last is where others have not been.
    const size_t newest =
        Below(2) == 0 ? Below(std::max<size_t>(1, kept_.size() / 2)) : Below(kept_.size());
    std::string input = kept_[kept_.size() - 1 - newest];
    for (size_t changes = size_t{1} << Below(6); changes > 0; --changes) Change(input);
    return input;
  }

  void Keep(std::string input) { kept_.push_back(std::move(input)); }
  [[nodiscard]] const std::vector<std::string>& Kept() const { return kept_; }

 private:
  size_t Below(size_t bound) { return static_cast<size_t>(random_() % bound); }

  std::string Random(size_t size) {
    std::string bytes(size, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random_());
    return bytes;
  }

  void Change(std::string& input) {
    const size_t at = Below(input.size());
    const size_t length = 1 + Below(std::min(input.size() - at, size_t{1} << Below(9)));
    switch (Below(8)) {
      case 0:
        input[at] = static_cast<char>(input[at] ^ (1 << Below(8)));
        break;
      case 1:
        input[at] = static_cast<char>(random_());
        break;
      case 2:
        input[at] = static_cast<char>(input[at] + (Below(2) == 0 ? 1 : -1));
        break;
      case 3:
        std::fill_n(input.begin() + static_cast<std::ptrdiff_t>(at), length,
                    "\0\xff\x80\x01"[Below(4)]);
        break;
      case 4:
        input.replace(at, length, Random(length));
        break;
      case 5:
        if (input.size() > length + 1) input.erase(at, length);
        break;
      case 6:
        input.insert(at, input.substr(Below(input.size()), length));
        break;
      default: {
        const std::string& other = kept_[Below(kept_.size())];
        input.resize(at + 1);
        input += other.substr(Below(other.size()));
        break;
      }
    }
    input.resize(std::min(input.size(), kMostInputBytes));
  }

  std::mt19937_64 random_;
  std::vector<std::string> kept_;
};

// The counters of a run, and what has been seen of those before.
class Edges {
 public:
  Edges() : counters_(kEdgeBytes), seen_(kEdgeBytes) {}
  [[nodiscard]] uint8_t* Counters() { return counters_.data(); }
  void Clear() { std::fill(counters_.begin(), counters_.end(), 0); }
  // Whether the run since Clear has shown anything new.
  [[nodiscard]] bool Note() {
    bool fresh = false;
    for (size_t i = 0; i < kEdgeBytes; i += sizeof(uint64_t)) {
      uint64_t word = 0;
      std::memcpy(&word, counters_.data() + i, sizeof(word));
      if (word == 0) continue;
      for (size_t j = i; j < i + sizeof(word); ++j) {
        const uint8_t bit = Bucket(counters_[j]);
        fresh = fresh || (bit & ~seen_[j]) != 0;
        seen_[j] |= bit;
      }
    }
    return fresh;
  }
  [[nodiscard]] size_t Seen() const {
    return static_cast<size_t>(
        std::count_if(seen_.begin(), seen_.end(), [](uint8_t bits) { return bits != 0; }));
  }

 private:
  std::vector<uint8_t> counters_;
  std::vector<uint8_t> seen_;
};

}  // namespace percuss::bench

// SPDX-License-Identifier: Apache-2.0
//
// Numbers that are the same again for the same seed, on every machine (xorshift64*, Vigna 2016).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace percuss::protocols {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {
    if (state_ == 0) state_ = 1;
    Next();
  }

  uint64_t Next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1dULL;
  }
  // Below `count`, which is not 0.
  uint64_t Below(uint64_t count) { return (Next() >> 11) % count; }
  bool OneIn(uint64_t count) { return Below(count) == 0; }
  template <typename List>
  auto& Of(List& list) {
    return list[static_cast<size_t>(Below(list.size()))];
  }

 private:
  uint64_t state_;
};

// Of bytes, to know them again.
inline uint64_t Digest(std::span<const uint8_t> bytes) {
  return std::hash<std::string_view>()({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace percuss::protocols

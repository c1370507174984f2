// SPDX-License-Identifier: Apache-2.0
//
// What a reader may make of one file. Where many values of the result repeat a text of the file, a
// small file asks for any amount of memory; the reader counts what it is about to make, and refuses
// the file when the budget is spent. Not thread-safe.
#pragma once

#include <cstddef>

namespace percuss::common {

class MemoryBudget {
 public:
  explicit MemoryBudget(size_t bytes = kUsual) : left_(bytes) {}

  // False when there is not so much left; nothing is ever left again then.
  [[nodiscard]] bool Take(size_t bytes) {
    const bool fits = bytes <= left_;
    left_ = fits ? left_ - bytes : 0;
    return fits;
  }

 private:
  // Many times what a file of the largest size needs that does not repeat itself much.
  static constexpr size_t kUsual = size_t{512} << 20;
  size_t left_;
};

inline constexpr const char* kBudgetSpent =
    "says the same long texts so often that it would need more than 512 MiB of memory: split it, "
    "or "
    "shorten its names";

}  // namespace percuss::common

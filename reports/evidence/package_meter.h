// SPDX-License-Identifier: Apache-2.0
//
// Counts what was really read of a package, whatever its container said before.
#pragma once

#include <algorithm>
#include <cstdint>

#include "reports/evidence/package_path.h"

namespace percuss::reports {

class PackageMeter {
 public:
  PackageMeter(const PackageLimits& limits, uint64_t total_bytes)
      : limits_(limits), total_limit_(std::min(limits.total_bytes, total_bytes)) {}

  // What is wrong, or nullptr.
  const char* AddEntry() {
    file_bytes_ = 0;
    return ++entries_ > limits_.entries ? "has more entries than a package may have" : nullptr;
  }
  const char* AddBytes(uint64_t bytes) {
    file_bytes_ += bytes;
    total_bytes_ += bytes;
    if (file_bytes_ > limits_.file_bytes) return "is larger than a file of a package may be";
    if (total_bytes_ > total_limit_) return "takes the package past the size that it may have";
    return nullptr;
  }
  [[nodiscard]] uint64_t FileBytes() const { return file_bytes_; }

 private:
  PackageLimits limits_;
  uint64_t total_limit_;
  uint64_t entries_ = 0;
  uint64_t file_bytes_ = 0;
  uint64_t total_bytes_ = 0;
};

}  // namespace percuss::reports

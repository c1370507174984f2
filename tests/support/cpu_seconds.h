// SPDX-License-Identifier: Apache-2.0
//
// For tests of how the cost of work grows with its size. A ratio of two costs in the same process
// says the same on any machine, with any sanitizer; a limit in seconds does not.
#pragma once

#include <cstddef>
#include <ctime>

namespace percuss {

// Of the processor's time of this process, which a busy host does not stretch.
template <typename Work>
[[nodiscard]] double CpuSecondsOf(const Work& work) {
  const std::clock_t begin = std::clock();
  work();
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

// Whether work(10 * size) costs what is about ten times work(size): with the square of the size it
// is a hundred times.
template <typename Work>
[[nodiscard]] bool GrowsWithItsSize(const Work& work, size_t size) {
  constexpr double kNoise_s = 0.05;
  constexpr double kMostGrowth = 30;
  const double part_s = CpuSecondsOf([&] { work(size); });
  return CpuSecondsOf([&] { work(10 * size); }) < kNoise_s + kMostGrowth * part_s;
}

}  // namespace percuss

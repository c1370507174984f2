// SPDX-License-Identifier: Apache-2.0
//
// For tests: a processor that others are busy on.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>

#include <vector>

#include "campaign/supervise/process.h"

namespace percuss::campaign {

// While it lives, the calling thread and the processes that it starts share one processor with
// eight others that never rest.
class BusyProcessor {
 public:
  BusyProcessor() {
    EXPECT_EQ(sched_getaffinity(0, sizeof before_, &before_), 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    size_t first = 0;
    while (!CPU_ISSET(first, &before_)) ++first;
    CPU_SET(first, &one);
    EXPECT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    for (int i = 0; i < kOthers; ++i) {
      ProcessSpec spec;
      spec.argv = {PERCUSS_TEST_PROGRAM, "spin"};
      auto process = Process::Spawn(spec);
      if (!process) {
        ADD_FAILURE() << process.error().Text();
      } else {
        others_.push_back(std::move(*process));
      }
    }
  }
  ~BusyProcessor() {
    for (Process& other : others_) other.KillTree();
    sched_setaffinity(0, sizeof before_, &before_);
  }
  BusyProcessor(const BusyProcessor&) = delete;
  BusyProcessor& operator=(const BusyProcessor&) = delete;

 private:
  static constexpr int kOthers = 8;
  cpu_set_t before_{};
  std::vector<Process> others_;
};

}  // namespace percuss::campaign

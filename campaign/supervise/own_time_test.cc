// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/own_time.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "campaign/supervise/busy_processor.h"

namespace percuss::campaign {
namespace {

TEST(OwnTimeTest, WhatWasWithheldDoesNotCount) {
  EXPECT_EQ(OwnTimeNs(1000, 100, 0), 1000);
  EXPECT_EQ(OwnTimeNs(1000, 100, 700), 300);
  EXPECT_EQ(OwnTimeNs(1000, 100, 950), 100);  // it ran for so long
  EXPECT_EQ(OwnTimeNs(1000, 0, 5000), 50);    // and no input goes on for ever
  EXPECT_EQ(OwnTimeNs(1000, 4000, 0), 1000);  // several threads
}

TEST(OwnTimeTest, TheKernelTellsWhatWasWithheld) {
  EXPECT_EQ(WithheldNs(0), 0);
  const int64_t before_ns = WithheldNs(getpid());
  const BusyProcessor busy;
  const clock_t until = clock() + CLOCKS_PER_SEC / 20;
  while (clock() < until) {
  }
  EXPECT_GT(WithheldNs(getpid()) - before_ns, 50'000'000);
}

}  // namespace
}  // namespace percuss::campaign

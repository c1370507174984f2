// SPDX-License-Identifier: Apache-2.0
//
// Wilson's score interval for k of n at 95 % (E. B. Wilson, 1927, JASA 22:209). Pure, thread-safe.
#pragma once

namespace percuss::campaign {

struct Interval {
  double low = 0;
  double high = 1;
};

// {0, 1} when n is 0. k is clamped to 0..n.
[[nodiscard]] Interval WilsonInterval(int k, int n);

// How many runs in a row must stay clean until a fault that was seen k of n times would have been
// missed with a probability of at most 1 %. Its rate is taken to be the interval's lower limit,
// the least that the n runs allow. 0 when k is 0: then no number is enough.
[[nodiscard]] int CleanRunsNeeded(int k, int n);

}  // namespace percuss::campaign

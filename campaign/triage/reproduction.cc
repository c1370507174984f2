// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/reproduction.h"

#include <algorithm>
#include <cmath>

namespace percuss::campaign {

Interval WilsonInterval(int k, int n) {
  if (n <= 0) return {};
  constexpr double kZ = 1.959963984540054;  // the normal distribution's 97.5 % quantile
  const double count = n;
  const double share = std::clamp(k, 0, n) / count;
  const double scale = 1 + kZ * kZ / count;
  const double centre = (share + kZ * kZ / (2 * count)) / scale;
  const double half =
      kZ / scale * std::sqrt(share * (1 - share) / count + kZ * kZ / (4 * count * count));
  return {k <= 0 ? 0 : std::max(0.0, centre - half), k >= n ? 1 : std::min(1.0, centre + half)};
}

int CleanRunsNeeded(int k, int n) {
  constexpr double kMissed = 0.01;
  const double rate = WilsonInterval(k, n).low;
  if (k <= 0 || rate <= 0) return 0;
  return static_cast<int>(std::ceil(std::log(kMissed) / std::log1p(-rate)));
}

}  // namespace percuss::campaign

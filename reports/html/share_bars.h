// SPDX-License-Identifier: Apache-2.0
//
// Parts of wholes as bars below each other, as SVG to stand inside an HTML page: a whole is as long
// as it is large, its part is filled, and both are written out above it. Pure and thread safe;
// texts are escaped. Style: plots.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reports/html/plots.h"

namespace percuss::reports {

struct Share {
  std::string name;
  int64_t part = 0;
  int64_t whole = 0;
  std::string words;  // "3 of 12 blocks"
};

// In the order given. Empty where no whole is above 0.
[[nodiscard]] std::string ShareBars(const PlotLabels& labels, const std::vector<Share>& shares);

}  // namespace percuss::reports

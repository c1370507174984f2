// SPDX-License-Identifier: Apache-2.0
#include "common/json_numbers.h"

#include <algorithm>
#include <cmath>

namespace percuss::common {

// NOLINTNEXTLINE(misc-no-recursion): as deep as ParseJson lets documents be
bool NumbersFit(const Json& value) {
  constexpr double kBeyond = 2147483648.0;
  if (value.is_number_float()) return std::abs(value.get<double>()) < kBeyond;
  return !value.is_structured() || std::all_of(value.begin(), value.end(), NumbersFit);
}

}  // namespace percuss::common

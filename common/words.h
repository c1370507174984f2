// SPDX-License-Identifier: Apache-2.0
//
// Text for people.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace percuss::common {

// "1 finding", "0 findings": for things whose plural takes an s.
[[nodiscard]] inline std::string Counted(int64_t count, std::string_view thing) {
  return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

}  // namespace percuss::common

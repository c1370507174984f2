// SPDX-License-Identifier: Apache-2.0
//
// What a report shows of a finding's input by its protocol's model.
#pragma once

#include <string>
#include <vector>

#include "common/model/finding.h"

namespace percuss::reports {

// Its lines, as visible text, none of which breaks; at most 80, of at most 240 bytes each. Empty
// where there is no dump. Pure and thread-safe.
[[nodiscard]] std::vector<std::string> DumpLines(const common::InputDump& dump);

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// What a firmware's symbols say of its functions. Pure functions, thread-safe.
#pragma once

#include <vector>

#include "emulation/rehost/rehost_target.h"

namespace percuss::emulation {

// Functions with their size; of a fuzzware configuration, which does not tell functions from data,
// all names.
[[nodiscard]] std::vector<rehost::Symbol> FunctionSymbols(const RehostTarget& target);

// To enter a function that programs enter where they have found something wrong (abort,
// assert_failed and the like) becomes a failure, and a note says so. Not where the configuration
// names such functions itself.
void AddUsualFailures(RehostTarget& target);

}  // namespace percuss::emulation

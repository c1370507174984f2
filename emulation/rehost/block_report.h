// SPDX-License-Identifier: Apache-2.0
//
// Blocks that ran of those that were found, as people and programs read them. Pure, thread-safe.
#pragma once

#include <string>

#include "common/json_file.h"
#include "emulation/rehost/block_coverage.h"

namespace percuss::emulation {

// Schema percuss.blocks.v1. The same coverage is always the same JSON.
[[nodiscard]] common::Json BlocksJson(const BlockCoverage& coverage);

// A summary and the functions, those with most bytes that did not run first, at most so many.
[[nodiscard]] std::string BlocksText(const BlockCoverage& coverage, size_t most_functions);

}  // namespace percuss::emulation

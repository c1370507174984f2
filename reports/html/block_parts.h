// SPDX-License-Identifier: Apache-2.0
//
// Which blocks of a firmware ran, as the report's chapter on functions has it. Pure and
// thread-safe, but for the renderer.
#pragma once

#include <cstddef>
#include <string>

#include "reports/html/page_parts.h"

namespace percuss::reports {

// Adds what the chapter's template has of it to a target's data: nothing where there is no firmware
// on the fast core. index: of the target in the page.
void AddBlocks(Renderer& renderer, const common::TargetRun& target, size_t index, size_t max_rows,
               Data& data);

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// What sessions with a server reached, as the report's chapter on progress has it. Pure and
// thread-safe, but for the renderer.
#pragma once

#include <cstddef>
#include <string>

#include "reports/html/page_parts.h"

namespace percuss::reports {

// Adds what the chapter's template has of it to a target's data: nothing where the target is driven
// by no sessions. index: of the target in the page.
void AddSessions(Renderer& renderer, const common::TargetRun& target, size_t index, Data& data);

}  // namespace percuss::reports

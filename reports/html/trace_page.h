// SPDX-License-Identifier: Apache-2.0
//
// A trace as one HTML file, in the report's style: no script, and nothing fetched from anywhere.
#pragma once

#include <string>

#include "common/result.h"
#include "reports/validation/trace.h"

namespace percuss::reports {

// Rows of a table beyond the first 2000 are counted, not shown. Every text is taken as hostile.
// Errors: kInternal when the template library refuses a template. Pure and thread-safe.
[[nodiscard]] common::Result<std::string> RenderTraceHtml(const Trace& trace);

}  // namespace percuss::reports

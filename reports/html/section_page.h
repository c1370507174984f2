// SPDX-License-Identifier: Apache-2.0
//
// A trace, a matrix or metrics as one HTML file, in the report's style: no script, and nothing
// fetched from anywhere. As a chapter of the report the same tables are HtmlOptions::sections.
#pragma once

#include <string>

#include "common/result.h"
#include "reports/validation/sections.h"

namespace percuss::reports {

// Rows of a table beyond the first kMaxPageRows are counted, not shown. Every text is taken as
// hostile. Errors: kInternal when the template library refuses a template. Pure and thread-safe.
[[nodiscard]] common::Result<std::string> RenderSectionsHtml(const SectionPage& page);

}  // namespace percuss::reports

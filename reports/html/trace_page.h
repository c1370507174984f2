// SPDX-License-Identifier: Apache-2.0
//
// A trace as one HTML file, in the report's style: no script, and nothing fetched from anywhere.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "reports/validation/trace.h"
#include "reports/validation/trace_text.h"

namespace percuss::reports {

// One self-contained page of tables, in the style of the report.
struct SectionPage {
  std::string kind;        // above the title
  std::string summary;     // the title
  std::string when_empty;  // in place of a table without rows
  std::string colophon;    // what made it, and what it does not say
  std::vector<TraceSection> sections;
};
// kInternal when a template is wrong. Every text is taken as hostile.
[[nodiscard]] common::Result<std::string> RenderSectionsHtml(const SectionPage& page);

// Rows of a table beyond the first 2000 are counted, not shown. Every text is taken as hostile.
// Errors: kInternal when the template library refuses a template. Pure and thread-safe.
[[nodiscard]] common::Result<std::string> RenderTraceHtml(const Trace& trace);

}  // namespace percuss::reports

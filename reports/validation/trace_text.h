// SPDX-License-Identifier: Apache-2.0
//
// A trace as text: a table for the terminal, CSV and JSON. All pure and thread-safe. Texts of files
// and packages are taken as hostile. docs/validation-files.md tells the forms.
#pragma once

#include <string>
#include <vector>

#include "reports/validation/sections.h"
#include "reports/validation/trace.h"

namespace percuss::reports {

// Gaps first, then the criteria and the kinds; those without a row are left out, but for the gaps.
[[nodiscard]] std::vector<TraceSection> TraceSections(const Trace& trace, size_t max_rows);

// "3 gaps in 120 items", "no gap in 120 items".
[[nodiscard]] std::string TraceSummary(const Trace& trace);

// Both of the above, tables of up to kMaxPageRows rows.
[[nodiscard]] SectionPage TracePage(const Trace& trace);

// One table for the terminal, with its title; columns aligned, but for the last.
[[nodiscard]] std::string SectionText(const TraceSection& section);

[[nodiscard]] std::string TraceTableText(const Trace& trace);

// RFC 4180, UTF-8, a row per item. A cell that a spreadsheet would take for a formula begins with
// an apostrophe.
[[nodiscard]] std::string TraceCsv(const Trace& trace);

// Schema percuss.traceability.v1, reports/schema/traceability.v1.schema.json.
[[nodiscard]] std::string TraceJsonText(const Trace& trace);

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// CSV as RFC 4180 has it: UTF-8, a header, lines that end with CR LF. Pure and thread-safe.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "reports/export/item.h"
#include "reports/export/package_facts.h"

namespace percuss::reports {

// One cell, quoted where it must be. One that a spreadsheet would take for a formula begins with an
// apostrophe.
[[nodiscard]] std::string CsvCell(const std::string& text);

// A row of such cells with its end of line.
[[nodiscard]] std::string CsvRow(const std::vector<std::string>& cells);

// A row per item. Columns: "kind" if asked for, "id", all fields in the order in which they are
// met, and `text_column` for the items' text; ids of a list are apart by ';'.
[[nodiscard]] std::string ItemsCsv(const std::vector<Item>& items, const std::string& text_column,
                                   bool with_kind);

// RecordItems, with kinds.
[[nodiscard]] common::Result<std::string> WriteCsv(const common::RunRecord& record,
                                                   const PackageFacts& package);

}  // namespace percuss::reports

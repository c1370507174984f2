// SPDX-License-Identifier: Apache-2.0
//
// The report that an auditor reads and prints: one HTML file with its style and plots inside, no
// script, and nothing fetched from anywhere (a Content-Security-Policy in the page forbids it).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/model/run_record.h"
#include "common/result.h"
#include "reports/export/package_facts.h"
#include "reports/validation/sections.h"

namespace percuss::reports {

struct HtmlOptions {
  PackageFacts package;
  // What is left out is counted in the page, with the file of the package that holds it.
  size_t max_finding_rows = 1000;
  size_t max_finding_details = 200;
  size_t max_function_rows = 50;  // per target, those with most uncovered lines first
  size_t max_component_rows = 500;
  size_t max_section_rows = 500;  // of each table of `sections`
  // What the whole device's evidence comes to: trace, matrix, metrics. Before the last chapter.
  std::vector<SectionChapter> sections = {};
};

// Pure and thread safe. Every text of the record is taken as hostile: it is escaped, control
// characters and direction overrides are made visible, bytes that are not UTF-8 become U+FFFD, and
// very long texts are cut with a note. Errors: kInternal when the template library refuses a
// template.
[[nodiscard]] common::Result<std::string> RenderHtml(const common::RunRecord& record,
                                                     const HtmlOptions& options);

}  // namespace percuss::reports

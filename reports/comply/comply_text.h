// SPDX-License-Identifier: Apache-2.0
//
// The matrix and the metrics as tables, CSV and JSON. All pure and thread-safe. Texts of files and
// packages are taken as hostile. docs/compliance.md tells the forms.
#pragma once

#include <string>
#include <vector>

#include "common/json_file.h"
#include "reports/comply/matrix.h"
#include "reports/comply/metrics.h"
#include "reports/validation/sections.h"

namespace percuss::reports {

// "44 rows: 30 satisfied, 10 missing, 4 not applicable".
[[nodiscard]] std::string ComplySummary(const Compliance& compliance);

// What is missing, with what would help; what is not applicable, and why; what is satisfied, and
// what shows it.
[[nodiscard]] std::vector<TraceSection> ComplySections(const Compliance& compliance);

[[nodiscard]] SectionPage CompliancePage(const Compliance& compliance);

// A row per row of the matrix.
[[nodiscard]] std::string ComplyCsv(const Compliance& compliance);
// Schema percuss.compliance-matrix.v1.
[[nodiscard]] common::Json ComplyJson(const Compliance& compliance);

// "12 vulnerabilities, 2 releases, as of 2026-03-01".
[[nodiscard]] std::string MetricsSummary(const Metrics& metrics);
[[nodiscard]] std::vector<TraceSection> MetricsSections(const Metrics& metrics);
[[nodiscard]] SectionPage MetricsPage(const Metrics& metrics);
// Schema percuss.metrics.v1.
[[nodiscard]] common::Json MetricsJson(const Metrics& metrics);

}  // namespace percuss::reports

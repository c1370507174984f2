// SPDX-License-Identifier: Apache-2.0
//
// How fast vulnerabilities are found, patched and fielded, and how releases compare: FDA premarket
// guidance (2026), V.A.6, and the clocks of FDA's postmarket guidance (2016), VII.B. Everything is
// computed from times in packages, signed records and postmarket.json; no duration is ever read.
// What cannot be computed says why.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/comply/evidence.h"

namespace percuss::reports {

// Times are texts, empty where nobody knows them.
struct VulnerabilityTimes {
  std::string id;  // of postmarket.json, or the finding's own
  std::string finding;
  std::string risk_class;  // controlled|uncontrolled, empty when not said
  std::string introduced;  // release of the version that brought it
  std::string learned;     // the earliest of the packages that show it and the file
  std::string notified;
  std::string patched;
  std::string fielded;
  std::string notice_clock;  // 30 days, in words
  std::string fix_clock;     // 60 days
  bool overdue = false;      // one of the clocks has run out
};

struct Metric {
  std::string id;
  std::string what;
  std::string unit;
  std::optional<double> value;
  std::string note;  // from what it was computed, or why it cannot be
};

struct ReleaseTrend {
  std::string release;
  std::string first_run;
  int64_t packages = 0;
  int64_t executions = 0;
  int64_t findings = 0;
  int64_t new_findings = 0;                     // that no package of an earlier release has
  std::optional<double> line_coverage_percent;  // of all targets that measured it, together
};

struct Metrics {
  std::string as_of;
  std::string signers_note;  // see counted_records.h; empty: nothing is to be said
  std::vector<Metric> values;
  std::vector<VulnerabilityTimes> vulnerabilities;
  std::vector<ReleaseTrend> releases;  // by their first run
};

// A finding is a vulnerability until it was decided to be no defect or somebody else's.
[[nodiscard]] Metrics ComputeMetrics(const DeviceEvidence& evidence);

}  // namespace percuss::reports

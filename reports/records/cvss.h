// SPDX-License-Identifier: Apache-2.0
//
// The Common Vulnerability Scoring System 3.1 (FIRST.ORG, CVSS v3.1: Specification Document, June
// 2019): its metrics as a table, vectors (section 6) and scores (section 7, with the Roundup of
// appendix A). Pure and thread-safe.
//
// There is no default for a base metric: a vector that lacks one has no score.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace percuss::reports {

enum class CvssGroup { kBase, kTemporal, kEnvironmental };

struct CvssValue {
  char letter;       // in a vector
  const char* name;  // "adjacent network"; in upper case with underscores, the word of JSON
};

struct CvssMetric {
  const char* name;  // "AV"
  CvssGroup group;
  const char* title;      // "attack vector"
  const char* json_name;  // of the schema that FIRST publishes: "attackVector"
  // From the one that scores highest down. Of an optional metric without X, not defined, which is
  // the same as leaving it out.
  std::vector<CvssValue> values;

  [[nodiscard]] const CvssValue* Find(std::string_view letter) const;
};

// In the order of vectors: 8 of the base, 3 temporal, 11 environmental.
[[nodiscard]] const std::vector<CvssMetric>& CvssMetrics();
[[nodiscard]] const CvssMetric* FindCvssMetric(std::string_view name);

// Metric to value, "AV" to "N".
using CvssValues = std::map<std::string, std::string, std::less<>>;

// Names of the base metrics that have no value, in order.
[[nodiscard]] std::vector<std::string> OpenBaseMetrics(const CvssValues& values);

// "CVSS:3.1/AV:N/...". kBadInput for what is no metric or no value of it, and where a base metric
// is open.
[[nodiscard]] common::Result<std::string> CvssVector(const CvssValues& values);
// Back. kBadInput for what is not byte for byte what CvssVector writes: others may order as they
// like, and then two vectors are one.
[[nodiscard]] common::Result<CvssValues> ParseCvssVector(std::string_view vector);

// In tenths, 0 to 100, as all arithmetic with them is exact then.
struct CvssScores {
  int base = 0;
  std::optional<int> temporal;       // where a temporal metric is given
  std::optional<int> environmental;  // where an environmental one is; with the temporal ones
};

// kBadInput as CvssVector.
[[nodiscard]] common::Result<CvssScores> ScoreCvss(const CvssValues& values);

// "9.8".
[[nodiscard]] std::string CvssScoreText(int tenths);
// NONE|LOW|MEDIUM|HIGH|CRITICAL, section 5.
[[nodiscard]] const char* CvssSeverity(int tenths);

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// Post-market surveillance of a product's components: matches with feeds, what is new since the
// last time, and what persons have said of each (21 U.S.C. 524B(b)(1); IEC 81001-5-1, clause 9).
// Pure and thread-safe but for ReadMonitorState.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/json_file.h"
#include "common/model/sbom.h"
#include "common/result.h"
#include "reports/export/vex.h"
#include "reports/monitor/match.h"
#include "reports/records/assessment.h"

namespace percuss::reports {

constexpr const char* kMonitorSchema = "percuss.monitor.v1";

// What was said the last time of one vulnerability in one component.
struct FormerMatch {
  bool affected = false;
  bool known_exploited = false;
  std::string worse_since;  // RFC 3339; empty: it never got worse
};

struct MonitorState {
  std::string at;                                                      // RFC 3339
  std::string product;                                                 // its name
  std::map<std::pair<std::string, std::string>, FormerMatch> matches;  // vulnerability, component
};

// A former result (MonitorJson), which is all the state there is. kBadInput with line for what is
// none; kNotFound when it is not there.
[[nodiscard]] common::Result<MonitorState> ReadMonitorState(const std::filesystem::path& file);

struct MonitorInput {
  const common::Sbom* sbom = nullptr;
  std::string sbom_file;
  std::string sbom_sha256;
  const std::vector<Feed>* feeds = nullptr;
  std::vector<SignedAssessment> assessments;
  std::optional<MonitorState> former;
  std::string at;  // RFC 3339
  std::string tool_version;
};

struct MonitoredMatch {
  Match match;
  std::string component;    // its key
  std::string worse_since;  // when it was first seen to be affected or exploited; empty: always was
  std::string news;         // ""|new|now affected|now known to be exploited, against the last time
  // Of this version of the product, and not from before the match got worse.
  std::optional<SignedAssessment> assessment;
  std::string note;                   // such as an assessment that does not count here
  [[nodiscard]] bool IsOpen() const;  // nobody has said what it means
};

struct MonitorResult {
  MonitorInput input;
  std::string product;
  std::string product_version;
  MatchCounts counts;
  std::vector<MonitoredMatch> matches;  // as MatchFeeds orders them
  // Of the last time and no more: vulnerability, component.
  std::vector<std::pair<std::string, std::string>> gone;
  [[nodiscard]] size_t Open() const;
};

// Name and version of what the document is about; its own name where it does not say.
[[nodiscard]] std::pair<std::string, std::string> ProductOf(const common::Sbom& sbom);

// What `input` points to must outlive the result. kBadInput when the state is that of another
// product.
[[nodiscard]] common::Result<MonitorResult> Monitor(MonitorInput input);

// Schema percuss.monitor.v1.
[[nodiscard]] common::Json MonitorJson(const MonitorResult& result);
[[nodiscard]] std::string MonitorText(const MonitorResult& result);

// A statement per match; under investigation where nobody has said anything.
[[nodiscard]] VexDocument MonitorVex(const MonitorResult& result, const std::string& publisher,
                                     const std::string& publisher_namespace);

}  // namespace percuss::reports

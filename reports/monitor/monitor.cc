// SPDX-License-Identifier: Apache-2.0
#include "reports/monitor/monitor.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "common/field_reader.h"
#include "common/fs.h"

namespace percuss::reports {
namespace {

using common::ErrorCode;
using common::Fail;

constexpr uint64_t kStateBytes = uint64_t{256} << 20;

bool IsAbout(const SignedAssessment& assessment, const MonitoredMatch& monitored) {
  if (assessment.said.component != monitored.component) return false;
  const Match& match = monitored.match;
  return assessment.said.vulnerability == match.vulnerability ||
         std::find(match.aliases.begin(), match.aliases.end(), assessment.said.vulnerability) !=
             match.aliases.end();
}

// Takes back what was said of a match before it got worse: it was said of less.
void Reopen(MonitoredMatch& monitored) {
  if (!monitored.assessment || monitored.worse_since.empty() ||
      monitored.assessment->at >= monitored.worse_since) {
    return;
  }
  monitored.note = "\"" + monitored.assessment->said.status + "\" was said at " +
                   monitored.assessment->at + ", and the match got worse at " +
                   monitored.worse_since + ": it has to be said again";
  monitored.assessment.reset();
}

// Where a vulnerability was assessed under several of its names, the last word counts.
void Assess(const MonitorResult& result, MonitoredMatch& monitored) {
  for (const SignedAssessment& assessment : result.input.assessments) {
    if (!IsAbout(assessment, monitored)) continue;
    if (assessment.said.product == result.product &&
        assessment.said.product_version == result.product_version) {
      monitored.assessment = assessment;
    } else {
      monitored.note = "\"" + assessment.said.status + "\" was said of " + assessment.said.product +
                       " " + assessment.said.product_version + ", and does not count here";
    }
  }
  if (monitored.assessment) monitored.note.clear();
  Reopen(monitored);
}

void Compare(const MonitorState& former, const std::string& at, MonitoredMatch& monitored) {
  const auto it = former.matches.find({monitored.match.vulnerability, monitored.component});
  if (it == former.matches.end()) {
    monitored.news = "new";
    return;
  }
  const bool affected = monitored.match.state == MatchState::kAffected;
  if (affected && !it->second.affected) monitored.news = "now affected";
  if (monitored.match.known_exploited && !it->second.known_exploited) {
    monitored.news = "now known to be exploited";
  }
  monitored.worse_since = monitored.news.empty() ? it->second.worse_since : at;
}

}  // namespace

common::Result<MonitorState> ReadMonitorState(const std::filesystem::path& file) {
  auto text = common::ReadFile(file, kStateBytes);
  if (!text) return tl::make_unexpected(text.error());
  auto json = common::ParseJson(*text, file.string());
  if (!json) return tl::make_unexpected(json.error());
  common::Document document{file.string(), std::move(*text), std::move(*json), {}};
  common::FieldReader root(document, document.json, "");
  root.Choice("schema", {kMonitorSchema}, "");
  MonitorState state;
  state.at = root.RequiredText("at");
  state.product = root.Object("product").Text("name");
  if (!root.Has("matches")) root.Mistake("matches", "is required");
  for (common::FieldReader& match : root.Objects("matches")) {
    const std::string component = match.Object("component").RequiredText("key");
    FormerMatch& former = state.matches[{match.RequiredText("vulnerability"), component}];
    former.affected = match.Choice("state", {"affected", "cannot_tell"}, "") == "affected";
    former.known_exploited = match.Flag("known_exploited", false);
    former.worse_since = match.Text("worse_since");
  }
  if (!document.status) return tl::make_unexpected(document.status.error());
  return state;
}

bool MonitoredMatch::IsOpen() const {
  return !assessment || assessment->said.status == "under_investigation";
}

size_t MonitorResult::Open() const {
  return static_cast<size_t>(std::count_if(matches.begin(), matches.end(),
                                           [](const auto& match) { return match.IsOpen(); }));
}

std::pair<std::string, std::string> ProductOf(const common::Sbom& sbom) {
  for (const common::SbomComponent& component : sbom.components) {
    if (!sbom.subject.empty() && component.id == sbom.subject) {
      return {component.name, component.version};
    }
  }
  return {sbom.name, ""};
}

common::Result<MonitorResult> Monitor(MonitorInput input) {
  MonitorResult result;
  result.input = std::move(input);
  const common::Sbom& sbom = *result.input.sbom;
  std::tie(result.product, result.product_version) = ProductOf(sbom);
  const auto& former = result.input.former;
  if (former && former->product != result.product) {
    return Fail(ErrorCode::kBadInput, "the state is that of another product, \"" + former->product +
                                          "\", not of \"" + result.product + "\"");
  }
  MatchResult found = MatchFeeds(sbom, *result.input.feeds);
  result.counts = found.counts;
  std::set<std::pair<std::string, std::string>> now;
  for (Match& match : found.matches) {
    MonitoredMatch& monitored = result.matches.emplace_back();
    monitored.component = ComponentKey(sbom.components[match.component]);
    monitored.match = std::move(match);
    now.emplace(monitored.match.vulnerability, monitored.component);
    if (former) Compare(*former, result.input.at, monitored);
    Assess(result, monitored);
  }
  if (former) {
    for (const auto& [key, before] : former->matches) {
      if (!now.contains(key)) result.gone.push_back(key);
    }
  }
  return result;
}

}  // namespace percuss::reports

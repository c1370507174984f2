// SPDX-License-Identifier: Apache-2.0
//
// A result as JSON, as text for a person, and as VEX statements.
#include <fmt/format.h>

#include <algorithm>

#include "reports/export/identifiers.h"
#include "reports/export/text.h"
#include "reports/monitor/monitor.h"
#include "reports/monitor/package_url.h"

namespace percuss::reports {
namespace {

using common::Json;

constexpr size_t kTextBytes = 500;

std::string Text(std::string_view text) { return ClippedText(text, kTextBytes); }

const char* StateName(MatchState state) {
  return state == MatchState::kAffected ? "affected" : "cannot_tell";
}

Json AssessmentJson(const SignedAssessment& assessment) {
  return {{"status", assessment.said.status},
          {"rationale", Text(assessment.said.rationale)},
          {"justification", assessment.said.justification},
          {"action", Text(assessment.said.action)},
          {"by", Text(assessment.name)},
          {"role", Text(assessment.role)},
          {"at", Text(assessment.at)},
          {"record_sha256", assessment.sha256}};
}

Json MatchJson(const MonitorResult& result, const MonitoredMatch& monitored) {
  const Match& match = monitored.match;
  const auto& component = result.input.sbom->components[match.component];
  Json reasons = Json::array();
  for (const MatchReason& reason : match.reasons) {
    reasons.push_back({{"feed", Text(reason.feed)},
                       {"advisory", Text(reason.advisory)},
                       {"by", reason.by},
                       {"why", Text(reason.why)},
                       {"state", StateName(reason.state)}});
  }
  Json json = {{"vulnerability", match.vulnerability},
               {"aliases", match.aliases},
               {"summary", Text(match.summary)},
               {"component",
                {{"key", monitored.component},
                 {"name", component.name},
                 {"version", component.version},
                 {"purl", component.purl},
                 {"cpe", component.cpe}}},
               {"state", StateName(match.state)},
               {"reasons", std::move(reasons)},
               {"known_exploited", match.known_exploited},
               {"patch_claimed", match.patch_claimed},
               {"open", monitored.IsOpen()},
               {"news", monitored.news},
               {"note", Text(monitored.note)}};
  if (match.known_exploited) {
    json["exploited"] = {{"due", Text(match.exploited_due)},
                         {"action", Text(match.exploited_action)},
                         {"ransomware", match.ransomware}};
  }
  if (!monitored.worse_since.empty()) json["worse_since"] = monitored.worse_since;
  if (monitored.assessment) json["assessment"] = AssessmentJson(*monitored.assessment);
  return json;
}

Json FeedJson(const Feed& feed) {
  return {{"file", Text(feed.file)},
          {"kind", feed.kind},
          {"date", Text(feed.date)},
          {"sha256", feed.sha256},
          {"documents", feed.documents},
          {"advisories", feed.advisories.size()},
          {"exploited", feed.exploited.size()},
          {"withdrawn", feed.withdrawn}};
}

std::string FeedLine(const Feed& feed) {
  return fmt::format("feed {}: {}, of {}, {} advisories, {} known exploited, SHA-256 {}\n",
                     Text(feed.file), feed.kind, feed.date.empty() ? "no date" : Text(feed.date),
                     feed.advisories.size(), feed.exploited.size(), feed.sha256);
}

std::string Saying(const MonitoredMatch& monitored) {
  if (!monitored.assessment) return "not assessed";
  const SignedAssessment& assessment = *monitored.assessment;
  return fmt::format("{}, {} ({}): {}", assessment.said.status, Text(assessment.name),
                     Text(assessment.at), Text(assessment.said.rationale));
}

std::string MatchText(const MonitoredMatch& monitored) {
  const Match& match = monitored.match;
  std::string text = fmt::format(
      "\n{}{}{} in {}: {}\n", match.known_exploited ? "KNOWN EXPLOITED " : "",
      monitored.news.empty() ? "" : "[" + monitored.news + "] ", Text(match.vulnerability),
      Text(monitored.component), match.state == MatchState::kAffected ? "affected" : "cannot tell");
  if (!match.summary.empty()) text += "  " + Text(match.summary) + "\n";
  for (const MatchReason& reason : match.reasons) {
    text += fmt::format("  by {}: {} ({}, {})\n", reason.by, Text(reason.why),
                        Text(reason.advisory), Text(reason.feed));
  }
  if (match.known_exploited && !match.exploited_due.empty()) {
    text += fmt::format("  to be acted on by {}: {}\n", Text(match.exploited_due),
                        Text(match.exploited_action));
  }
  if (match.patch_claimed) text += "  the bill of materials names a patch that resolves it\n";
  if (!monitored.note.empty()) text += "  " + Text(monitored.note) + "\n";
  return text + "  " + Saying(monitored) + "\n";
}

// A text that is a URI as it stands, or one made of name and version.
std::string Iri(const common::SbomComponent& component) {
  constexpr std::string_view kAllowed = "-._~%/?&=@:+";
  const bool plain = std::all_of(component.purl.begin(), component.purl.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           kAllowed.find(c) != std::string_view::npos;
  });
  if (plain && component.purl.size() < 500 && ParsePackageUrl(component.purl)) {
    return component.purl;
  }
  return GenericPurl(component.name, component.version);
}

void Say(const SignedAssessment& assessment, VexStatement& statement) {
  const AssessmentDraft& said = assessment.said;
  if (IsUtcTime(assessment.at)) statement.at = assessment.at;
  statement.notes = fmt::format("{} (signed by {}, {}; record {})", Text(said.rationale),
                                Text(assessment.name), Text(assessment.role), assessment.sha256);
  if (said.status == "not_affected") {
    statement.status = VexStatus::kNotAffected;
    statement.justification = said.justification;
    statement.impact = Text(said.rationale);
  } else if (said.status == "affected") {
    statement.status = VexStatus::kAffected;
    statement.action = Text(said.action);
    statement.remedy = VexRemedy::kMitigation;
  } else if (said.status == "fixed") {
    statement.status = VexStatus::kFixed;
  }
}

VexStatement StatementOf(const MonitoredMatch& monitored, int product, const std::string& at) {
  VexStatement statement;
  statement.id = Text(monitored.match.vulnerability);
  for (const std::string& alias : monitored.match.aliases) statement.aliases.push_back(Text(alias));
  statement.title = monitored.match.summary.empty() ? statement.id : Text(monitored.match.summary);
  for (const MatchReason& reason : monitored.match.reasons) {
    statement.description +=
        fmt::format("By {}: {} ({}). ", reason.by, Text(reason.why), Text(reason.advisory));
  }
  if (monitored.match.known_exploited) statement.description += "It is known to be exploited.";
  statement.product = product;
  statement.at = at;
  statement.notes = "Nobody has signed an assessment of it yet.";
  if (monitored.assessment) Say(*monitored.assessment, statement);
  return statement;
}

}  // namespace

Json MonitorJson(const MonitorResult& result) {
  Json feeds = Json::array();
  for (const Feed& feed : *result.input.feeds) feeds.push_back(FeedJson(feed));
  Json matches = Json::array();
  for (const MonitoredMatch& monitored : result.matches) {
    matches.push_back(MatchJson(result, monitored));
  }
  Json gone = Json::array();
  for (const auto& [vulnerability, component] : result.gone) {
    gone.push_back({{"vulnerability", vulnerability}, {"component", component}});
  }
  const MatchCounts& counts = result.counts;
  return {{"schema", kMonitorSchema},
          {"at", result.input.at},
          {"previous_at", result.input.former ? result.input.former->at : ""},
          {"product", {{"name", result.product}, {"version", result.product_version}}},
          {"sbom",
           {{"file", Text(result.input.sbom_file)},
            {"sha256", result.input.sbom_sha256},
            {"id", Text(result.input.sbom->id)},
            {"timestamp", Text(result.input.sbom->timestamp)}}},
          {"feeds", std::move(feeds)},
          {"counts",
           {{"components", counts.components},
            {"nameless", counts.nameless},
            {"advisories", counts.advisories},
            {"withdrawn", counts.withdrawn},
            {"matches", result.matches.size()},
            {"open", result.Open()}}},
          {"matches", std::move(matches)},
          {"gone", std::move(gone)}};
}

std::string MonitorText(const MonitorResult& result) {
  std::string text;
  for (const Feed& feed : *result.input.feeds) text += FeedLine(feed);
  for (const MonitoredMatch& monitored : result.matches) text += MatchText(monitored);
  for (const auto& [vulnerability, component] : result.gone) {
    text += fmt::format("\nno more: {} in {}\n", Text(vulnerability), Text(component));
  }
  text += fmt::format("\n{} {}: {} components, {} advisories: {} matches, {} not assessed\n",
                      Text(result.product), Text(result.product_version), result.counts.components,
                      result.counts.advisories, result.matches.size(), result.Open());
  if (result.counts.nameless > 0) {
    text +=
        fmt::format("{} components have nothing to recognise them by\n", result.counts.nameless);
  }
  return text;
}

VexDocument MonitorVex(const MonitorResult& result, const std::string& publisher,
                       const std::string& publisher_namespace) {
  VexDocument document;
  const std::string name = result.product.empty() ? "product that is not named" : result.product;
  document.id = "urn:percuss:vex:" + UriPart(name) + ":" + UriPart(result.product_version) + ":" +
                UriPart(result.input.at);
  document.title = "Vulnerabilities of components of " + Text(name);
  document.author = publisher.empty() ? "not named" : Text(publisher);
  document.role = "manufacturer";
  document.author_namespace =
      publisher_namespace.empty() ? "urn:percuss:publisher:not-named" : publisher_namespace;
  document.tooling = "percuss " + result.input.tool_version;
  document.revisions = {{result.input.at, "matched with feeds"}};
  VexProduct device;
  device.iri = GenericPurl(name, result.product_version);
  device.name = Text(name) + " " + Text(result.product_version);
  document.products.push_back(device);
  std::map<size_t, int> products;
  for (const MonitoredMatch& monitored : result.matches) {
    const auto& component = result.input.sbom->components[monitored.match.component];
    const auto [it, is_new] =
        products.emplace(monitored.match.component, static_cast<int>(document.products.size()));
    if (is_new) {
      VexProduct product;
      product.iri = Iri(component);
      product.name = Text(monitored.component) + " in " + device.name;
      product.part_of = 0;
      document.products.push_back(std::move(product));
    }
    document.statements.push_back(StatementOf(monitored, it->second, result.input.at));
  }
  return document;
}

}  // namespace percuss::reports

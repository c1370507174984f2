// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "reports/comply/check_words.h"
#include "reports/comply/checks.h"
#include "reports/comply/time_text.h"
#include "reports/records/severity.h"

namespace percuss::reports {
namespace {

constexpr const char* kNoFinding = "no package has a finding";

// Ids of all findings of the packages, once each, with one that has it.
std::map<std::string, const PackageRecord*> AllFindings(const DeviceEvidence& evidence) {
  std::map<std::string, const PackageRecord*> all;
  for (const PackageRecord& package : evidence.packages) {
    for (const common::Finding& finding : package.record.findings) {
      all.emplace(finding.id, &package);
    }
  }
  return all;
}

// Those that were decided in one of these ways.
std::vector<std::string> FindingsThatAre(const DeviceEvidence& evidence,
                                         std::initializer_list<std::string_view> decisions) {
  std::vector<std::string> found;
  for (const auto& [finding, package] : AllFindings(evidence)) {
    const Disposition* decided = DecisionOn(evidence, finding);
    if (decided != nullptr &&
        std::find(decisions.begin(), decisions.end(), decided->decision) != decisions.end()) {
      found.push_back(finding);
    }
  }
  return found;
}

std::string VulnerabilityEntry(const DeviceEvidence& evidence, const std::string& finding) {
  return fmt::format(R"({}: "vulnerabilities": {{ "id": "V-...", "finding": "{}", ... }})",
                     FileOf(evidence, "postmarket"), finding);
}

const std::vector<ListedEntry>& Vulnerabilities(const DeviceEvidence& evidence) {
  return EntriesOf(evidence.files.postmarket, "vulnerabilities");
}

// The signed record that a disposition is; nullptr for one of records.json.
const Record* RecordOf(const DeviceEvidence& evidence, const Disposition& disposition) {
  for (const RecordFile& file : evidence.records) {
    for (const Record& record : file.chain.records) {
      if (disposition.id == "record-" + record.sha256) return &record;
    }
  }
  return nullptr;
}

// Findings that nobody has decided on, or not on every build that has them: they may stay.
std::vector<std::string> OpenFindings(const DeviceEvidence& evidence) {
  std::vector<std::string> open;
  for (const auto& [finding, package] : AllFindings(evidence)) {
    if (DecisionOn(evidence, finding) == nullptr) open.push_back(finding);
  }
  return open;
}

// Says of each finding that was called fixed and is in a package since. How many there are.
size_t BlameReturned(const DeviceEvidence& evidence, RowOutcome& outcome) {
  size_t returned = 0;
  for (const std::string& finding : OpenFindings(evidence)) {
    const Standing standing = StandingOf(evidence, finding);
    if (!standing.came_back) continue;
    ++returned;
    outcome.MissingThough(
        fmt::format("{} in {}: {}", finding, standing.open_in->file, standing.why_open),
        DispositionCommand(evidence, finding, "STATUS"));
  }
  return returned;
}

// Digest of the build that a fix was tested on.
std::string RetestedBuild(const Record& fix) {
  const auto retest = fix.said.body.find("retest");
  return retest == fix.said.body.end() ? "" : BodyText(*retest, "binary_sha256");
}

bool IsBuildOfCampaign(const DeviceEvidence& evidence, const std::string& digest) {
  for (const PackageRecord& package : evidence.packages) {
    for (const common::TargetRun& target : package.record.targets) {
      for (const common::Binary& binary : target.binaries) {
        const auto& findings = package.record.findings;
        const bool failed = std::any_of(
            findings.begin(), findings.end(),
            [&](const common::Finding& finding) { return finding.target == target.id; });
        if (failed && binary.sha256 == digest) return true;
      }
    }
  }
  return false;
}

std::string IssueOf(const DeviceEvidence& evidence, const std::string& finding) {
  const ListedEntry* entry = VulnerabilityOf(evidence, finding);
  if (entry != nullptr && entry->Has("issue")) return entry->Text("issue");
  const Disposition* decided = DecisionOn(evidence, finding);
  return decided == nullptr || decided->references.empty() ? "" : decided->references.front();
}

}  // namespace

void CheckFindingsDecided(const DeviceEvidence& evidence, RowOutcome& outcome) {
  if (!HasPackage(evidence, outcome)) return;
  const auto findings = AllFindings(evidence);
  for (const auto& [finding, package] : findings) {
    const Standing standing = StandingOf(evidence, finding);
    const Disposition* decided = standing.decision;
    if (decided == nullptr) {
      const std::string where = standing.open_in == nullptr ? "" : " in " + standing.open_in->file;
      outcome.MissingThough(fmt::format("{}{}: {}", finding, where, standing.why_open),
                            DispositionCommand(evidence, finding, "STATUS"));
    } else {
      outcome.Shown(fmt::format("{}: {} ({})", finding, decided->decision, decided->rationale),
                    decided->line > 0 ? PlaceOf(evidence, "records", decided->line) : decided->id);
    }
  }
  for (const TraceGap& gap : evidence.trace.gaps) {
    if (gap.gap != "disposition-differs") continue;
    outcome.MissingThough(fmt::format("{}: {}", gap.id, gap.what),
                          fmt::format("{}:{}", gap.file, gap.line));
  }
  if (findings.empty()) outcome.Shown(kNoFinding);
}

void CheckDeferralsComplete(const DeviceEvidence& evidence, RowOutcome& outcome) {
  const auto deferred = FindingsThatAre(evidence, {"deferred"});
  for (const std::string& finding : deferred) {
    const DeferralText& text = DecisionOn(evidence, finding)->deferral;
    if (text.risk.empty() || text.timeline.empty() || text.interim_measure.empty() ||
        text.time_to_field.empty()) {
      outcome.MissingThough(
          finding + " is deferred without its risk, timeline, interim measure or time to field",
          DispositionCommand(evidence, finding, "deferred") +
              " --risk WHY --timeline WHEN --interim-measure WHAT --time-to-field HOW-LONG");
    } else {
      outcome.Shown(fmt::format("{}: {}; {}; {}", finding, text.timeline, text.interim_measure,
                                text.time_to_field));
    }
  }
  if (deferred.empty()) outcome.NotApplicable("no finding is deferred");
}

namespace {

// What was last signed of a finding's severity in each package that has it.
std::vector<SignedSeverity> SignedScores(const DeviceEvidence& evidence,
                                         const std::string& finding) {
  std::vector<SignedSeverity> scores;
  const auto found = evidence.findings.find(finding);
  if (found == evidence.findings.end()) return scores;
  for (const size_t number : found->second.packages) {
    const TracedPackage& package = evidence.packages[number].traced;
    for (const RecordFile& file : evidence.records) {
      Severities all = LastSeverities(file.chain, package.id, package.sha256);
      const auto at = all.find(finding);
      if (at != all.end()) scores.push_back(std::move(at->second));
    }
  }
  return scores;
}

bool IsScore(const std::string& filed, const std::optional<int>& tenths) {
  return tenths && (filed == CvssScoreText(*tenths) || filed + ".0" == CvssScoreText(*tenths));
}

// postmarket.json speaks of the same score as who signed it, be it the base, the temporal or the
// environmental one.
void CompareScores(const DeviceEvidence& evidence, RowOutcome& outcome) {
  for (const auto& [finding, package] : AllFindings(evidence)) {
    const ListedEntry* entry = VulnerabilityOf(evidence, finding);
    for (const SignedSeverity& signed_score : SignedScores(evidence, finding)) {
      const CvssScores& scores = signed_score.scores;
      outcome.Shown(fmt::format("{}: {}, {}, by {}", finding, ScoresText(scores),
                                signed_score.vector, signed_score.name),
                    signed_score.at);
      if (entry == nullptr || !entry->Has("score_before")) continue;
      const std::string& filed = entry->Text("score_before");
      const bool same = IsScore(filed, scores.base) || IsScore(filed, scores.temporal) ||
                        IsScore(filed, scores.environmental);
      if (same) continue;
      outcome.MissingThough(fmt::format("{} has the score {} for {}, and {} signed {}", entry->id,
                                        filed, finding, signed_score.name, ScoresText(scores)),
                            PlaceOf(evidence, "postmarket", entry->line));
    }
  }
}

}  // namespace

void CheckVulnerabilitiesScored(const DeviceEvidence& evidence, RowOutcome& outcome) {
  CompareScores(evidence, outcome);
  for (const ListedEntry& entry : Vulnerabilities(evidence)) {
    const std::string place = PlaceOf(evidence, "postmarket", entry.line);
    if (entry.Text("known_exploited") == "yes") {
      outcome.MissingThough(entry.id + " is known to be exploited: no score makes it acceptable",
                            place);
    }
    RequireMembers(evidence, "postmarket", entry,
                   {"method", "score_before", "score_after", "criterion", "risk"}, outcome);
  }
  const auto real = FindingsThatAre(evidence, {"fixed", "deferred", "accepted"});
  for (const std::string& finding : real) {
    if (VulnerabilityOf(evidence, finding) == nullptr) {
      outcome.MissingThough(finding + " is a vulnerability without a score",
                            VulnerabilityEntry(evidence, finding));
    }
  }
  const auto open = OpenFindings(evidence);
  for (const std::string& finding : open) {
    if (VulnerabilityOf(evidence, finding) == nullptr) {
      outcome.MissingThough(finding +
                                " is open, which is a vulnerability until somebody decides "
                                "otherwise, and has no score",
                            VulnerabilityEntry(evidence, finding));
    }
  }
  if (Vulnerabilities(evidence).empty() && real.empty() && open.empty()) {
    outcome.NotApplicable("no vulnerability is known");
  }
}

void CheckWeaknessesNamed(const DeviceEvidence& evidence, RowOutcome& outcome) {
  if (!HasPackage(evidence, outcome)) return;
  for (const PackageRecord& package : evidence.packages) {
    for (const common::Finding& finding : package.record.findings) {
      const bool reason = finding.cwe == "unclassified" && finding.cwe_reason.empty();
      if (finding.cwe.empty() || reason) {
        outcome.MissingThough(fmt::format("{} has no CWE, and no reason why", finding.id),
                              fmt::format("percuss run CAMPAIGN.json again: {} was made without",
                                          package.traced.file));
      } else {
        outcome.Shown(fmt::format("{}: {}", finding.id, finding.cwe), package.traced.file);
      }
    }
  }
  if (AllFindings(evidence).empty()) outcome.NotApplicable(kNoFinding);
}

void CheckUnresolvedAnomalies(const DeviceEvidence& evidence, RowOutcome& outcome) {
  auto unresolved = FindingsThatAre(evidence, {"deferred", "accepted"});
  const auto open = OpenFindings(evidence);
  unresolved.insert(unresolved.end(), open.begin(), open.end());
  for (const std::string& finding : unresolved) {
    const ListedEntry* entry = VulnerabilityOf(evidence, finding);
    if (entry == nullptr) {
      outcome.MissingThough(finding + " stays, and is not described",
                            VulnerabilityEntry(evidence, finding));
    } else {
      RequireMembers(evidence, "postmarket", *entry,
                     {"text", "root_cause", "safety_impact", "outcome", "rationale"}, outcome);
    }
  }
  if (unresolved.empty()) outcome.NotApplicable("no finding stays unresolved");
}

void CheckRepeatable(const DeviceEvidence& evidence, RowOutcome& outcome) {
  if (!HasPackage(evidence, outcome)) return;
  for (const PackageRecord& package : evidence.packages) {
    const std::set<std::string> paths(package.paths.begin(), package.paths.end());
    for (const common::Finding& finding : package.record.findings) {
      const common::Reproduction& again = finding.reproduction;
      const std::string folder = "findings/" + finding.id + "/";
      if (again.reruns == 0 || again.reproduced == 0) {
        outcome.Missing(
            fmt::format("{} was not reproduced", finding.id),
            fmt::format("percuss repro {} --finding {}", package.traced.file, finding.id));
      } else if (!paths.contains(folder + "input") || !paths.contains(folder + "replay.json")) {
        outcome.Missing(finding.id + " cannot be replayed from the package alone",
                        "percuss run CAMPAIGN.json again");
      } else {
        outcome.Shown(
            fmt::format("{}: {} of {} reruns", finding.id, again.reproduced, again.reruns),
            fmt::format("percuss repro {} --finding {}", package.traced.file, finding.id));
      }
    }
    outcome.Shown("verdict " + package.traced.verdict, package.traced.file);
  }
}

void CheckFixesRetested(const DeviceEvidence& evidence, RowOutcome& outcome) {
  const auto fixed = FindingsThatAre(evidence, {"fixed"});
  for (const std::string& finding : fixed) {
    const Record* fix = RecordOf(evidence, *DecisionOn(evidence, finding));
    const std::string build = fix == nullptr ? "" : RetestedBuild(*fix);
    const std::string command = DispositionCommand(evidence, finding, "fixed") + " --binary BUILD";
    if (build.empty()) {
      outcome.MissingThough(finding + " is called fixed, and no signed record has its retest",
                            command);
    } else if (IsBuildOfCampaign(evidence, build)) {
      outcome.MissingThough(finding + " was retested on a build that a campaign found failing",
                            command);
    } else {
      outcome.Shown(fmt::format("{} retested on {}", finding, build.substr(0, 12)), fix->at);
    }
  }
  const size_t returned = BlameReturned(evidence, outcome);
  if (fixed.empty() && returned == 0) outcome.NotApplicable("no finding is called fixed");
}

void CheckProblemsClosed(const DeviceEvidence& evidence, RowOutcome& outcome) {
  if (!HasPackage(evidence, outcome)) return;
  BlameReturned(evidence, outcome);
  for (const PackageRecord& package : evidence.packages) {
    for (const common::Finding& finding : package.record.findings) {
      const Disposition* decided = DecisionOn(evidence, finding.id);
      if (decided == nullptr || decided->decision != "fixed") continue;
      const std::string& since = decided->date;
      const auto after = DaysBetween(since, package.record.campaign.started_at);
      if (after && *after > 0) {
        outcome.MissingThough(fmt::format("{} was fixed on {}, and {} found it again", finding.id,
                                          since, package.traced.file),
                              DispositionCommand(evidence, finding.id, "open"));
      } else {
        outcome.Shown(fmt::format("{} has not come back since {}", finding.id, since));
      }
    }
    if (package.record.device.software_version.empty()) {
      outcome.Missing(package.traced.file + " belongs to no release, so there is no trend",
                      R"("device": "software_version" in the campaign file)");
    }
  }
  outcome.Shown("trend over releases",
                fmt::format("percuss metrics {}", evidence.files.folder.string()));
}

void CheckIssuesTriaged(const DeviceEvidence& evidence, RowOutcome& outcome) {
  for (const ListedEntry& entry : Vulnerabilities(evidence)) {
    RequireMembers(evidence, "postmarket", entry, {"applicability", "verifiability", "disclosure"},
                   outcome);
  }
  const auto& releases = EntriesOf(evidence.files.postmarket, "releases");
  for (const ListedEntry& release : releases) {
    const std::string place = PlaceOf(evidence, "postmarket", release.line);
    const auto after = DaysBetween(release.Text("reviewed"), release.Text("released"));
    if (!after) {
      outcome.Missing(release.id + " has no day of its \"reviewed\" open issues, or of its release",
                      place);
    } else if (*after < 0) {
      outcome.Missing(release.id + ": its open issues were reviewed after it was released", place);
    } else {
      outcome.Shown(
          fmt::format("{}: open issues reviewed on {}", release.id, release.Text("reviewed")),
          place);
    }
  }
  if (releases.empty()) {
    outcome.Missing("there is no release whose open issues were reviewed",
                    FileOf(evidence, "postmarket") + ": \"releases\": \"reviewed\"");
  }
}

void CheckScopeAndIssues(const DeviceEvidence& evidence, RowOutcome& outcome) {
  if (evidence.files.entries.empty()) {
    outcome.Missing("the protocol has no entry: nobody says what the scope is",
                    FileOf(evidence, "protocol"));
  } else {
    outcome.Shown(fmt::format("scope and design: {} entries", evidence.files.entries.size()),
                  FileOf(evidence, "protocol"));
  }
  for (const std::string& finding : FindingsThatAre(evidence, {"fixed", "deferred", "accepted"})) {
    const std::string issue = IssueOf(evidence, finding);
    if (issue.empty()) {
      outcome.Missing(finding + " is in no tracker",
                      DispositionCommand(evidence, finding, "STATUS") + " --reference ISSUE");
    } else {
      outcome.Shown(fmt::format("{}: {}", finding, issue));
    }
  }
}

}  // namespace percuss::reports

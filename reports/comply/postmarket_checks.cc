// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "reports/comply/check_words.h"
#include "reports/comply/checks.h"
#include "reports/comply/metrics.h"
#include "reports/comply/time_text.h"

namespace percuss::reports {
namespace {

// Why a span of days cannot be told; empty when it can, or when its end is not there yet.
std::string SpanProblem(const std::string& from, const std::string& to, const char* what) {
  if (to.empty()) return {};
  const auto days = DaysBetween(from, to);
  if (!days) return fmt::format("has no time before it {}", what);
  return *days < 0 ? fmt::format("{} before it could", what) : "";
}

std::string TimesHelp(const DeviceEvidence& evidence, const VulnerabilityTimes& times) {
  const auto* entry = FindEntry(EntriesOf(evidence.files.postmarket, "vulnerabilities"), times.id);
  return entry == nullptr ? FileOf(evidence, "postmarket")
                          : PlaceOf(evidence, "postmarket", entry->line);
}

}  // namespace

void CheckPatchMetrics(const DeviceEvidence& evidence, RowOutcome& outcome) {
  const Metrics metrics = ComputeMetrics(evidence);
  if (metrics.vulnerabilities.empty()) {
    return outcome.NotApplicable("no vulnerability is known, so nothing can be counted");
  }
  for (const VulnerabilityTimes& times : metrics.vulnerabilities) {
    for (const std::string& problem : {SpanProblem(times.learned, times.patched, "was patched"),
                                       SpanProblem(times.patched, times.fielded, "was fielded")}) {
      if (problem.empty()) continue;
      outcome.Missing(fmt::format("{} {}", times.id, problem), TimesHelp(evidence, times));
    }
  }
  for (const Metric& metric : metrics.values) {
    if (!metric.value) continue;
    outcome.Shown(fmt::format("{}: {:.1f} {}", metric.what, *metric.value, metric.unit),
                  fmt::format("percuss metrics {}", evidence.files.folder.string()));
  }
}

void CheckPlansPresent(const DeviceEvidence& evidence, RowOutcome& outcome) {
  for (const char* plan : {"cybersecurity_management", "coordinated_disclosure", "regular_patches",
                           "out_of_cycle_patches"}) {
    RequirePlan(evidence, plan, outcome);
  }
}

void CheckPostmarketClocks(const DeviceEvidence& evidence, RowOutcome& outcome) {
  const std::string& isao = evidence.files.policies.isao_membership;
  if (isao.empty()) {
    outcome.Missing("no membership of an ISAO is named",
                    FileOf(evidence, "compliance") + ": \"policies\": \"isao_membership\"");
  } else {
    outcome.Shown("ISAO: " + isao, FileOf(evidence, "compliance"));
  }
  for (const VulnerabilityTimes& times : ComputeMetrics(evidence).vulnerabilities) {
    // Whether it is one at all is open, which FDA-DISP tells; unless the maker's file calls it one.
    if (!times.finding.empty() && DecisionOn(evidence, times.finding) == nullptr &&
        times.risk_class.empty()) {
      continue;
    }
    const std::string help = TimesHelp(evidence, times);
    if (times.risk_class.empty()) {
      outcome.Missing(times.id + " is neither called controlled nor uncontrolled",
                      help + ": \"risk_class\"");
    } else if (times.learned.empty()) {
      outcome.Missing(times.id + ": nobody says when it was learned of", help + ": \"learned_at\"");
    } else if (times.overdue) {
      outcome.MissingThough(
          fmt::format("{}: notice {}; fix {}", times.id, times.notice_clock, times.fix_clock),
          help);
    } else {
      outcome.Shown(fmt::format("{}, {}: notice {}; fix {}", times.id, times.risk_class,
                                times.notice_clock, times.fix_clock),
                    help);
    }
  }
}

void CheckComplaintsRecorded(const DeviceEvidence& evidence, RowOutcome& outcome) {
  const auto& complaints = EntriesOf(evidence.files.postmarket, "complaints");
  for (const ListedEntry& complaint : complaints) {
    RequireMembers(evidence, "postmarket", complaint,
                   {"device", "udi", "received", "complainant", "nature", "action", "reply"},
                   outcome);
  }
  bool from_complaint = false;
  for (const auto& entry : EntriesOf(evidence.files.postmarket, "vulnerabilities")) {
    if (entry.Text("source") != "complaint") continue;
    from_complaint = true;
    if (entry.Has("complaint")) continue;
    outcome.MissingThough(entry.id + " comes from a complaint that is not named",
                          PlaceOf(evidence, "postmarket", entry.line) + ": \"complaint\"");
  }
  if (complaints.empty() && !from_complaint) {
    outcome.NotApplicable("no vulnerability comes from a complaint");
  }
}

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
#include "reports/comply/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "common/clock.h"
#include "reports/comply/time_text.h"

namespace percuss::reports {
namespace {

constexpr double kNoticeDays = 30;
constexpr double kFixDays = 60;

// The earlier of two times, either of which may be unknown.
std::string Earlier(const std::string& one, const std::string& other) {
  const auto first = UnixOf(one);
  const auto second = UnixOf(other);
  if (!first) return second ? other : "";
  return second && *second < *first ? other : one;
}

// When a package's campaign first saw a finding.
std::string SeenAt(const common::RunRecord& record, const common::Finding& finding) {
  const auto start = UnixOf(record.campaign.started_at);
  if (!start || finding.first_seen_s < 0) return record.campaign.ended_at;
  return common::Rfc3339(*start + static_cast<int64_t>(finding.first_seen_s));
}

struct Sighting {
  std::string at;
  std::string version;  // of the device's software
};

std::map<std::string, Sighting> FirstSightings(const DeviceEvidence& evidence) {
  std::map<std::string, Sighting> first;
  for (const PackageRecord& package : evidence.packages) {
    for (const common::Finding& finding : package.record.findings) {
      Sighting seen{SeenAt(package.record, finding), package.record.device.software_version};
      const auto [at, is_new] = first.emplace(finding.id, seen);
      if (!is_new && Earlier(at->second.at, seen.at) != at->second.at) at->second = seen;
    }
  }
  return first;
}

// Since when it is fixed without interruption, by signed records of the package that holds or,
// where there are none, by the disposition of records.json. Empty when it is not.
std::string FixedSince(const DeviceEvidence& evidence, const std::string& finding) {
  const Disposition* decided = DecisionOn(evidence, finding);
  if (decided == nullptr || decided->decision != "fixed") return {};
  std::string since;
  for (const RecordFile& file : evidence.records) {
    for (const Record& record : file.chain.records) {
      if (record.said.kind != "disposition" || BodyText(record.said.body, "finding") != finding ||
          record.said.package_id != decided->package.id) {
        continue;
      }
      if (BodyText(record.said.body, "status") != "fixed") {
        since.clear();
      } else if (since.empty()) {
        since = record.at;
      }
    }
  }
  return since.empty() ? decided->date : since;
}

std::string ReleaseTime(const DeviceEvidence& evidence, const std::string& release,
                        const char* which) {
  const auto* entry = FindEntry(EntriesOf(evidence.files.postmarket, "releases"), release);
  return entry == nullptr ? "" : entry->Text(which);
}

std::string ClockText(const std::string& learned, const std::string& done, double limit,
                      const std::string& as_of, bool& overdue) {
  const auto end = done.empty() ? DaysBetween(learned, as_of) : DaysBetween(learned, done);
  if (!end) return "cannot be computed because nobody says when it was learned of";
  if (*end < 0 && !done.empty()) {
    return "cannot be computed because it would have ended before it began";
  }
  if (*end <= limit) {
    return done.empty() ? fmt::format("running, {:.0f} of {:.0f} days left",
                                      limit - std::max(0.0, *end), limit)
                        : fmt::format("kept: {:.1f} of {:.0f} days", *end, limit);
  }
  overdue = true;
  return fmt::format("{}: {:.1f} days, {:.0f} allowed", done.empty() ? "overdue" : "late", *end,
                     limit);
}

void TellClocks(const std::string& as_of, VulnerabilityTimes& times) {
  if (times.risk_class.empty()) {
    times.notice_clock = times.fix_clock = "cannot be computed because no risk_class is given";
  } else if (times.risk_class == "controlled") {
    times.notice_clock = times.fix_clock = "none: the risk is controlled";
  } else {
    times.notice_clock =
        ClockText(times.learned, times.notified, kNoticeDays, as_of, times.overdue);
    times.fix_clock = ClockText(times.learned, times.patched, kFixDays, as_of, times.overdue);
  }
}

VulnerabilityTimes TimesOf(const DeviceEvidence& evidence, const ListedEntry& entry,
                           const std::map<std::string, Sighting>& sightings) {
  VulnerabilityTimes times;
  times.finding = entry.Text("finding");
  times.id = entry.id;
  times.risk_class = entry.Text("risk_class");
  times.notified = entry.Text("notified_at");
  times.learned = entry.Text("learned_at");
  std::string introduced = entry.Text("introduced_in");
  if (const auto seen = sightings.find(times.finding); seen != sightings.end()) {
    times.learned = Earlier(times.learned, seen->second.at);
    if (introduced.empty()) introduced = seen->second.version;
  }
  times.introduced = ReleaseTime(evidence, introduced, "released");
  times.patched = times.finding.empty() ? "" : FixedSince(evidence, times.finding);
  // A package that has the finding, undecided, contradicts whoever wrote that it is patched.
  const bool open =
      sightings.contains(times.finding) && DecisionOn(evidence, times.finding) == nullptr;
  if (times.patched.empty() && !open) times.patched = entry.Text("patched_at");
  times.fielded = entry.Text("fielded_at");
  if (times.fielded.empty()) {
    times.fielded = ReleaseTime(evidence, entry.Text("fixed_in"), "fielded");
  }
  TellClocks(evidence.as_of, times);
  return times;
}

bool IsVulnerability(const DeviceEvidence& evidence, const std::string& finding) {
  const Disposition* decided = DecisionOn(evidence, finding);
  return decided == nullptr ||
         (decided->decision != "not_a_defect" && decided->decision != "third_party");
}

std::vector<VulnerabilityTimes> AllTimes(const DeviceEvidence& evidence) {
  const auto sightings = FirstSightings(evidence);
  std::vector<VulnerabilityTimes> all;
  for (const auto& entry : EntriesOf(evidence.files.postmarket, "vulnerabilities")) {
    all.push_back(TimesOf(evidence, entry, sightings));
  }
  for (const auto& [finding, seen] : sightings) {
    if (VulnerabilityOf(evidence, finding) != nullptr || !IsVulnerability(evidence, finding)) {
      continue;
    }
    ListedEntry entry;
    entry.id = finding;
    entry.texts["finding"] = finding;
    all.push_back(TimesOf(evidence, entry, sightings));
  }
  return all;
}

using TimeOf = std::string VulnerabilityTimes::*;

// The mean and the median of the days from one time to the other, over all that have the other.
void AddDays(const Metrics& metrics, const std::string& id, const std::string& what,
             std::pair<TimeOf, TimeOf> span, std::vector<Metric>& values) {
  std::vector<double> days;
  std::string why_not;
  for (const VulnerabilityTimes& times : metrics.vulnerabilities) {
    if ((times.*span.second).empty()) continue;
    const auto between = DaysBetween(times.*span.first, times.*span.second);
    if (between && *between >= 0) {
      days.push_back(*between);
    } else if (why_not.empty()) {
      why_not =
          fmt::format("cannot be computed because {} of {} {}", between ? "the end" : "the begin",
                      times.id, between ? "lies before the begin" : "is not known");
    }
  }
  if (why_not.empty() && days.empty()) {
    why_not = "cannot be computed because no vulnerability has come that far";
  }
  Metric mean{id + "_mean", what + ", mean", "days", {}, why_not};
  Metric median{id + "_median", what + ", median", "days", {}, why_not};
  if (why_not.empty()) {
    const auto count = static_cast<double>(days.size());
    mean.value = std::accumulate(days.begin(), days.end(), 0.0) / count;
    std::sort(days.begin(), days.end());
    const size_t half = days.size() / 2;
    median.value = days.size() % 2 == 1 ? days[half] : (days[half - 1] + days[half]) / 2;
    mean.note = median.note = fmt::format("of {}", days.size());
  }
  values.push_back(std::move(mean));
  values.push_back(std::move(median));
}

// How many of all have that time.
Metric Share(const Metrics& metrics, const std::string& id, const std::string& what, TimeOf time) {
  const auto& all = metrics.vulnerabilities;
  Metric share{id, what, "%", {}, ""};
  if (all.empty()) {
    share.note = "cannot be computed because no vulnerability is known";
    return share;
  }
  const auto have = std::count_if(all.begin(), all.end(), [&](const VulnerabilityTimes& times) {
    return !(times.*time).empty();
  });
  share.value = 100.0 * static_cast<double>(have) / static_cast<double>(all.size());
  share.note = fmt::format("{} of {}", have, all.size());
  return share;
}

std::vector<ReleaseTrend> Trends(const DeviceEvidence& evidence) {
  std::map<std::string, ReleaseTrend> by_release;
  for (const PackageRecord& package : evidence.packages) {
    ReleaseTrend& trend = by_release[package.record.device.software_version];
    trend.first_run = Earlier(trend.first_run, package.record.campaign.started_at);
    ++trend.packages;
  }
  std::vector<ReleaseTrend> trends;
  for (auto& [release, trend] : by_release) {
    trend.release = release;
    trends.push_back(trend);
  }
  std::sort(trends.begin(), trends.end(), [](const ReleaseTrend& one, const ReleaseTrend& other) {
    return UnixOf(one.first_run).value_or(0) < UnixOf(other.first_run).value_or(0);
  });
  std::set<std::string> known;
  for (ReleaseTrend& trend : trends) {
    std::set<std::string> here;
    int64_t covered = 0;
    int64_t total = 0;
    for (const PackageRecord& package : evidence.packages) {
      if (package.record.device.software_version != trend.release) continue;
      for (const auto& finding : package.record.findings) here.insert(finding.id);
      for (const auto& target : package.record.targets) {
        for (const auto& engine : target.engines) trend.executions += engine.executions;
        if (!target.coverage.present) continue;
        covered += target.coverage.lines_covered;
        total += target.coverage.lines_total;
      }
    }
    trend.findings = static_cast<int64_t>(here.size());
    trend.new_findings = std::count_if(here.begin(), here.end(), [&](const std::string& finding) {
      return !known.contains(finding);
    });
    known.insert(here.begin(), here.end());
    if (total > 0) {
      trend.line_coverage_percent =
          100.0 * static_cast<double>(covered) / static_cast<double>(total);
    }
  }
  return trends;
}

}  // namespace

Metrics ComputeMetrics(const DeviceEvidence& evidence) {
  using V = VulnerabilityTimes;
  Metrics metrics;
  metrics.as_of = evidence.as_of;
  metrics.signers_note = evidence.signers_note;
  metrics.vulnerabilities = AllTimes(evidence);
  std::vector<Metric> values;
  values.push_back(
      Share(metrics, "vulnerabilities_patched", "Vulnerabilities that are patched", &V::patched));
  values.push_back(Share(metrics, "vulnerabilities_fielded",
                         "Vulnerabilities whose patch is in the field", &V::fielded));
  AddDays(metrics, "identified_to_patched", "From identification to the patch",
          {&V::learned, &V::patched}, values);
  AddDays(metrics, "patched_to_fielded", "From the patch to the field", {&V::patched, &V::fielded},
          values);
  AddDays(metrics, "released_to_identified", "From the release to identification",
          {&V::introduced, &V::learned}, values);
  metrics.values = std::move(values);
  metrics.releases = Trends(evidence);
  return metrics;
}

}  // namespace percuss::reports

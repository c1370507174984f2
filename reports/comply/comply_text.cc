// SPDX-License-Identifier: Apache-2.0
#include "reports/comply/comply_text.h"

#include <fmt/format.h>

#include "common/words.h"
#include "reports/export/csv.h"
#include "reports/export/text.h"

namespace percuss::reports {
namespace {

using common::Json;

std::string Clause(const MatrixRow& row) { return row.source + ", " + row.clause; }

std::string Joined(const std::vector<RowOutcome::Evidence>& shown) {
  std::string text;
  for (const auto& evidence : shown) {
    if (!text.empty()) text += "; ";
    text += evidence.what;
    if (!evidence.where.empty()) text += " [" + evidence.where + "]";
  }
  return text;
}

std::string Joined(const std::vector<RowOutcome::Lack>& lacks, bool help) {
  std::string text;
  for (const auto& lack : lacks) {
    if (!text.empty()) text += "; ";
    text += help ? lack.help : lack.what;
  }
  return text;
}

// JSON holds UTF-8 alone; what packages say of themselves may not be.
Json Clean(const std::string& text) { return VisibleText(text); }

Json OrNull(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

// At the end of a summary.
std::string Further(const std::string& note) { return note.empty() ? "" : "; " + note; }

std::string OrUnknown(const std::string& time) { return time.empty() ? "not known" : time; }

}  // namespace

std::string ComplySummary(const Compliance& compliance) {
  return fmt::format("{} rows: {} satisfied, {} missing, {} not applicable; as of {}",
                     compliance.rows.size(), compliance.Count(RowState::kSatisfied),
                     compliance.Count(RowState::kMissing),
                     compliance.Count(RowState::kNotApplicable), compliance.as_of) +
         Further(compliance.signers_note);
}

std::vector<TraceSection> ComplySections(const Compliance& compliance) {
  TraceSection missing{"missing",
                       "Missing",
                       {"row", "result", "clause", "what is missing", "what would help"},
                       {},
                       0};
  TraceSection not_applicable{
      "not_applicable", "Not applicable", {"row", "clause", "where", "because"}, {}, 0};
  TraceSection satisfied{"satisfied",
                         "Evidence present and consistent",
                         {"row", "result", "clause", "force", "where", "what shows it"},
                         {},
                         0};
  for (const RowResult& result : compliance.rows) {
    const MatrixRow& row = *result.row;
    if (result.state == RowState::kMissing) {
      for (const auto& lack : result.lacks) {
        missing.rows.push_back({row.id, "missing", Clause(row), lack.what, lack.help});
      }
    } else if (result.state == RowState::kNotApplicable) {
      const std::string where = result.shown.empty() ? "" : result.shown.back().where;
      not_applicable.rows.push_back({row.id, Clause(row), where, result.because});
    } else {
      for (const auto& shown : result.shown) {
        satisfied.rows.push_back(
            {row.id, "satisfied", Clause(row), row.force, shown.where, shown.what});
      }
    }
  }
  return {missing, not_applicable, satisfied};
}

SectionPage CompliancePage(const Compliance& compliance) {
  return {"Compliance matrix", ComplySummary(compliance), "No row.",
          "Made by percuss comply. \"Satisfied\" says that evidence is present and consistent, not "
          "that it suffices: that is for people to say.",
          ComplySections(compliance)};
}

std::string ComplyCsv(const Compliance& compliance) {
  std::string text = CsvRow({"row", "state", "source", "clause", "force", "must_show", "shown_by",
                             "missing", "help", "because"});
  for (const RowResult& result : compliance.rows) {
    const MatrixRow& row = *result.row;
    text += CsvRow({row.id, RowStateName(result.state), row.source, row.clause, row.force,
                    row.must_show, Joined(result.shown), Joined(result.lacks, false),
                    Joined(result.lacks, true), result.because});
  }
  return text;
}

Json ComplyJson(const Compliance& compliance) {
  Json rows = Json::array();
  for (const RowResult& result : compliance.rows) {
    const MatrixRow& row = *result.row;
    Json shown = Json::array();
    for (const auto& evidence : result.shown) {
      shown.push_back({{"what", Clean(evidence.what)}, {"where", Clean(evidence.where)}});
    }
    Json missing = Json::array();
    for (const auto& lack : result.lacks) {
      missing.push_back({{"what", Clean(lack.what)}, {"help", Clean(lack.help)}});
    }
    rows.push_back({{"id", row.id},
                    {"source", row.source},
                    {"clause", row.clause},
                    {"force", row.force},
                    {"must_show", row.must_show},
                    {"state", RowStateName(result.state)},
                    {"shown", shown},
                    {"missing", missing},
                    {"because", Clean(result.because)}});
  }
  return {{"schema", "percuss.compliance-matrix.v1"},
          {"as_of", compliance.as_of},
          {"signers_note", Clean(compliance.signers_note)},
          {"summary",
           {{"rows", compliance.rows.size()},
            {"satisfied", compliance.Count(RowState::kSatisfied)},
            {"missing", compliance.Count(RowState::kMissing)},
            {"not_applicable", compliance.Count(RowState::kNotApplicable)}}},
          {"rows", rows}};
}

std::string MetricsSummary(const Metrics& metrics) {
  return fmt::format("{} vulnerabilit{}, {}, as of {}", metrics.vulnerabilities.size(),
                     metrics.vulnerabilities.size() == 1 ? "y" : "ies",
                     common::Counted(static_cast<int64_t>(metrics.releases.size()), "release"),
                     metrics.as_of) +
         Further(metrics.signers_note);
}

std::vector<TraceSection> MetricsSections(const Metrics& metrics) {
  TraceSection values{"metrics", "Metrics", {"metric", "value", "of what, or why not"}, {}, 0};
  for (const Metric& metric : metrics.values) {
    values.rows.push_back({metric.what,
                           metric.value ? fmt::format("{:.1f} {}", *metric.value, metric.unit) : "",
                           metric.note});
  }
  TraceSection times{"vulnerabilities",
                     "Vulnerabilities",
                     {"id", "class", "learned", "patched", "fielded", "notice within 30 days",
                      "fix within 60 days"},
                     {},
                     0};
  for (const VulnerabilityTimes& one : metrics.vulnerabilities) {
    times.rows.push_back({one.id, one.risk_class.empty() ? "not said" : one.risk_class,
                          OrUnknown(one.learned), OrUnknown(one.patched), OrUnknown(one.fielded),
                          one.notice_clock, one.fix_clock});
  }
  TraceSection releases{
      "releases",
      "Releases",
      {"release", "first run", "packages", "executions", "findings", "new", "lines covered"},
      {},
      0};
  for (const ReleaseTrend& trend : metrics.releases) {
    releases.rows.push_back({trend.release.empty() ? "not told" : trend.release, trend.first_run,
                             std::to_string(trend.packages), CountText(trend.executions),
                             std::to_string(trend.findings), std::to_string(trend.new_findings),
                             trend.line_coverage_percent
                                 ? fmt::format("{:.1f} %", *trend.line_coverage_percent)
                                 : "cannot be computed because no run measured them"});
  }
  return {values, times, releases};
}

SectionPage MetricsPage(const Metrics& metrics) {
  return {"Metrics", MetricsSummary(metrics), "None.",
          "Made by percuss metrics from the times of packages, signed records and postmarket.json.",
          MetricsSections(metrics)};
}

Json MetricsJson(const Metrics& metrics) {
  Json values = Json::array();
  for (const Metric& metric : metrics.values) {
    values.push_back({{"id", metric.id},
                      {"what", metric.what},
                      {"unit", metric.unit},
                      {"value", OrNull(metric.value)},
                      {"note", Clean(metric.note)}});
  }
  Json vulnerabilities = Json::array();
  for (const VulnerabilityTimes& one : metrics.vulnerabilities) {
    vulnerabilities.push_back({{"id", one.id},
                               {"finding", one.finding},
                               {"risk_class", one.risk_class},
                               {"introduced", Clean(one.introduced)},
                               {"learned", Clean(one.learned)},
                               {"notified", Clean(one.notified)},
                               {"patched", Clean(one.patched)},
                               {"fielded", Clean(one.fielded)},
                               {"notice_clock", one.notice_clock},
                               {"fix_clock", one.fix_clock},
                               {"overdue", one.overdue}});
  }
  Json releases = Json::array();
  for (const ReleaseTrend& trend : metrics.releases) {
    releases.push_back({{"release", Clean(trend.release)},
                        {"first_run", Clean(trend.first_run)},
                        {"packages", trend.packages},
                        {"executions", trend.executions},
                        {"findings", trend.findings},
                        {"new_findings", trend.new_findings},
                        {"line_coverage_percent", OrNull(trend.line_coverage_percent)}});
  }
  return {{"schema", "percuss.metrics.v1"},
          {"as_of", metrics.as_of},
          {"signers_note", Clean(metrics.signers_note)},
          {"metrics", values},
          {"vulnerabilities", vulnerabilities},
          {"releases", releases}};
}

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// The chapters of numbers: progress of the engines, coverage per function, timing.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "reports/export/text.h"
#include "reports/html/block_parts.h"
#include "reports/html/page_parts.h"
#include "reports/html/plots.h"
#include "reports/html/session_parts.h"
#include "reports/html/templates.h"

namespace percuss::reports {
namespace {

constexpr size_t kMaxSlowInputs = 10;

std::string RateText(const common::EngineRun& engine) {
  if (engine.wall_ns <= 0) return "not known";
  const double rate =
      static_cast<double>(engine.executions) / (static_cast<double>(engine.wall_ns) / 1e9);
  return rate >= 0 && rate < 1e12 ? CountText(static_cast<int64_t>(rate)) + " /s" : "not known";
}

Table EngineTable(const common::TargetRun& target) {
  Table table{"Engines on " + target.id,
              {{"Engine", false},
               {"Executions", true},
               {"Rate", true},
               {"Edges", true},
               {"Corpus", true},
               {"Last find", true},
               {"CPU", true},
               {"Restarts", true},
               {"Stability", true},
               {"Stopped because", false}},
              {},
              ""};
  for (const common::EngineRun& engine : target.engines) {
    table.rows.push_back(
        {{engine.engine, "", ""},
         {CountText(engine.executions), "num", ""},
         {RateText(engine), "num", ""},
         {CountText(engine.edges), "num", ""},
         {CountText(engine.corpus), "num", ""},
         {DurationText(engine.last_find_s), "num", ""},
         {DurationText(engine.cpu_ns / 1'000'000'000), "num", ""},
         {CountText(engine.restarts), "num", ""},
         {engine.stability_percent >= 0 ? fmt::format("{:.1f} %", engine.stability_percent) : "–",
          "num", ""},
         {engine.stop_reason, "", ""}});
  }
  return table;
}

std::string SeriesSummary(const std::vector<PlotSeries>& series, const char* unit) {
  std::string text;
  for (const PlotSeries& one : series) {
    if (one.points.empty()) continue;
    const PlotPoint& last = one.points.back();
    text += fmt::format("{}: {:.0f} {} after {:.0f} seconds. ", one.name, last.y, unit, last.x);
  }
  return text;
}

void AddPlot(Data& plots, const PlotLabels& labels, const std::vector<PlotSeries>& series) {
  const std::string svg = TimePlot(labels, series);
  if (svg.empty()) return;
  Data plot;
  plot["caption"] = labels.title;
  plot["svg"] = svg;
  plots.push_back(plot);
}

Data Plots(const common::TargetRun& target, size_t index) {
  std::vector<PlotSeries> edges;
  std::vector<PlotSeries> rates;
  for (const common::EngineRun& engine : target.engines) {
    edges.push_back(EdgeSeries(engine));
    rates.push_back(RateSeries(engine));
  }
  Data plots{Data::type::list};
  AddPlot(
      plots,
      {fmt::format("edges-{}", index), "Edges reached over time", SeriesSummary(edges, "edges")},
      edges);
  AddPlot(plots,
          {fmt::format("rate-{}", index), "Executions per second over time",
           SeriesSummary(rates, "executions per second")},
          rates);
  return plots;
}

Facts TargetFacts(const common::TargetRun& target) {
  std::string discovery = "not estimated: " + target.discovery.absent_reason;
  if (target.discovery.present) {
    discovery = fmt::format(
        "{:.2e} per execution, at most {:.2e} with 95 % confidence ({} singletons in {} inputs; "
        "something new in {} of the last {})",
        target.discovery.estimate, target.discovery.bound, CountText(target.discovery.singletons),
        CountText(target.discovery.executions), CountText(target.discovery.late_discoveries),
        CountText(target.discovery.late_executions));
  }
  return {{"Time", fmt::format("{} of {} planned", DurationText(target.actual_wall_s),
                               DurationText(target.planned_wall_s))},
          {"Corpus", fmt::format("{} seeds, {} inputs at the end", CountText(target.corpus.seeds),
                                 CountText(target.corpus.inputs_after))},
          {"Regression corpus", fmt::format("{} inputs first, {} of them failed",
                                            CountText(target.corpus.regression_inputs),
                                            CountText(target.corpus.regression_failed))},
          {"Chance of something new", discovery}};
}

Table FunctionTable(const common::TargetRun& target, size_t max_rows) {
  std::vector<const common::FunctionCoverage*> order;
  for (const common::FunctionCoverage& function : target.coverage.functions) {
    order.push_back(&function);
  }
  const auto missed = [](const common::FunctionCoverage* f) {
    return std::max<int64_t>(f->lines_total, 0) - std::max<int64_t>(f->lines_covered, 0);
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](const auto* a, const auto* b) { return missed(a) > missed(b); });
  Table table{"Functions of " + target.id + " by unreached lines",
              {{"Function", false},
               {"File", false},
               {"Unreached lines", true},
               {"Lines", true},
               {"Regions", true},
               {"Branches", true}},
              {},
              ""};
  for (size_t i = 0; i < order.size() && i < max_rows; ++i) {
    const common::FunctionCoverage& f = *order[i];
    table.rows.push_back(
        {{f.function, "mono", ""},
         {f.file, "mono", ""},
         {CountText(std::max<int64_t>(missed(&f), 0)), "num", ""},
         {PercentText(f.lines_covered, f.lines_total), "num", ""},
         {PercentText(f.regions_covered, f.regions_total), "num", ""},
         {f.branches_total > 0 ? PercentText(f.branches_covered, f.branches_total) : "–", "num",
          ""}});
  }
  if (order.size() > max_rows) {
    table.note =
        fmt::format("{} more functions are left out; all are in manifest.json, section coverage.",
                    CountText(static_cast<int64_t>(order.size() - max_rows)));
  }
  return table;
}

std::string CoverageSummary(const common::SourceCoverage& coverage) {
  return fmt::format("{} of {} lines ({}) and {} of {} branches ({}), measured by {}.",
                     CountText(coverage.lines_covered), CountText(coverage.lines_total),
                     PercentText(coverage.lines_covered, coverage.lines_total),
                     CountText(coverage.branches_covered), CountText(coverage.branches_total),
                     PercentText(coverage.branches_covered, coverage.branches_total),
                     coverage.tool.empty() ? "a tool not recorded" : coverage.tool);
}

std::string CostName(const common::Timing& timing) {
  return timing.unit == "guest_instructions" ? "Instructions" : "CPU time";
}

Table PercentileTable(const common::TargetRun& target) {
  const common::Timing& timing = target.timing;
  Table table{"Distribution for " + target.id, {{"Measure", false}, {"Value", true}}, {}, ""};
  const auto add = [&table](const char* name, const std::string& value) {
    table.rows.push_back({{name, "", ""}, {value, "num", ""}});
  };
  add("inputs measured", CountText(timing.n));
  add("minimum", CostText(timing, timing.min));
  add("median (p50)", CostText(timing, timing.p50));
  add("p90", CostText(timing, timing.p90));
  add("p99", CostText(timing, timing.p99));
  add("p99.9", CostText(timing, timing.p999));
  add("maximum", CostText(timing, timing.max));
  add("host load while measuring", fmt::format("{:.2f}", timing.host_load));
  return table;
}

Table SlowestTable(const common::TargetRun& target) {
  Table table{"Slowest inputs of " + target.id,
              {{"File in the package", false},
               {CostName(target.timing), true},
               {"Size", true},
               {"SHA-256", false}},
              {},
              ""};
  for (const common::SlowInput& input : target.timing.slowest) {
    if (table.rows.size() == kMaxSlowInputs) {
      table.note = "More are in manifest.json, section timing.";
      break;
    }
    table.rows.push_back({{input.path, "mono", ""},
                          {CostText(target.timing, input.cost), "num", ""},
                          {BytesText(input.bytes), "num", ""},
                          {input.sha256, "mono digest", ""}});
  }
  return table;
}

std::string Percent(double share) { return fmt::format("{:.0f} %", share * 100); }

std::string FormulaOf(const common::Timing& timing, const common::Growth& growth) {
  const std::string constant = CostText(timing, std::llround(growth.constant));
  if (growth.complexity == "O(1)") return constant;
  const std::string unit = timing.unit == "guest_instructions" ? "" : " ns";
  if (growth.complexity == "O(c^n)") {
    return fmt::format("{} + {:.3g}{} × {:.3g}ⁿ", constant, growth.coefficient, unit, growth.base);
  }
  const std::string of = growth.complexity.substr(2, growth.complexity.size() - 3);
  return fmt::format("{} + {:.3g}{} × {}", constant, growth.coefficient, unit, of);
}

Table GrowthTable(const common::TargetRun& target) {
  Table table{"How the cost of " + target.id + " grows with an input's length n, in bytes",
              {{"Inputs of each length", false},
               {"Class", false},
               {"Fit", false},
               {"Off by", true},
               {"R²", true},
               {"Next best", false},
               {"Lengths", true}},
              {},
              ""};
  for (const common::Growth& growth : target.timing.growth) {
    const std::string lengths =
        fmt::format("{}, {} to {}", CountText(growth.lengths), CountText(growth.shortest_bytes),
                    BytesText(growth.longest_bytes));
    if (!growth.present) {
      table.rows.push_back({{growth.of, "", ""},
                            {"cannot tell", "unsure", ""},
                            {growth.absent_reason, "", ""},
                            {"–", "num", ""},
                            {"–", "num", ""},
                            {"–", "", ""},
                            {lengths, "num", ""}});
      continue;
    }
    table.rows.push_back({{growth.of, "", ""},
                          {growth.complexity, "", ""},
                          {FormulaOf(target.timing, growth), "", ""},
                          {Percent(growth.rms), "num", ""},
                          {fmt::format("{:.3f}", growth.r_squared), "num", ""},
                          {growth.next + ", off by " + Percent(growth.next_rms), "", ""},
                          {lengths, "num", ""}});
  }
  table.note =
      "Off by: the root mean square of the relative errors. A class of which the next best is off "
      "by little more is not certain.";
  return table;
}

// The costliest input of each length, by which a growth is seen.
Table GrowthInputsTable(const common::TargetRun& target) {
  Table table{"The costliest inputs of " + target.id + " by length",
              {{"File in the package", false}, {CostName(target.timing), true}, {"Size", true}},
              {},
              ""};
  for (const common::Growth& growth : target.timing.growth) {
    if (growth.of != "costliest") continue;
    for (const common::SlowInput& input : growth.shown_by) {
      table.rows.push_back({{input.path, "mono", ""},
                            {CostText(target.timing, input.cost), "num", ""},
                            {BytesText(input.bytes), "num", ""}});
    }
  }
  return table;
}

Table OutlierTable(const common::TargetRun& target) {
  Table table{"Inputs of " + target.id +
                  " that cost more than ten times what others of their "
                  "length do",
              {{"File in the package", false},
               {CostName(target.timing), true},
               {"Others of its length", true},
               {"Size", true}},
              {},
              "No failures: they show where the target's cost depends on more than the length."};
  for (const common::CostOutlier& input : target.timing.outliers) {
    table.rows.push_back({{input.path, "mono", ""},
                          {CostText(target.timing, input.cost), "num", ""},
                          {CostText(target.timing, input.typical), "num", ""},
                          {BytesText(input.bytes), "num", ""}});
  }
  return table;
}

Table CostliestTable(const common::TargetRun& target) {
  Table table{"Costliest inputs of " + target.id + ", by a search for them",
              {{"File in the package", false},
               {"Edges executed", true},
               {"Size", true},
               {"Edges a byte", true},
               {"SHA-256", false}},
              {},
              "Counted, not timed: the same on any host. The search shows what can happen, not "
              "that nothing is worse."};
  for (const common::SlowInput& input : target.costliest) {
    table.rows.push_back({{input.path, "mono", ""},
                          {CountText(input.cost), "num", ""},
                          {BytesText(input.bytes), "num", ""},
                          {CountText(input.cost / std::max<int64_t>(1, input.bytes)), "num", ""},
                          {input.sha256, "mono digest", ""}});
  }
  return table;
}

std::string RetentionSentence(const common::Retention& retention) {
  if (!retention.present) {
    return retention.absent_reason.empty()
               ? ""
               : "Growth over many inputs: not measured: " + retention.absent_reason + ".";
  }
  const std::string verdict = retention.verdict == "unknown" ? "cannot tell" : retention.verdict;
  return fmt::format("Growth over many inputs in one process: {}: {}.", verdict, retention.reason);
}

std::string RateText(double rate) { return fmt::format("{:.1f}", rate); }

Table RetentionTable(const common::Retention& retention) {
  Table table{"What one process holds, by rounds of the same inputs",
              {{"Held", false},
               {"Verdict", false},
               {"per 1000 inputs", true},
               {"95 % from", true},
               {"to", true},
               {"late rise at most", true}},
              {},
              retention.heap == "requested"
                  ? "Heap bytes are those that the target asked for and did not free."
                  : "Heap bytes are as the C library counts them, with what it keeps for itself."};
  for (const common::RetentionRate& rate : retention.rates) {
    const bool none = rate.verdict == "none";
    table.rows.push_back({{rate.of, "mono", ""},
                          {rate.verdict == "unknown" ? "cannot tell" : rate.verdict, "", ""},
                          {none ? "" : RateText(rate.per_thousand), "num", ""},
                          {none ? "" : RateText(rate.low), "num", ""},
                          {none ? "" : RateText(rate.high), "num", ""},
                          {RateText(rate.at_most), "num", ""}});
  }
  return table;
}

Table GrowingTable(const common::Retention& retention) {
  Table table{"Inputs after which the process holds more, each by itself",
              {{"Input", false},
               {"Held", false},
               {"per 1000 inputs", true},
               {"Bytes", true},
               {"SHA-256", false}},
              {},
              "Run again and again in one process; the fastest of each kind."};
  for (const common::GrowingInput& input : retention.growing) {
    table.rows.push_back({{input.path, "mono", ""},
                          {input.of, "mono", ""},
                          {RateText(input.per_thousand), "num", ""},
                          {BytesText(input.bytes), "num", ""},
                          {input.sha256, "mono digest", ""}});
  }
  return table;
}

std::string DeadlineSentence(const common::Deadline& deadline) {
  if (!deadline.present) return "";
  const std::string of = deadline.source.empty() ? "" : " (" + deadline.source + ")";
  const std::string verdict = deadline.verdict == "unknown" ? "cannot tell" : deadline.verdict;
  return fmt::format("Deadline of {} µs of CPU time{}: {}: {}.", CountText(deadline.cpu_us), of,
                     verdict, deadline.reason);
}

std::string ReasonOr(const std::string& reason) {
  return reason.empty() ? "no reason recorded" : reason;
}

}  // namespace

std::string ProgressChapter(Renderer& renderer, const common::RunRecord& record) {
  Data targets{Data::type::list};
  for (size_t i = 0; i < record.targets.size(); ++i) {
    const common::TargetRun& target = record.targets[i];
    Data data;
    data["target_id"] = target.id;
    data["target_style"] = VerdictStyle(target.verdict);
    data["target_verdict"] = VerdictWord(target.verdict);
    if (!target.description.empty()) data["target_description"] = target.description;
    data["target_reasons"] = TextsData(target.reasons);
    Data plots = Plots(target, i);
    if (!plots.is_non_empty_list()) {
      data["no_plots"] = std::string("No curve is recorded: no engine ran long enough.");
    }
    data["plots"] = std::move(plots);
    data["engines"] = renderer.TableHtml(EngineTable(target));
    data["target_facts"] = FactsData(TargetFacts(target));
    AddSessions(renderer, target, i, data);
    targets.push_back(data);
  }
  Data data;
  data["progress_targets"] = std::move(targets);
  return renderer.Fill(kProgressTemplate, data);
}

std::string FunctionsChapter(Renderer& renderer, const common::RunRecord& record,
                             const HtmlOptions& options) {
  Data targets{Data::type::list};
  for (size_t i = 0; i < record.targets.size(); ++i) {
    const common::TargetRun& target = record.targets[i];
    Data data;
    data["target_id"] = target.id;
    AddBlocks(renderer, target, i, options.max_function_rows, data);
    if (target.coverage.present) {
      data["summary"] = CoverageSummary(target.coverage);
      data["table"] = renderer.TableHtml(FunctionTable(target, options.max_function_rows));
    } else if (!target.block_coverage.present) {
      data["absent"] = ReasonOr(target.coverage.absent_reason);
    }
    targets.push_back(data);
  }
  Data data;
  data["function_targets"] = std::move(targets);
  return renderer.Fill(kFunctionsTemplate, data);
}

std::string TimingChapter(Renderer& renderer, const common::RunRecord& record) {
  Data targets{Data::type::list};
  for (size_t i = 0; i < record.targets.size(); ++i) {
    const common::TargetRun& target = record.targets[i];
    Data data;
    data["target_id"] = target.id;
    if (target.timing.present) {
      const std::string svg = TimingHistogram(
          {fmt::format("timing-{}", i), "Inputs of " + target.id + " by " + CostName(target.timing),
           fmt::format("{} inputs; median {}, 99th percentile {}, maximum {}",
                       CountText(target.timing.n), CostText(target.timing, target.timing.p50),
                       CostText(target.timing, target.timing.p99),
                       CostText(target.timing, target.timing.max))},
          target.timing);
      if (!svg.empty()) data["svg"] = svg;
      data["cost_name"] = CostName(target.timing);
      data["percentiles"] = renderer.TableHtml(PercentileTable(target));
      data["slowest"] = renderer.TableHtml(SlowestTable(target));
      data["growth"] = renderer.TableHtml(GrowthTable(target));
      data["growth_inputs"] = renderer.TableHtml(GrowthInputsTable(target));
      data["outliers"] = renderer.TableHtml(OutlierTable(target));
    } else {
      data["absent"] = ReasonOr(target.timing.absent_reason);
    }
    const std::string deadline = DeadlineSentence(target.timing.deadline);
    if (!deadline.empty()) data["deadline"] = deadline;
    const std::string retention = RetentionSentence(target.retention);
    if (!retention.empty()) data["retention"] = retention;
    if (target.retention.present) {
      data["retention_rates"] = renderer.TableHtml(RetentionTable(target.retention));
    }
    if (!target.retention.growing.empty()) {
      data["growing"] = renderer.TableHtml(GrowingTable(target.retention));
    }
    if (!target.costliest.empty()) data["costliest"] = renderer.TableHtml(CostliestTable(target));
    targets.push_back(data);
  }
  Data data;
  data["timing_targets"] = std::move(targets);
  return renderer.Fill(kTimingTemplate, data);
}

}  // namespace percuss::reports

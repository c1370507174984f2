// SPDX-License-Identifier: Apache-2.0
#include "reports/html/plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string_view>

#include "reports/export/text.h"

namespace percuss::reports {
namespace {

constexpr double kWidth = 460;
constexpr double kHeight = 250;
constexpr double kLeft = 52;
constexpr double kRight = kWidth - 14;
constexpr double kBottom = kHeight - 30;
constexpr size_t kSeriesClasses = 4;
constexpr size_t kLegendColumns = 3;
constexpr size_t kNameBytes = 24;

// 0, step, 2 step, … up to the first that is not below max.
struct Axis {
  double step = 1;
  double max = 1;
};

Axis CountAxis(double max) {
  if (!(max > 0) || !std::isfinite(max)) return {};
  const double rough = max / 4;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) {
      step = factor * power;
      break;
    }
  }
  return {step, step * std::ceil(max / step)};
}

Axis SecondsAxis(double max) {
  constexpr std::array<double, 16> kSteps = {1,   2,   5,    10,   15,   30,   60,    120,
                                             300, 600, 1200, 1800, 3600, 7200, 14400, 28800};
  for (const double step : kSteps) {
    if (max / step <= 6) return {step, std::max(max, step)};
  }
  return {86400 * std::ceil(max / 86400 / 6), max};
}

std::string ShortCount(double value) {
  if (value >= 1e9) return fmt::format("{:g}G", value / 1e9);
  if (value >= 1e6) return fmt::format("{:g}M", value / 1e6);
  if (value >= 1e3) return fmt::format("{:g}k", value / 1e3);
  return fmt::format("{:g}", value);
}

std::string ShortSeconds(double seconds) {
  if (seconds == 0) return "0";
  if (seconds < 60) return fmt::format("{:g} s", seconds);
  if (seconds < 3600) return fmt::format("{:g} min", seconds / 60);
  if (seconds < 86400) return fmt::format("{:g} h", seconds / 3600);
  return fmt::format("{:g} d", seconds / 86400);
}

std::string DecadeText(int decade) {
  constexpr std::array<const char*, 4> kUnits = {"ns", "µs", "ms", "s"};
  const int unit = std::clamp(decade / 3, 0, 3);
  return fmt::format("{:g} {}", std::pow(10.0, decade - 3 * unit),
                     kUnits[static_cast<size_t>(unit)]);
}

std::string CountDecadeText(int decade) {
  constexpr std::array<const char*, 4> kFactors = {"", "k", "M", "G"};
  const int factor = std::clamp(decade / 3, 0, 3);
  return fmt::format("{:g}{}", std::pow(10.0, decade - 3 * factor),
                     kFactors[static_cast<size_t>(factor)]);
}

std::string Label(double x, double y, std::string_view anchor, std::string_view text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", x, y, anchor,
                     text);
}

std::string Line(double x1, double y1, double x2, double y2, std::string_view css_class) {
  return fmt::format("<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>",
                     css_class, x1, y1, x2, y2);
}

std::string Open(const PlotLabels& labels) {
  return fmt::format(
      "<svg class=\"plot\" role=\"img\" viewBox=\"0 0 {0:g} {1:g}\" "
      "aria-labelledby=\"{2}-t {2}-d\"><title id=\"{2}-t\">{3}</title>"
      "<desc id=\"{2}-d\">{4}</desc>",
      kWidth, kHeight, labels.id, EscapeMarkup(ClippedText(labels.title, 200)),
      EscapeMarkup(ClippedText(labels.description, 1000)));
}

int Steps(const Axis& axis) { return static_cast<int>(axis.max * 1.0001 / axis.step); }

std::string ValueGrid(const Axis& axis, double top) {
  std::string svg;
  for (int i = 0; i <= Steps(axis); ++i) {
    const double value = i * axis.step;
    const double y = kBottom - (kBottom - top) * value / axis.max;
    svg += Line(kLeft, y, kRight, y, value == 0 ? "axis" : "grid");
    svg += Label(kLeft - 8, y + 4, "end", ShortCount(value));
  }
  return svg;
}

std::string Legend(const std::vector<PlotSeries>& series) {
  std::string svg;
  for (size_t i = 0; i < series.size(); ++i) {
    const size_t row = i / kLegendColumns;
    const double x = kLeft + static_cast<double>(i % kLegendColumns) * 132;
    const double y = 12 + static_cast<double>(row) * 16;
    svg += Line(x, y - 4, x + 24, y - 4, fmt::format("line s{}", i % kSeriesClasses));
    svg += Label(x + 30, y, "start", EscapeMarkup(ClippedText(series[i].name, kNameBytes)));
  }
  return svg;
}

std::vector<common::CurvePoint> Thinned(const std::vector<common::CurvePoint>& curve,
                                        size_t intervals) {
  std::vector<common::CurvePoint> points;
  const size_t stride = std::max<size_t>(1, (curve.size() + intervals - 1) / intervals);
  for (size_t i = 0; i < curve.size(); i += stride) {
    if (points.empty() || curve[i].elapsed_s > points.back().elapsed_s) points.push_back(curve[i]);
  }
  if (!points.empty() && curve.back().elapsed_s > points.back().elapsed_s) {
    points.push_back(curve.back());
  }
  return points;
}

struct Mark {
  const char* name;
  int64_t value;
};

std::string PercentileMarks(const common::Timing& timing, double low, double span) {
  const std::array<Mark, 5> marks = {{{"p50", timing.p50},
                                      {"p90", timing.p90},
                                      {"p99", timing.p99},
                                      {"p99.9", timing.p999},
                                      {"max", timing.max}}};
  std::string svg;
  double y = 10;
  for (const Mark& mark : marks) {
    const double share = (std::log10(static_cast<double>(std::max<int64_t>(mark.value, 1))) - low);
    const double x = kLeft + (kRight - kLeft) * std::clamp(share / span, 0.0, 1.0);
    const bool flip = x > kWidth * 0.6;
    svg += Line(x, y - 8, x, kBottom, "mark");
    svg += Label(flip ? x - 4 : x + 4, y, flip ? "end" : "start",
                 fmt::format("{} {}", mark.name, CostText(timing, mark.value)));
    y += 14;
  }
  return svg;
}

}  // namespace

PlotSeries EdgeSeries(const common::EngineRun& engine) {
  PlotSeries series{engine.engine, {}};
  for (const common::CurvePoint& point : Thinned(engine.curve, 200)) {
    series.points.push_back(
        {static_cast<double>(point.elapsed_s), static_cast<double>(point.edges)});
  }
  return series;
}

PlotSeries RateSeries(const common::EngineRun& engine) {
  PlotSeries series{engine.engine, {}};
  const std::vector<common::CurvePoint> curve = Thinned(engine.curve, 60);
  for (size_t i = 1; i < curve.size(); ++i) {
    const double seconds =
        static_cast<double>(curve[i].elapsed_s) - static_cast<double>(curve[i - 1].elapsed_s);
    const double executions =
        static_cast<double>(curve[i].executions) - static_cast<double>(curve[i - 1].executions);
    series.points.push_back(
        {static_cast<double>(curve[i].elapsed_s), std::max(0.0, executions / seconds)});
  }
  return series;
}

std::string TimePlot(const PlotLabels& labels, const std::vector<PlotSeries>& series) {
  double max_x = 0;
  double max_y = 0;
  bool drawable = false;
  for (const PlotSeries& one : series) {
    drawable = drawable || one.points.size() > 1;
    for (const PlotPoint& point : one.points) {
      max_x = std::max(max_x, point.x);
      max_y = std::max(max_y, point.y);
    }
  }
  if (!drawable) return {};
  const Axis x_axis = SecondsAxis(max_x);
  const Axis y_axis = CountAxis(max_y);
  const size_t last_row = (series.size() - 1) / kLegendColumns;
  const double top = 26 + 16 * static_cast<double>(last_row);
  std::string svg = Open(labels) + Legend(series) + ValueGrid(y_axis, top);
  const auto at_x = [&](double x) { return kLeft + (kRight - kLeft) * x / x_axis.max; };
  for (int i = 0; i <= Steps(x_axis); ++i) {
    const double x = i * x_axis.step;
    const bool last = x > x_axis.max * 0.95;
    svg += Label(last ? kRight : at_x(x), kBottom + 18, last ? "end" : "middle", ShortSeconds(x));
  }
  for (size_t i = 0; i < series.size(); ++i) {
    if (series[i].points.size() < 2) continue;
    std::string points;
    for (const PlotPoint& point : series[i].points) {
      const double y = std::clamp(point.y, 0.0, y_axis.max);
      points += fmt::format("{:.1f},{:.1f} ", at_x(std::max(0.0, point.x)),
                            kBottom - (kBottom - top) * y / y_axis.max);
    }
    svg += fmt::format("<polyline class=\"line s{}\" points=\"{}\"/>", i % kSeriesClasses, points);
  }
  return svg + "</svg>";
}

std::string TimingHistogram(const PlotLabels& labels, const common::Timing& timing) {
  constexpr size_t kBins = 36;
  constexpr double kTop = 80;  // below the five rows of percentile labels
  if (timing.samples.empty()) return {};
  const auto log_of = [](int64_t ns) {
    return std::log10(static_cast<double>(std::max<int64_t>(ns, 1)));
  };
  const auto [least, most] = std::minmax_element(timing.samples.begin(), timing.samples.end());
  const double low = std::floor(log_of(*least) * 4) / 4;
  const double high = std::ceil((log_of(std::max(*most, timing.max)) + 0.01) * 4) / 4;
  const double span = high - low;
  std::array<size_t, kBins> bins = {};
  for (const int64_t sample : timing.samples) {
    const auto bin = static_cast<size_t>((log_of(sample) - low) / span * kBins);
    ++bins[std::min(bin, kBins - 1)];
  }
  const Axis axis = CountAxis(static_cast<double>(*std::max_element(bins.begin(), bins.end())));
  std::string svg = Open(labels) + ValueGrid(axis, kTop);
  const double width = (kRight - kLeft) / kBins;
  for (size_t i = 0; i < kBins; ++i) {
    if (bins[i] == 0) continue;
    const double height = std::max(1.0, (kBottom - kTop) * static_cast<double>(bins[i]) / axis.max);
    svg += fmt::format(
        "<rect class=\"bar\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>",
        kLeft + width * static_cast<double>(i) + 0.5, kBottom - height, width - 1, height);
  }
  for (int decade = static_cast<int>(std::ceil(low)); decade <= high; ++decade) {
    const double x = kLeft + (kRight - kLeft) * (decade - low) / span;
    svg += Line(x, kBottom, x, kBottom + 4, "axis");
    svg +=
        Label(x, kBottom + 18, x > kRight - 20 ? "end" : "middle",
              timing.unit == "guest_instructions" ? CountDecadeText(decade) : DecadeText(decade));
  }
  return svg + PercentileMarks(timing, low, span) + "</svg>";
}

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// Small plots as SVG elements to stand inside an HTML page. Colours, dashes and fonts come from the
// page's style (classes s0, s1, …), so that the same plot serves light, dark and paper. Pure and
// thread safe; texts are escaped.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/model/run_record.h"

namespace percuss::reports {

struct PlotPoint {
  double x = 0;
  double y = 0;
};

struct PlotSeries {
  std::string name;
  std::vector<PlotPoint> points;  // ascending in x
};

struct PlotLabels {
  std::string id;  // unique in the page: letters, digits, '-'
  std::string title;
  std::string description;  // what a reader who cannot see the plot should know
};

// x is seconds since the start. Empty when no series has two points.
[[nodiscard]] std::string TimePlot(const PlotLabels& labels, const std::vector<PlotSeries>& series);

// Inputs by cpu time on a logarithmic axis, with the percentiles marked. Empty without samples.
[[nodiscard]] std::string TimingHistogram(const PlotLabels& labels, const common::Timing& timing);

// Edges over time of one engine, thinned to at most 200 points.
[[nodiscard]] PlotSeries EdgeSeries(const common::EngineRun& engine);
// Executions per second between points of the curve, thinned to at most 60 intervals.
[[nodiscard]] PlotSeries RateSeries(const common::EngineRun& engine);

}  // namespace percuss::reports

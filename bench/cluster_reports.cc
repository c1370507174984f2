// SPDX-License-Identifier: Apache-2.0
//
// Reads the reports that bench/triage_corpus.py made as triage does, for bench/triage_clusters.py.
//
//   cluster_reports REPORTS.jsonl... >keyed.jsonl
//
// One line out for each line in: id, target, bug, class, access, property, strict, loose,
// cluster (a number, of all lines together), the functions that clusters are made by, and the
// user's frames, innermost first, as [function, file, line, column]. Of a hang's several samples
// the frames are those that all share.
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "campaign/triage/cluster.h"
#include "campaign/triage/crash_report.h"
#include "campaign/triage/evidence.h"
#include "campaign/triage/signature.h"
#include "campaign/triage/symbolizer.h"
#include "common/json_file.h"

namespace {

using percuss::campaign::ClusterItem;
using percuss::campaign::CrashReport;
using percuss::common::Json;

std::optional<CrashReport> ReadReport(const Json& line) {
  std::vector<percuss::campaign::Rerun> reruns;
  for (const Json& log : line.at("logs")) {
    percuss::campaign::Rerun rerun;
    rerun.observation.kind = line.at("kind").get<std::string>();
    rerun.report = percuss::campaign::ParseCrashReport(
        log.get<std::string>(),
        {rerun.observation.kind, line.at("signal").get<int>(), line.at("exit_code").get<int>()});
    if (!rerun.report) continue;
    percuss::campaign::Symbolize(rerun.report->stack);
    rerun.key = percuss::campaign::StrictKey(*rerun.report);
    reruns.push_back(std::move(rerun));
  }
  return percuss::campaign::MostFrequent(reruns).report;
}

Json Keyed(const Json& line, const CrashReport& report, const ClusterItem& item) {
  Json frames = Json::array();
  for (const auto& frame : report.stack) {
    if (frame.user_code) {
      frames.push_back({frame.function, frame.file, frame.line, frame.column});
    }
  }
  return {{"id", line.at("id")},
          {"target", line.at("target")},
          {"bug", line.at("bug")},
          {"kind", report.kind},
          {"class", report.bug_class},
          {"access", report.access},
          {"property", report.property_id},
          {"strict", item.strict_key},
          {"loose", percuss::campaign::LooseKey(report)},
          {"frames", frames},
          {"functions", item.functions}};
}

int Run(int argc, char** argv) {
  std::vector<ClusterItem> items;
  std::vector<Json> keyed;
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i]);
    std::string text;
    while (std::getline(file, text)) {
      const Json line = Json::parse(text, nullptr, false);
      const auto report = line.is_object() ? ReadReport(line) : std::nullopt;
      if (!report) {
        std::cerr << argv[i] << ": a line that is no report\n";
        return 1;
      }
      items.push_back(percuss::campaign::ClusterItemOf(
          line.at("target").get<std::string>(), percuss::campaign::StrictKey(*report), *report));
      keyed.push_back(Keyed(line, *report, items.back()));
    }
  }
  const std::vector<size_t> clusters = percuss::campaign::ClusterItems(items);
  for (size_t i = 0; i < keyed.size(); ++i) {
    keyed[i]["cluster"] = clusters[i];
    std::cout << keyed[i].dump() << '\n';
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Run(argc, argv);
  } catch (const std::exception& error) {
    std::fputs(error.what(), stderr);
    return 1;
  }
}

// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/report_text.h"

#include <fmt/format.h>

#include <vector>

namespace percuss::campaign {

namespace {

constexpr size_t kReportLogBytes = size_t{1} << 20;

void DescribeReruns(const char* how, const std::vector<Rerun>& reruns, std::string& text) {
  if (reruns.empty()) return;
  text += fmt::format("\nreruns {}:\n", how);
  for (const Rerun& rerun : reruns) {
    const Observation& seen = rerun.observation;
    text += fmt::format(
        "  {:5} {}, wall {:.3f} s, cpu {:.3f} s, withheld {:.3f} s, {} {}\n", seen.kind,
        NameOf(rerun.surroundings), static_cast<double>(seen.wall_ns) / 1e9,
        static_cast<double>(seen.cpu_ns) / 1e9, static_cast<double>(seen.withheld_ns) / 1e9,
        rerun.key.empty() ? "no fault" : rerun.key,
        seen.history_failed ? "(ended before it came to the input)" : "");
  }
}

}  // namespace

std::string ReportText(const common::Finding& finding, const std::string& first_log,
                       const Evidence& evidence, const Rerun* example) {
  std::string text = fmt::format(
      "{}\n{}\ntarget {}, first seen by {} after {:.1f} s\n{} ({})\nreproduced {} of {}, {}\n",
      finding.id, finding.summary, finding.target, finding.engine, finding.first_seen_s,
      finding.cwe, finding.cwe_reason, finding.reproduction.reproduced, finding.reproduction.reruns,
      finding.reproduction.mode);
  if (!finding.reproduction.depends_on.empty()) {
    text += finding.reproduction.depends_on + "\n";
  }
  DescribeReruns("alone", evidence.alone, text);
  DescribeReruns("with the inputs before it in the same process", evidence.with_history, text);
  if (evidence.patient) DescribeReruns("with a longer time limit", {*evidence.patient}, text);
  if (example != nullptr) {
    text += "\n---- what the process said in the rerun that the stack is from\n";
    text += example->observation.log.substr(0, kReportLogBytes);
  }
  if (!first_log.empty()) {
    text += "\n---- what the process said when it was first seen\n";
    text += first_log.substr(0, kReportLogBytes);
  }
  return text;
}

}  // namespace percuss::campaign

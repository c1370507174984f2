// SPDX-License-Identifier: Apache-2.0
#include "reports/export/markdown.h"

#include <fmt/format.h>

#include <vector>

#include "reports/export/input_dump.h"
#include "reports/export/markdown_text.h"
#include "reports/export/severity_words.h"
#include "reports/export/text.h"

namespace percuss::reports {
namespace {

constexpr size_t kTextBytes = 300;
constexpr size_t kMaxRows = 200;

std::string Plain(std::string_view text) { return MarkdownText(ClippedText(text, kTextBytes)); }

std::string Section(std::string_view title) { return fmt::format("\n## {}\n\n", title); }

// Of firmware whose peripherals the input answers: what it was judged, and whether confirmed.
std::string FirmwareLines(const std::vector<const common::Finding*>& findings) {
  std::string out;
  for (size_t i = 0; i < findings.size() && i < kMaxRows; ++i) {
    const common::FirmwareCrash& crash = findings[i]->firmware;
    if (crash.judged.empty() && crash.confirmation.verdict.empty()) continue;
    out += fmt::format("{}- {}: {}", out.empty() ? "\n" : "", Plain(findings[i]->id),
                       crash.judged.empty() ? "not judged" : Plain(crash.judged));
    for (const std::string& reason : crash.reasons) out += "; " + Plain(reason);
    const bool confirmed = crash.confirmation.verdict == "confirmed";
    out += confirmed ? ". Confirmed by " + Plain(crash.confirmation.by)
                     : ". Not confirmed: " + Plain(crash.confirmation.reason);
    out += "\n";
  }
  return out;
}

std::string FindingsTable(const common::RunRecord& record, const PackageFacts& package) {
  if (record.findings.empty()) return "None.\n";
  std::string out =
      "| id | target | class | CWE | CVSS 3.1 | place | reproduced | input |\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
  const std::vector<const common::Finding*> findings = FindingsInOrder(record);
  for (size_t i = 0; i < findings.size() && i < kMaxRows; ++i) {
    const common::Finding& finding = *findings[i];
    const SignedSeverity* severity = SeverityOf(package, finding.id);
    out += fmt::format(
        "| {} | {} | {} | {} | {} | {} | {}{} | {} |\n", Plain(finding.id), Plain(finding.target),
        Plain(finding.bug_class.empty() ? finding.kind : finding.bug_class),
        Plain(finding.known_defect.empty() ? finding.cwe
                                           : finding.cwe + ", " + finding.known_defect),
        Plain(severity == nullptr ? "not scored"
                                  : SeverityText(*severity) + ", " + severity->vector),
        Plain(PlaceText(finding, package.source_root)),
        Plain(ReproductionText(finding.reproduction)), finding.flaky ? ", flaky" : "",
        Plain(BytesText(finding.minimised_bytes >= 0 ? finding.minimised_bytes
                                                     : finding.input_bytes)));
  }
  if (findings.size() > kMaxRows) {
    out += fmt::format("\n{} more findings are in the package's manifest.json.\n",
                       findings.size() - kMaxRows);
  }
  return out + FirmwareLines(findings);
}

std::string TargetsTable(const common::RunRecord& record) {
  std::string out =
      "| target | verdict | engine | executions | edges | time |\n"
      "| --- | --- | --- | --- | --- | --- |\n";
  for (const common::TargetRun& target : record.targets) {
    if (target.engines.empty()) {
      out += fmt::format("| {} | {} | none ran | 0 | 0 | 0 s |\n", Plain(target.id),
                         VerdictWord(target.verdict));
    }
    for (const common::EngineRun& engine : target.engines) {
      out += fmt::format("| {} | {} | {} | {} | {} | {} |\n", Plain(target.id),
                         VerdictWord(target.verdict), Plain(engine.engine),
                         CountText(engine.executions), CountText(engine.edges),
                         DurationText(engine.wall_ns / 1'000'000'000));
    }
  }
  return out;
}

std::string NotTested(const common::RunRecord& record) {
  std::string out;
  for (const common::Interface& interface : record.interfaces) {
    if (interface.tested) continue;
    out +=
        fmt::format("- interface {}: {}\n", Plain(interface.id),
                    interface.exclusion_rationale.empty() ? "no rationale recorded"
                                                          : Plain(interface.exclusion_rationale));
  }
  for (const common::NegativeResult& result : record.negative_results) {
    if (!result.run) {
      out += fmt::format("- {}: not run. {}\n", Plain(result.subject), Plain(result.reason));
    }
  }
  for (const common::TargetRun& target : record.targets) {
    for (const std::string& limit : target.fidelity_limits) {
      out += fmt::format("- limit of {}: {}\n", Plain(target.id), Plain(limit));
    }
  }
  for (const std::string& deviation : record.campaign.deviations) {
    out += "- deviation: " + Plain(deviation) + "\n";
  }
  for (const common::AbsentSection& section : record.absent) {
    out +=
        fmt::format("- not in the record: {}. {}\n", Plain(section.section), Plain(section.reason));
  }
  return out.empty() ? "Nothing is recorded as left out.\n" : out;
}

std::string NegativeResults(const common::RunRecord& record) {
  std::string out;
  for (const common::NegativeResult& result : record.negative_results) {
    if (!result.run) continue;
    out += fmt::format("- {}: nothing found in {} executions, {}, {} edges. {}\n",
                       Plain(result.subject), CountText(result.executions),
                       DurationText(result.wall_s), CountText(result.edges), Plain(result.reason));
  }
  return out;
}

// Indented, so that nothing of an input ends the block.
std::string InputDumps(const common::RunRecord& record) {
  constexpr size_t kMostDumps = 20;
  std::string out;
  size_t shown = 0;
  for (const common::Finding& finding : record.findings) {
    const std::vector<std::string> lines = DumpLines(finding.input_dump);
    if (lines.empty()) continue;
    if (++shown > kMostDumps) continue;
    out += fmt::format("\nMinimised input of {}, as the model {} sees it:\n\n", Plain(finding.id),
                       Plain(finding.input_dump.model));
    for (const std::string& line : lines) out += "    " + line + "\n";
  }
  if (shown > kMostDumps) {
    out += fmt::format("\nInputs of {} more findings are left out; finding.json has them.\n",
                       shown - kMostDumps);
  }
  return out;
}

std::string SealLine(const PackageFacts& package) {
  switch (package.seal) {
    case SealState::kSigned:
      return "signed by " + Plain(package.signer);
    case SealState::kUnsigned:
      return "NOT SIGNED";
    case SealState::kBeingSealed:
      break;
  }
  return "see percuss verify";
}

}  // namespace

common::Result<std::string> WriteMarkdown(const common::RunRecord& record,
                                          const PackageFacts& package) {
  const std::string name = package.file_name.empty() ? "PACKAGE" : package.file_name;
  std::string out =
      fmt::format("# Fuzz test of {}: {}\n\n",
                  Plain(record.device.name.empty() ? record.campaign.name : record.device.name),
                  VerdictWord(record.verdict));
  for (const std::string& reason : record.reasons) out += "- " + Plain(reason) + "\n";
  if (record.reasons.empty()) out += "- no reason recorded\n";
  out += fmt::format("\nPackage {} ({}), campaign {}, {} to {}, percuss {}.\n",
                     Plain(package.package_id), SealLine(package), Plain(record.campaign.name),
                     Plain(record.campaign.started_at), Plain(record.campaign.ended_at),
                     Plain(record.tool_version));
  out += Section("Findings") + FindingsTable(record, package);
  if (!record.findings.empty()) {
    out += fmt::format("\nReplay one: {}\n",
                       MarkdownCode(fmt::format("percuss repro {} --finding ID", name)));
  }
  out += InputDumps(record);
  out += Section("Targets") + TargetsTable(record);
  out += Section("What was not tested") + NotTested(record);
  const std::string negative = NegativeResults(record);
  if (!negative.empty()) out += Section("Nothing found") + negative;
  return out;
}

}  // namespace percuss::reports

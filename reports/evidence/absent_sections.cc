// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "reports/evidence/package.h"

namespace percuss::reports {
namespace {

using common::RunRecord;

struct Row {
  const char* section;
  const char* reason;
};

// What no package holds: persons say it later, beside the package, or nobody does.
constexpr Row kNotInPackages[] = {
    {"trace.requirements",
     "trace.json goes from interface to target to finding; percuss trace links requirements, "
     "threats "
     "and risks, from the validation files that a package has below validation/"},
    {"scope.boundary_assumptions", "a campaign file has no place for them"},
    {"target.source_revision",
     "the revision of the sources is known only where sbom.cdx.json names it"},
    {"target.load_map", "the load map of firmware is in its ELF file and its board description"},
    {"tools.qualification_ref", "the qualification of the tools is a record of the validation"},
    {"findings.emulation_artefact",
     "whether a finding is one of the emulator takes a person who knows the device; what a board "
     "does not model is among its fidelity_limits"},
    {"findings.cvss", "not scored: this takes a person who knows the device"},
    {"findings.mitre_rubric", "not scored: this takes a person who knows the device"},
    {"findings.iso14971", "severity and probability are not judged: this takes the risk file"},
    {"findings.controlled", "not judged: this takes the risk file"},
    {"findings.disposition", "what became of a finding is in signed records beside the package"},
    {"findings.deferral", "deferrals are in signed records beside the package"},
    {"findings.lifecycle",
     "dates of learning, fix and delivery, references and retests are in signed records beside the "
     "package"},
    {"integrity.time_stamps",
     "time stamps are beside the package, since they cover it as a whole; times in it are the "
     "host's own"},
};

void Add(RunRecord& record, const std::string& section, const std::string& reason) {
  const bool named = std::any_of(record.absent.begin(), record.absent.end(),
                                 [&](const auto& absent) { return absent.section == section; });
  if (!named) record.absent.push_back({section, reason});
}

}  // namespace

void FillAbsentSections(RunRecord& record) {
  for (const Row& row : kNotInPackages) Add(record, row.section, row.reason);
  if (record.device.name.empty()) {
    Add(record, "device", "the campaign file names no device");
  }
  if (record.tester.id.empty()) {
    Add(record, "tester", "the campaign file names no tester; independence is unknown");
  }
  if (record.interfaces.empty()) {
    Add(record, "scope.interfaces",
        "the campaign file names no interfaces, so what was not tested cannot be told");
  }
  if (!record.sbom.present) {
    Add(record, "sbom",
        record.sbom.absent_reason.empty() ? "no bill of materials of the targets was made"
                                          : record.sbom.absent_reason);
  }
  if (record.tools.empty()) Add(record, "tools", "no tool was recorded");
  if (record.targets.empty()) Add(record, "targets", "no target was run");
  if (record.acceptance.empty()) Add(record, "acceptance", "no acceptance criterion was applied");
  if (record.negative_results.empty()) {
    Add(record, "negative_results", "no interface or test without a finding was recorded");
  }
  if (record.self_check.empty())
    Add(record, "self_check", "the self-check of the oracle did not run");
}

}  // namespace percuss::reports

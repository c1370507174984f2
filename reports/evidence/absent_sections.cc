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

// What this version never fills.
constexpr Row kNotRecorded[] = {
    {"trace.requirements",
     "trace.json goes from interface to target to finding; percuss trace links requirements, "
     "threats "
     "and risks, from the validation files that a package has below validation/"},
    {"scope.boundary_assumptions", "not asked for by this version"},
    {"target.source_revision", "source revision and dirty flag are not recorded by this version"},
    {"target.load_map", "load map and board are for firmware, which this version does not run"},
    {"tools.qualification_ref",
     "references to tool qualification are not recorded by this version"},
    {"findings.emulation_artefact",
     "targets run natively, so no finding can be one of an emulator"},
    {"findings.cvss", "not scored: this takes a person who knows the device"},
    {"findings.mitre_rubric", "not scored: this takes a person who knows the device"},
    {"findings.exploitability", "not judged: this takes a person who knows the device"},
    {"findings.iso14971", "severity and probability are not judged: this takes the risk file"},
    {"findings.controlled", "not judged: this takes the risk file"},
    {"findings.disposition", "no disposition is recorded by this version; every finding is open"},
    {"findings.deferral", "no deferral is recorded by this version"},
    {"findings.lifecycle",
     "learned, patched and fielded dates, CAPA and issue references, fix "
     "revision and retest are not recorded by this version"},
    {"integrity.time_stamps",
     "no RFC 3161 time stamp is asked for by this version; times are the "
     "host's own"},
};

void Add(RunRecord& record, const std::string& section, const std::string& reason) {
  const bool named = std::any_of(record.absent.begin(), record.absent.end(),
                                 [&](const auto& absent) { return absent.section == section; });
  if (!named) record.absent.push_back({section, reason});
}

}  // namespace

void FillAbsentSections(RunRecord& record) {
  for (const Row& row : kNotRecorded) Add(record, row.section, row.reason);
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

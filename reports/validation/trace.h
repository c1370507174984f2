// SPDX-License-Identifier: Apache-2.0
//
// What answers what: requirement, control, threat, risk, interface, protocol entry, campaign
// target, finding and its disposition, each linked to its neighbours in both directions; and the
// gaps, which is what a reader wants first.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "common/result.h"
#include "reports/validation/traced_package.h"
#include "reports/validation/validation_files.h"

namespace percuss::reports {

enum class TraceKind : uint8_t {
  kRequirement,
  kControl,
  kThreat,
  kRisk,
  kInterface,
  kEntry,
  kTarget,
  kFinding,
  kPackage,
};
constexpr size_t kTraceKinds = 9;
// "requirement", and as the name of a list of them "requirements".
[[nodiscard]] const char* TraceKindName(TraceKind kind);
[[nodiscard]] const char* TraceKindPlural(TraceKind kind);

struct TraceItem {
  TraceKind kind = TraceKind::kRequirement;
  std::string id;
  std::string text;
  // pass, not run, inconclusive, infrastructure_error, open, fail: the worst of all that it is
  // linked to. Of a target, by its latest campaign for each interface; "open" when that passed, and
  // one of its findings is open. "elsewhere" and "excluded" by the files' word; of a finding its
  // decision or "open".
  std::string result;
  // Verified elsewhere, exclusion's or disposition's rationale; of an open finding, why it is.
  std::string reference;
  std::string file;  // that defines it; a package's for targets that no protocol names
  int line = 0;
  int64_t findings = 0;  // of its targets
  int64_t open_findings = 0;
  bool came_back = false;  // of a finding: open in a package that ended after it was called fixed
  // Where none of its targets was run, or will be by the protocol: of a requirement or an entry,
  // interfaces; of a threat, controls.
  std::vector<std::string> untested;
  // Indices into Trace::items, ascending, by kind.
  std::array<std::vector<uint32_t>, kTraceKinds> links;

  [[nodiscard]] const std::vector<uint32_t>& To(TraceKind other) const {
    return links[static_cast<size_t>(other)];
  }
};

struct TraceGap {
  std::string gap;  // as in docs/validation-files.md: "interface-without-campaign"
  TraceKind kind = TraceKind::kRequirement;
  std::string id;
  std::string what;
  std::string file;
  int line = 0;
};

// Of one criterion, for one target of one protocol entry.
struct CriterionResult {
  std::string entry;
  std::string criterion;
  std::string target;
  // met, not met, cannot tell, not run, too young; by people: it names no measure
  std::string result;
  std::string what;  // the value and the limit, or why there is none
  int line = 0;      // of the protocol
};

struct Trace {
  std::vector<TraceItem> items;  // by kind, then in the files' order
  std::vector<CriterionResult> criteria;
  std::vector<TraceGap> gaps;
  std::string signers_note = {};  // see counted_records.h; empty: nothing is to be said
};

// kCorrupt when a package is not the one that records.json names by its id, or one finding id
// stands for two targets. The validation files must be without problems.
[[nodiscard]] common::Result<Trace> BuildTrace(const ValidationFiles& files,
                                               const std::vector<TracedPackage>& packages);

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/uncounted_records.h"

#include <fmt/format.h>

namespace percuss::reports {

void AddUncountedRecords(const std::string& file, const RecordChain& chain, Trace& trace) {
  for (const Record& record : chain.uncounted) {
    const std::string finding = BodyText(record.said.body, "finding");
    const TraceKind kind = finding.empty() ? TraceKind::kPackage : TraceKind::kFinding;
    trace.gaps.push_back(
        {"record-not-counted", kind, finding.empty() ? record.said.package_id : finding,
         fmt::format("a {} in the name of {} is signed by the key {}, which may not sign: it does "
                     "not count",
                     record.said.kind, record.said.name, record.key_id),
         file, static_cast<int>(record.sequence)});
  }
}

}  // namespace percuss::reports

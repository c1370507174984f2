// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/signed_record_gaps.h"

#include <fmt/format.h>

#include <string_view>
#include <unordered_map>

namespace percuss::reports {
namespace {

// An assessment is of a bill of materials: its package is none.
bool IsOfPackage(const RecordDraft& said) { return said.kind != "assessment"; }

// What the record says of the package otherwise than records.json does; empty when nothing.
std::string Difference(const Record& record, const RecordedPackage& filed) {
  const RecordDraft& said = record.said;
  if (!said.package_sha256.empty() && said.package_sha256 != filed.sha256) {
    return fmt::format("records.json says SHA-256 {}, and the {} of {} says {}", filed.sha256,
                       said.kind, said.name, said.package_sha256);
  }
  const std::string verdict = BodyText(said.body, "verdict");
  if (verdict.empty() || verdict == filed.result) return "";
  return fmt::format("records.json says \"{}\", and the {} of {} says \"{}\"", filed.result,
                     said.kind, said.name, verdict);
}

void AddDifferences(const std::string& file, const RecordChain& chain, const ValidationFiles& files,
                    Trace& trace) {
  std::unordered_map<std::string_view, const RecordedPackage*> filed;
  for (const RecordedPackage& package : files.packages) filed.emplace(package.id, &package);
  for (const Record& record : chain.records) {
    const auto at = filed.find(record.said.package_id);
    if (at == filed.end() || !IsOfPackage(record.said)) continue;
    const std::string what = Difference(record, *at->second);
    if (what.empty()) continue;
    trace.gaps.push_back({"record-differs", TraceKind::kPackage, record.said.package_id, what, file,
                          static_cast<int>(record.sequence)});
  }
}

}  // namespace

void AddSignedRecordGaps(const std::string& file, const RecordChain& chain,
                         const ValidationFiles& files, Trace& trace) {
  AddDifferences(file, chain, files, trace);
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

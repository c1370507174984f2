// SPDX-License-Identifier: Apache-2.0
#include "reports/records/record_trust.h"

#include <algorithm>

namespace percuss::reports {

std::string RecordStampStem(const std::filesystem::path& file, int64_t sequence) {
  return file.string() + "." + std::to_string(sequence);
}

common::Status CheckRecordTrust(const std::filesystem::path& file,
                                const std::optional<TrustFile>& trust,
                                const std::optional<std::filesystem::path>& tsa_ca,
                                RecordChain& chain) {
  std::string proven;  // of the record at hand: the earliest stamp of it or of a later one
  std::vector<RecordProblem> problems;
  for (auto record = chain.records.rbegin(); record != chain.records.rend(); ++record) {
    const int line = static_cast<int>(record->sequence);
    auto stamps = CheckTimeStamps(RecordStampStem(file, record->sequence), record->sha256, tsa_ca);
    if (!stamps) return tl::make_unexpected(stamps.error());
    for (const StampFile& stamp : *stamps) {
      if (!stamp.objection.empty()) {
        problems.push_back({line, "the time stamp " + stamp.file + " " + stamp.objection});
      }
    }
    const std::string own = ProvenTime(*stamps);
    if (!own.empty() && (proven.empty() || own < proven)) proven = own;
    std::move(stamps->begin(), stamps->end(), std::back_inserter(chain.time_stamps));
    if (!trust || !record->counts) continue;
    const std::string objection = trust->Objection(record->key, record->at, proven);
    if (objection.empty()) continue;
    problems.push_back({line, objection, true});
    record->counts = false;
  }
  std::reverse(problems.begin(), problems.end());
  std::reverse(chain.time_stamps.begin(), chain.time_stamps.end());
  std::move(problems.begin(), problems.end(), std::back_inserter(chain.problems));
  if (!tsa_ca && !chain.time_stamps.empty()) {
    chain.notes.emplace_back(
        "the time stamps were not verified, only that they are for these records: pass --tsa-ca "
        "with the authority's CA");
  }
  if (tsa_ca && chain.time_stamps.empty()) {
    chain.problems.push_back({0, "has no time stamp beside it to verify"});
  }
  return {};
}

}  // namespace percuss::reports

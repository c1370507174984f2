// SPDX-License-Identifier: Apache-2.0
#include "reports/records/counted_records.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "reports/records/record_trust.h"

namespace percuss::reports {

common::Result<RecordChain> ReadCountedRecords(const std::filesystem::path& file,
                                               const RecordSigners& signers) {
  std::vector<PublicKey> trusted;
  if (!signers.trust) {
    trusted = signers.keys;
  } else {
    for (const TrustedKey& known : signers.trust->Keys()) trusted.push_back(known.key);
  }
  if (signers.Named() && trusted.empty()) {
    return common::Fail(common::ErrorCode::kBadInput,
                        "the trust file names no key: nobody's records "
                        "would count",
                        file);
  }
  auto chain = ReadRecords(file, trusted);
  if (!chain) return chain;
  if (IsWhole(*chain) && signers.trust) {
    const auto checked = CheckRecordTrust(file, signers.trust, std::nullopt, *chain);
    if (!checked) return tl::make_unexpected(checked.error());
  }
  if (!IsWhole(*chain)) chain->records.clear();
  const auto uncounted = std::stable_partition(chain->records.begin(), chain->records.end(),
                                               [](const Record& record) { return record.counts; });
  std::move(uncounted, chain->records.end(), std::back_inserter(chain->uncounted));
  chain->records.erase(uncounted, chain->records.end());
  return chain;
}

std::string SignersNote(const RecordSigners& signers, const std::vector<RecordFile>& files) {
  if (files.empty()) return "";
  if (!signers.Named()) return kSignersUnchecked;
  constexpr size_t kMostNamed = 5;
  std::string note;
  size_t count = 0;
  for (const auto& [file, chain] : files) {
    for (const RecordProblem& problem : chain.problems) {
      if (!problem.of_signer || ++count > kMostNamed) continue;
      note += (note.empty() ? "" : "; ") + file;
      if (problem.line > 0) note += ":" + std::to_string(problem.line);
      note += " " + problem.what;
      if (problem.line > 0) note += ", and does not count";
    }
  }
  if (count > kMostNamed) note += "; and " + std::to_string(count - kMostNamed) + " more";
  return note;
}

}  // namespace percuss::reports

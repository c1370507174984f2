// SPDX-License-Identifier: Apache-2.0
#include "reports/records/sound_records.h"

#include <iterator>

namespace percuss::reports {

common::Result<RecordChain> ReadSoundRecords(const std::vector<std::string>& files,
                                             const std::vector<PublicKey>& trusted) {
  RecordChain all;
  for (const std::string& file : files) {
    auto chain = ReadRecords(file, trusted);
    if (!chain) return chain;
    if (!chain->problems.empty()) {
      const RecordProblem& problem = chain->problems.front();
      return common::Fail(common::ErrorCode::kCorrupt, problem.what, file, problem.line);
    }
    std::move(chain->records.begin(), chain->records.end(), std::back_inserter(all.records));
  }
  return all;
}

}  // namespace percuss::reports

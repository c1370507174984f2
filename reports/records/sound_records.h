// SPDX-License-Identifier: Apache-2.0
//
// Records for whoever concludes something from them: all that the files hold, or nothing.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "reports/records/counted_records.h"

namespace percuss::reports {

// What all of the files hold, in their order, as one chain without problems. kCorrupt for the first
// problem in any, with file and line: nobody can rely on such a file. A record by
// somebody who may not sign is such a problem. Otherwise as ReadCountedRecords.
[[nodiscard]] common::Result<RecordChain> ReadSoundRecords(const std::vector<std::string>& files,
                                                           const RecordSigners& signers);

}  // namespace percuss::reports

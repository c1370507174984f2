// SPDX-License-Identifier: Apache-2.0
//
// Records for whoever concludes something from them: all that the files hold, or nothing.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "reports/envelope/key.h"
#include "reports/records/record_chain.h"

namespace percuss::reports {

// What all of the files hold, in their order, as one chain without problems. kCorrupt for the first
// problem in any, with file and line: nobody can rely on such a file. With `trusted` keys each
// record must be signed by one of them. Otherwise as ReadRecords.
[[nodiscard]] common::Result<RecordChain> ReadSoundRecords(const std::vector<std::string>& files,
                                                           const std::vector<PublicKey>& trusted);

}  // namespace percuss::reports

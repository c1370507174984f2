// SPDX-License-Identifier: Apache-2.0
//
// Dispositions that persons signed (reports/records), among those of records.json.
#pragma once

#include "reports/records/record_chain.h"
#include "reports/validation/validation_files.h"

namespace percuss::reports {

// In the chain's order, after all that `files` holds: of each finding in each package the last.
// "open" and "confirmed" decide nothing, and take back what was decided on the same build.
void TakeSignedDispositions(const RecordChain& chain, ValidationFiles& files);

}  // namespace percuss::reports

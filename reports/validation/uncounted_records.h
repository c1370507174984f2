// SPDX-License-Identifier: Apache-2.0
//
// Records that do not count because of who signed them, in a trace.
#pragma once

#include <string>

#include "reports/records/record_chain.h"
#include "reports/validation/trace.h"

namespace percuss::reports {

// A gap for each record of the file that was taken out (counted_records.h), with its key.
void AddUncountedRecords(const std::string& file, const RecordChain& chain, Trace& trace);

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// What signed records bring into a trace besides dispositions: those that do not count because of
// who signed them, and those that contradict records.json.
#pragma once

#include <string>

#include "reports/records/record_chain.h"
#include "reports/validation/trace.h"

namespace percuss::reports {

// A gap for each record of the file that was taken out (counted_records.h), with its key; and for
// each that names a package of records.json by another digest, or with another result. What
// dispositions contradict is told by BuildTrace.
void AddSignedRecordGaps(const std::string& file, const RecordChain& chain,
                         const ValidationFiles& files, Trace& trace);

}  // namespace percuss::reports

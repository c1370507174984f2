// SPDX-License-Identifier: Apache-2.0
//
// Dispositions that persons signed (reports/records), among those of records.json.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/result.h"
#include "reports/export/package_facts.h"
#include "reports/records/record_chain.h"
#include "reports/validation/validation_files.h"

namespace percuss::reports {

// In the chain's order, after all that `files` holds: of each finding in each package the last.
// "open" and "confirmed" decide nothing, and take back what was decided on the same build.
void TakeSignedDispositions(const RecordChain& chain, ValidationFiles& files);

// For exports: the last word on each finding, "open" and "confirmed" too.
[[nodiscard]] std::vector<FindingDecision> LastDecisions(const RecordChain& chain);

// kCorrupt, with the first problem, when nobody can rely on the records.
[[nodiscard]] common::Result<RecordChain> ReadSoundRecords(const std::filesystem::path& file);

// The same of files, in their order. kCorrupt when one is not what was signed.
[[nodiscard]] common::Status TakeRecordFiles(const std::vector<std::string>& paths,
                                             ValidationFiles& files);

}  // namespace percuss::reports

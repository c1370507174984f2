// SPDX-License-Identifier: Apache-2.0
//
// What the sub-commands share that read what persons have signed: which files, and whose keys
// count.
#pragma once

#include <string>
#include <vector>

#include "cli/commands.h"
#include "common/result.h"
#include "reports/records/counted_records.h"

namespace percuss::cli {

struct RecordFiles {
  std::vector<std::string> files;
  std::vector<std::string> keys;  // of who may have signed; none: anybody
  std::string trust;              // a trust file; empty: none
};

// --records, whose help begins with `what`, --record-key and --trust; the arguments outlive the
// app.
void AddRecordFileOptions(CLI::App& command, RecordFiles& records, const std::string& what);

[[nodiscard]] common::Result<reports::RecordSigners> SignersOf(const RecordFiles& records);

// What counts of each file, in their order; kCorrupt when one is not what was written.
[[nodiscard]] common::Result<std::vector<reports::RecordFile>> ReadCountedFiles(
    const std::vector<std::string>& files, const reports::RecordSigners& signers);

// All records, or the first problem in any of the files, that of a signer too.
[[nodiscard]] common::Result<reports::RecordChain> ReadRecordFiles(const RecordFiles& records);

}  // namespace percuss::cli

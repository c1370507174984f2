// SPDX-License-Identifier: Apache-2.0
//
// What the sub-commands share that read what persons have signed: which files, and whose keys
// count.
#pragma once

#include <string>
#include <vector>

#include "cli/commands.h"
#include "common/result.h"
#include "reports/envelope/key.h"
#include "reports/records/record_chain.h"

namespace percuss::cli {

struct RecordFiles {
  std::vector<std::string> files;
  std::vector<std::string> keys;  // of who may have signed; none: anybody
};

// --records, whose help begins with `what`, and --record-key; the arguments outlive the app.
void AddRecordFileOptions(CLI::App& command, RecordFiles& records, const std::string& what);

[[nodiscard]] common::Result<std::vector<reports::PublicKey>> TrustedKeys(
    const RecordFiles& records);

// All records, or the first problem in any of the files.
[[nodiscard]] common::Result<reports::RecordChain> ReadRecordFiles(const RecordFiles& records);

}  // namespace percuss::cli

// SPDX-License-Identifier: Apache-2.0
//
// Source coverage of a corpus, by clang's source-based coverage: the coverage build runs every
// input, llvm-profdata merges, llvm-cov reports per function of the files under test.
#pragma once

#include <atomic>
#include <filesystem>
#include <string_view>
#include <vector>

#include "campaign/campaign_file.h"
#include "common/model/run_record.h"

namespace percuss::campaign {

// Never fails: what could not be measured is absent, with the reason. Files go below `scratch`,
// also those that session_states.h reads.
[[nodiscard]] common::SourceCoverage MeasureCoverage(
    const TargetSpec& target, const std::vector<std::filesystem::path>& inputs,
    const std::filesystem::path& scratch, const std::atomic<bool>& cancel);

// The text of `llvm-cov report -show-functions` (LLVM 14).
[[nodiscard]] common::SourceCoverage ReadCoverageReport(std::string_view report);

}  // namespace percuss::campaign

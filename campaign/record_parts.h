// SPDX-License-Identifier: Apache-2.0
//
// What a campaign, and the triage of crashes that were handed in, put into a record and a package
// alike. Free functions; thread-safe for distinct records and work folders.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "campaign/campaign_file.h"
#include "campaign/store/work_dir.h"
#include "campaign/triage/finding_book.h"
#include "common/model/run_record.h"
#include "common/result.h"

namespace percuss::campaign {

struct RunSettings {
  std::string command;  // as typed
  std::string tool_version;
  int64_t jobs = 0;  // 0: one per core
  int64_t seed = 1;
};

// Tools, host and what the campaign file says of device and tester. The run begins now.
void DescribeRun(const CampaignSpec& campaign, const RunSettings& settings,
                 common::RunRecord& record);

// A target and its builds. A build that cannot be read is a failure.
[[nodiscard]] common::TargetRun DescribeTarget(const TargetSpec& target,
                                               std::vector<std::string>& failures);

// The self-check, with the flavours that the targets' engines need. Errors as RunSelfCheck has
// them.
[[nodiscard]] common::Result<std::vector<common::SelfCheckCase>> ProveOracle(
    const CampaignSpec& campaign, const std::filesystem::path& harness_root, const WorkDir& work,
    const std::atomic<bool>& interrupted);
[[nodiscard]] bool IsProven(const std::vector<common::SelfCheckCase>& cases);

// The builds that judge findings travel with the package, so that it replays where the build tree
// is gone. Role to the path in the package, of those that are not too large to carry.
[[nodiscard]] std::map<std::string, std::string> PackBinaries(const TargetSpec& target,
                                                              const WorkDir& work,
                                                              std::vector<std::string>& problems);

// At the end: all findings with their clusters, which are known only then, in the record and in
// their files.
void KeepFindings(const FindingBook& book, const WorkDir& work, common::RunRecord& record,
                  std::vector<std::string>& problems);

// At the end: a package carries the builds that its findings need, and says so where it carries
// one.
void KeepOnlyNeededBinaries(const WorkDir& work, common::RunRecord& record);

// Of all processes that ended.
[[nodiscard]] int64_t ChildCpuS();

}  // namespace percuss::campaign

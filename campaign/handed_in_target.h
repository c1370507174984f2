// SPDX-License-Identifier: Apache-2.0
//
// The target on which crashes from elsewhere are judged. Pure but for reading files.
#pragma once

#include <filesystem>
#include <string>

#include "campaign/campaign_file.h"
#include "common/result.h"

namespace percuss::campaign {

// `target` is the id of a target in the campaign file, or without one (empty) the path of a ready
// binary: one with libFuzzer's driver, a program of this host that takes the input's path as its
// argument (as AFL++'s driver does), or a Linux program for another processor that reads standard
// input. The result has this one target. No interface counts as tested by it. kBadInput where there
// is no such target.
[[nodiscard]] common::Result<CampaignSpec> ChooseTarget(const std::string& target,
                                                        const std::filesystem::path& campaign_file,
                                                        const std::filesystem::path& harness_root);

// Whether it is known that an input which the target survives was run at all: the harness SDK,
// libFuzzer's driver and the emulators tell.
[[nodiscard]] bool TellsThatItRan(const TargetSpec& target);

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
//
// The programs of targets whose firmware is rehosted, made where a campaign works.
#pragma once

#include "campaign/campaign_file.h"
#include "campaign/store/work_dir.h"

namespace percuss::campaign {

// Puts them in the place of the generic harness in the targets' binaries. Other targets stay as
// they are.
[[nodiscard]] common::Status MakeRehostPrograms(const WorkDir& work, CampaignSpec& campaign);

}  // namespace percuss::campaign

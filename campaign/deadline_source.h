// SPDX-License-Identifier: Apache-2.0
//
// Deadlines that the user's validation files set: a target names a requirement or a criterion as
// its deadline's source. Of a criterion whose check is of worst_ms the number is taken.
#pragma once

#include "campaign/campaign_file.h"
#include "common/result.h"

namespace percuss::campaign {

// kBadInput, naming the target: a source that the named validation files do not have, a number that
// is not the criterion's, or none at all.
[[nodiscard]] common::Status ResolveDeadlines(CampaignSpec& campaign);

}  // namespace percuss::campaign

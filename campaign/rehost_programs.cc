// SPDX-License-Identifier: Apache-2.0
#include "campaign/rehost_programs.h"

#include "common/fs.h"

namespace percuss::campaign {

common::Status MakeRehostPrograms(const WorkDir& work, CampaignSpec& campaign) {
  for (TargetSpec& target : campaign.targets) {
    if (target.rehost.firmware.empty()) continue;
    if (auto made = common::MakeFolder(work.Programs(target.id)); !made) return made;
    for (const char* role : {"libfuzzer", "aflpp"}) {
      const auto binary = target.binaries.find(role);
      if (binary == target.binaries.end()) continue;
      const auto program = work.Programs(target.id) / role;
      if (auto made = MakeRehostProgram(target.rehost, binary->second, program); !made) return made;
      binary->second = program;
    }
  }
  return {};
}

}  // namespace percuss::campaign

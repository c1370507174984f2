// SPDX-License-Identifier: Apache-2.0
//
// What targets are made of, as far as their files and the recipes of third-party software tell:
// the parts of a bill of materials that nobody has to write down.
#pragma once

#include <filesystem>
#include <vector>

#include "campaign/campaign_file.h"
#include "common/model/sbom.h"

namespace percuss::campaign {

struct HostRecords {
  std::filesystem::path packages = "/var/lib/dpkg";
  std::filesystem::path os_release = "/etc/os-release";
  std::filesystem::path releases = "/usr/share/distro-info";
};

// One per target, in the campaign's order. Shared libraries are looked for in the file's own
// folders (DT_RUNPATH), then in the target's sysroot or, for binaries of the host's, where its
// loader looks; one that is not found is a component without version and digest. Static code leaves
// no trace in a file: it is named only where a recipe does. Support is told of what Debian, or a
// recipe, says it of. Reads every library once to digest it.
[[nodiscard]] std::vector<common::BuildFacts> DescribeBuilds(const CampaignSpec& campaign,
                                                             const HostRecords& host = {});

}  // namespace percuss::campaign

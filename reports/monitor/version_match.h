// SPDX-License-Identifier: Apache-2.0
//
// Whether a version is among those that an advisory is about. Pure and thread-safe.
#pragma once

#include <string>

#include "common/model/sbom.h"
#include "reports/monitor/advisory.h"
#include "reports/monitor/version_order.h"

namespace percuss::reports {

enum class VersionAnswer { kYes, kNo, kCannotTell };

struct VersionVerdict {
  VersionAnswer answer = VersionAnswer::kCannotTell;
  std::string why;
};

// OSV's rule: one of the listed versions, or in one of the ranges. `version` may be empty.
// A range of commits is decided where the component's source revision is one that it names. The
// package's state is not looked at.
[[nodiscard]] VersionVerdict IsVersionMeant(const AffectedPackage& package,
                                            const std::string& version,
                                            const std::string& source_revision);

// "[2.0.0, 2.1.3)" and so on.
[[nodiscard]] std::string RangeText(const VersionRange& range);

}  // namespace percuss::reports

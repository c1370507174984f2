// SPDX-License-Identifier: Apache-2.0
//
// Whether a zip is, byte for byte, the one form that its files have (see
// reports/evidence/stored_zip.h). Content that is right in a container that is not still means that
// somebody changed bytes: prepended, appended, repacked, or hidden between two entries.
#pragma once

#include <filesystem>
#include <string>

#include "common/result.h"

namespace percuss::reports {

// Empty when it is; otherwise what differs first, and where. An Error when the zip cannot be read.
[[nodiscard]] common::Result<std::string> DifferenceFromOneForm(const std::filesystem::path& zip);

}  // namespace percuss::reports

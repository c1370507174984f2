// SPDX-License-Identifier: Apache-2.0
//
// Paper from the HTML report, by a browser that the host has.
#pragma once

#include <string>

#include "common/result.h"

namespace percuss::cli {

// The bytes of a PDF. The page is printed by headless Chromium in a profile of its own that is
// deleted afterwards, without network. kUnavailable, saying what to install, when the host has none
// or it does not print within two minutes.
[[nodiscard]] common::Result<std::string> PrintToPdf(const std::string& page);

}  // namespace percuss::cli

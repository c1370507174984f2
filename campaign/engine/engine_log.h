// SPDX-License-Identifier: Apache-2.0
//
// What fuzzers print, for people. Thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace percuss::campaign {

// Without a terminal's control sequences (ECMA-48) and control characters; lines stay.
[[nodiscard]] std::string WithoutControls(std::string_view log);

// Why the fuzzer ended, in one line: its own word for it where there is one (AFL++'s PROGRAM ABORT
// and SYSTEM ERROR, libFuzzer's ERROR), otherwise the last line that is not empty. Wants
// WithoutControls.
[[nodiscard]] std::string WhyItEnded(std::string_view log);

}  // namespace percuss::campaign

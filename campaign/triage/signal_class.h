// SPDX-License-Identifier: Apache-2.0
//
// What a signal that ended a process says of the fault, in the classes of crash_report.h. Pure
// functions, thread-safe.
#pragma once

#include <string_view>

namespace percuss::campaign {

// "killed" for a signal that no fault of a program sends.
[[nodiscard]] std::string_view ClassOfSignal(int signal);
// "SIGSEGV" and the like.
[[nodiscard]] std::string_view ClassOfSignal(std::string_view name);

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

namespace percuss::cli {

// From now on Ctrl-C, SIGTERM and a closed terminal set the flag that is returned instead of ending
// the program. The flag lives as long as the program.
[[nodiscard]] const std::atomic<bool>& CatchInterrupts();

}  // namespace percuss::cli

// SPDX-License-Identifier: Apache-2.0
//
// What afl-fuzz loads to change inputs, built beside this program. Empty where it was not built.
// Thread-safe.
#pragma once

#include <filesystem>

namespace percuss::campaign {

// For targets whose inputs are dear (campaign/mutate/small_steps.h).
[[nodiscard]] std::filesystem::path SmallStepsMutator();
// For firmware on the fast core, whose inputs are streams (harnesses/rehost/afl_streams.cc).
[[nodiscard]] std::filesystem::path StreamsMutator();
// Along the description of a protocol (protocols/mutator.h).
[[nodiscard]] std::filesystem::path ModelMutator();

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
//
// The graph of states that a target's sessions went through, as a harness of sessions tells it
// (docs/sessions.md). The coverage build writes it while it runs the final corpus.
#pragma once

#include <cstddef>
#include <filesystem>

#include "common/model/run_record.h"

namespace percuss::campaign {

// Where the variable names a file, a harness of sessions writes its graph there as it ends.
constexpr const char* kSessionStatesVariable = "PERCUSS_SESSION_STATES";
// Below a target's scratch folder: one file for each run of the coverage build.
constexpr const char* kSessionStatesFolder = "session-states";

constexpr size_t kMostSessionSteps = 2000;

// All graphs of the folder as one. Not present where there is none: a target whose harness is none
// of sessions. The target wrote the files: what is no graph is passed over, words are printable
// ASCII of up to 63 bytes, and of the steps those that were taken most often are kept.
[[nodiscard]] common::SessionStates ReadSessionStates(const std::filesystem::path& folder);

// Those that were taken most often come first, kMostSessionSteps of them; `lost` counts the others.
void KeepFrequentSteps(common::SessionStates& states);

}  // namespace percuss::campaign

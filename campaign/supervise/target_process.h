// SPDX-License-Identifier: Apache-2.0
//
// How a target is started for judging, and what its end says: shared by who runs an input in a
// process of its own (run_input.h) and by who runs many in copies of one process (fork_server.h).
// Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "campaign/supervise/heartbeat_file.h"
#include "campaign/supervise/process.h"
#include "campaign/supervise/run_input.h"

namespace percuss::campaign {

// Takes one input at a time, whatever it is given.
[[nodiscard]] bool TakesOne(const TargetCommand& target);

// Whether the file has these bytes, as the name of a variable that it asks for. Remembered for each
// file as it was last changed: a run takes less time than reading a large binary.
[[nodiscard]] bool BinaryMentions(const std::string& binary, const std::string& text);

// Whether the harness SDK is linked in: then an input that never begins is no hang of the target.
[[nodiscard]] bool HasSdk(const TargetCommand& target, const std::string& binary);

// argv[0] of the result is absolute if it is a path. inputs must not be empty.
[[nodiscard]] ProcessSpec SpecForInputs(const TargetCommand& target,
                                        const std::vector<std::filesystem::path>& inputs,
                                        const InputLimits& limits, const RunOptions& options);

// A sanitizer, libFuzzer or a property of ours has begun to say what it found.
[[nodiscard]] bool HasReport(std::string_view log);

// Sets the kind of a process that ended by itself, and the detail. counted_ns: of the input's wall
// time, what counts.
void ClassifyEnd(InputOutcome& outcome, const TargetCommand& target, const InputLimits& limits,
                 int64_t counted_ns, bool has_sdk);

// Kind error where the heartbeat has another input than the one that was given. A program that
// takes its arguments in another way may run something else, and survive that.
void RefuseOtherInput(const HeartbeatFile& heartbeat, const std::filesystem::path& input,
                      InputOutcome& outcome);

}  // namespace percuss::campaign

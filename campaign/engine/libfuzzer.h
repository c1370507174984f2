// SPDX-License-Identifier: Apache-2.0
//
// libFuzzer (LLVM 14) as an engine: one process that dies at each crash and is started again on the
// corpus it left.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "campaign/engine/engine.h"

namespace percuss::campaign {

[[nodiscard]] std::unique_ptr<Engine> MakeLibFuzzer(EngineSetup setup);

// The same process with another mutator and what inputs cost as feedback: the target's binary
// "cost" (harnesses/sdk/cost_counts.h). Its engine is named "cost".
[[nodiscard]] std::unique_ptr<Engine> MakeCostSearch(EngineSetup setup);

// What libFuzzer's status lines say ("#1024 NEW cov: 33 ft: 40 corp: 5/20b ..."): the highest of
// each, 0 if none.
struct LibFuzzerLog {
  int64_t executions = 0;  // by status lines and final statistics
  int64_t edges = 0;
  bool instrumented = false;  // it saw coverage counters at start
};
[[nodiscard]] LibFuzzerLog ReadLibFuzzerLog(std::string_view log);

// The hint for an artifact by its name's prefix: "leak-<sha1>" is a leak.
[[nodiscard]] std::string HintOfArtifact(std::string_view file_name);

}  // namespace percuss::campaign

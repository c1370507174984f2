// SPDX-License-Identifier: Apache-2.0
//
// AFL++ (4.04c) as an engine: one afl-fuzz process that outlives the target's crashes. Finds of
// other engines reach it through a folder that looks like another afl-fuzz instance, which it reads
// every minute.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "campaign/engine/engine.h"

namespace percuss::campaign {

[[nodiscard]] std::unique_ptr<Engine> MakeAflpp(EngineSetup setup);
// The same with firmware on an emulated board as its target.
[[nodiscard]] std::unique_ptr<Engine> MakeQemuBoard(EngineSetup setup);
// The same with a Linux program for another processor.
[[nodiscard]] std::unique_ptr<Engine> MakeQemuUser(EngineSetup setup);

// The last line of afl-fuzz's plot_data.
struct AflPlot {
  int64_t executions = 0;
  int64_t edges = 0;
  int64_t corpus = 0;
};
[[nodiscard]] AflPlot ReadAflPlot(std::string_view plot_data);

// The number of "key : 12.34%" or "key : 12" in fuzzer_stats, -1 when it is not there.
[[nodiscard]] double ReadAflStat(std::string_view fuzzer_stats, std::string_view key);

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
//
// Firmware as shipped on the fast core (emulation/rehost) as a target of a campaign: one program
// for each engine, the generic harness with the firmware's machine behind it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"

namespace percuss::campaign {

struct RehostSource {
  std::filesystem::path firmware;
  std::filesystem::path configuration;  // empty: guessed from the firmware
  // An ELF file apart from the firmware that has its symbols and source lines; empty: there is
  // none.
  std::filesystem::path symbols = {};
  // Of the first line whose messages are inputs (emulation/rehost/core/line_input.h).
  std::optional<uint32_t> message_stream = std::nullopt;
  bool streams = true;         // libFuzzer changes inputs stream by stream
  bool aflpp_streams = false;  // AFL++ too, in place of its own stages
};

// What is guessed of the firmware or left out of the configuration; says which is the message
// stream, and who has the symbols. kBadInput where no machine comes of them.
[[nodiscard]] common::Result<std::vector<std::string>> CheckRehost(RehostSource& source);

// The variables by which mutators along a model know where in an input the messages are.
[[nodiscard]] std::map<std::string, std::string> MessageEnvironment(const RehostSource& source);

// Writes `harness`, with the machine behind it, to `program`, which may be run then.
[[nodiscard]] common::Status MakeRehostProgram(const RehostSource& source,
                                               const std::filesystem::path& harness,
                                               const std::filesystem::path& program);

}  // namespace percuss::campaign

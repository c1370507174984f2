// SPDX-License-Identifier: Apache-2.0
//
// A finding as files: findings/<id>/{input, input.min, report.txt, finding.json, replay.json,
// history/NNNN}, below the folder that becomes the package. Each file is written whole or not at
// all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "campaign/linux_program.h"
#include "common/model/finding.h"
#include "common/result.h"

namespace percuss::campaign {

inline constexpr const char* kInputPlaceholder = "@INPUT@";

// How often an input is run in one process, at most.
struct Repetition {
  int64_t rounds = 0;
  int64_t inputs = 0;  // of a round
};

// How to run the target on one input, for replay.json (schema percuss.replay.v1). argv[0] is the
// binary's path in the package when it is carried, else the host's; one argument is @INPUT@, in
// whose place the history's files and the input go.
struct ReplayRecipe {
  std::string harness;
  int64_t input_format_version = -1;
  std::string binary_role;
  std::string binary_sha256;
  std::string binary_packaged;  // empty: too large to carry
  std::string binary_path;      // on the campaign's host
  std::vector<std::string> argv;
  std::map<std::string, std::string> environment;         // all of it
  std::map<std::string, std::string> target_environment;  // what the campaign file asked for
  std::string emulator_sha256;                            // of firmware: the program that ran it
  std::string board_sha256;                               // of firmware: the board's description
  // Of firmware on the fast core: the image, as packaged, for source lines; may be empty.
  std::optional<std::string> image;
  std::optional<LinuxProgram> program;  // its sysroot as packaged
  int64_t input_limit_ms = 0;
  int64_t rss_limit_mib = 0;
  int64_t deadline_us = 0;  // of cpu time, of the binary_role benchmark; 0 elsewhere
  std::string deadline_source;
  std::optional<Repetition> repetition;  // of what shows over many inputs only
};

struct FindingFiles {
  std::string input;
  bool has_input = true;  // false: nothing but a report is known
  std::optional<std::string> minimised;
  std::string report;
  std::vector<std::string> history;  // inputs, oldest first
};

// Sets folder, input_sha256, input_bytes, minimised_sha256, minimised_bytes and history_inputs of
// the finding. Without an input there is no file of it, and replay.json names none.
[[nodiscard]] common::Status WriteFindingFiles(const std::filesystem::path& package_folder,
                                               const FindingFiles& files,
                                               const ReplayRecipe& recipe,
                                               common::Finding& finding);

// Writes finding.json of each anew, for what is only known once all findings are.
[[nodiscard]] common::Status RewriteFindingJson(const std::filesystem::path& package_folder,
                                                const std::vector<common::Finding>& findings);

}  // namespace percuss::campaign

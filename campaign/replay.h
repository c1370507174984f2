// SPDX-License-Identifier: Apache-2.0
//
// A finding of an unpacked package, run again from the package's files alone, and judged as it was
// in the campaign.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "campaign/linux_program.h"
#include "common/model/finding.h"
#include "common/result.h"

namespace percuss::campaign {

inline constexpr const char* kSeriesName = "series";

struct ReplayOptions {
  int runs = 10;
  std::filesystem::path binary;   // in place of the packaged one; empty: the packaged one
  std::filesystem::path scratch;  // exists
  bool minimised = false;         // the smaller input, without the history before the original
  // No rerun after the first that shows the finding by its strict or its loose key. Of kinds that
  // are a matter of time all are run: one alone has no key.
  bool stop_when_shown = false;
  // The binary is known to be of the same target, so that one without the functions in which the
  // finding failed is one from before them.
  bool same_target = false;
  const std::atomic<bool>* cancel = nullptr;  // set: no further run, and it cannot tell
  // A name of surroundings.h, or kSeriesName; empty: what the package says, else the series.
  std::string surroundings = {};
};

// One kind of fault among the reruns.
struct SeenFault {
  std::string strict_key;
  std::string loose_key;
  std::string summary;
  int runs = 0;
};
void to_json(nlohmann::json& json, const SeenFault& fault);
void from_json(const nlohmann::json& json, SeenFault& fault);

// Firmware's way to run an input.
struct FirmwareInput {
  std::string firmware;
  std::string board;  // a name, or the file of its description
  std::string input;
};

// That of firmware as shipped.
struct CoreInput {
  std::string program;  // with the machine behind it
  std::string image;    // an ELF file with the symbols; may be empty
  std::string input;
};

// A Linux program's.
struct ProgramInput {
  std::string program;
  LinuxProgram setup;
  std::string input;
  int64_t stop_after_ms = 0;  // of an input that does not end; otherwise 0
};

struct ReplayResult {
  std::string id;
  int reproduced = 0;
  int reruns = 0;
  bool same_bug = false;          // the strict key is the one in the package
  int shown = 0;                  // reruns with the finding's strict key, frequent or not
  int shown_loosely = 0;          // reruns with its loose key and another strict one
  std::string binary_sha256;      // of what was run
  bool campaigns_binary = false;  // it is what the campaign ran
  bool cannot_tell = false;
  std::string reason;                 // why it cannot tell
  common::Finding seen;               // as it was judged now; empty when nothing was reproduced
  std::vector<SeenFault> faults;      // all that reruns showed, the most frequent first
  std::vector<std::string> warnings;  // digests or versions that differ from those of the campaign
  std::vector<std::string> argv;      // one run: without percuss, unless it is emulated
  std::vector<std::string> environment;    // NAME=value, for it
  bool fixed_layout = false;               // and it wants its address space not randomised
  std::string surroundings;                // of all runs, a name of surroundings.h; or kSeriesName
  std::optional<FirmwareInput> on_board;   // of firmware
  std::optional<CoreInput> on_core;        // of firmware as shipped
  std::optional<ProgramInput> in_program;  // of a Linux program for another processor
};

// The ids of the findings in an unpacked package, sorted.
[[nodiscard]] std::vector<std::string> FindingsIn(const std::filesystem::path& package_folder);

// kNotFound when the package has no such finding, kCorrupt when its files make no sense. The
// package is hostile: nothing it says reaches beyond the folder, but its binary is run.
[[nodiscard]] common::Result<ReplayResult> ReplayFinding(
    const std::filesystem::path& package_folder, const std::string& id,
    const ReplayOptions& options);

// For a POSIX shell, in single quotes.
[[nodiscard]] std::string ShellWord(const std::string& word);
// argv and environment as a line for a shell.
[[nodiscard]] std::string ShellLine(const ReplayResult& replay);

}  // namespace percuss::campaign

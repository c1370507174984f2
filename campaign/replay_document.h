// SPDX-License-Identifier: Apache-2.0
//
// replay.json of a finding (schema percuss.replay.v1), read. The file is hostile. Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "campaign/linux_program.h"
#include "campaign/supervise/run_input.h"
#include "campaign/triage/finding_files.h"
#include "common/result.h"

namespace percuss::campaign {

// Paths are as they stand there, unchecked.
struct ReplayDocument {
  std::string target;
  std::string role;
  std::string sha256;
  std::string packaged;
  std::string original_path;
  std::string board_sha256;
  std::optional<std::string> image;
  std::optional<LinuxProgram> program;
  int64_t format_version = -1;
  InputLimits limits;
  std::map<std::string, std::string> environment;
  std::string kind;
  std::string strict_key;
  int64_t history = 0;
  bool has_input = true;
  std::string loose_key;
  std::string surroundings;
  int64_t deadline_us = 0;
  std::string deadline_source;
  std::optional<Repetition> repetition;
};

// kCorrupt where it makes no sense.
[[nodiscard]] common::Result<ReplayDocument> ReadReplayDocument(const std::filesystem::path& file);

}  // namespace percuss::campaign

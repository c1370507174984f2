// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/result.h"

namespace percuss::campaign {

// The files of one sighting, for as long as it is being rerun. Thread-safe for distinct objects.
class ScratchInputs {
 public:
  explicit ScratchInputs(const std::filesystem::path& parent);
  ScratchInputs(const ScratchInputs&) = delete;
  ScratchInputs& operator=(const ScratchInputs&) = delete;
  ~ScratchInputs();

  [[nodiscard]] common::Status Put(const std::string& input,
                                   const std::vector<std::string>& history);

  [[nodiscard]] const std::filesystem::path& Folder() const { return folder_; }
  [[nodiscard]] std::filesystem::path Input() const { return folder_ / "input"; }
  [[nodiscard]] const std::vector<std::filesystem::path>& History() const { return history_; }

 private:
  std::filesystem::path folder_;
  std::vector<std::filesystem::path> history_;
};

}  // namespace percuss::campaign

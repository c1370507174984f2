// SPDX-License-Identifier: Apache-2.0
//
// New files in a folder that an engine writes into, each handed over once, when it is whole. An
// engine creates a file and writes it afterwards: whoever takes it between the two takes an empty
// or a cut input for the one that crashed.
// Not thread-safe.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace percuss::campaign {

class FolderWatch {
 public:
  explicit FolderWatch(std::filesystem::path folder) : folder_(std::move(folder)) {}
  // Files that no process has open for writing and that were not handed over before, by name. An
  // empty one has to be a second old: it may be about to be written.
  [[nodiscard]] std::vector<std::filesystem::path> TakeNew();
  // The same without that second, once the writer has ended.
  [[nodiscard]] std::vector<std::filesystem::path> TakeRest();
  // The file counts as handed over already.
  void Ignore(const std::filesystem::path& file) { seen_.insert(file.filename().string()); }

 private:
  std::vector<std::filesystem::path> List(bool writer_ended);

  std::filesystem::path folder_;
  std::filesystem::file_time_type listed_as_of_ = std::filesystem::file_time_type::min();
  std::set<std::string> seen_;
};

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
//
// A corpus: a folder of inputs, each under the SHA-256 of its bytes. An input is there whole or not
// at all, and a failed save is an Error that the campaign must report as an infrastructure error.
// Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace percuss::campaign {

constexpr uint64_t kInputLimitBytes = uint64_t{64} << 20;

class CorpusStore {
 public:
  explicit CorpusStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // True when the input is new.
  [[nodiscard]] common::Result<bool> Import(const std::filesystem::path& file) const;
  [[nodiscard]] common::Result<bool> ImportBytes(std::string_view bytes) const;
  // Every input of an engine's or user's folder, not below it; engines' own files (README.txt,
  // names beginning with a dot) are left out. The number of new inputs. A folder that is not there
  // is empty.
  [[nodiscard]] common::Result<int64_t> MergeFrom(const std::filesystem::path& folder) const;

  [[nodiscard]] const std::filesystem::path& Folder() const { return folder_; }
  // Sorted.
  [[nodiscard]] std::vector<std::filesystem::path> Inputs() const;
  // One digest for the set (common::Sha256OfSet), from the bytes and not the names: kCorrupt when a
  // file is not what its name says.
  [[nodiscard]] common::Result<std::string> Digest() const;

 private:
  std::filesystem::path folder_;
};

// Inputs of a user's folder at any depth that are to be run before anything else (regression
// corpus), sorted by path. ORIGIN.md, README* and names beginning with a dot are not inputs.
[[nodiscard]] common::Result<std::vector<std::filesystem::path>> ListRegressionInputs(
    const std::filesystem::path& folder);

}  // namespace percuss::campaign

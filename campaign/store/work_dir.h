// SPDX-License-Identifier: Apache-2.0
//
// The one class that owns every path of a campaign's work directory:
//
//   <out>/work/<target>/<engine>/       where an engine runs
//   <out>/work/<target>/scratch/        inputs being rerun
//   <out>/work/<target>/programs/       programs that the campaign itself has made
//   <out>/corpus/<target>/              what the campaign learned, kept between runs
//   <out>/journal/                      sightings, before anything else happens to them
//   <out>/logs/
//   <out>/package/                      staging of the package; findings/<id>/ below it
//
// Ids may hold any text: what is not [A-Za-z0-9_-] or an inner dot becomes %XX, so distinct ids
// never share a path and none leaves the folder. Const after construction, thread-safe.
#pragma once

#include <filesystem>
#include <string>

#include "common/result.h"

namespace percuss::campaign {

class WorkDir {
 public:
  explicit WorkDir(std::filesystem::path out) : out_(std::move(out)) {}

  // Makes the folders that do not belong to a target.
  [[nodiscard]] common::Status Create() const;
  // Makes the folders of one target.
  [[nodiscard]] common::Status CreateTarget(const std::string& target) const;

  [[nodiscard]] const std::filesystem::path& Out() const { return out_; }
  [[nodiscard]] std::filesystem::path Target(const std::string& target) const;
  [[nodiscard]] std::filesystem::path Engine(const std::string& target,
                                             const std::string& engine) const;
  [[nodiscard]] std::filesystem::path Scratch(const std::string& target) const;
  [[nodiscard]] std::filesystem::path Programs(const std::string& target) const;
  [[nodiscard]] std::filesystem::path Corpus(const std::string& target) const;
  [[nodiscard]] std::filesystem::path Journal() const;
  [[nodiscard]] std::filesystem::path Logs() const;
  [[nodiscard]] std::filesystem::path Package() const;
  [[nodiscard]] std::filesystem::path Finding(const std::string& finding_id) const;
  // The state that --resume reads.
  [[nodiscard]] std::filesystem::path StateFile() const;

  // The file name that stands for an id.
  [[nodiscard]] static std::string SafeName(const std::string& id);

 private:
  std::filesystem::path out_;
};

}  // namespace percuss::campaign

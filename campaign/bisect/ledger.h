// SPDX-License-Identifier: Apache-2.0
//
// What was seen of each revision, kept in a file so that a search that was stopped goes on. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "campaign/replay.h"
#include "common/json_file.h"
#include "common/result.h"

namespace percuss::campaign {

struct RevisionEvidence {
  std::string revision;    // hash
  std::string question;    // digest of what was asked: inputs, command, binary, reruns
  std::string verdict;     // good | bad | skip
  std::string why;         // in words
  std::string key;         // of bad: strict | loose, by which it is the finding
  bool minimised = false;  // which input was run
  int shown = 0;           // runs that showed the finding
  int runs = 0;            // runs that count
  std::string build;       // ok | failed | timed out
  double build_s = 0;
  std::string log;            // the build's, relative to the ledger's folder
  std::string binary_sha256;  // empty where there was none
  std::vector<SeenFault> faults;
};
void to_json(common::Json& json, const RevisionEvidence& evidence);
void from_json(const common::Json& json, RevisionEvidence& evidence);

class Ledger {
 public:
  // An empty one where the folder has none; kBadInput for a file that makes no sense.
  [[nodiscard]] static common::Result<Ledger> Open(const std::filesystem::path& folder);

  // nullptr where nothing is known, or only of another question.
  [[nodiscard]] const RevisionEvidence* Find(const std::string& revision,
                                             const std::string& question) const;
  // In the file when this returns, in the place of what was known of the same question.
  [[nodiscard]] common::Status Keep(const RevisionEvidence& evidence);

 private:
  std::filesystem::path file_;
  std::map<std::pair<std::string, std::string>, RevisionEvidence> known_;
};

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
//
// All findings of a campaign, by target and strict key, with the number of sightings of each.
// Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/model/finding.h"

namespace percuss::campaign {

class FindingBook {
 public:
  // Counts one more sighting if the key is known; the finding as it then is.
  std::optional<common::Finding> CountIfKnown(const std::string& target,
                                              const std::string& strict_key);
  // As above for a hang or slow finding, by one sample of where time goes: its user frames must
  // call the same functions from end to end. A sample that only shares the outer frames may be of
  // another hang.
  std::optional<common::Finding> CountIfSameSample(const std::string& target,
                                                   const std::vector<common::StackFrame>& sample);
  // As CountIfKnown, for an input that was judged before, byte by byte the same.
  std::optional<common::Finding> CountIfSeen(const std::string& target,
                                             const std::string& input_sha256);
  // Remembers that this input shows the finding of this key.
  void NoteInput(const std::string& target, const std::string& input_sha256,
                 const std::string& strict_key);
  // Adds the finding, or counts a sighting if another thread was faster: then false. Its cluster is
  // a first guess by the loose key, for who looks before all findings are known (SetClusters).
  bool Add(common::Finding& finding);
  // Puts the finding in the place of the one with its id; occurrences are kept from the book.
  void Replace(common::Finding finding);
  // Sorted by target, then first_seen_s.
  [[nodiscard]] std::vector<common::Finding> All() const;

 private:
  using Key = std::pair<std::string, std::string>;
  mutable std::mutex mutex_;
  std::map<Key, common::Finding> findings_;
  std::map<Key, std::string> inputs_;
};

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
//
// The graph of states of a server that only its replies tell of: over a real socket each reply has
// a code (emulation/program.h), and the last one is the state. Which message a reply answers is not
// told. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/model/run_record.h"

namespace percuss::campaign {

class ReplyGraph {
 public:
  // What a client said, an input of sessions, and the codes of the replies in their order.
  void Add(std::string_view session, const std::vector<std::string>& codes);

  // Not present where nothing was added.
  [[nodiscard]] common::SessionStates States() const;

 private:
  common::SessionStates sums_;
  std::set<std::vector<std::string>> sequences_;
  std::map<std::pair<std::string, std::string>, int64_t> steps_;
};

}  // namespace percuss::campaign

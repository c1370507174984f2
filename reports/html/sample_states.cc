// SPDX-License-Identifier: Apache-2.0
#include "reports/html/sample_states.h"

#include <fmt/format.h>

namespace percuss::reports {

common::SessionStates SampleStates() {
  common::SessionStates states;
  states.present = true;
  states.sessions = 1'216;
  states.connections = 1'409;
  states.messages = 8'211;
  states.reply_sequences = 97;
  states.lost = 2;
  states.steps = {{"connected", "A-ASSOCIATE-RQ", "A-ASSOCIATE-AC", 1'300},
                  {"connected", "A-ASSOCIATE-RQ", "A-ASSOCIATE-RJ", 109},
                  {"A-ASSOCIATE-AC", "C-ECHO-RQ", "C-ECHO-RSP 0000", 940},
                  {"C-ECHO-RSP 0000", "C-ECHO-RQ", "C-ECHO-RSP 0000", 41},
                  {"C-ECHO-RSP 0000", "C-FIND-RQ", "C-FIND-RSP ff00", 77},
                  {"C-FIND-RSP ff00", "", "C-FIND-RSP 0000", 77},
                  {"C-FIND-RSP 0000", "C-ECHO-RQ", "C-ECHO-RSP 0000", 12},
                  {"restarted", "A-RELEASE-RQ", "A-RELEASE-RP", 1}};
  for (int i = 0; i < 70; ++i) {
    states.steps.push_back(
        {"A-ASSOCIATE-AC", "C-STORE-RQ", fmt::format("C-STORE-RSP a7{:02x}", i), 1 + i % 7});
  }
  return states;
}

}  // namespace percuss::reports

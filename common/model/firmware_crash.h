// SPDX-License-Identifier: Apache-2.0
//
// What is known of a failure of firmware whose peripherals the input answers, beyond what any
// finding has. Plain data; numbers of the device are texts in hexadecimal ("0x20000000").
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace percuss::common {

// Whether another processor comes to the same end.
struct Confirmation {
  // confirmed|not_confirmed|not_run (nobody knows); empty: it is no matter of this finding
  std::string verdict;
  std::string by;             // what ran it
  std::string reason;         // in words
  int64_t instructions = -1;  // up to the end, or to the difference; since the input began
};

// What one load of a peripheral was answered with.
struct PeripheralAnswer {
  std::string pc;
  std::string function;  // may be empty
  std::string address;
  int64_t bytes = 0;
  std::string value;
  // flows (into the address that failed), steers (it), decides (whether it fails), none, configured
  // (no byte of the input is behind it), unknown (not tried)
  std::string part;
};

struct FirmwareCrash {
  Confirmation confirmation;
  std::string judged;  // bug|artefact|undecided; empty: not firmware on the fast core, or not asked
  std::vector<std::string> reasons;
  std::vector<PeripheralAnswer> answers;         // latest last
  std::map<std::string, std::string> registers;  // at the end, with fault registers
  std::vector<std::string> way;  // the last blocks, exceptions, loads and stores of peripherals
};

}  // namespace percuss::common

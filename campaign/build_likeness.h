// SPDX-License-Identifier: Apache-2.0
//
// Whether another build can stand in for the one that showed a finding: a program that reads no
// input, sees no fault or is of other code survives everything, which says nothing of a fix.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace percuss::campaign {

struct Unlikeness {
  std::string what;             // in words, after "the binary"; empty: they are alike
  bool takes_no_input = false;  // what it does with an input says nothing at all, a fault neither
};

// Compares the kind of file, the machine, how inputs come in (libFuzzer, AFL++), what sees faults
// (sanitizers), and whether most of `functions` that the original has are in the other. Of two
// files of which neither is ELF nothing is known, and nothing is said. `functions` are as a stack
// names them. Thread-safe.
[[nodiscard]] Unlikeness CompareBuilds(const std::filesystem::path& original,
                                       const std::filesystem::path& other,
                                       const std::vector<std::string>& functions);

// Whether libFuzzer's driver is in it, which says of each file that it ran it.
[[nodiscard]] bool HasLibFuzzer(const std::filesystem::path& binary);

}  // namespace percuss::campaign

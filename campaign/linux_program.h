// SPDX-License-Identifier: Apache-2.0
//
// How a campaign runs a Linux program for another processor.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace percuss::campaign {

struct LinuxProgram {
  std::filesystem::path sysroot;       // of a dynamic program: where its loader and libraries are
  std::vector<std::string> arguments;  // "@@" in one: the input's path; otherwise standard input
  std::string checkpoint = "main";     // where inputs begin: a symbol, an address, or "entry"
  std::string socket;                  // "tcp" or "udp", with ":PORT"; otherwise empty
};

}  // namespace percuss::campaign

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
  std::string checkpoint = "main";     // where inputs begin, as of emulation/program.h
  std::string socket;                  // as of emulation/program.h; or empty
};

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
//
// What svd_file.h needs of an SVD file, as a tree: a device, its peripherals, their clusters and
// registers, each with the plain texts of its own. Fields, interrupts and descriptions, most of
// such a file, are never held.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace percuss::emulation {

struct SvdNode {
  std::string kind;  // device, peripheral, cluster, register, addressBlock
  int line = 0;
  std::string derived_from;
  std::map<std::string, std::string> texts;
  std::vector<SvdNode> children;

  [[nodiscard]] const std::string& Text(const std::string& name) const;
};

// kBadInput, with the line, for what is not well-formed, has a document type or is too deep.
[[nodiscard]] common::Result<SvdNode> ReadSvdTree(const std::filesystem::path& path);

}  // namespace percuss::emulation

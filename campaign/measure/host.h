// SPDX-License-Identifier: Apache-2.0
//
// Facts about the machine and the tools that a campaign ran on.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/model/run_record.h"

namespace percuss::campaign {

[[nodiscard]] common::Host DescribeHost();
// The load of the last minute, per uptime(1).
[[nodiscard]] double HostLoad();

// Where a command of PATH is; empty when it is not there.
[[nodiscard]] std::filesystem::path FindInPath(const std::string& name);

// The tool's path, digest and the first line with a digit that `version_argv` (looked up in PATH)
// prints; version "not found" without it.
[[nodiscard]] common::Tool DescribeTool(const std::string& name,
                                        const std::vector<std::string>& version_argv);

// The two that a replay leans on as well: this program, and what names the frames of its stacks.
[[nodiscard]] common::Tool DescribeSelf(const std::string& version);
[[nodiscard]] common::Tool DescribeSymbolizer();

// Every tool that a campaign leans on: percuss itself, engines, compilers, symbolizer, coverage
// tools.
[[nodiscard]] std::vector<common::Tool> DescribeTools(const std::string& percuss_version);

}  // namespace percuss::campaign

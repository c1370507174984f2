// SPDX-License-Identifier: Apache-2.0
//
// In the place of campaign/measure/host.cc and campaign/supervise/run_tool.cc. Property: whatever a
// campaign file says, reading it looks for no program and starts none.
#include "campaign/measure/host.h"
#include "campaign/supervise/run_tool.h"
#include "harnesses/sdk/percuss_harness.h"

namespace percuss::campaign {

common::Tool DescribeTool(const std::string& name, const std::vector<std::string>& /*arguments*/) {
  PERCUSS_PROPERTY(false, "OWN-STARTS", name.c_str());
  return {};
}

std::filesystem::path FindInPath(const std::string& name) {
  PERCUSS_PROPERTY(false, "OWN-LOOKS", name.c_str());
  return {};
}

common::Result<std::string> RunTool(const std::vector<std::string>& argv,
                                    const std::map<std::string, std::string>& /*environment*/,
                                    int64_t /*timeout_ms*/, const ProcessLimits& /*limits*/) {
  PERCUSS_PROPERTY(false, "OWN-STARTS", argv.front().c_str());
  return "";
}

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/input_runner.h"

#include <fmt/format.h>

#include <fstream>
#include <utility>

namespace percuss::campaign {

// Not written through to the disk, as these files are gone in a moment.
common::Result<Observation> InputRunner::RunInOrder(const std::vector<std::string>& inputs,
                                                    const std::filesystem::path& folder,
                                                    const RunVariation& variation) {
  std::vector<std::filesystem::path> paths;
  for (const std::string& input : inputs) {
    paths.push_back(folder / fmt::format("in-order-{}", paths.size()));
    std::ofstream file(paths.back(), std::ios::binary | std::ios::trunc);
    file.write(input.data(), static_cast<std::streamsize>(input.size()));
    file.close();
    if (!file) return common::Fail(common::ErrorCode::kIo, "cannot write", paths.back());
  }
  const std::filesystem::path last = std::move(paths.back());
  paths.pop_back();
  return Run(paths, last, variation);
}

}  // namespace percuss::campaign

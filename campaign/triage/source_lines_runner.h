// SPDX-License-Identifier: Apache-2.0
//
// Firmware on the fast core knows its functions' names and no source lines. This puts the lines
// into what its runs say, by the debug information of the image, before anybody reads it.
// Thread-safe, if what it runs with is.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "campaign/triage/input_runner.h"

namespace percuss::campaign {

// Frames that end with "(image+0x...)" get function, file and line; where calls were inlined, one
// becomes several. What nobody knows stays as it is.
[[nodiscard]] std::string WithSourceLines(std::string_view log, const std::filesystem::path& image);

class SourceLinesRunner : public InputRunner {
 public:
  SourceLinesRunner(std::unique_ptr<InputRunner> runner, std::filesystem::path image);

  [[nodiscard]] common::Result<Observation> Run(const std::vector<std::filesystem::path>& history,
                                                const std::filesystem::path& input,
                                                const RunVariation& variation) override;
  [[nodiscard]] common::Result<Observation> RunInOrder(const std::vector<std::string>& inputs,
                                                       const std::filesystem::path& folder,
                                                       const RunVariation& variation) override;
  [[nodiscard]] size_t MostInOneProcess() const override { return runner_->MostInOneProcess(); }
  [[nodiscard]] Variable Varies() const override { return runner_->Varies(); }

 private:
  std::unique_ptr<InputRunner> runner_;
  std::filesystem::path image_;
};

}  // namespace percuss::campaign

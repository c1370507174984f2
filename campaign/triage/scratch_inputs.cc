// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/scratch_inputs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <system_error>

#include "common/fs.h"

namespace percuss::campaign {

ScratchInputs::ScratchInputs(const std::filesystem::path& parent) {
  static std::atomic<uint64_t> counter{0};
  folder_ = std::filesystem::absolute(parent) /
            fmt::format("judge-{}-{}", getpid(), counter.fetch_add(1));
}

ScratchInputs::~ScratchInputs() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

common::Status ScratchInputs::Put(const std::string& input,
                                  const std::vector<std::string>& history) {
  common::Status done = common::MakeFolder(folder_);
  if (done) done = common::WriteFileAtomically(Input(), input);
  for (size_t i = 0; done && i < history.size(); i++) {
    history_.push_back(folder_ / fmt::format("history-{:04}", i));
    done = common::WriteFileAtomically(history_.back(), history[i]);
  }
  return done;
}

}  // namespace percuss::campaign

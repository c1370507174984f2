// SPDX-License-Identifier: Apache-2.0
#include "campaign/engine/engine.h"

#include <array>
#include <chrono>
#include <system_error>

#include "campaign/engine/aflpp.h"
#include "campaign/engine/libfuzzer.h"
#include "common/fs.h"

namespace percuss::campaign {
namespace {

struct EngineKind {
  const char* name;
  std::unique_ptr<Engine> (*make)(EngineSetup);
};

constexpr std::array kEngines = {
    EngineKind{"libfuzzer", &MakeLibFuzzer},
    EngineKind{"aflpp", &MakeAflpp},
    EngineKind{"qemu-board", &MakeQemuBoard},
};

}  // namespace

common::Result<std::unique_ptr<Engine>> MakeEngine(const std::string& name, EngineSetup setup) {
  for (const EngineKind& kind : kEngines) {
    if (name == kind.name) return kind.make(std::move(setup));
  }
  return common::Fail(common::ErrorCode::kBadInput, "there is no engine \"" + name + "\"");
}

std::vector<std::filesystem::path> FolderWatch::TakeNew() {
  // File systems stamp a change with the time of the last tick: in a folder that changed just now,
  // another file may follow under the same stamp.
  constexpr auto kSettled = std::chrono::seconds(1);
  std::error_code error;
  const auto changed = std::filesystem::last_write_time(folder_, error);
  std::vector<std::filesystem::path> fresh;
  if (!error && changed == listed_as_of_) return fresh;
  const bool settled = !error && std::filesystem::file_time_type::clock::now() - changed > kSettled;
  listed_as_of_ = settled ? changed : std::filesystem::file_time_type::min();
  for (const auto& file : common::ListFiles(folder_)) {
    if (seen_.insert(file.filename().string()).second) fresh.push_back(file);
  }
  return fresh;
}

}  // namespace percuss::campaign

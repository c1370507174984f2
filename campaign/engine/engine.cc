// SPDX-License-Identifier: Apache-2.0
#include "campaign/engine/engine.h"

#include <array>

#include "campaign/engine/aflpp.h"
#include "campaign/engine/libfuzzer.h"

namespace percuss::campaign {
namespace {

struct EngineKind {
  const char* name;
  std::unique_ptr<Engine> (*make)(EngineSetup);
};

constexpr std::array kEngines = {
    EngineKind{"libfuzzer", &MakeLibFuzzer}, EngineKind{"aflpp", &MakeAflpp},
    EngineKind{"cost", &MakeCostSearch},     EngineKind{"qemu-board", &MakeQemuBoard},
    EngineKind{"qemu-user", &MakeQemuUser},
};

}  // namespace

common::Result<std::unique_ptr<Engine>> MakeEngine(const std::string& name, EngineSetup setup) {
  for (const EngineKind& kind : kEngines) {
    if (name == kind.name) return kind.make(std::move(setup));
  }
  return common::Fail(common::ErrorCode::kBadInput, "there is no engine \"" + name + "\"");
}

}  // namespace percuss::campaign

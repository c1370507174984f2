// SPDX-License-Identifier: Apache-2.0
//
// Bug of the firmware, or artefact of a machine whose peripherals answer anything? Rules over what
// a probe found, listed in docs/firmware-as-shipped.md. Each that holds gives its reason; where
// they speak for one side alone that is the answer, and otherwise it is undecided. Pure,
// thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "emulation/rehost/core/crash_probe.h"

namespace percuss::rehost {

enum class Nature : uint8_t { kUndecided, kBug, kArtefact };
[[nodiscard]] std::string_view NameOf(Nature nature);

struct CrashJudgement {
  Nature nature = Nature::kUndecided;
  std::vector<std::string> reasons;  // sentences without their ends; at least one
};

// Of a failure.
[[nodiscard]] CrashJudgement JudgeCrash(const MachineImage& image, const CrashFacts& facts);

// What the harness prints behind its report: the judgement with its reasons, the answers that
// mattered, the interrupts, and the way there.
[[nodiscard]] std::string DescribeCrash(const MachineImage& image, const CrashFacts& facts);

}  // namespace percuss::rehost

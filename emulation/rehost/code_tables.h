// SPDX-License-Identifier: Apache-2.0
//
// Jump tables: how many entries they have, and where these lead. Pure; the code may be hostile.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "emulation/rehost/code_flow.h"

namespace percuss::emulation {

struct JumpTable {
  std::vector<uint32_t> targets;  // in the order of the entries; even
  uint32_t begin = 0;
  uint32_t bytes = 0;
};

// The helpers of a compiler that jump by a table behind their call (libgcc's __gnu_thumb1_case_*).
enum class CaseHelper : uint8_t { kNone, kBytes, kSignedBytes, kHalves, kSignedHalves, kWords };

[[nodiscard]] CaseHelper CaseHelperAt(const CodeView& code, uint32_t pc,
                                      const rehost::DecoderOptions& options);

// entries: as a compare before it allows; without one a table ends where the first of its targets
// is, or, if that cannot be, nothing is known of it: no targets.
[[nodiscard]] JumpTable TableOf(const CodeView& code, const CodeStep& step,
                                std::optional<uint32_t> entries);
// call: of the helper.
[[nodiscard]] JumpTable TableOf(const CodeView& code, const CodeStep& call, CaseHelper helper,
                                std::optional<uint32_t> entries);

}  // namespace percuss::emulation

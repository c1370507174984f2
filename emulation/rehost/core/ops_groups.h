// SPDX-License-Identifier: Apache-2.0
//
// What executes an instruction, by groups of operations. Each function gives the handler of one
// that is of its group; nullptr: it is of another one, or has operands that no handler takes and
// no decoder should give. The handler reads its operands from the Op, where they are those of
// `decoded` under the same names; all the rest of `decoded` is in the choice of the handler.
// Pure, thread-safe.
#pragma once

#include "emulation/rehost/core/decoder.h"
#include "emulation/rehost/core/op.h"

namespace percuss::rehost {

[[nodiscard]] Handler BitsHandler(const Decoded& decoded);         // kBfc to kUxth
[[nodiscard]] Handler MultiplyHandler(const Decoded& decoded);     // kMul to kSmusd
[[nodiscard]] Handler ParallelHandler(const Decoded& decoded);     // kQadd to kUsada8
[[nodiscard]] Handler FloatHandler(const Decoded& decoded);        // kVabs to kVmsr
[[nodiscard]] Handler FloatMemoryHandler(const Decoded& decoded);  // kVldr to kVstmdb

}  // namespace percuss::rehost

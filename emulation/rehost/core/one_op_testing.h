// SPDX-License-Identifier: Apache-2.0
//
// For tests of handlers: runs one instruction, and nothing behind it.
#pragma once

#include "emulation/rehost/core/core.h"
#include "emulation/rehost/core/decoder.h"
#include "emulation/rehost/core/op.h"

namespace percuss::rehost {

// Where the instructions of tests are.
constexpr uint32_t kTestPc = 0x08000102;

// Whether the instruction completed; else core.fault or core.stop says why it did not.
[[nodiscard]] inline bool RunOne(Core& core, Handler handler, const Decoded& decoded) {
  static bool completed;
  completed = false;
  Op ops[2];
  ops[0].run = handler;
  ops[0].imm = decoded.imm;
  ops[0].pc = kTestPc;
  ops[0].rd = decoded.rd;
  ops[0].rn = decoded.rn;
  ops[0].rm = decoded.rm;
  ops[0].ra = decoded.ra;
  ops[0].amount = decoded.amount;
  ops[0].bytes = decoded.bytes;
  ops[1].run = [](Core& /*core*/, const Op* /*op*/) -> const Op* {
    completed = true;
    return nullptr;
  };
  for (const Op* op = ops; op != nullptr;) op = op->run(core, op);
  return completed;
}

}  // namespace percuss::rehost

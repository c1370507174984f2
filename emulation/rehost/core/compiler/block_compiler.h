// SPDX-License-Identifier: Apache-2.0
//
// Blocks that are entered often, as instructions of the host. Code stands in the place of handlers
// (op.h) and does what they do; whatever it does not do itself, it leaves to the handler of exactly
// that instruction: every fault, device and first store to a page. So registers and flags are in
// Core behind each instruction. Where the host has no compiler, Available is false, and nothing is
// ever compiled. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "emulation/rehost/core/alu.h"
#include "emulation/rehost/core/decoder.h"
#include "emulation/rehost/core/op.h"

namespace percuss::rehost {

struct BlockToCompile {
  struct Instruction {
    Decoded decoded;
    Flags flags = Flags::kAll;  // those that somebody reads
    uint8_t condition = kAlways;
    const Op* first = nullptr;  // of its ops
    const Op* last = nullptr;   // the one that is the instruction itself
  };
  const Op* head = nullptr;  // its EnterBlock
  bool with_head = true;     // false: that remains a handler
  std::vector<Instruction> instructions;
  const Op* behind = nullptr;  // its Jump
};

class BlockCompiler {
 public:
  [[nodiscard]] static bool Available();

  BlockCompiler();
  ~BlockCompiler();
  BlockCompiler(const BlockCompiler&) = delete;
  BlockCompiler& operator=(const BlockCompiler&) = delete;

  // From then on the ops' own `run` is the code. False: it is not worth it, or there is no room.
  [[nodiscard]] bool Compile(const BlockToCompile& block);
  // That op->link has been set: code that has the op jumps there at once.
  void Linked(const Op* op);
  // All code; no op may have it as `run` any more.
  void Forget();

 private:
  class Code;
  std::unique_ptr<Code> code_;
};

}  // namespace percuss::rehost

// SPDX-License-Identifier: Apache-2.0
//
// Which comparisons a block makes whose operands are still in their registers when it has ended, so
// that who is told of blocks can see what was compared. Not thread-safe.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "emulation/rehost/core/decoder.h"
#include "emulation/rehost/core/memory.h"

namespace percuss::rehost {

struct BlockCompare {
  enum class Kind : uint8_t {
    kValues,  // of rn with the other
    kBits     // whether rn has bits of the other
  };
  Kind kind = Kind::kValues;
  uint8_t rn = 0;
  uint8_t rm = 0;
  bool immediate = false;  // the other is imm, else rm
  uint32_t imm = 0;
};

class BlockCompares {
 public:
  BlockCompares(const Memory& memory, const DecoderOptions& options)
      : memory_(memory), options_(options) {}
  // Of the block that begins at pc, as it was when it was first asked for.
  [[nodiscard]] const std::vector<BlockCompare>& Of(uint32_t pc);

 private:
  [[nodiscard]] std::vector<BlockCompare> Find(uint32_t pc) const;

  const Memory& memory_;
  DecoderOptions options_;
  std::unordered_map<uint32_t, std::vector<BlockCompare>> known_;
};

}  // namespace percuss::rehost

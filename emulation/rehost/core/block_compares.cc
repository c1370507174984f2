// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/block_compares.h"

#include <algorithm>
#include <optional>

#include "emulation/rehost/core/instruction_kind.h"

namespace percuss::rehost {

namespace {

constexpr int kMostInstructions = 64;
constexpr size_t kMostKnown = size_t{1} << 16;  // firmware can make code without end

std::optional<BlockCompare> CompareOf(const Decoded& decoded) {
  using Kind = BlockCompare::Kind;
  switch (decoded.operation) {
    case Operation::kCmpImmediate:
    case Operation::kTeqImmediate:
      return BlockCompare{Kind::kValues, decoded.rn, 0, true, decoded.imm};
    case Operation::kCmnImmediate:
      return BlockCompare{Kind::kValues, decoded.rn, 0, true, 0U - decoded.imm};
    case Operation::kTstImmediate:
      return BlockCompare{Kind::kBits, decoded.rn, 0, true, decoded.imm};
    case Operation::kCmpRegister:
    case Operation::kTeqRegister:
    case Operation::kTstRegister: {
      if (decoded.amount != 0) return std::nullopt;
      const bool bits = decoded.operation == Operation::kTstRegister;
      return BlockCompare{bits ? Kind::kBits : Kind::kValues, decoded.rn, decoded.rm, false, 0};
    }
    default:
      return std::nullopt;
  }
}

// Registers that it may change, as a bit each; also some that it only reads.
uint32_t ChangedBy(const Decoded& decoded) {
  uint32_t changed = 1U << (decoded.rd & 15U) | decoded.registers;
  if (decoded.ra != 0) changed |= 1U << (decoded.ra & 15U);
  if (decoded.write_back) changed |= 1U << (decoded.rn & 15U);
  return changed;
}

}  // namespace

const std::vector<BlockCompare>& BlockCompares::Of(uint32_t pc) {
  const auto known = known_.find(pc);
  if (known != known_.end()) return known->second;
  if (known_.size() >= kMostKnown) known_.clear();
  return known_[pc] = Find(pc);
}

std::vector<BlockCompare> BlockCompares::Find(uint32_t pc) const {
  std::vector<BlockCompare> found;
  for (int i = 0; i < kMostInstructions; ++i) {
    uint16_t halves[2] = {};
    if (!memory_.Peek(pc, &halves[0], 2)) break;
    const int bytes = InstructionBytes(halves[0]);
    if (bytes == 4 && !memory_.Peek(pc + 2, &halves[1], 2)) break;
    const Decoded decoded = Decode(halves[0], halves[1], pc, false, options_);
    if (EndsBlock(decoded)) break;
    if (const auto compares = CompareOf(decoded)) {
      found.push_back(*compares);
    } else if (decoded.operation != Operation::kIt && decoded.operation != Operation::kNop) {
      const uint32_t changed = ChangedBy(decoded);
      std::erase_if(found, [changed](const BlockCompare& compare) {
        const bool other = !compare.immediate && (changed >> compare.rm & 1U) != 0;
        return (changed >> compare.rn & 1U) != 0 || other;
      });
    }
    pc += static_cast<uint32_t>(bytes);
  }
  return found;
}

}  // namespace percuss::rehost

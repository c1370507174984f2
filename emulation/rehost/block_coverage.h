// SPDX-License-Identifier: Apache-2.0
//
// Which blocks of a firmware ran on the fast core, of those that block_finder.h finds without
// running it. Inputs are run on a machine of its own, which is traced. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "emulation/rehost/block_finder.h"
#include "emulation/rehost/code_view.h"
#include "emulation/rehost/core/machine.h"

namespace percuss::emulation {

struct CoveredBlock {
  uint32_t begin = 0;
  uint32_t size = 0;
  uint32_t function = 0;  // index in `functions`
  bool ran = false;       // its first instruction was reached
};

struct CoveredFunction {
  std::string name;  // of its symbol, or "function at 0x08000100"
  uint32_t begin = 0;
  FoundBy found_by = FoundBy::kCall;
  uint32_t blocks = 0;
  uint32_t ran = 0;  // blocks
  uint64_t bytes = 0;
  uint64_t bytes_ran = 0;  // of blocks that ran
};

struct BlockCoverage {
  std::vector<CoveredBlock> blocks;        // found without running, ascending
  std::vector<CoveredFunction> functions;  // ascending
  std::vector<uint32_t> ran_not_found;     // entered, and in no block that was found; ascending
  std::vector<uint32_t> unresolved;        // as of FoundCode
  bool whole = true;                       // as of FoundCode
  uint64_t blocks_ran = 0;
  uint64_t bytes = 0;
  uint64_t bytes_ran = 0;
  uint64_t inputs = 0;    // that were run
  uint64_t left_out = 0;  // behind the limit of instructions
};

// Of all inputs together: some minutes at the most.
constexpr uint64_t kMostTracedInstructions = 20'000'000'000;

class BlockTracer {
 public:
  // Boots the machine: what runs before the first input counts as run, too.
  explicit BlockTracer(const rehost::MachineImage& image,
                       uint64_t most_instructions = kMostTracedInstructions);
  BlockTracer(const BlockTracer&) = delete;
  BlockTracer& operator=(const BlockTracer&) = delete;

  // Where too many instructions have been run, the input is only counted as left out.
  void Run(std::string_view input);
  [[nodiscard]] BlockCoverage Coverage() const;

 private:
  enum Flag : uint8_t { kEntered = 1, kWhole = 2 };  // and left by its last instruction
  using Page = std::array<uint8_t, rehost::kPageBytes / 2>;

  [[nodiscard]] uint8_t& FlagOf(uint32_t pc);
  void NoteBlock(uint32_t pc);
  // The last block was left before the instruction there, or behind its own last one.
  void NoteLeft(uint32_t pc);
  void NoteEnd(const rehost::Outcome& outcome);
  [[nodiscard]] uint32_t EndOfLine(uint32_t pc) const;
  [[nodiscard]] std::map<uint32_t, uint32_t> Lines() const;
  [[nodiscard]] bool IsFound(uint32_t pc) const;

  rehost::MachineImage image_;
  CodeView code_;
  FoundCode found_;
  rehost::Machine machine_;
  std::vector<std::unique_ptr<Page>> pages_;
  std::map<uint32_t, uint32_t> left_;  // by begin: how far one got that was left within
  uint32_t last_ = 0;
  bool has_last_ = false;
  uint64_t instructions_ = 0;
  uint64_t most_instructions_;
  uint64_t inputs_ = 0;
  uint64_t left_out_ = 0;
};

}  // namespace percuss::emulation

// SPDX-License-Identifier: Apache-2.0
//
// Instructions decoded once: blocks that end at a branch, linked to one another as they are first
// run. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "emulation/rehost/core/alu.h"
#include "emulation/rehost/core/compiler/block_compiler.h"
#include "emulation/rehost/core/core.h"
#include "emulation/rehost/core/decoder.h"
#include "emulation/rehost/core/memory.h"
#include "emulation/rehost/core/op.h"

namespace percuss::rehost {

class BlockCache {
 public:
  // memory: outlives it. compile_after: so many entries of a block; 0: none is compiled.
  BlockCache(Memory& memory, const MachineImage& image, uint8_t compile_after = 0);

  [[nodiscard]] const Op* const* const* Entries() const { return entries_.Data(); }

  // The block at an address, decoded now if it is new; the op before it is its ContinueBlock.
  // nullptr: core.fault says why nothing can be executed there.
  [[nodiscard]] const Op* At(Core& core, uint32_t pc) {
    if (const Op* const* page = entries_[pc >> kPageBits]) {
      if (const Op* known = page[(pc & (kPageBytes - 1)) / 2]) return known;
    }
    return NewAt(core, pc);
  }
  // One instruction as a block of its own, with an ITSTATE. Valid until the next call of Flush.
  [[nodiscard]] const Op* Single(Core& core, uint32_t pc, uint8_t it_state);

  // Blocks end before a watched address, and the one there stops as kWatched.
  void Watch(uint32_t pc);
  void Unwatch(uint32_t pc);
  // Every block tells core.on_block of itself, or no longer.
  void Trace(bool on);

  // A branch, or the end of a block, goes on at `to` from then on.
  void Link(const Op* from, const Op* to);
  // The block of that head from its next entry on, if the host can.
  void Compile(Core& core, const Op* head);
  // How many have been compiled so far, those that are forgotten too.
  [[nodiscard]] uint64_t Compiled() const { return compiled_; }

  // Forgets all of it, as when code has changed.
  void Flush();

  // How often that has happened: ops of before are no more.
  [[nodiscard]] uint64_t Flushes() const { return flushes_; }

 private:
  struct Item {
    Decoded decoded;
    uint32_t pc = 0;
    uint8_t it_state = 0;
    uint8_t it_after = 0;
    Flags flags = Flags::kAll;
  };

  [[nodiscard]] const Op* NewAt(Core& core, uint32_t pc);
  [[nodiscard]] bool Fetch(Core& core, uint32_t pc, uint8_t it_state, Item& item);
  [[nodiscard]] std::vector<Item> Gather(Core& core, uint32_t pc, uint8_t it_state, size_t most);
  [[nodiscard]] const Op* Emit(const std::vector<Item>& items, bool single);
  void EmitOne(const Item& item, uint8_t remaining);
  [[nodiscard]] Op* Room(size_t ops);

  Memory& memory_;
  DecoderOptions options_;
  std::unique_ptr<BlockCompiler> compiler_;
  uint8_t compile_after_ = 0;
  uint64_t compiled_ = 0;
  std::unordered_set<uint32_t> watched_;
  std::unordered_set<uint32_t> skipped_;
  bool traced_ = false;
  using EntryPage = std::array<const Op*, kPageBytes / 2>;
  PageTable<const Op* const*> entries_;
  std::unordered_map<uint32_t, std::unique_ptr<EntryPage>> entry_pages_;
  std::vector<std::unique_ptr<Op[]>> chunks_;
  size_t chunk_used_ = 0;
  std::unordered_map<uint64_t, const Op*> singles_;
  std::vector<Op> scratch_;
  uint64_t flushes_ = 0;
};

}  // namespace percuss::rehost

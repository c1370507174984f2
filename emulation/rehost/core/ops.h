// SPDX-License-Identifier: Apache-2.0
//
// The functions that execute decoded instructions, by group. Each returns nullptr for operations
// that are not of its group. Where `flags` is less than what the instruction sets, nobody reads the
// rest before it is set anew.
#pragma once

#include <cstdint>

#include "emulation/rehost/core/alu.h"
#include "emulation/rehost/core/decoder.h"
#include "emulation/rehost/core/op.h"

namespace percuss::rehost {

[[nodiscard]] Handler DataHandler(const Decoded& decoded, Flags flags);
[[nodiscard]] Handler ShiftHandler(const Decoded& decoded, Flags flags);
[[nodiscard]] Handler MemoryHandler(const Decoded& decoded);
[[nodiscard]] Handler MultipleHandler(const Decoded& decoded);
[[nodiscard]] Handler BranchHandler(const Decoded& decoded, bool backwards);
[[nodiscard]] Handler SystemHandler(const Decoded& decoded);

// Ops that are no instructions. The first, of its condition: unless it holds, the next `amount` ops
// are left out.
[[nodiscard]] Handler SkipUnless(uint8_t condition);
const Op* SetPc(Core& core, const Op* op);               // r[kPc] to imm, for who reads it
const Op* CheckFloatingPoint(Core& core, const Op* op);  // CPACR, lazy stacking
const Op* CheckCoprocessor(Core& core, const Op* op);    // CPACR
const Op* FaultHere(Core& core, const Op* op);           // cause: imm; address: its own
// The beginning of a block; imm: BlockHead. Events are taken there, and it is counted.
const Op* EnterBlock(Core& core, const Op* op);
const Op* EnterCountedBlock(Core& core, const Op* op);  // that is compiled when ra is 0
const Op* EnterSpecialBlock(Core& core, const Op* op);  // that is traced, or, with rd, watched
// The op before it, by which a block is entered that goes on with one that was only cut.
const Op* ContinueBlock(Core& core, const Op* op);
const Op* ContinueSpecialBlock(Core& core, const Op* op);
// Its end, where no branch was taken: to imm. JumpOn: there was no branch, the block was only cut.
const Op* Jump(Core& core, const Op* op);
const Op* JumpOn(Core& core, const Op* op);
// The end of one instruction alone, with ITSTATE of `amount` behind it; rd: as Jump, not JumpOn.
const Op* StepBehind(Core& core, const Op* op);

// Of EnterBlock: how many instructions its block has, and its number in the map of edges.
[[nodiscard]] constexpr uint32_t BlockHead(uint32_t instructions, uint32_t number) {
  return instructions | number << 8U;
}

// A direct branch that is taken, but not linked yet, and has done all else.
const Op* LeaveUnlinked(Core& core, const Op* op);
// A branch to an address that is a register's or memory's: with r[kPc] set, to be returned.
const Op* GoOn(Core& core, const Op* op);
// The same with BX's rules (BXWritePC, LoadWritePC): bit 0 into EPSR.T, EXC_RETURN.
const Op* Exchange(Core& core, const Op* op, uint32_t target);

}  // namespace percuss::rehost

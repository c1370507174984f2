// SPDX-License-Identifier: Apache-2.0
//
// What writes the code of instructions, by group, as ops.h has their handlers. Each gives what does
// it for an instruction that is of its group and is compiled at all, else nullptr. The code does
// all that the handler does, or leaves to it before it has changed anything.
#pragma once

#include "emulation/rehost/core/compiler/block_compiler.h"
#include "emulation/rehost/core/compiler/emitter.h"

namespace percuss::rehost::compiler {

using Instruction = BlockToCompile::Instruction;
// One that needs no more than to be written.
[[nodiscard]] constexpr bool IsPlain(unsigned reg) { return reg != kSp && reg != kPc; }

using Action = void (*)(Emitter& emitter, const Instruction& instruction);

[[nodiscard]] Action DataAction(const Instruction& instruction);
[[nodiscard]] Action ShiftAction(const Instruction& instruction);
[[nodiscard]] Action BitsAction(const Instruction& instruction);
[[nodiscard]] Action MultiplyAction(const Instruction& instruction);
[[nodiscard]] Action MemoryAction(const Instruction& instruction);
[[nodiscard]] Action MultipleAction(const Instruction& instruction);
// Those that end a block, but for direct branches.
[[nodiscard]] Action BranchAction(const Instruction& instruction);

// Fields of a shift: value by amount (1 to 32), in place; the carry out goes to Core::carry if
// `carries`.
void EmitShift(Emitter& emitter, const x86::Gp& value, Shift shift, uint8_t amount, bool carries);
// N and Z of a result, where somebody reads them.
void EmitNz(Emitter& emitter, Flags flags, const x86::Gp& result);

// Where the bytes at the address in eax are, in rcx + rax, if that is the direct way; else to
// `slowly`. bytes: 1, 2, 4; or more, and then all of them are to be in one page, at a multiple
// of 4. edx is changed too.
enum class Way : uint8_t { kRead, kWrite };
void EmitDirectWay(Emitter& emitter, Way way, uint32_t bytes, const asmjit::Label& slowly);
// A branch to the address in eax, as GoOn, or as Exchange.
void EmitGoOn(Emitter& emitter, const Op* op);
void EmitExchange(Emitter& emitter, const Op* op);

}  // namespace percuss::rehost::compiler

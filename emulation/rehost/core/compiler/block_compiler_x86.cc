// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <unordered_map>
#include <vector>

#include "emulation/rehost/core/compiler/actions.h"
#include "emulation/rehost/core/compiler/block_compiler.h"
#include "emulation/rehost/core/compiler/emitter.h"
#include "emulation/rehost/core/instruction_kind.h"
#include "emulation/rehost/core/ops.h"

namespace percuss::rehost {

namespace {

using compiler::Action;
using compiler::Emitter;
using compiler::HostFlags;
namespace x86 = asmjit::x86;
using Instruction = BlockToCompile::Instruction;

// Code beyond this is not made until all of it is forgotten.
constexpr size_t kMostCodeBytes = size_t{64} << 20U;

bool IsDirectBranch(Operation operation) {
  return operation == Operation::kB || operation == Operation::kBl ||
         operation == Operation::kCbz || operation == Operation::kCbnz;
}

Action ActionOf(const Instruction& instruction) {
  for (const auto group : {compiler::DataAction, compiler::ShiftAction, compiler::MemoryAction,
                           compiler::MultipleAction, compiler::BitsAction, compiler::MultiplyAction,
                           compiler::BranchAction}) {
    if (const Action action = group(instruction)) return action;
  }
  return nullptr;
}

// Whether code goes on behind it.
bool Falls(const Instruction& instruction) {
  const Decoded& decoded = instruction.decoded;
  switch (decoded.operation) {
    case Operation::kBx:
    case Operation::kBlxRegister:
    case Operation::kTbb:
    case Operation::kTbh:
    case Operation::kBl:
      return false;
    case Operation::kB:
      return decoded.condition < kAlways;
    case Operation::kLdm:
    case Operation::kLdmdb:
      return (decoded.registers & 0x8000U) == 0;
    case Operation::kLdrImmediate:
    case Operation::kLdrLiteral:
    case Operation::kLdrRegister:
      return decoded.rd != kPc;
    default:
      return true;
  }
}

// The registers that an iteration begins with.
constexpr unsigned kMostKept = 5;

class BlockWriter {
 public:
  BlockWriter(asmjit::JitRuntime& runtime, const BlockToCompile& block)
      : emitter_(runtime), block_(block), again_(emitter_.A().newLabel()) {}

  [[nodiscard]] bool Write() {
    if (block_.with_head) {
      WriteHead();
      // By ContinueBlock.
      emitter_.EnterHere(block_.instructions.front().first);
      open_ = true;
    }
    for (const Instruction& instruction : block_.instructions) WriteOne(instruction);
    if (open_) EmitJump(block_.behind, block_.behind->run);
    return compiled_ != 0;
  }

  Emitter& Its() { return emitter_; }

 private:
  [[nodiscard]] bool LoopsToItself() const {
    const Instruction& last = block_.instructions.back();
    return IsDirectBranch(last.decoded.operation) && last.last->link == block_.head;
  }

  void WriteHead() {
    emitter_.EnterHere(block_.head);
    EmitHead(false);
    if (!LoopsToItself()) return;
    KeepForLoop();
    emitter_.A().bind(again_);
    kept_ = emitter_.Held();
    loops_ = true;
  }

  // What is read first, in order, is kept in registers from the beginning.
  void KeepForLoop() {
    unsigned kept = 0;
    uint32_t seen = 1U << kPc;
    for (const Instruction& instruction : block_.instructions) {
      const Decoded& decoded = instruction.decoded;
      for (const unsigned guest : {decoded.rn, decoded.rm, decoded.rd}) {
        if (kept == kMostKept || guest > kPc || (seen >> guest & 1U) != 0) continue;
        seen |= 1U << guest;
        (void)emitter_.Use(guest);
        ++kept;
      }
    }
  }

  // EnterBlock. again: it is the block itself that it comes from.
  void EmitHead(bool again) {
    auto& a = emitter_.A();
    const uint32_t number = block_.head->imm >> 8U;
    const x86::Mem fuel = Emitter::Field(offsetof(Core, fuel), 8);
    a.cmp(fuel, 0);
    a.jle(emitter_.LeaveTo(block_.head, EnterBlock));
    a.sub(fuel, block_.head->imm & 0xffU);
    const x86::Mem previous = Emitter::Field(offsetof(Core, previous_block), 4);
    if (again) {
      a.mov(x86::eax, number ^ number >> 1U);
    } else {
      a.mov(x86::eax, previous);
      a.xor_(x86::eax, number);
      a.mov(previous, number >> 1U);
    }
    a.and_(x86::eax, Emitter::Field(offsetof(Core, edge_mask), 4));
    a.mov(x86::rcx, Emitter::Field(offsetof(Core, edges), 8));
    a.inc(x86::ptr(x86::rcx, x86::rax, 0, 0, 1));
    a.inc(Emitter::Field(offsetof(Core, blocks), 8));
    emitter_.flags = HostFlags::kNothing;
  }

  void WriteOne(const Instruction& i) {
    const Operation operation = i.decoded.operation;
    const bool nothing = DoesNothing(operation);
    const Action action = nothing || IsDirectBranch(operation) ? nullptr : ActionOf(i);
    if (action == nullptr && !nothing && !IsDirectBranch(operation)) {
      if (open_) emitter_.A().jmp(emitter_.LeaveTo(i.first));
      open_ = false;
      return;
    }
    if (!open_) {
      emitter_.HoldNothing();
      emitter_.flags = HostFlags::kNothing;
      emitter_.EnterHere(i.first);
      open_ = true;
    }
    ++compiled_;
    emitter_.NextInstruction();
    const asmjit::Label skipped = emitter_.A().newLabel();
    const bool conditional = EmitBefore(i, skipped);
    const Emitter::Places before = emitter_.Held();
    const bool keeps_flags = nothing || operation == Operation::kB;
    if (!keeps_flags) emitter_.flags = HostFlags::kNothing;
    if (action != nullptr) action(emitter_, i);
    if (IsDirectBranch(operation)) EmitDirectBranch(i);
    open_ = Falls(i) || conditional;
    if (conditional) {
      emitter_.A().bind(skipped);
      emitter_.HoldCommon(before);
      emitter_.flags = HostFlags::kNothing;
    }
    if (open_ && MayLeave(i)) emitter_.EnterHere(i.last + 1);
  }

  // The ops before an instruction's own. Whether it may be skipped.
  bool EmitBefore(const Instruction& i, const asmjit::Label& skipped) {
    bool conditional = false;
    for (const Op* op = i.first; op != i.last; ++op) {
      if (op->run == SetPc) {
        emitter_.PutConstant(kPc, op->imm);
        continue;
      }
      emitter_.JumpUnless(i.condition, skipped);
      conditional = true;
    }
    return conditional;
  }

  // Whether its handler may be gone to, and come back behind it.
  [[nodiscard]] static bool MayLeave(const Instruction& i) {
    const Operation operation = i.decoded.operation;
    return compiler::MemoryAction(i) != nullptr || compiler::MultipleAction(i) != nullptr ||
           operation == Operation::kSdiv || operation == Operation::kUdiv;
  }

  void EmitDirectBranch(const Instruction& i) {
    auto& a = emitter_.A();
    const Decoded& decoded = i.decoded;
    const Op* op = i.last;
    const bool backwards = decoded.operation == Operation::kB && decoded.imm <= op->pc;
    if (!Loops(op) && !backwards && EmitJumpIf(i)) return;
    const asmjit::Label not_taken = a.newLabel();
    if (decoded.operation == Operation::kB) emitter_.JumpUnless(decoded.condition, not_taken);
    if (decoded.operation == Operation::kCbz || decoded.operation == Operation::kCbnz) {
      const x86::Gp value = emitter_.Use(decoded.rn);
      a.test(value, value);
      decoded.operation == Operation::kCbz ? a.jne(not_taken) : a.je(not_taken);
    }
    if (backwards) EmitSpin(op);
    if (decoded.operation == Operation::kBl) {
      emitter_.PutConstant(kLr, (op->pc + op->bytes) | 1U);
    }
    EmitJump(op, LeaveUnlinked);
    a.bind(not_taken);
  }

  // Where one conditional jump of the host's does all that the branch does.
  [[nodiscard]] bool EmitJumpIf(const Instruction& i) {
    auto& a = emitter_.A();
    const Decoded& decoded = i.decoded;
    const Op* op = i.last;
    const asmjit::Label taken = emitter_.LinkOf(op, LeaveUnlinked);
    if (decoded.operation == Operation::kCbz || decoded.operation == Operation::kCbnz) {
      const x86::Gp value = emitter_.Use(decoded.rn);
      a.test(value, value);
      decoded.operation == Operation::kCbz ? a.je(taken) : a.jne(taken);
    } else if (decoded.operation != Operation::kB || decoded.condition >= kAlways ||
               !emitter_.JumpByHostFlags(decoded.condition ^ 1U, taken)) {
      return false;
    }
    emitter_.LinkIsBeforeHere(op);
    return true;
  }

  // Whether it goes to the beginning of the block, with what is kept in registers there.
  [[nodiscard]] bool Loops(const Op* op) const { return loops_ && op->link == block_.head; }

  void EmitJump(const Op* op, Handler unlinked) {
    if (Loops(op)) {
      EmitHead(true);
      emitter_.Restore(kept_);
      emitter_.A().jmp(again_);
      return;
    }
    emitter_.A().jmp(emitter_.LinkOf(op, unlinked));
    emitter_.LinkIsBeforeHere(op);
  }

  // Of a branch backwards.
  void EmitSpin(const Op* op) {
    auto& a = emitter_.A();
    const x86::Mem countdown = Emitter::Field(offsetof(Core, spin) + offsetof(Spin, countdown), 4);
    a.cmp(countdown, 1);
    a.jle(emitter_.LeaveTo(op));
    a.dec(countdown);
  }

  Emitter emitter_;
  const BlockToCompile& block_;
  asmjit::Label again_;
  Emitter::Places kept_ = {};
  bool loops_ = false;
  bool open_ = false;  // whether code comes to what is written next
  size_t compiled_ = 0;
};

}  // namespace

class BlockCompiler::Code {
 public:
  asmjit::JitRuntime runtime;
  std::vector<void*> pieces;
  size_t bytes = 0;

  void Keep(const BlockToCompile& block, const Emitter::Finished& finished) {
    pieces.push_back(finished.code);
    bytes += finished.bytes;
    for (const Emitter::Entry& entry : finished.entries) {
      entry.op->run = reinterpret_cast<Handler>(entry.code);
      if (entry.op == block.head) Begins(entry);
    }
    for (const Emitter::Entry& link : finished.links) {
      link.op->link != nullptr ? Connect(link) : static_cast<void>(unlinked_[link.op] = link.code);
    }
  }

  void Linked(const Op* op) {
    const auto found = unlinked_.find(op);
    if (found == unlinked_.end()) return;
    Connect({op, found->second});
    unlinked_.erase(found);
  }

  void Forget() {
    // One by one: in this version of asmjit, a reset of all leaves its own tree of memory broken.
    for (void* piece : pieces) (void)runtime.release(piece);
    pieces.clear();
    bytes = 0;
    heads_.clear();
    unlinked_.clear();
    waiting_.clear();
  }

 private:
  // The jump that ends at `link` goes to the code of the block, now or as soon as there is some.
  void Connect(const Emitter::Entry& link) {
    const Op* to = link.op->link;
    const auto found = heads_.find(to);
    if (found == heads_.end()) {
      waiting_[to].push_back(link.code);
    } else {
      Aim(link.code, found->second);
    }
  }

  void Begins(const Emitter::Entry& head) {
    heads_[head.op] = head.code;
    const auto found = waiting_.find(head.op);
    if (found == waiting_.end()) return;
    for (uint8_t* end : found->second) Aim(end, head.code);
    waiting_.erase(found);
  }

  // Where that is too far, the jump stays as it was: over the op.
  static void Aim(uint8_t* end, const uint8_t* to) {
    const int64_t distance = to - end;
    if (distance != static_cast<int32_t>(distance)) return;
    const auto near = static_cast<int32_t>(distance);
    std::memcpy(end - sizeof(near), &near, sizeof(near));
  }

  std::unordered_map<const Op*, uint8_t*> heads_;                 // that have code
  std::unordered_map<const Op*, uint8_t*> unlinked_;              // ends of jumps, by their op
  std::unordered_map<const Op*, std::vector<uint8_t*>> waiting_;  // by the head that has no code
};

bool BlockCompiler::Available() { return true; }

BlockCompiler::BlockCompiler() : code_(std::make_unique<Code>()) {}

BlockCompiler::~BlockCompiler() = default;

bool BlockCompiler::Compile(const BlockToCompile& block) {
  if (code_->bytes > kMostCodeBytes) return false;
  BlockWriter writer(code_->runtime, block);
  if (!writer.Write()) return false;
  const Emitter::Finished finished = writer.Its().Finish();
  if (finished.code == nullptr) return false;
  code_->Keep(block, finished);
  return true;
}

void BlockCompiler::Linked(const Op* op) { code_->Linked(op); }

void BlockCompiler::Forget() { code_->Forget(); }

}  // namespace percuss::rehost

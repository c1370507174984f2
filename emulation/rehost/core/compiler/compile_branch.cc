// SPDX-License-Identifier: Apache-2.0
//
// Branches to what a register or memory says, and lists of registers, as ops_branch.cc and
// ops_multiple.cc.
#include <bit>

#include "emulation/rehost/core/compiler/actions.h"
#include "emulation/rehost/core/ops.h"

namespace percuss::rehost::compiler {

namespace {

x86::Mem PcField() { return Emitter::Field(offsetof(Core, r) + size_t{4} * kPc, 4); }

void PutLink(Emitter& e, const Instruction& i) {
  e.PutConstant(kLr, (i.last->pc + i.last->bytes) | 1U);
}

void CompileBx(Emitter& e, const Instruction& i) {
  e.A().mov(x86::eax, e.Use(i.decoded.rm));
  EmitExchange(e, i.last);
}

void CompileBlx(Emitter& e, const Instruction& i) {
  auto& a = e.A();
  a.mov(x86::eax, e.Use(i.decoded.rm));
  a.test(x86::al, 1);
  a.je(e.LeaveTo(i.last));
  PutLink(e, i);
  a.dec(x86::eax);
  EmitGoOn(e, i.last);
}

void CompileTableBranch(Emitter& e, const Instruction& i) {
  auto& a = e.A();
  const bool halves = i.decoded.operation == Operation::kTbh;
  const x86::Gp base = e.Use(i.decoded.rn);
  const x86::Gp index = e.Use(i.decoded.rm);
  a.lea(x86::eax, x86::ptr(base.r64(), index.r64(), halves ? 1 : 0));
  EmitDirectWay(e, Way::kRead, halves ? 2 : 1, e.LeaveTo(i.last));
  a.movzx(x86::eax, x86::ptr(x86::rcx, x86::rax, 0, 0, halves ? 2 : 1));
  a.add(x86::eax, x86::eax);
  a.add(x86::eax, static_cast<int32_t>(i.last->pc + 4));
  EmitGoOn(e, i.last);
}

struct List {
  uint32_t registers;
  int32_t bytes;
  bool before;
};

List ListOf(const Decoded& decoded) {
  const bool before =
      decoded.operation == Operation::kLdmdb || decoded.operation == Operation::kStmdb;
  return {decoded.registers, 4 * std::popcount(decoded.registers), before};
}

// Where the list is, in rcx + rax, if that is the direct way.
void EmitListPlace(Emitter& e, const Instruction& i, const List& list, Way way) {
  const x86::Gp base = e.Use(i.decoded.rn);
  if (list.before) {
    e.A().lea(x86::eax, x86::ptr(base.r64(), -list.bytes));
  } else {
    e.A().mov(x86::eax, base);
  }
  // Of one register too, the address has to be a multiple of 4.
  EmitDirectWay(e, way, static_cast<uint32_t>(list.bytes), e.LeaveTo(i.last));
}

void EmitWriteBack(Emitter& e, const Instruction& i, const List& list) {
  if (!i.decoded.write_back) return;
  e.A().add(e.Use(i.decoded.rn), list.before ? -list.bytes : list.bytes);
  e.Put(i.decoded.rn);
}

void CompileLoadList(Emitter& e, const Instruction& i) {
  auto& a = e.A();
  const List list = ListOf(i.decoded);
  EmitListPlace(e, i, list, Way::kRead);
  EmitWriteBack(e, i, list);
  int32_t offset = 0;
  for (uint32_t left = list.registers & 0x7fffU; left != 0; left &= left - 1) {
    const auto guest = static_cast<unsigned>(std::countr_zero(left));
    e.NextInstruction();
    a.mov(e.Define(guest), x86::ptr(x86::rcx, x86::rax, 0, offset, 4));
    e.Put(guest);
    offset += 4;
  }
  if ((list.registers & 0x8000U) == 0) return;
  a.mov(x86::eax, x86::ptr(x86::rcx, x86::rax, 0, offset, 4));
  EmitExchange(e, i.last);
}

void CompileStoreList(Emitter& e, const Instruction& i) {
  auto& a = e.A();
  const List list = ListOf(i.decoded);
  EmitListPlace(e, i, list, Way::kWrite);
  int32_t offset = 0;
  for (uint32_t left = list.registers; left != 0; left &= left - 1) {
    e.NextInstruction();
    a.mov(x86::ptr(x86::rcx, x86::rax, 0, offset, 4),
          e.Use(static_cast<unsigned>(std::countr_zero(left))));
    offset += 4;
  }
  EmitWriteBack(e, i, list);
}

}  // namespace

namespace {

// The block at the address in eax, less `odd`, into rsi.
void EmitFindBlock(Emitter& e, int32_t odd, const asmjit::Label& slowly) {
  auto& a = e.A();
  a.mov(x86::rcx, Emitter::Field(offsetof(Core, entries), 8));
  a.mov(x86::edx, x86::eax);
  a.shr(x86::edx, 12);
  a.mov(x86::rcx, x86::ptr(x86::rcx, x86::rdx, 3, 0, 8));
  a.test(x86::rcx, x86::rcx);
  a.je(slowly);
  a.mov(x86::edx, x86::eax);
  a.and_(x86::edx, 0xfff);
  // An address is even: half of it is the number of the entry.
  a.mov(x86::rsi, x86::ptr(x86::rcx, x86::rdx, 2, -4 * odd, 8));
  a.test(x86::rsi, x86::rsi);
  a.je(slowly);
}

void EmitRunBlock(Emitter& e) {
  e.A().jmp(x86::ptr(x86::rsi, static_cast<int32_t>(offsetof(Op, run)), 8));
}

}  // namespace

void EmitGoOn(Emitter& e, const Op* op) {
  e.A().mov(PcField(), x86::eax);
  EmitFindBlock(e, 0, e.LeaveTo(op, GoOn));
  EmitRunBlock(e);
}

// Where an EXC_RETURN would be, nothing can be executed, so that there never is a block.
void EmitExchange(Emitter& e, const Op* op) {
  auto& a = e.A();
  const asmjit::Label slowly = e.LeaveToExchange(op);
  a.test(x86::al, 1);
  a.je(slowly);
  EmitFindBlock(e, 1, slowly);
  a.dec(x86::eax);
  a.mov(PcField(), x86::eax);
  EmitRunBlock(e);
}

Action BranchAction(const Instruction& i) {
  switch (i.decoded.operation) {
    case Operation::kBx:
      return CompileBx;
    case Operation::kBlxRegister:
      return CompileBlx;
    case Operation::kTbb:
    case Operation::kTbh:
      return CompileTableBranch;
    default:
      return nullptr;
  }
}

Action MultipleAction(const Instruction& i) {
  switch (i.decoded.operation) {
    case Operation::kLdm:
    case Operation::kLdmdb:
      return (i.decoded.registers & 1U << kSp) != 0 ? nullptr : CompileLoadList;
    case Operation::kStm:
    case Operation::kStmdb:
      return (i.decoded.registers & 1U << kPc) != 0 ? nullptr : CompileStoreList;
    default:
      return nullptr;
  }
}

}  // namespace percuss::rehost::compiler

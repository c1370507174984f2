// SPDX-License-Identifier: Apache-2.0
//
// Loads and stores of one or two registers, as ops_memory.cc.
#include "emulation/rehost/core/compiler/actions.h"

namespace percuss::rehost::compiler {

namespace {

enum class Address : uint8_t { kImmediate, kLiteral, kRegister };

struct Kind {
  Operation operation;
  Address address;
  uint8_t bytes;
  bool is_signed;
  bool stores;
};

constexpr Kind kKinds[] = {
    {Operation::kLdrImmediate, Address::kImmediate, 4, false, false},
    {Operation::kLdrLiteral, Address::kLiteral, 4, false, false},
    {Operation::kLdrRegister, Address::kRegister, 4, false, false},
    {Operation::kLdrbImmediate, Address::kImmediate, 1, false, false},
    {Operation::kLdrbLiteral, Address::kLiteral, 1, false, false},
    {Operation::kLdrbRegister, Address::kRegister, 1, false, false},
    {Operation::kLdrhImmediate, Address::kImmediate, 2, false, false},
    {Operation::kLdrhLiteral, Address::kLiteral, 2, false, false},
    {Operation::kLdrhRegister, Address::kRegister, 2, false, false},
    {Operation::kLdrsbImmediate, Address::kImmediate, 1, true, false},
    {Operation::kLdrsbLiteral, Address::kLiteral, 1, true, false},
    {Operation::kLdrsbRegister, Address::kRegister, 1, true, false},
    {Operation::kLdrshImmediate, Address::kImmediate, 2, true, false},
    {Operation::kLdrshLiteral, Address::kLiteral, 2, true, false},
    {Operation::kLdrshRegister, Address::kRegister, 2, true, false},
    {Operation::kStrImmediate, Address::kImmediate, 4, false, true},
    {Operation::kStrRegister, Address::kRegister, 4, false, true},
    {Operation::kStrbImmediate, Address::kImmediate, 1, false, true},
    {Operation::kStrbRegister, Address::kRegister, 1, false, true},
    {Operation::kStrhImmediate, Address::kImmediate, 2, false, true},
    {Operation::kStrhRegister, Address::kRegister, 2, false, true},
    {Operation::kLdrdImmediate, Address::kImmediate, 8, false, false},
    {Operation::kLdrdLiteral, Address::kLiteral, 8, false, false},
    {Operation::kStrdImmediate, Address::kImmediate, 8, false, true},
};

const Kind* KindOf(Operation operation) {
  for (const Kind& kind : kKinds) {
    if (kind.operation == operation) return &kind;
  }
  return nullptr;
}

bool Moves(const Decoded& decoded, const Kind& kind) {
  return kind.address == Address::kImmediate && (!decoded.index || decoded.write_back);
}

// Into eax.
void EmitAddress(Emitter& e, const Instruction& i, const Kind& kind) {
  auto& a = e.A();
  const auto imm = static_cast<int32_t>(i.last->imm);
  if (kind.address == Address::kLiteral) {
    a.mov(x86::eax, imm);
    return;
  }
  const x86::Gp base = e.Use(i.decoded.rn);
  if (kind.address == Address::kRegister) {
    const x86::Gp index = e.Use(i.decoded.rm);
    a.lea(x86::eax, x86::ptr(base.r64(), index.r64(), i.decoded.amount));
  } else if (!i.decoded.index || imm == 0) {
    a.mov(x86::eax, base);
  } else {
    a.lea(x86::eax, x86::ptr(base.r64(), imm));
  }
}

void EmitMove(Emitter& e, const Instruction& i) {
  const auto imm = static_cast<int32_t>(i.last->imm);
  e.A().add(e.Use(i.decoded.rn), imm);
  e.Put(i.decoded.rn);
}

void EmitLoad(Emitter& e, const Kind& kind, const x86::Gp& to, const x86::Mem& from) {
  auto& a = e.A();
  if (kind.bytes >= 4) {
    a.mov(to, from);
  } else if (kind.is_signed) {
    a.movsx(to, from);
  } else {
    a.movzx(to, from);
  }
}

x86::Mem Found(uint32_t bytes, int32_t offset = 0) {
  return x86::ptr(x86::rcx, x86::rax, 0, offset, bytes);
}

void CompileLoad(Emitter& e, const Instruction& i) {
  const Kind& kind = *KindOf(i.decoded.operation);
  EmitAddress(e, i, kind);
  EmitDirectWay(e, Way::kRead, kind.bytes, e.LeaveTo(i.last));
  const uint8_t rd = i.decoded.rd;
  const bool moves = Moves(i.decoded, kind) && i.decoded.rn != rd;
  if (!moves && IsPlain(rd)) {
    EmitLoad(e, kind, e.Define(rd), Found(kind.bytes));
    e.Put(rd);
    return;
  }
  EmitLoad(e, kind, x86::eax, Found(kind.bytes));
  if (moves) EmitMove(e, i);
  if (rd == kPc) {
    EmitExchange(e, i.last);
    return;
  }
  if (rd == kSp) e.A().and_(x86::eax, ~3);
  e.Put(rd, x86::eax);
}

// Where it is, is known now; whether it may be read there, when it runs.
void CompileLoadLiteral(Emitter& e, const Instruction& i) {
  auto& a = e.A();
  const Kind& kind = *KindOf(i.decoded.operation);
  const uint32_t address = i.last->imm;
  a.mov(x86::rcx, Emitter::Field(offsetof(Core, readable), 8));
  a.mov(x86::rcx, x86::ptr(x86::rcx, static_cast<int32_t>(address >> 12U) * 8, 8));
  a.test(x86::rcx, x86::rcx);
  a.je(e.LeaveTo(i.last));
  const auto offset = static_cast<int32_t>(address & 0xfffU);
  EmitLoad(e, kind, e.Define(i.decoded.rd), x86::ptr(x86::rcx, offset, kind.bytes));
  e.Put(i.decoded.rd);
}

void CompileStore(Emitter& e, const Instruction& i) {
  auto& a = e.A();
  const Kind& kind = *KindOf(i.decoded.operation);
  EmitAddress(e, i, kind);
  const x86::Gp value = e.Use(i.decoded.rd);
  EmitDirectWay(e, Way::kWrite, kind.bytes, e.LeaveTo(i.last));
  if (kind.bytes == 4) {
    a.mov(Found(4), value);
  } else if (kind.bytes == 2) {
    a.mov(Found(2), value.r16());
  } else {
    a.mov(Found(1), value.r8());
  }
  if (Moves(i.decoded, kind)) EmitMove(e, i);
}

void CompileLoadPair(Emitter& e, const Instruction& i) {
  auto& a = e.A();
  const Kind& kind = *KindOf(i.decoded.operation);
  EmitAddress(e, i, kind);
  EmitDirectWay(e, Way::kRead, 8, e.LeaveTo(i.last));
  a.mov(x86::edx, Found(4));
  a.mov(x86::eax, Found(4, 4));
  if (Moves(i.decoded, kind)) EmitMove(e, i);
  e.Put(i.decoded.rd, x86::edx);
  e.Put(i.decoded.ra, x86::eax);
}

void CompileStorePair(Emitter& e, const Instruction& i) {
  auto& a = e.A();
  const Kind& kind = *KindOf(i.decoded.operation);
  EmitAddress(e, i, kind);
  EmitDirectWay(e, Way::kWrite, 8, e.LeaveTo(i.last));
  a.mov(Found(4), e.Use(i.decoded.rd));
  a.mov(Found(4, 4), e.Use(i.decoded.ra));
  if (Moves(i.decoded, kind)) EmitMove(e, i);
}

}  // namespace

void EmitDirectWay(Emitter& e, Way way, uint32_t bytes, const asmjit::Label& slowly) {
  auto& a = e.A();
  const size_t table = way == Way::kRead ? offsetof(Core, readable) : offsetof(Core, writable);
  a.mov(x86::rcx, Emitter::Field(table, 8));
  a.mov(x86::edx, x86::eax);
  a.shr(x86::edx, 12);
  a.mov(x86::rcx, x86::ptr(x86::rcx, x86::rdx, 3, 0, 8));
  if (bytes > 1) {
    a.test(x86::al, bytes == 2 ? 1 : 3);
    a.jne(slowly);
  }
  a.and_(x86::eax, 0xfff);
  if (bytes > 4) {
    a.cmp(x86::eax, 0x1000 - static_cast<int32_t>(bytes));
    a.ja(slowly);
  }
  a.test(x86::rcx, x86::rcx);
  a.je(slowly);
}

Action MemoryAction(const Instruction& i) {
  const Decoded& decoded = i.decoded;
  const Kind* kind = KindOf(decoded.operation);
  if (kind == nullptr) return nullptr;
  const bool moves = Moves(decoded, *kind);
  if (moves && decoded.rn == kSp && (decoded.imm & 3U) != 0) return nullptr;
  if (kind->bytes == 8) {
    if (!IsPlain(decoded.rd) || !IsPlain(decoded.ra)) return nullptr;
    return kind->stores ? CompileStorePair : CompileLoadPair;
  }
  if (kind->stores) return CompileStore;
  const bool aligned = (i.last->imm & (kind->bytes - 1U)) == 0;
  if (kind->address == Address::kLiteral && aligned && IsPlain(decoded.rd)) {
    return CompileLoadLiteral;
  }
  if (decoded.rd == kPc && kind->bytes != 4) return nullptr;
  return CompileLoad;
}

}  // namespace percuss::rehost::compiler

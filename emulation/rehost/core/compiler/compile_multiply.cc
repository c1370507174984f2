// SPDX-License-Identifier: Apache-2.0
//
// Multiplications and divisions of whole words, as ops_multiply.cc.
#include "emulation/rehost/core/compiler/actions.h"

namespace percuss::rehost::compiler {

namespace {

void EmitProduct(Emitter& e, const Instruction& i) {
  e.A().mov(x86::eax, e.Use(i.decoded.rn));
  e.A().imul(x86::eax, e.Use(i.decoded.rm));
}

void CompileMul(Emitter& e, const Instruction& i) {
  EmitProduct(e, i);
  if (i.decoded.set_flags) EmitNz(e, i.flags, x86::eax);
  e.Put(i.decoded.rd, x86::eax);
}

void CompileMla(Emitter& e, const Instruction& i) {
  EmitProduct(e, i);
  e.A().add(x86::eax, e.Use(i.decoded.ra));
  e.Put(i.decoded.rd, x86::eax);
}

void CompileMls(Emitter& e, const Instruction& i) {
  EmitProduct(e, i);
  e.A().neg(x86::eax);
  e.A().add(x86::eax, e.Use(i.decoded.ra));
  e.Put(i.decoded.rd, x86::eax);
}

void CompileLong(Emitter& e, const Instruction& i) {
  auto& a = e.A();
  const Operation operation = i.decoded.operation;
  const bool is_signed = operation == Operation::kSmull || operation == Operation::kSmlal;
  const x86::Gp first = e.Use(i.decoded.rn);
  const x86::Gp second = e.Use(i.decoded.rm);
  if (is_signed) {
    a.movsxd(x86::rax, first);
    a.movsxd(x86::rcx, second);
  } else {
    a.mov(x86::eax, first);
    a.mov(x86::ecx, second);
  }
  a.imul(x86::rax, x86::rcx);
  if (operation == Operation::kUmlal || operation == Operation::kSmlal) {
    a.mov(x86::edx, e.Use(i.decoded.rd));
    a.shl(x86::rdx, 32);
    a.mov(x86::ecx, e.Use(i.decoded.ra));
    a.or_(x86::rdx, x86::rcx);
    a.add(x86::rax, x86::rdx);
  }
  e.Put(i.decoded.ra, x86::eax);
  a.shr(x86::rax, 32);
  e.Put(i.decoded.rd, x86::eax);
}

// By 0 there is a handler's way.
void CompileDivide(Emitter& e, const Instruction& i) {
  auto& a = e.A();
  const x86::Gp divisor = e.Use(i.decoded.rm);
  const x86::Gp dividend = e.Use(i.decoded.rn);
  a.test(divisor, divisor);
  a.je(e.LeaveTo(i.last));
  if (i.decoded.operation == Operation::kSdiv) {
    // In 64 bits, as the quotient of the least number and -1 has no place in 32.
    a.movsxd(x86::rax, dividend);
    a.movsxd(x86::rcx, divisor);
    a.cqo();
    a.idiv(x86::rcx);
  } else {
    a.mov(x86::eax, dividend);
    a.xor_(x86::edx, x86::edx);
    a.div(divisor);
  }
  e.Put(i.decoded.rd, x86::eax);
}

}  // namespace

Action MultiplyAction(const Instruction& i) {
  if (!IsPlain(i.decoded.rd) || !IsPlain(i.decoded.ra)) return nullptr;
  switch (i.decoded.operation) {
    case Operation::kMul:
      return CompileMul;
    case Operation::kMla:
      return CompileMla;
    case Operation::kMls:
      return CompileMls;
    case Operation::kSmull:
    case Operation::kUmull:
    case Operation::kSmlal:
    case Operation::kUmlal:
      return CompileLong;
    case Operation::kSdiv:
    case Operation::kUdiv:
      return CompileDivide;
    default:
      return nullptr;
  }
}

}  // namespace percuss::rehost::compiler

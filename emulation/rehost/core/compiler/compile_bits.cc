// SPDX-License-Identifier: Apache-2.0
//
// Bits and bytes, as ops_bits.cc.
#include "emulation/rehost/core/compiler/actions.h"

namespace percuss::rehost::compiler {

namespace {

uint32_t FieldMask(const Decoded& decoded) {
  return (decoded.imm >= 32 ? 0xffffffffU : (1U << decoded.imm) - 1) << (decoded.amount & 31U);
}

void CompileBfc(Emitter& e, const Instruction& i) {
  e.A().and_(e.Use(i.decoded.rd), static_cast<int32_t>(~FieldMask(i.decoded)));
  e.Put(i.decoded.rd);
}

void CompileBfi(Emitter& e, const Instruction& i) {
  auto& a = e.A();
  const uint32_t mask = FieldMask(i.decoded);
  a.mov(x86::eax, e.Use(i.decoded.rn));
  const x86::Gp to = e.Use(i.decoded.rd);
  a.shl(x86::eax, i.decoded.amount & 31U);
  a.and_(x86::eax, static_cast<int32_t>(mask));
  a.and_(to, static_cast<int32_t>(~mask));
  a.or_(to, x86::eax);
  e.Put(i.decoded.rd);
}

void CompileExtract(Emitter& e, const Instruction& i) {
  auto& a = e.A();
  const uint32_t unused = (32 - i.decoded.imm) & 31U;
  a.mov(x86::eax, e.Use(i.decoded.rn));
  a.shr(x86::eax, i.decoded.amount & 31U);
  a.shl(x86::eax, unused);
  if (i.decoded.operation == Operation::kSbfx) {
    a.sar(x86::eax, unused);
  } else {
    a.shr(x86::eax, unused);
  }
  e.Put(i.decoded.rd, x86::eax);
}

void CompileClz(Emitter& e, const Instruction& i) {
  auto& a = e.A();
  // Of twice the value and 1, which is never 0.
  a.mov(x86::eax, e.Use(i.decoded.rm));
  a.lea(x86::rax, x86::ptr(x86::rax, x86::rax, 0, 1));
  a.bsr(x86::rax, x86::rax);
  a.neg(x86::eax);
  a.add(x86::eax, 32);
  e.Put(i.decoded.rd, x86::eax);
}

void CompileReverse(Emitter& e, const Instruction& i) {
  auto& a = e.A();
  a.mov(x86::eax, e.Use(i.decoded.rm));
  a.bswap(x86::eax);
  if (i.decoded.operation == Operation::kRev16) a.rol(x86::eax, 16);
  if (i.decoded.operation == Operation::kRevsh) a.sar(x86::eax, 16);
  e.Put(i.decoded.rd, x86::eax);
}

struct Extension {
  Operation operation;
  uint8_t bytes;
  bool is_signed;
  bool adds;
};

constexpr Extension kExtensions[] = {
    {Operation::kSxtab, 1, true, true},  {Operation::kSxtah, 2, true, true},
    {Operation::kSxtb, 1, true, false},  {Operation::kSxth, 2, true, false},
    {Operation::kUxtab, 1, false, true}, {Operation::kUxtah, 2, false, true},
    {Operation::kUxtb, 1, false, false}, {Operation::kUxth, 2, false, false},
};

const Extension* ExtensionOf(Operation operation) {
  for (const Extension& extension : kExtensions) {
    if (extension.operation == operation) return &extension;
  }
  return nullptr;
}

void CompileExtension(Emitter& e, const Instruction& i) {
  auto& a = e.A();
  const Extension& extension = *ExtensionOf(i.decoded.operation);
  x86::Gp from = e.Use(i.decoded.rm);
  if ((i.decoded.amount & 31U) != 0) {
    a.mov(x86::eax, from);
    a.ror(x86::eax, i.decoded.amount & 31U);
    from = x86::eax;
  }
  const x86::Gp part = extension.bytes == 1 ? x86::Gp(from.r8()) : x86::Gp(from.r16());
  if (extension.is_signed) {
    a.movsx(x86::eax, part);
  } else {
    a.movzx(x86::eax, part);
  }
  if (extension.adds) a.add(x86::eax, e.Use(i.decoded.rn));
  e.Put(i.decoded.rd, x86::eax);
}

}  // namespace

Action BitsAction(const Instruction& i) {
  if (!IsPlain(i.decoded.rd)) return nullptr;
  switch (i.decoded.operation) {
    case Operation::kBfc:
      return CompileBfc;
    case Operation::kBfi:
      return CompileBfi;
    case Operation::kSbfx:
    case Operation::kUbfx:
      return CompileExtract;
    case Operation::kClz:
      return CompileClz;
    case Operation::kRev:
    case Operation::kRev16:
    case Operation::kRevsh:
      return CompileReverse;
    default:
      return ExtensionOf(i.decoded.operation) != nullptr ? CompileExtension : nullptr;
  }
}

}  // namespace percuss::rehost::compiler

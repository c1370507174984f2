// SPDX-License-Identifier: Apache-2.0
//
// Shifts, as ops_shift.cc and ShiftBy.
#include "emulation/rehost/core/compiler/actions.h"

namespace percuss::rehost::compiler {

namespace {

x86::Mem CarryField() { return Emitter::Field(offsetof(Core, carry), 1); }

Shift ShiftOf(Operation operation) {
  switch (operation) {
    case Operation::kAsrImmediate:
    case Operation::kAsrRegister:
      return Shift::kAsr;
    case Operation::kLslImmediate:
    case Operation::kLslRegister:
      return Shift::kLsl;
    case Operation::kLsrImmediate:
    case Operation::kLsrRegister:
      return Shift::kLsr;
    case Operation::kRrx:
      return Shift::kRrx;
    default:
      return Shift::kRor;
  }
}

void PutResult(Emitter& e, const Instruction& i, const x86::Gp& result) {
  EmitNz(e, i.flags, result);
  if (i.decoded.rd == kSp) e.A().and_(result, ~3);
  e.Put(i.decoded.rd, result);
}

void CompileByImmediate(Emitter& e, const Instruction& i) {
  const Shift shift = ShiftOf(i.decoded.operation);
  e.A().mov(x86::eax, e.Use(i.decoded.rm));
  if (i.decoded.amount != 0 || shift == Shift::kRrx) {
    EmitShift(e, x86::eax, shift, i.decoded.amount, i.flags == Flags::kAll);
  }
  PutResult(e, i, x86::eax);
}

// Of 64 bits, with what is shifted out at bit 32 (to the left) or 0.
void ShiftWide(Emitter& e, Shift shift, bool carries) {
  auto& a = e.A();
  const asmjit::Label small = a.newLabel();
  const asmjit::Label same = a.newLabel();
  a.cmp(x86::ecx, 63);
  a.jbe(small);
  a.mov(x86::ecx, 63);
  a.bind(small);
  if (shift != Shift::kLsl) a.add(x86::rax, x86::rax);
  switch (shift) {
    case Shift::kLsl:
      a.shl(x86::rax, x86::cl);
      break;
    case Shift::kLsr:
      a.shr(x86::rax, x86::cl);
      break;
    default:
      a.sar(x86::rax, x86::cl);
      break;
  }
  if (carries) {
    a.test(x86::ecx, x86::ecx);
    a.je(same);
    a.bt(x86::rax, shift == Shift::kLsl ? 32 : 0);
    a.setb(CarryField());
    a.bind(same);
  }
  if (shift != Shift::kLsl) a.shr(x86::rax, 1);
}

void CompileByRegister(Emitter& e, const Instruction& i) {
  auto& a = e.A();
  const Shift shift = ShiftOf(i.decoded.operation);
  const bool carries = i.flags == Flags::kAll;
  const x86::Gp value = e.Use(i.decoded.rn);
  a.movzx(x86::ecx, e.Use(i.decoded.rm).r8());
  if (shift == Shift::kAsr) {
    a.movsxd(x86::rax, value);
  } else {
    a.mov(x86::eax, value);
  }
  if (shift == Shift::kRor) {
    const asmjit::Label same = a.newLabel();
    a.ror(x86::eax, x86::cl);
    if (carries) {
      a.test(x86::ecx, x86::ecx);
      a.je(same);
      a.bt(x86::eax, 31);
      a.setb(CarryField());
      a.bind(same);
    }
  } else {
    ShiftWide(e, shift, carries);
  }
  PutResult(e, i, x86::eax);
}

}  // namespace

void EmitShift(Emitter& e, const x86::Gp& value, Shift shift, uint8_t amount, bool carries) {
  auto& a = e.A();
  const bool all = amount == 32;
  switch (shift) {
    case Shift::kLsl:
      a.shl(value, amount);
      break;
    case Shift::kLsr:
      if (all) a.shr(value, 31);
      a.shr(value, all ? 1 : amount);
      break;
    case Shift::kAsr:
      if (all) a.sar(value, 31);
      a.sar(value, all ? 1 : amount);
      break;
    case Shift::kRor:
      a.ror(value, amount);
      break;
    case Shift::kRrx:
      a.cmp(CarryField(), 1);
      a.cmc();
      a.rcr(value, 1);
      break;
  }
  if (carries) a.setb(CarryField());
}

Action ShiftAction(const Instruction& i) {
  if (i.decoded.rd == kPc) return nullptr;
  switch (i.decoded.operation) {
    case Operation::kAsrImmediate:
    case Operation::kLslImmediate:
    case Operation::kLsrImmediate:
    case Operation::kRorImmediate:
    case Operation::kRrx:
      return CompileByImmediate;
    case Operation::kAsrRegister:
    case Operation::kLslRegister:
    case Operation::kLsrRegister:
    case Operation::kRorRegister:
      return CompileByRegister;
    default:
      return nullptr;
  }
}

}  // namespace percuss::rehost::compiler

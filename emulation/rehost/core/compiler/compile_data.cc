// SPDX-License-Identifier: Apache-2.0
//
// Data processing with two operands, as ops_data.cc.
#include "emulation/rehost/core/compiler/actions.h"

namespace percuss::rehost::compiler {

namespace {

enum class Verb : uint8_t {
  kAdd,
  kAdc,
  kSub,
  kSbc,
  kRsb,
  kAnd,
  kBic,
  kEor,
  kOrr,
  kOrn,
  kMov,
  kMvn
};

struct Kind {
  Operation operation;
  Verb verb;
  bool immediate;
  bool compares = false;
};

constexpr Kind kKinds[] = {
    {Operation::kAdcImmediate, Verb::kAdc, true},
    {Operation::kAdcRegister, Verb::kAdc, false},
    {Operation::kAddImmediate, Verb::kAdd, true},
    {Operation::kAddRegister, Verb::kAdd, false},
    {Operation::kAndImmediate, Verb::kAnd, true},
    {Operation::kAndRegister, Verb::kAnd, false},
    {Operation::kBicImmediate, Verb::kBic, true},
    {Operation::kBicRegister, Verb::kBic, false},
    {Operation::kCmnImmediate, Verb::kAdd, true, true},
    {Operation::kCmnRegister, Verb::kAdd, false, true},
    {Operation::kCmpImmediate, Verb::kSub, true, true},
    {Operation::kCmpRegister, Verb::kSub, false, true},
    {Operation::kEorImmediate, Verb::kEor, true},
    {Operation::kEorRegister, Verb::kEor, false},
    {Operation::kMovImmediate, Verb::kMov, true},
    {Operation::kMovRegister, Verb::kMov, false},
    {Operation::kMvnImmediate, Verb::kMvn, true},
    {Operation::kMvnRegister, Verb::kMvn, false},
    {Operation::kOrnImmediate, Verb::kOrn, true},
    {Operation::kOrnRegister, Verb::kOrn, false},
    {Operation::kOrrImmediate, Verb::kOrr, true},
    {Operation::kOrrRegister, Verb::kOrr, false},
    {Operation::kRsbImmediate, Verb::kRsb, true},
    {Operation::kRsbRegister, Verb::kRsb, false},
    {Operation::kSbcImmediate, Verb::kSbc, true},
    {Operation::kSbcRegister, Verb::kSbc, false},
    {Operation::kSubImmediate, Verb::kSub, true},
    {Operation::kSubRegister, Verb::kSub, false},
    {Operation::kTeqImmediate, Verb::kEor, true, true},
    {Operation::kTeqRegister, Verb::kEor, false, true},
    {Operation::kTstImmediate, Verb::kAnd, true, true},
    {Operation::kTstRegister, Verb::kAnd, false, true},
};

const Kind* KindOf(Operation operation) {
  for (const Kind& kind : kKinds) {
    if (kind.operation == operation) return &kind;
  }
  return nullptr;
}

bool IsLogical(Verb verb) { return verb >= Verb::kAnd; }

bool HasFirst(Verb verb) { return verb != Verb::kMov && verb != Verb::kMvn; }

bool Inverts(Verb verb) { return verb == Verb::kBic || verb == Verb::kOrn || verb == Verb::kMvn; }

// The second operand: a number, or a register that is rm's, or ecx.
struct Operand {
  bool is_number = false;
  uint32_t number = 0;
  x86::Gp reg;

  [[nodiscard]] asmjit::Operand Of() const {
    if (is_number) return asmjit::Imm(static_cast<int32_t>(number));
    return reg;
  }
};

// Also what a logical operation leaves in C.
Operand OperandFor(Emitter& e, const Instruction& i, const Kind& kind) {
  auto& a = e.A();
  const Decoded& decoded = i.decoded;
  const bool carries = IsLogical(kind.verb) && i.flags == Flags::kAll;
  Operand operand;
  if (kind.immediate) {
    operand.is_number = true;
    operand.number = Inverts(kind.verb) ? ~decoded.imm : decoded.imm;
    if (carries && decoded.immediate_carry != 2) {
      a.mov(Emitter::Field(offsetof(Core, carry), 1), decoded.immediate_carry);
    }
    return operand;
  }
  operand.reg = e.Use(decoded.rm);
  const bool shifts = decoded.amount != 0 || decoded.shift == Shift::kRrx;
  if (!shifts && !Inverts(kind.verb)) return operand;
  a.mov(x86::ecx, operand.reg);
  operand.reg = x86::ecx;
  if (shifts) EmitShift(e, x86::ecx, decoded.shift, decoded.amount, carries);
  if (Inverts(kind.verb)) a.not_(x86::ecx);
  return operand;
}

// work: has the first operand, and gets the result.
void Calculate(Emitter& e, Verb verb, const x86::Gp& work, const Operand& operand) {
  auto& a = e.A();
  const asmjit::Operand second = operand.Of();
  const x86::Mem carry = Emitter::Field(offsetof(Core, carry), 1);
  switch (verb) {
    case Verb::kAdd:
      a.emit(x86::Inst::kIdAdd, work, second);
      break;
    case Verb::kAdc:
      a.cmp(carry, 1);
      a.cmc();
      a.emit(x86::Inst::kIdAdc, work, second);
      break;
    case Verb::kSub:
    case Verb::kRsb:
      a.emit(x86::Inst::kIdSub, work, second);
      break;
    case Verb::kSbc:
      a.cmp(carry, 1);
      a.emit(x86::Inst::kIdSbb, work, second);
      break;
    case Verb::kAnd:
    case Verb::kBic:
      a.emit(x86::Inst::kIdAnd, work, second);
      break;
    case Verb::kEor:
      a.emit(x86::Inst::kIdXor, work, second);
      break;
    case Verb::kOrr:
    case Verb::kOrn:
      a.emit(x86::Inst::kIdOr, work, second);
      break;
    case Verb::kMov:
    case Verb::kMvn:
      a.emit(x86::Inst::kIdMov, work, second);
      break;
  }
}

void SetFlags(Emitter& e, Flags flags, Verb verb, const x86::Gp& result) {
  auto& a = e.A();
  if (flags == Flags::kNone) return;
  const x86::Mem carry = Emitter::Field(offsetof(Core, carry), 1);
  if (!HasFirst(verb)) a.test(result, result);
  const bool adds = verb == Verb::kAdd || verb == Verb::kAdc;
  if (flags == Flags::kAll && !IsLogical(verb)) {
    adds ? a.setb(carry) : a.setae(carry);
    a.seto(Emitter::Field(offsetof(Core, overflow), 1));
  }
  EmitNz(e, flags, result);
  e.flags = IsLogical(verb) ? HostFlags::kResult
            : adds          ? HostFlags::kAddition
                            : HostFlags::kSubtraction;
}

void CompileData(Emitter& e, const Instruction& i) {
  auto& a = e.A();
  const Decoded& decoded = i.decoded;
  const Kind& kind = *KindOf(decoded.operation);
  Operand second = OperandFor(e, i, kind);
  if (kind.verb == Verb::kRsb) {
    a.emit(x86::Inst::kIdMov, x86::eax, second.Of());
    second = {false, 0, e.Use(decoded.rn)};
  }
  const bool plain = !kind.compares && decoded.rd != kSp && kind.verb != Verb::kRsb;
  // In place, unless that would change the second operand.
  const bool in_place = plain && (second.is_number || second.reg.id() == x86::ecx.id() ||
                                  decoded.rd != decoded.rm || decoded.rd == decoded.rn);
  x86::Gp first = x86::eax;
  if (HasFirst(kind.verb) && kind.verb != Verb::kRsb) first = e.Use(decoded.rn);
  x86::Gp work = x86::eax;
  if (in_place) work = e.Define(decoded.rd);
  if (first.id() != work.id() && HasFirst(kind.verb)) a.mov(work, first);
  Calculate(e, kind.verb, work, second);
  SetFlags(e, i.flags, kind.verb, work);
  if (kind.compares) return;
  if (decoded.rd == kSp) {
    a.and_(work, ~3);
    e.flags = HostFlags::kNothing;
  }
  e.Put(decoded.rd, work);
}

void CompileMovt(Emitter& e, const Instruction& i) {
  auto& a = e.A();
  const x86::Gp value = e.Use(i.decoded.rd);
  a.movzx(value, value.r16());
  a.or_(value, static_cast<int32_t>(i.decoded.imm << 16U));
  e.Put(i.decoded.rd);
}

void CompileAdr(Emitter& e, const Instruction& i) {
  e.A().mov(e.Define(i.decoded.rd), static_cast<int32_t>(i.decoded.imm));
  e.Put(i.decoded.rd);
}

}  // namespace

void EmitNz(Emitter& e, Flags flags, const x86::Gp& result) {
  if (flags == Flags::kNone) return;
  e.A().mov(Emitter::Field(offsetof(Core, negative), 4), result);
  e.A().mov(Emitter::Field(offsetof(Core, zero), 4), result);
}

Action DataAction(const Instruction& i) {
  const Decoded& decoded = i.decoded;
  if (decoded.operation == Operation::kMovt || decoded.operation == Operation::kAdr) {
    if (!IsPlain(decoded.rd)) return nullptr;
    return decoded.operation == Operation::kMovt ? CompileMovt : CompileAdr;
  }
  const Kind* kind = KindOf(decoded.operation);
  if (kind == nullptr || (!kind->compares && decoded.rd == kPc)) return nullptr;
  return CompileData;
}

}  // namespace percuss::rehost::compiler

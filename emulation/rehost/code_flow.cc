// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/code_flow.h"

#include "emulation/rehost/core/core.h"
#include "emulation/rehost/core/flag_use.h"
#include "emulation/rehost/core/it_block.h"

namespace percuss::emulation {
namespace {

using rehost::Decoded;
using rehost::kAlways;
using rehost::kLr;
using rehost::kPc;
using rehost::kSp;
using rehost::Operation;

constexpr uint16_t kPcInList = 0x8000;

bool IsTableLoad(const Decoded& decoded) {
  return decoded.operation == Operation::kLdrRegister && (decoded.amount == 2);
}

// Of an instruction that loads several registers.
bool LoadsList(Operation operation) {
  return operation == Operation::kLdm || operation == Operation::kLdmdb;
}

bool IsCompare(Operation operation) {
  return (operation >= Operation::kCmnImmediate && operation <= Operation::kCmpRegister) ||
         (operation >= Operation::kTeqImmediate && operation <= Operation::kTstRegister);
}

bool IsStore(Operation operation) {
  return (operation >= Operation::kStrImmediate && operation <= Operation::kStrdImmediate) ||
         (operation >= Operation::kStrt && operation <= Operation::kStrht);
}

// Whether `ra` may be one more register that it sets.
bool SetsTwo(Operation operation) {
  return (operation >= Operation::kMul && operation <= Operation::kSmusd) ||
         operation == Operation::kLdrdImmediate || operation == Operation::kLdrdLiteral ||
         (operation >= Operation::kLdrex && operation <= Operation::kStrexh) ||
         operation >= Operation::kVabs;
}

// Whether it may set register 15 in another way than by the branches that have their own names.
bool WritesPc(const Decoded& decoded) {
  const Operation operation = decoded.operation;
  if (LoadsList(operation)) return (decoded.registers & kPcInList) != 0;
  if (operation >= Operation::kClrex) return false;
  return !IsCompare(operation) && !IsStore(operation) && operation != Operation::kUndefined &&
         decoded.rd == kPc;
}

void ToRegister(CodeStep& step, uint8_t number, const KnownRegisters& known) {
  if (number == kLr || known.IsPopped(number)) {
    step.flow = Flow::kReturn;
  } else if (const auto value = known.ValueOf(number)) {
    step.flow = Flow::kBranch;
    step.target = *value & ~1U;
  } else if (const auto table = known.TableOf(number)) {
    step.flow = Flow::kTableWords;
    step.target = *table;
  } else {
    step.flow = Flow::kIndirect;
  }
}

void ToLoaded(CodeStep& step, const KnownRegisters& known, const CodeView& code) {
  const Decoded& decoded = step.decoded;
  step.flow = Flow::kIndirect;
  if (decoded.operation == Operation::kLdrLiteral) {
    if (const auto word = code.Word(decoded.imm)) {
      step.flow = Flow::kBranch;
      step.target = *word & ~1U;
    }
  } else if (decoded.rn == kSp || LoadsList(decoded.operation)) {
    step.flow = Flow::kReturn;
  } else if (IsTableLoad(decoded)) {
    if (const auto table = known.ValueOf(decoded.rn)) {
      step.flow = Flow::kTableWords;
      step.target = *table;
    }
  }
}

void ToTable(CodeStep& step, const KnownRegisters& known) {
  const bool bytes = step.decoded.operation == Operation::kTbb;
  const auto table = step.decoded.rn == kPc ? std::optional<uint32_t>(step.pc + 4)
                                            : known.ValueOf(step.decoded.rn);
  step.flow = !table ? Flow::kIndirect : bytes ? Flow::kTableBytes : Flow::kTableHalves;
  step.target = table.value_or(0);
}

void ToCalled(CodeStep& step, const KnownRegisters& known) {
  const auto value = known.ValueOf(step.decoded.rm);
  step.flow = value ? Flow::kCall : Flow::kIndirectCall;
  step.target = value.value_or(0) & ~1U;
}

bool IsUdf(uint16_t first, uint16_t second) {
  constexpr uint16_t kUdf16 = 0xde00;
  constexpr uint16_t kUdf32 = 0xf7f0;
  constexpr uint16_t kUdf32Second = 0xa000;
  return (first & 0xff00U) == kUdf16 ||
         ((first & 0xfff0U) == kUdf32 && (second & 0xf000U) == kUdf32Second);
}

}  // namespace

std::optional<CodeStep> StepAt(const CodeView& code, uint32_t pc, uint8_t it_state,
                               const rehost::DecoderOptions& options) {
  const auto first = code.Half(pc);
  if (!first || !code.IsCode(pc)) return std::nullopt;
  const bool wide = rehost::InstructionBytes(*first) == 4;
  const auto second = wide ? code.Half(pc + 2) : std::optional<uint16_t>(uint16_t{0});
  if (!second || (wide && !code.IsCode(pc + 2))) return std::nullopt;
  CodeStep step;
  step.pc = pc;
  step.it_state = it_state;
  step.decoded = rehost::Decode(*first, *second, pc, rehost::InIt(it_state), options);
  step.decoded.bytes = wide ? 4 : 2;
  const bool begins_it = step.decoded.operation == Operation::kIt;
  step.it_after =
      begins_it ? static_cast<uint8_t>(*first & 0xffU) : rehost::AfterInstruction(it_state);
  step.is_udf = step.decoded.operation == Operation::kUndefined && IsUdf(*first, *second);
  return step;
}

LiteralPlace LiteralOf(const CodeStep& step) {
  const Decoded& decoded = step.decoded;
  switch (decoded.operation) {
    case Operation::kLdrLiteral:
      return {decoded.imm, 4};
    case Operation::kLdrbLiteral:
    case Operation::kLdrsbLiteral:
    case Operation::kLdrhLiteral:
    case Operation::kLdrshLiteral:
      return {decoded.imm & ~1U, 2};
    case Operation::kLdrdLiteral:
      return {decoded.imm, 8};
    case Operation::kVldr: {
      if (decoded.rn != kPc) return {};
      const uint32_t base = (step.pc + 4) & ~3U;
      const uint32_t address = decoded.add ? base + decoded.imm : base - decoded.imm;
      return {address, decoded.variant == 1 ? 8U : 4U};
    }
    default:
      return {};
  }
}

std::optional<uint32_t> KnownRegisters::ValueOf(uint8_t number) const {
  const Known& known = known_[number & 15U];
  if (known.kind != Kind::kValue) return std::nullopt;
  return known.value;
}

std::optional<uint32_t> KnownRegisters::TableOf(uint8_t number) const {
  const Known& known = known_[number & 15U];
  if (known.kind != Kind::kFromTable) return std::nullopt;
  return known.value;
}

bool KnownRegisters::IsPopped(uint8_t number) const {
  return known_[number & 15U].kind == Kind::kPopped;
}

KnownRegisters::Known KnownRegisters::ResultOf(const CodeStep& step, const CodeView& code) const {
  const Decoded& decoded = step.decoded;
  switch (decoded.operation) {
    case Operation::kMovImmediate:
    case Operation::kAdr:
      return {Kind::kValue, decoded.imm};
    case Operation::kMovt:
      if (const auto low = ValueOf(decoded.rd)) {
        return {Kind::kValue, (*low & 0xffffU) | decoded.imm << 16U};
      }
      return {};
    case Operation::kMovRegister:
      if (decoded.rm == kPc) return {};
      return known_[decoded.rm & 15U];
    case Operation::kLdrLiteral:
      if (const auto word = code.Word(decoded.imm)) return {Kind::kValue, *word};
      return {};
    case Operation::kLdrRegister:
      if (const auto base = ValueOf(decoded.rn)) return {Kind::kFromTable, *base};
      if (const auto base = ValueOf(decoded.rm); base && decoded.amount == 0) {
        return {Kind::kFromTable, *base};
      }
      return {};
    default:
      return {};
  }
}

// Rather too many than one too few: what is no destination may be taken for one.
void KnownRegisters::Forget(const Decoded& decoded) {
  const auto forget = [this](uint8_t number) { known_[number & 15U] = {}; };
  if (IsCompare(decoded.operation)) return;
  if (IsStore(decoded.operation)) {
    if (decoded.write_back) forget(decoded.rn);
    return;
  }
  forget(decoded.rd);
  if (SetsTwo(decoded.operation)) forget(decoded.ra);
  if (decoded.write_back || decoded.operation >= Operation::kLdrex) forget(decoded.rn);
  if (!LoadsList(decoded.operation)) return;
  for (uint8_t number = 0; number < 15; ++number) {
    if ((decoded.registers >> number & 1U) == 0) continue;
    known_[number] = {decoded.rn == kSp ? Kind::kPopped : Kind::kUnknown, 0};
  }
}

void KnownRegisters::NoteCompare(const CodeStep& step) {
  if (rehost::FlagUseOf(step.decoded).may_set == 0) return;
  compared_.reset();
  const bool certain = !rehost::InIt(step.it_state);
  if (certain && step.decoded.operation == Operation::kCmpImmediate) compared_ = step.decoded.imm;
}

void KnownRegisters::After(const CodeStep& step, const CodeView& code) {
  const Known result = ResultOf(step, code);
  const bool maybe = rehost::InIt(step.it_state) && rehost::ConditionOf(step.it_state) < kAlways;
  Forget(step.decoded);
  if (!maybe && result.kind != Kind::kUnknown) known_[step.decoded.rd & 15U] = result;
  NoteCompare(step);
}

void FillFlow(CodeStep& step, const KnownRegisters& known, const CodeView& code) {
  const Decoded& decoded = step.decoded;
  step.conditional = rehost::InIt(step.it_state) && rehost::ConditionOf(step.it_state) < kAlways;
  switch (decoded.operation) {
    case Operation::kUndefined:
    case Operation::kCoprocessor:
      step.flow = Flow::kNowhere;
      return;
    case Operation::kB:
    case Operation::kCbz:
    case Operation::kCbnz:
      step.flow = Flow::kBranch;
      step.target = decoded.imm;
      step.conditional =
          step.conditional || decoded.operation != Operation::kB || decoded.condition < kAlways;
      return;
    case Operation::kBl:
      step.flow = Flow::kCall;
      step.target = decoded.imm;
      return;
    case Operation::kBlxRegister:
      return ToCalled(step, known);
    case Operation::kBx:
      return ToRegister(step, decoded.rm, known);
    case Operation::kTbb:
    case Operation::kTbh:
      return ToTable(step, known);
    default:
      break;
  }
  step.flow = Flow::kNext;
  if (!WritesPc(decoded)) return;
  const bool loads = LoadsList(decoded.operation) || decoded.operation >= Operation::kLdrImmediate;
  if (loads) return ToLoaded(step, known, code);
  step.flow = Flow::kIndirect;
  if (decoded.operation == Operation::kMovRegister) ToRegister(step, decoded.rm, known);
}

}  // namespace percuss::emulation

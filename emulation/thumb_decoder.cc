// SPDX-License-Identifier: Apache-2.0
#include <capstone/capstone.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "emulation/instruction.h"

namespace percuss::emulation {
namespace {

constexpr int kStackRegister = 13;
constexpr int kLinkRegister = 14;
constexpr int kPcRegister = 15;

int NumberOf(unsigned reg) {
  switch (reg) {
    case ARM_REG_SP:
      return kStackRegister;
    case ARM_REG_LR:
      return kLinkRegister;
    case ARM_REG_PC:
      return kPcRegister;
    default:
      return reg >= ARM_REG_R0 && reg <= ARM_REG_R12 ? static_cast<int>(reg - ARM_REG_R0)
                                                     : kNoRegister;
  }
}

bool IsOneOf(unsigned id, std::initializer_list<unsigned> ids) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

bool LoadsOne(unsigned id) {
  return IsOneOf(id, {ARM_INS_LDR, ARM_INS_LDRB, ARM_INS_LDRH, ARM_INS_LDRSB, ARM_INS_LDRSH,
                      ARM_INS_LDRD, ARM_INS_LDRT, ARM_INS_LDRBT, ARM_INS_LDRHT, ARM_INS_LDRSBT,
                      ARM_INS_LDRSHT, ARM_INS_LDREX, ARM_INS_LDREXB, ARM_INS_LDREXH});
}
bool StoresOne(unsigned id) {
  return IsOneOf(id, {ARM_INS_STR, ARM_INS_STRB, ARM_INS_STRH, ARM_INS_STRD, ARM_INS_STRT,
                      ARM_INS_STRBT, ARM_INS_STRHT});
}
bool StoresExclusive(unsigned id) {
  return IsOneOf(id, {ARM_INS_STREX, ARM_INS_STREXB, ARM_INS_STREXH});
}
bool LoadsSeveral(unsigned id) { return IsOneOf(id, {ARM_INS_LDM, ARM_INS_LDMDB}); }
bool StoresSeveral(unsigned id) { return IsOneOf(id, {ARM_INS_STM, ARM_INS_STMDB}); }
bool Compares(unsigned id) {
  return IsOneOf(id, {ARM_INS_CMP, ARM_INS_CMN, ARM_INS_TST, ARM_INS_TEQ, ARM_INS_IT, ARM_INS_NOP});
}
bool KeepsValue(unsigned id) { return IsOneOf(id, {ARM_INS_MOV}); }

using Operands = std::vector<cs_arm_op>;

void ReadAccess(const cs_insn& raw, const Operands& operands, Instruction& instruction) {
  const unsigned id = raw.id;
  std::vector<int> registers;
  bool behind_base = false;
  for (const cs_arm_op& operand : operands) {
    if (operand.type == ARM_OP_MEM) {
      instruction.base = NumberOf(operand.mem.base);
      instruction.index = NumberOf(operand.mem.index);
    }
    if (operand.type != ARM_OP_REG) continue;
    const int number = NumberOf(static_cast<unsigned>(operand.reg));
    if ((LoadsSeveral(id) || StoresSeveral(id)) && !behind_base) {
      instruction.base = number;
      behind_base = true;
      continue;
    }
    registers.push_back(number);
  }
  if (id == ARM_INS_POP || id == ARM_INS_PUSH) instruction.base = kStackRegister;
  if (StoresExclusive(id) && !registers.empty()) {
    instruction.writes.insert(registers.front());
    registers.erase(registers.begin());
  }
  const bool loads = LoadsOne(id) || LoadsSeveral(id) || id == ARM_INS_POP;
  (loads ? instruction.loads : instruction.stores) = registers;
  if (loads) instruction.writes.insert(registers.begin(), registers.end());
  const bool moves_base = raw.detail->arm.writeback || id == ARM_INS_POP || id == ARM_INS_PUSH;
  if (!moves_base || instruction.base == kNoRegister) return;
  instruction.writes.insert(instruction.base);
  instruction.source = Instruction::Source::kRegister;
  instruction.source_register = instruction.base;
  instruction.changes = true;
}

// Two results from more than one register.
bool MultipliesLong(unsigned id) {
  return IsOneOf(id, {ARM_INS_UMULL, ARM_INS_SMULL, ARM_INS_UMLAL, ARM_INS_SMLAL, ARM_INS_UMAAL});
}

void ReadComputation(const cs_insn& raw, const Operands& operands, Instruction& instruction) {
  if (MultipliesLong(raw.id) && operands.size() > 1) {
    instruction.writes.insert(NumberOf(static_cast<unsigned>(operands[1].reg)));
  }
  if (operands.empty() || operands[0].type != ARM_OP_REG || Compares(raw.id)) return;
  const int written = NumberOf(static_cast<unsigned>(operands[0].reg));
  instruction.writes.insert(written);
  std::set<int> sources;
  bool unknown = false;
  // "adds r0, #4" and MOVT change what they write.
  const bool changes_first =
      raw.id == ARM_INS_MOVT || raw.id == ARM_INS_BFI || raw.id == ARM_INS_BFC ||
      (operands.size() == 2 &&
       IsOneOf(raw.id, {ARM_INS_ADD, ARM_INS_SUB, ARM_INS_ADC, ARM_INS_SBC, ARM_INS_AND,
                        ARM_INS_ORR, ARM_INS_EOR, ARM_INS_BIC, ARM_INS_LSL, ARM_INS_LSR,
                        ARM_INS_ASR, ARM_INS_ROR, ARM_INS_MUL}));
  if (changes_first) sources.insert(written);
  bool shifted = false;
  for (size_t i = 1; i < operands.size(); ++i) {
    const cs_arm_op& operand = operands[i];
    if (operand.type == ARM_OP_REG) {
      sources.insert(NumberOf(static_cast<unsigned>(operand.reg)));
      shifted = shifted || operand.shift.type != ARM_SFT_INVALID;
    } else if (operand.type != ARM_OP_IMM) {
      unknown = true;
    }
  }
  using Source = Instruction::Source;
  if (unknown || sources.size() > 1 || sources.contains(kNoRegister)) {
    instruction.source = Source::kSeveral;
    if (!unknown && !sources.contains(kNoRegister)) {
      instruction.sources.assign(sources.begin(), sources.end());
    }
  } else if (sources.empty()) {
    instruction.source = Source::kConstant;
  } else {
    instruction.source = Source::kRegister;
    instruction.source_register = *sources.begin();
    instruction.changes = !KeepsValue(raw.id) || shifted;
  }
}

bool IsBranch(csh handle, const cs_insn& raw) {
  return cs_insn_group(handle, &raw, CS_GRP_JUMP) || cs_insn_group(handle, &raw, CS_GRP_CALL) ||
         IsOneOf(raw.id, {ARM_INS_B, ARM_INS_BX, ARM_INS_BL, ARM_INS_BLX, ARM_INS_CBZ, ARM_INS_CBNZ,
                          ARM_INS_TBB, ARM_INS_TBH});
}

void ReadBranch(const cs_insn& raw, const Operands& operands, Instruction& instruction) {
  instruction.branch = true;
  instruction.call = IsOneOf(raw.id, {ARM_INS_BL, ARM_INS_BLX});
  if (instruction.call) {
    instruction.writes.insert(kLinkRegister);
    instruction.source = Instruction::Source::kConstant;
  }
  for (const cs_arm_op& operand : operands) {
    if (operand.type == ARM_OP_IMM) instruction.target = static_cast<uint32_t>(operand.imm) & ~1U;
    const bool goes_there = IsOneOf(raw.id, {ARM_INS_BX, ARM_INS_BLX});
    if (operand.type == ARM_OP_REG && goes_there) {
      instruction.branch_register = NumberOf(static_cast<unsigned>(operand.reg));
    }
  }
}

Instruction Read(csh handle, const cs_insn& raw) {
  Instruction instruction;
  instruction.address = static_cast<uint32_t>(raw.address);
  instruction.bytes = raw.size;
  instruction.text = fmt::format("{} {}", raw.mnemonic, raw.op_str);
  const cs_arm& detail = raw.detail->arm;
  const Operands operands(std::begin(detail.operands),
                          std::begin(detail.operands) + detail.op_count);
  const bool branch = IsBranch(handle, raw);
  instruction.conditional =
      detail.cc != ARM_CC_AL && detail.cc != ARM_CC_INVALID && raw.id != ARM_INS_IT && !branch;
  if (branch) {
    ReadBranch(raw, operands, instruction);
  } else if (LoadsOne(raw.id) || StoresOne(raw.id) || StoresExclusive(raw.id) ||
             LoadsSeveral(raw.id) || StoresSeveral(raw.id) || raw.id == ARM_INS_POP ||
             raw.id == ARM_INS_PUSH) {
    ReadAccess(raw, operands, instruction);
  } else {
    ReadComputation(raw, operands, instruction);
  }
  instruction.writes.erase(kNoRegister);
  if (instruction.writes.contains(kPcRegister)) instruction.branch = true;
  return instruction;
}

}  // namespace

std::vector<Instruction> DecodeThumb(const std::string& code, uint32_t address) {
  std::vector<Instruction> instructions;
  csh handle = 0;
  const auto mode = static_cast<cs_mode>(CS_MODE_THUMB | CS_MODE_MCLASS);
  if (cs_open(CS_ARCH_ARM, mode, &handle) != CS_ERR_OK) return instructions;
  cs_insn* decoded = nullptr;
  size_t count = 0;
  if (cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON) == CS_ERR_OK) {
    count = cs_disasm(handle, reinterpret_cast<const uint8_t*>(code.data()), code.size(), address,
                      0, &decoded);
  }
  for (size_t i = 0; i < count; ++i) instructions.push_back(Read(handle, decoded[i]));
  if (count != 0) cs_free(decoded, count);
  cs_close(&handle);
  return instructions;
}

}  // namespace percuss::emulation

// SPDX-License-Identifier: Apache-2.0
//
// For tests and bench: what capstone, which decodes by other tables, has against blocks found.
#pragma once

#include <capstone/capstone.h>

#include <cstdint>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "emulation/rehost/block_finder.h"
#include "emulation/rehost/code_view.h"

namespace percuss::emulation {

class CapstoneBlocks {
 public:
  explicit CapstoneBlocks(const rehost::MachineImage& image) : view_(image) {
    cs_open(CS_ARCH_ARM, static_cast<cs_mode>(CS_MODE_THUMB | CS_MODE_MCLASS), &handle_);
    cs_option(handle_, CS_OPT_DETAIL, CS_OPT_ON);
  }
  ~CapstoneBlocks() { cs_close(&handle_); }
  CapstoneBlocks(const CapstoneBlocks&) = delete;
  CapstoneBlocks& operator=(const CapstoneBlocks&) = delete;

  // That a block has instructions to its last byte, no branch but the last of them, and where it
  // leads to begins another, or is told as a conflict.
  std::vector<std::string> Objections(const FoundCode& found) {
    std::set<uint32_t> begins(found.conflicts.begin(), found.conflicts.end());
    for (const FoundBlock& block : found.blocks) begins.insert(block.begin);
    std::vector<std::string> objections;
    for (const FoundBlock& block : found.blocks) {
      std::string objection = Objection(block, begins);
      if (!objection.empty()) objections.push_back(std::move(objection));
    }
    return objections;
  }

 private:
  [[nodiscard]] static bool Leaves(const cs_insn& instruction) {
    if (instruction.id == ARM_INS_UDF) return true;
    // It counts returning from exceptions and SVC to these, which are no ends of blocks.
    for (const uint8_t group : {CS_GRP_JUMP, CS_GRP_CALL, CS_GRP_RET}) {
      if (instruction.id == ARM_INS_SVC || instruction.id == ARM_INS_BKPT) break;
      for (uint8_t i = 0; i < instruction.detail->groups_count; ++i) {
        if (instruction.detail->groups[i] == group) return true;
      }
    }
    const cs_arm& arm = instruction.detail->arm;
    for (uint8_t i = 0; i < arm.op_count; ++i) {
      const cs_arm_op& operand = arm.operands[i];
      const bool writes = (operand.access & CS_AC_WRITE) != 0;
      if (operand.type == ARM_OP_REG && operand.reg == ARM_REG_PC && writes) return true;
    }
    return false;
  }

  [[nodiscard]] static bool IsDirect(const cs_insn& instruction) {
    switch (instruction.id) {
      case ARM_INS_B:
      case ARM_INS_BL:
      case ARM_INS_CBZ:
      case ARM_INS_CBNZ:
        return true;
      default:
        return false;
    }
  }

  std::string Objection(const FoundBlock& block, const std::set<uint32_t>& begins) {
    std::string bytes;
    for (uint32_t i = 0; i < block.size; ++i) {
      bytes += static_cast<char>(view_.Byte(block.begin + i).value_or(0));
    }
    cs_insn* list = nullptr;
    const size_t count = cs_disasm(handle_, reinterpret_cast<const uint8_t*>(bytes.data()),
                                   bytes.size(), block.begin, 0, &list);
    std::string why;
    uint32_t end = block.begin;
    for (size_t i = 0; i < count && why.empty(); ++i) {
      end += list[i].size;
      const std::string text = std::string(list[i].mnemonic) + " " + list[i].op_str;
      const bool last = end == block.begin + block.size;
      if (!last && Leaves(list[i])) why = "a branch within: " + text;
      if (last && !Leaves(list[i]) && !begins.contains(end)) why = "it runs on: " + text;
      if (last && IsDirect(list[i])) {
        const cs_arm& arm = list[i].detail->arm;
        const auto target = static_cast<uint32_t>(arm.operands[arm.op_count - 1].imm);
        if (view_.IsCode(target) && !begins.contains(target)) why = "leads to no block: " + text;
      }
    }
    if (list != nullptr) cs_free(list, count);
    if (why.empty() && end != block.begin + block.size) why = "no instruction";
    if (why.empty()) return "";
    char place[16];
    std::snprintf(place, sizeof(place), "%#x: ", end);
    return place + why;
  }

  CodeView view_;
  csh handle_ = 0;
};

}  // namespace percuss::emulation

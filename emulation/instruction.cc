// SPDX-License-Identifier: Apache-2.0
#include "emulation/instruction.h"

#include <fmt/format.h>

#include "emulation/riscv_run.h"

namespace percuss::emulation {
namespace {

constexpr size_t kMostBlockBytes = 4096;

struct Architecture {
  const char* name;  // as ElfImage calls it
  RegisterRoles roles;
  std::vector<Instruction> (*decode)(const std::string& code, uint32_t address);
};
// Of Arm the M profile: who reads an image of another knows better.
constexpr Architecture kArchitectures[] = {
    {"arm", {.argument = 0, .frame = 7, .stack = 13, .link = 14, .pc = 15}, DecodeThumb},
    {"riscv32",
     {.argument = 10, .frame = 8, .stack = 2, .link = 1, .pc = kProgramCounterOfRiscv},
     DecodeRiscv}};

const Architecture* ArchitectureOf(const ElfImage& image) {
  for (const Architecture& one : kArchitectures) {
    if (image.Facts().architecture == one.name) return &one;
  }
  return nullptr;
}

}  // namespace

RegisterRoles InstructionReader::Roles() const {
  const Architecture* architecture = ArchitectureOf(image_);
  return architecture == nullptr ? RegisterRoles() : architecture->roles;
}

std::string InstructionReader::NameOf(int number) const {
  if (image_.Facts().architecture == "riscv32") return RiscvRegisterName(number);
  const RegisterRoles roles = Roles();
  if (number == roles.stack) return "sp";
  if (number == roles.link) return "lr";
  return number == roles.pc ? "pc" : fmt::format("r{}", number);
}

const std::vector<Instruction>& InstructionReader::Block(uint32_t address, uint32_t bytes) {
  const auto [block, is_new] = blocks_.try_emplace({address, bytes});
  const Architecture* architecture = ArchitectureOf(image_);
  if (!is_new || architecture == nullptr || bytes > kMostBlockBytes) return block->second;
  const std::string code = image_.Loaded(address, bytes);
  if (code.size() != bytes) return block->second;
  std::vector<Instruction> instructions = architecture->decode(code, address);
  uint32_t read = 0;
  for (const Instruction& instruction : instructions) read += instruction.bytes;
  if (read == bytes) block->second = std::move(instructions);
  return block->second;
}

const Instruction* InstructionReader::LastOf(uint32_t address, uint32_t bytes) {
  const auto& block = Block(address, bytes);
  return block.empty() ? nullptr : &block.back();
}

}  // namespace percuss::emulation

// SPDX-License-Identifier: Apache-2.0
//
// Instructions as GNU as encodes them, and what they do by the architectures' manuals.
#include "emulation/instruction.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

namespace percuss::emulation {
namespace {

constexpr uint32_t kAddress = 0x1000;

std::string Bytes(std::initializer_list<uint16_t> half_words) {
  std::string bytes;
  for (const uint16_t half : half_words) {
    bytes.push_back(static_cast<char>(half & 0xFF));
    bytes.push_back(static_cast<char>(half >> 8));
  }
  return bytes;
}

// "load 3 from 2+ writes 3", with what else there is.
std::string Does(const std::vector<Instruction>& decoded) {
  if (decoded.size() != 1) return fmt::format("{} instructions", decoded.size());
  const Instruction& one = decoded.front();
  std::string text;
  if (!one.loads.empty()) text += fmt::format("load {} ", fmt::join(one.loads, ","));
  if (!one.stores.empty()) text += fmt::format("store {} ", fmt::join(one.stores, ","));
  if (one.base != kNoRegister) text += fmt::format("at {} ", one.base);
  if (one.index != kNoRegister) text += fmt::format("plus {} ", one.index);
  if (!one.writes.empty()) text += fmt::format("writes {} ", fmt::join(one.writes, ","));
  using Source = Instruction::Source;
  if (one.source == Source::kConstant) text += "constant ";
  if (one.source == Source::kSeveral) text += fmt::format("of {} ", fmt::join(one.sources, ","));
  if (one.source == Source::kRegister) {
    text += fmt::format("{} {} ", one.changes ? "from" : "copies", one.source_register);
  }
  if (one.call) text += "call ";
  if (one.branch) text += "branch ";
  if (one.branch_register != kNoRegister) text += fmt::format("to {} ", one.branch_register);
  if (one.target) text += fmt::format("to {:#x} ", *one.target);
  if (!text.empty()) text.pop_back();
  return text;
}

std::string Thumb(std::initializer_list<uint16_t> half_words) {
  return Does(DecodeThumb(Bytes(half_words), kAddress));
}
std::string Riscv(std::initializer_list<uint16_t> half_words) {
  return Does(DecodeRiscv(Bytes(half_words), kAddress));
}

TEST(InstructionTest, ThumbsAccesses) {
  EXPECT_EQ(Thumb({0x6853}), "load 3 at 2 writes 3");                           // ldr r3, [r2, #4]
  EXPECT_EQ(Thumb({0xF811, 0x4B01}), "load 4 at 1 writes 1,4 from 1");          // ldrb r4, [r1], #1
  EXPECT_EQ(Thumb({0x500A}), "store 2 at 1 plus 0");                            // str r2, [r1, r0]
  EXPECT_EQ(Thumb({0xB510}), "store 4,14 at 13 writes 13 from 13");             // push {r4, lr}
  EXPECT_EQ(Thumb({0xBD10}), "load 4,15 at 13 writes 4,13,15 from 13 branch");  // pop {r4, pc}
  EXPECT_EQ(Thumb({0xC006}), "store 1,2 at 0 writes 0 from 0");    // stmia r0!, {r1, r2}
  EXPECT_EQ(Thumb({0xE9D2, 0x0100}), "load 0,1 at 2 writes 0,1");  // ldrd r0, r1, [r2]
}

TEST(InstructionTest, ThumbsComputations) {
  EXPECT_EQ(Thumb({0x461D}), "writes 5 copies 3");            // mov r5, r3
  EXPECT_EQ(Thumb({0xEB01, 0x0002}), "writes 0 of 1,2");      // add r0, r1, r2
  EXPECT_EQ(Thumb({0x3004}), "writes 0 from 0");              // adds r0, #4
  EXPECT_EQ(Thumb({0xFB03, 0x1102}), "writes 1 of 1,2,3");    // mla r1, r3, r2, r1
  EXPECT_EQ(Thumb({0xFBA2, 0x0103}), "writes 0,1 of 1,2,3");  // umull r0, r1, r2, r3
  EXPECT_EQ(Thumb({0x2007}), "writes 0 constant");            // movs r0, #7
  EXPECT_EQ(Thumb({0xF2C0, 0x0001}), "writes 0 from 0");      // movt r0, #1
  EXPECT_EQ(Thumb({0xB2C8}), "writes 0 from 1");              // uxtb r0, r1
  EXPECT_EQ(Thumb({0xEA43, 0x2302}), "writes 3 of 2,3");      // orr r3, r3, r2, lsl #8
  EXPECT_EQ(Thumb({0x4288}), "");                             // cmp r0, r1
}

TEST(InstructionTest, ThumbsBranchesAndConditions) {
  EXPECT_EQ(Thumb({0x4770}), "branch to 14");                                      // bx lr
  EXPECT_EQ(Thumb({0x4798}), "writes 14 constant call branch to 3");               // blx r3
  EXPECT_EQ(Thumb({0xF000, 0xF800}), "writes 14 constant call branch to 0x1004");  // bl .+4
  const auto block = DecodeThumb(Bytes({0xBF0C, 0x2000, 0x6808}), kAddress);       // ite eq; ...
  ASSERT_EQ(block.size(), 3U);
  EXPECT_TRUE(block[1].conditional && block[2].conditional);
}

TEST(InstructionTest, RiscvsAccesses) {
  EXPECT_EQ(Riscv({0x2783, 0xFF45}), "load 15 at 10 writes 15");  // lw a5, -12(a0)
  EXPECT_EQ(DecodeRiscv(Bytes({0x2783, 0xFF45}), kAddress)[0].text, "lw a5, -12(a0)");
  EXPECT_EQ(Riscv({0x8FA3, 0x7E69}), "store 6 at 19");  // sb t1, 2047(s3)
  EXPECT_EQ(DecodeRiscv(Bytes({0x8FA3, 0x7E69}), kAddress)[0].text, "sb t1, 2047(s3)");
  EXPECT_EQ(Riscv({0x4158}), "load 14 at 10 writes 14");  // c.lw a4, 4(a0)
  EXPECT_EQ(DecodeRiscv(Bytes({0xDFF8}), kAddress)[0].text, "sw a4, 124(a5)");
  EXPECT_EQ(DecodeRiscv(Bytes({0x50FE}), kAddress)[0].text, "lw ra, 252(sp)");
  EXPECT_EQ(Riscv({0xC422}), "store 8 at 2");                              // c.swsp s0, 8(sp)
  EXPECT_EQ(Riscv({0x252F, 0x18B6}), "store 11 at 12 writes 10 of ");      // sc.w a0, a1, (a2)
  EXPECT_EQ(Riscv({0xA6AF, 0x00E7}), "load 13 store 14 at 15 writes 13");  // amoadd.w a3, a4, (a5)
}

TEST(InstructionTest, RiscvsComputations) {
  EXPECT_EQ(Riscv({0x8513, 0x0005}), "writes 10 copies 11");  // addi a0, a1, 0
  EXPECT_EQ(Riscv({0x8533, 0x00C5}), "writes 10 of 11,12");   // add a0, a1, a2
  EXPECT_EQ(Riscv({0x8433, 0x4004}), "writes 8 from 9");      // sub s0, s1, zero
  EXPECT_EQ(Riscv({0x5537, 0x1234}), "writes 10 constant");   // lui a0, 0x12345
  EXPECT_EQ(Riscv({0x87AA}), "writes 15 copies 10");          // c.mv a5, a0
  EXPECT_EQ(Riscv({0x97BA}), "writes 15 of 14,15");           // c.add a5, a4
  EXPECT_EQ(Riscv({0x7139}), "writes 2 from 2");              // c.addi16sp sp, -64
  EXPECT_EQ(Riscv({0x0808}), "writes 10 from 2");             // c.addi4spn a0, sp, 16
  EXPECT_EQ(Riscv({0x557D}), "writes 10 constant");           // c.li a0, -1
  EXPECT_EQ(Riscv({0x8A9D}), "writes 13 from 13");            // c.andi a3, 7
  EXPECT_EQ(Riscv({0x8E35}), "writes 12 of 12,13");           // c.xor a2, a3
}

TEST(InstructionTest, RiscvsBranches) {
  EXPECT_EQ(Riscv({0x00EF, 0x0010}), "writes 1 constant call branch to 0x1800");  // jal ra, .+2048
  EXPECT_EQ(Riscv({0x08E3, 0xFEB5}), "branch to 0xff0");                  // beq a0, a1, .-16
  EXPECT_EQ(Riscv({0x8082}), "constant branch to 1");                     // c.jr ra
  EXPECT_EQ(Riscv({0x9782}), "writes 1 constant call branch to 15");      // c.jalr a5
  EXPECT_EQ(Riscv({0xBFED}), "constant branch to 0xffa");                 // c.j .-6
  EXPECT_EQ(Riscv({0x2009}), "writes 1 constant call branch to 0x1002");  // c.jal .+2
  EXPECT_EQ(Riscv({0xC501}), "branch to 0x1008");                         // c.beqz a0, .+8
}

TEST(InstructionTest, EndsWhereNoInstructionIs) {
  EXPECT_TRUE(DecodeRiscv(Bytes({0x0000}), kAddress).empty());
  EXPECT_TRUE(DecodeRiscv(Bytes({0x2783}), kAddress).empty());  // half of one
  EXPECT_EQ(DecodeRiscv(Bytes({0x87AA, 0xFFFF, 0xFFFF}), kAddress).size(), 1U);
  EXPECT_TRUE(DecodeThumb(Bytes({0xF811}), kAddress).empty());
  EXPECT_TRUE(DecodeThumb("x", kAddress).empty());
}

}  // namespace
}  // namespace percuss::emulation

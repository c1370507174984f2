// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <ostream>

#include "emulation/rehost/core/one_op_testing.h"
#include "emulation/rehost/core/ops_groups.h"

namespace percuss::rehost {
namespace {

struct Outcome {
  uint32_t result = 0;
  uint32_t greater_equal = 0;
  bool saturated = false;
  bool operator==(const Outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  return out << std::hex << "0x" << outcome.result << " GE " << outcome.greater_equal << " Q "
             << outcome.saturated << std::dec;
}

constexpr uint8_t kGreaterEqual = 5;  // before each instruction

Outcome Execute(Decoded decoded, uint32_t rn, uint32_t rm = 0, uint32_t ra = 0) {
  decoded.rn = 0;
  decoded.rm = 1;
  decoded.rd = 2;
  decoded.ra = 3;
  Core core;
  core.r[0] = rn;
  core.r[1] = rm;
  core.r[3] = ra;
  core.greater_equal = kGreaterEqual;
  EXPECT_TRUE(RunOne(core, ParallelHandler(decoded), decoded));
  return {core.r[2], core.greater_equal, core.saturated != 0};
}

Outcome Parallel(Operation operation, uint8_t variant, uint32_t rn, uint32_t rm) {
  Decoded decoded;
  decoded.operation = operation;
  decoded.variant = variant;
  return Execute(decoded, rn, rm);
}

Outcome Simple(Operation operation, uint32_t rn, uint32_t rm) {
  return Parallel(operation, 0, rn, rm);
}

Outcome Saturated(Operation operation, uint32_t bits, uint32_t rn, Shift shift = Shift::kLsl,
                  uint8_t amount = 0) {
  Decoded decoded;
  decoded.operation = operation;
  decoded.imm = bits;
  decoded.shift = shift;
  decoded.amount = amount;
  return Execute(decoded, rn);
}

constexpr uint8_t kS = 0;
constexpr uint8_t kQ = 1;
constexpr uint8_t kSh = 2;
constexpr uint8_t kU = 4;
constexpr uint8_t kUq = 5;
constexpr uint8_t kUh = 6;

TEST(OpsParallelTest, AddsAndSubtractsWithSaturation) {
  EXPECT_EQ(Simple(Operation::kQadd, 1, 0x7ffffffe), (Outcome{0x7fffffff, 5, false}));
  EXPECT_EQ(Simple(Operation::kQadd, 2, 0x7ffffffe), (Outcome{0x7fffffff, 5, true}));
  EXPECT_EQ(Simple(Operation::kQsub, 1, 0x80000000), (Outcome{0x80000000, 5, true}));
  EXPECT_EQ(Simple(Operation::kQsub, 3, 5), (Outcome{2, 5, false}));  // rm - rn
  EXPECT_EQ(Simple(Operation::kQsub, 0x80000000, 0), (Outcome{0x7fffffff, 5, true}));
  EXPECT_EQ(Simple(Operation::kQdadd, 3, 5), (Outcome{11, 5, false}));
  // Only the doubling saturates.
  EXPECT_EQ(Simple(Operation::kQdadd, 0x40000000, 0xffffffff), (Outcome{0x7ffffffe, 5, true}));
  EXPECT_EQ(Simple(Operation::kQdsub, 0x80000000, 0xffffffff), (Outcome{0x7fffffff, 5, true}));
}

TEST(OpsParallelTest, SaturatesToSoManyBits) {
  EXPECT_EQ(Saturated(Operation::kSsat, 8, 127), (Outcome{127, 5, false}));
  EXPECT_EQ(Saturated(Operation::kSsat, 8, 128), (Outcome{127, 5, true}));
  EXPECT_EQ(Saturated(Operation::kSsat, 8, 0xffffff7f), (Outcome{0xffffff80, 5, true}));
  EXPECT_EQ(Saturated(Operation::kSsat, 1, 0xffffffff), (Outcome{0xffffffff, 5, false}));
  EXPECT_EQ(Saturated(Operation::kSsat, 32, 0x80000000), (Outcome{0x80000000, 5, false}));
  EXPECT_EQ(Saturated(Operation::kUsat, 8, 256), (Outcome{255, 5, true}));
  EXPECT_EQ(Saturated(Operation::kUsat, 8, 0xffffffff), (Outcome{0, 5, true}));
  EXPECT_EQ(Saturated(Operation::kUsat, 0, 0), (Outcome{0, 5, false}));
  EXPECT_EQ(Saturated(Operation::kUsat, 31, 0x7fffffff), (Outcome{0x7fffffff, 5, false}));
  // What a shift loses at the top is lost before.
  EXPECT_EQ(Saturated(Operation::kSsat, 8, 0x81000001, Shift::kLsl, 4), (Outcome{127, 5, true}));
  EXPECT_EQ(Saturated(Operation::kSsat, 8, 0xf0000001, Shift::kLsl, 4), (Outcome{16, 5, false}));
  EXPECT_EQ(Saturated(Operation::kSsat, 8, 0x80000000, Shift::kAsr, 31),
            (Outcome{0xffffffff, 5, false}));
  EXPECT_EQ(Saturated(Operation::kUsat, 4, 0x7f0, Shift::kAsr, 4), (Outcome{15, 5, true}));
  EXPECT_EQ(Saturated(Operation::kSsat16, 4, 0x0007fff7), (Outcome{0x0007fff8, 5, true}));
  EXPECT_EQ(Saturated(Operation::kSsat16, 16, 0x80007fff), (Outcome{0x80007fff, 5, false}));
  EXPECT_EQ(Saturated(Operation::kUsat16, 4, 0x000fffff), (Outcome{0x000f0000, 5, true}));
  EXPECT_EQ(Saturated(Operation::kUsat16, 4, 0x000f0010), (Outcome{0x000f000f, 5, true}));
}

TEST(OpsParallelTest, Halves) {
  const uint32_t a = 0x7fff8000;
  const uint32_t b = 0x00018001;
  EXPECT_EQ(Parallel(Operation::kParallelAdd16, kS, a, b), (Outcome{0x80000001, 12, false}));
  EXPECT_EQ(Parallel(Operation::kParallelAdd16, kQ, a, b), (Outcome{0x7fff8000, 5, false}));
  EXPECT_EQ(Parallel(Operation::kParallelAdd16, kSh, a, b), (Outcome{0x40008000, 5, false}));
  EXPECT_EQ(Parallel(Operation::kParallelAdd16, kU, a, b), (Outcome{0x80000001, 3, false}));
  EXPECT_EQ(Parallel(Operation::kParallelAdd16, kUq, a, b), (Outcome{0x8000ffff, 5, false}));
  EXPECT_EQ(Parallel(Operation::kParallelAdd16, kUh, a, b), (Outcome{0x40008000, 5, false}));
  EXPECT_EQ(Parallel(Operation::kParallelSub16, kS, a, b), (Outcome{0x7ffeffff, 12, false}));
  EXPECT_EQ(Parallel(Operation::kParallelSub16, kU, a, b), (Outcome{0x7ffeffff, 12, false}));
  EXPECT_EQ(Parallel(Operation::kParallelSub16, kUq, a, b), (Outcome{0x7ffe0000, 5, false}));
  EXPECT_EQ(Parallel(Operation::kParallelSub16, kUh, a, b), (Outcome{0x3fffffff, 5, false}));
  EXPECT_EQ(Parallel(Operation::kParallelSub16, kQ, 0x80000000, 0x00018000),
            (Outcome{0x80007fff, 5, false}));
}

TEST(OpsParallelTest, ExchangedHalves) {
  const uint32_t a = 0x00100020;
  const uint32_t b = 0x00300001;
  // High: 0x10 + 0x01; low: 0x20 - 0x30.
  EXPECT_EQ(Parallel(Operation::kParallelAsx, kS, a, b), (Outcome{0x0011fff0, 12, false}));
  EXPECT_EQ(Parallel(Operation::kParallelAsx, kU, a, b), (Outcome{0x0011fff0, 0, false}));
  EXPECT_EQ(Parallel(Operation::kParallelAsx, kUq, a, b), (Outcome{0x00110000, 5, false}));
  EXPECT_EQ(Parallel(Operation::kParallelAsx, kSh, a, b), (Outcome{0x0008fff8, 5, false}));
  // High: 0x10 - 0x01; low: 0x20 + 0x30.
  EXPECT_EQ(Parallel(Operation::kParallelSax, kS, a, b), (Outcome{0x000f0050, 15, false}));
  EXPECT_EQ(Parallel(Operation::kParallelSax, kU, a, b), (Outcome{0x000f0050, 12, false}));
}

TEST(OpsParallelTest, Bytes) {
  const uint32_t a = 0x7f80ff01;
  const uint32_t b = 0x01ff0102;
  EXPECT_EQ(Parallel(Operation::kParallelAdd8, kS, a, b), (Outcome{0x807f0003, 11, false}));
  EXPECT_EQ(Parallel(Operation::kParallelAdd8, kU, a, b), (Outcome{0x807f0003, 6, false}));
  EXPECT_EQ(Parallel(Operation::kParallelAdd8, kQ, a, b), (Outcome{0x7f800003, 5, false}));
  EXPECT_EQ(Parallel(Operation::kParallelAdd8, kUq, a, b), (Outcome{0x80ffff03, 5, false}));
  EXPECT_EQ(Parallel(Operation::kParallelAdd8, kUh, a, b), (Outcome{0x40bf8001, 5, false}));
  EXPECT_EQ(Parallel(Operation::kParallelSub8, kS, a, b), (Outcome{0x7e81feff, 8, false}));
  EXPECT_EQ(Parallel(Operation::kParallelSub8, kU, a, b), (Outcome{0x7e81feff, 10, false}));
  EXPECT_EQ(Parallel(Operation::kParallelSub8, kUq, a, b), (Outcome{0x7e00fe00, 5, false}));
  EXPECT_EQ(Parallel(Operation::kParallelSub8, kSh, a, b), (Outcome{0x3fc0ffff, 5, false}));
}

TEST(OpsParallelTest, PacksSelectsAndSums) {
  Decoded decoded;
  decoded.operation = Operation::kPkhbt;
  EXPECT_EQ(Execute(decoded, 0x11112222, 0x33334444).result, 0x33332222U);
  decoded.amount = 4;
  EXPECT_EQ(Execute(decoded, 0x11112222, 0x33334444).result, 0x33342222U);
  decoded.operation = Operation::kPkhtb;
  EXPECT_EQ(Execute(decoded, 0x11112222, 0x33334444).result, 0x11113444U);
  decoded.amount = 32;
  EXPECT_EQ(Execute(decoded, 0x11112222, 0x83334444).result, 0x1111ffffU);
  EXPECT_EQ(Simple(Operation::kSel, 0x11223344, 0x55667788).result, 0x55227744U);
  EXPECT_EQ(Simple(Operation::kUsad8, 0x01ff8000, 0x02007f01).result, 258U);
  decoded.operation = Operation::kUsada8;
  EXPECT_EQ(Execute(decoded, 0x01ff8000, 0x02007f01, 0xffffffff).result, 257U);
}

TEST(OpsParallelTest, RefusesWhatNoDecoderGives) {
  Decoded decoded;
  for (const Operation operation : {Operation::kSsat, Operation::kSsat16}) {
    decoded.operation = operation;
    decoded.imm = 0;
    EXPECT_EQ(ParallelHandler(decoded), nullptr);
    decoded.imm = 33;
    EXPECT_EQ(ParallelHandler(decoded), nullptr);
  }
  decoded.operation = Operation::kParallelAdd16;
  decoded.variant = 3;
  EXPECT_EQ(ParallelHandler(decoded), nullptr);
  decoded.operation = Operation::kMul;
  decoded.variant = 0;
  EXPECT_EQ(ParallelHandler(decoded), nullptr);
}

}  // namespace
}  // namespace percuss::rehost

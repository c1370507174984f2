// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/code_flow.h"

#include <gtest/gtest.h>

#include "emulation/rehost/code_tables.h"
#include "emulation/rehost/small_firmware.h"

namespace percuss::emulation {
namespace {

constexpr rehost::DecoderOptions kOptions;

// An image of nothing but these.
rehost::MachineImage ImageOf(const std::string& bytes) {
  rehost::MachineImage image;
  image.regions = {{"flash", kSmallFlash, bytes.size(), {true, false, true}, bytes}};
  return image;
}

// The last of so many steps from the begin, with all before it taken into account.
CodeStep LastOf(const CodeView& code, int steps) {
  KnownRegisters known;
  CodeStep step;
  uint32_t pc = kSmallFlash;
  for (int i = 0; i < steps; ++i) {
    const auto next = StepAt(code, pc, step.it_after, kOptions);
    EXPECT_TRUE(next.has_value());
    if (!next) break;
    step = *next;
    FillFlow(step, known, code);
    known.After(step, code);
    pc = step.End();
  }
  return step;
}

TEST(CodeFlow, ConstantsLeadToTheirTargets) {
  struct Case {
    std::string bytes;
    int steps;
    Flow flow;
    uint32_t target;
  };
  const Case cases[] = {
      // ldr r3, [pc, #0]; blx r3; the word
      {Halfwords({0x4b00, 0x4798}) + Words({kSmallFlash + 0x101}), 2, Flow::kCall,
       kSmallFlash + 0x100},
      // movw r0, #0x0021; movt r0, #0x0800; bx r0
      {Halfwords({0xf240, 0x0021, 0xf6c0, 0x0000, 0x4700}), 3, Flow::kBranch, 0x08000020},
      // the same, where the movt is only done under a condition: ite between
      {Halfwords({0xf240, 0x0021, 0xbf08, 0xf6c0, 0x0000, 0x4700}), 4, Flow::kIndirect, 0},
      // what another instruction has changed is not known: adds r0, #1
      {Halfwords({0xf240, 0x0021, 0x3001, 0x4700}), 3, Flow::kIndirect, 0},
      // pop {r4}; pop {r1}; bx r1, as Armv4T returns
      {Halfwords({0xbc10, 0xbc02, 0x4708}), 3, Flow::kReturn, 0},
      {Halfwords({0xbd10}), 1, Flow::kReturn, 0},            // pop {r4, pc}
      {Halfwords({0xf85d, 0xfb04}), 1, Flow::kReturn, 0},    // ldr pc, [sp], #4
      {Halfwords({0x4687}), 1, Flow::kIndirect, 0},          // mov pc, r0
      {Halfwords({0x4770}), 1, Flow::kReturn, 0},            // bx lr
      {Halfwords({0xe7fe}), 1, Flow::kBranch, kSmallFlash},  // b .
      {Halfwords({0xde00}), 1, Flow::kNowhere, 0},           // udf
      {Halfwords({0xdf00}), 1, Flow::kNext, 0},              // svc
      {Halfwords({0x4280, 0x9f00}), 2, Flow::kNext, 0},      // cmp, ldr
      {Halfwords({0xe8df, 0xf003}), 1, Flow::kTableBytes, kSmallFlash + 4},
      {Halfwords({0xe8df, 0xf013}), 1, Flow::kTableHalves, kSmallFlash + 4},
      // adr r2, table; ldr pc, [r2, r3, lsl #2]
      {Halfwords({0xa201, 0xf852, 0xf023}), 2, Flow::kTableWords, kSmallFlash + 8},
  };
  for (const Case& one : cases) {
    const rehost::MachineImage image = ImageOf(one.bytes);
    const CodeStep step = LastOf(CodeView(image), one.steps);
    EXPECT_EQ(static_cast<int>(step.flow), static_cast<int>(one.flow)) << &one - cases;
    EXPECT_EQ(step.target, one.target) << &one - cases;
  }
}

TEST(CodeFlow, AnItBlockMakesABranchConditional) {
  // it eq; bxeq lr
  const rehost::MachineImage image = ImageOf(Halfwords({0xbf08, 0x4770, 0x4770}));
  const CodeStep inside = LastOf(CodeView(image), 2);
  EXPECT_TRUE(inside.conditional);
  EXPECT_FALSE(LastOf(CodeView(image), 3).conditional);
}

TEST(CodeTables, EndWhereTheirFirstTargetIsOrWhereACompareSays) {
  // tbb [pc, r0]; bytes 2 3 4 9; then code
  std::string bytes = Halfwords({0xe8df, 0xf000, 0x0302, 0x0904});
  bytes.resize(64, '\0');
  const rehost::MachineImage image = ImageOf(bytes);
  const CodeView code(image);
  const CodeStep step = LastOf(code, 1);
  const uint32_t base = kSmallFlash + 4;
  const std::vector<uint32_t> all = {base + 4, base + 6, base + 8, base + 18};
  EXPECT_EQ(TableOf(code, step, std::nullopt).targets, all);
  EXPECT_EQ(TableOf(code, step, 2).targets, std::vector<uint32_t>(all.begin(), all.begin() + 2));
  EXPECT_EQ(TableOf(code, step, 2).bytes, 2U);
}

TEST(CodeTables, OneThatIsElsewhereIsNotBelievedWithoutACompare) {
  // ldr r2, table; ldr pc, [r2, r3, lsl #2]; its address; at +32 three entries and no more
  std::string bytes = Halfwords({0x4a01, 0xf852, 0xf023, 0xbf00}) + Words({kSmallFlash + 32});
  bytes.resize(32, '\0');
  bytes += Words({kSmallFlash + 1, kSmallFlash + 3, kSmallFlash + 9, 0x12345678});
  const rehost::MachineImage image = ImageOf(bytes);
  const CodeView code(image);
  const CodeStep step = LastOf(code, 2);
  ASSERT_EQ(static_cast<int>(step.flow), static_cast<int>(Flow::kTableWords));
  EXPECT_TRUE(TableOf(code, step, std::nullopt).targets.empty());
  EXPECT_EQ(TableOf(code, step, 9).targets,
            (std::vector<uint32_t>{kSmallFlash, kSmallFlash + 2, kSmallFlash + 8}));
}

TEST(CodeTables, TheHelpersOfACompilerAreKnownByWhatTheyDo) {
  // push {r1}; mov r1, lr; lsrs r1, #1; lsls r1, #1; ldrb r1, [r1, r0]; lsls r1, #1; add lr, r1;
  // pop {r1}; bx lr
  const std::string helper =
      Halfwords({0xb402, 0x4671, 0x0849, 0x0049, 0x5c09, 0x0049, 0x448e, 0xbc02, 0x4770});
  const rehost::MachineImage image = ImageOf(helper);
  EXPECT_EQ(static_cast<int>(CaseHelperAt(CodeView(image), kSmallFlash, kOptions)),
            static_cast<int>(CaseHelper::kBytes));
  // mov r1, lr; ldrb r0, [r1, r0]; bx lr: only looks at it
  const rehost::MachineImage other = ImageOf(Halfwords({0x4671, 0x5c08, 0x4770}));
  EXPECT_EQ(static_cast<int>(CaseHelperAt(CodeView(other), kSmallFlash, kOptions)),
            static_cast<int>(CaseHelper::kNone));
}

}  // namespace
}  // namespace percuss::emulation

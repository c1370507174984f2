// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/firmware_report.h"

#include <gtest/gtest.h>

#include <string>

namespace percuss::campaign {
namespace {

constexpr const char* kLog =
    "INFO: Seed: 1\n"
    "percuss: firmware segv: precise data bus error at 0x90000000 in load\n"
    "    #0 0x8000100 in load (image+0x8000100)\n"
    "\n"
    "  r0=0x90000000 r1=0x00000001 r2=0x00000002 r3=0x00000003\n"
    "  bfar=0x90000000 cfsr=0x00008200 hfsr=0x40000000 mmfar=0x00000000\n"
    "  12 instructions, 0 interrupts, 4 bytes unread\n"
    "percuss: judged bug\n"
    "  because the address comes from 0x90000000\n"
    "  because of another reason\n"
    "  answer 0x90000000 of 0x40000000, 4 bytes, at 0x08000120 in main: flows into the address\n"
    "  answer 0x1 of 0x40000000, 1 bytes, at 0x08000120 in 0x8000120: no part in it\n"
    "  answer nonsense\n"
    "percuss: the way there\n"
    "    0x08000100 load\n"
    "    interrupt 3 is taken\n"
    "percuss: end of the way\n"
    "    0x1 behind it\n"
    "==1== ERROR: libFuzzer: deadly signal\n";

TEST(FirmwareReport, ReadsWhatFirmwareSays) {
  const common::FirmwareCrash crash = ReadFirmwareCrash(kLog);
  EXPECT_EQ(crash.judged, "bug");
  ASSERT_EQ(crash.reasons.size(), 2U);
  EXPECT_EQ(crash.reasons[0], "the address comes from 0x90000000");
  ASSERT_EQ(crash.answers.size(), 2U);
  EXPECT_EQ(crash.answers[0].value, "0x90000000");
  EXPECT_EQ(crash.answers[0].address, "0x40000000");
  EXPECT_EQ(crash.answers[0].bytes, 4);
  EXPECT_EQ(crash.answers[0].pc, "0x08000120");
  EXPECT_EQ(crash.answers[0].function, "main");
  EXPECT_EQ(crash.answers[0].part, "flows");
  EXPECT_EQ(crash.answers[1].function, "");
  EXPECT_EQ(crash.answers[1].part, "none");
  EXPECT_EQ(crash.registers.at("r3"), "0x00000003");
  EXPECT_EQ(crash.registers.at("hfsr"), "0x40000000");
  EXPECT_EQ(crash.way, (std::vector<std::string>{"0x08000100 load", "interrupt 3 is taken"}));
}

TEST(FirmwareReport, OtherLogsHaveNothingOfIt) {
  EXPECT_EQ(ReadFirmwareCrash("").judged, "");
  const common::FirmwareCrash crash = ReadFirmwareCrash("  r0=0x1\n  because of you\n");
  EXPECT_TRUE(crash.reasons.empty());
  EXPECT_TRUE(crash.registers.empty());
  EXPECT_EQ(ReadFirmwareCrash("percuss: judged perfect\n").judged, "");
}

TEST(FirmwareReport, CutOffAnywhereItIsRead) {
  const std::string log = kLog;
  for (size_t size = 0; size < log.size(); ++size) {
    const common::FirmwareCrash crash = ReadFirmwareCrash(log.substr(0, size));
    EXPECT_LE(crash.answers.size(), 2U) << size;
  }
}

TEST(FirmwareReport, ALogWithoutEndTakesLittle) {
  std::string log = "percuss: judged bug\npercuss: the way there\n";
  for (int i = 0; i < 10'000; ++i) log += "    0x1 " + std::string(500, '\x01') + "\n";
  const common::FirmwareCrash crash = ReadFirmwareCrash(log);
  EXPECT_EQ(crash.way.size(), 256U);
  EXPECT_EQ(crash.way.front().size(), 200U);
  EXPECT_EQ(crash.way.front().find('\x01'), std::string::npos);
}

TEST(FirmwareReport, TellsAPerson) {
  common::FirmwareCrash crash = ReadFirmwareCrash(kLog);
  EXPECT_EQ(FirmwareCrashText({}), "");
  crash.confirmation = {"not_run", "", "the program percuss-confirm is not there", -1};
  const std::string text = FirmwareCrashText(crash);
  EXPECT_TRUE(
      text.starts_with("not confirmed: the program percuss-confirm is not there\n"
                       "judged bug\n  because the address comes"))
      << text;
  EXPECT_NE(text.find("  0x90000000 of 0x40000000, 4 bytes, at 0x08000120 in main: flows\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(ConfirmationText({"confirmed", "another", "", 12}),
            "confirmed by another, after 12 instructions of the input");
}

}  // namespace
}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/gdb_stub.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

#include "emulation/rehost/gdb_packets.h"
#include "emulation/rehost/gdb_registers.h"
#include "emulation/rehost/small_firmware.h"

namespace percuss::emulation {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kStopped = "T05thread:1;";
constexpr uint32_t kPcNumber = 15;

class GdbStubTest : public testing::Test {
 protected:
  explicit GdbStubTest(bool interrupts = false)
      : machine_(SmallFirmware(interrupts)),
        input_(Words({1, 2, 44})),
        session_((static_cast<void>(machine_.Boot()), machine_), input_),
        stub_(session_, [](uint32_t address) {
          return address == kSmallDevice ? std::string("UART0.DATA") : std::string();
        }) {}

  std::string Ask(const std::string& packet) {
    return stub_.Answer(packet, [] { return false; });
  }
  uint32_t Register(uint32_t number) {
    return WordOfHex(Ask(fmt::format("p{:x}", number))).value_or(0xdeadbeef);
  }
  std::string Told(const std::string& command) {
    return BytesOfHex(Ask("qRcmd," + HexOf(command))).value_or("");
  }

  rehost::Machine machine_;
  std::string input_;
  DebugSession session_;
  GdbStub stub_;
};

TEST_F(GdbStubTest, ItBeginsBeforeTheFirstByteIsRead) {
  EXPECT_EQ(Ask("?"), kStopped);
  EXPECT_EQ(Register(kPcNumber), kSmallLoop);
  EXPECT_EQ(Register(4), kSmallDevice);
}

TEST_F(GdbStubTest, ItStopsAtTheInstructionThatFaults) {
  EXPECT_EQ(Ask("vCont;c:1"), "T0bthread:1;");  // SIGSEGV
  EXPECT_EQ(Register(kPcNumber), kSmallFault);
  EXPECT_EQ(Register(0), 44U);
  EXPECT_EQ(Register(5), 3U);
  EXPECT_EQ(Ask("c"), "T05replaylog:end;thread:1;");
  EXPECT_EQ(Ask("s"), "T05replaylog:end;thread:1;");
}

TEST_F(GdbStubTest, BreakpointsStopBeforeTheirInstructionEachTime) {
  EXPECT_EQ(Ask(fmt::format("Z0,{:x},2", kSmallCompare)), "OK");
  for (uint32_t count = 1; count <= 3; ++count) {
    EXPECT_EQ(Ask("c"), kStopped);
    EXPECT_EQ(Register(kPcNumber), kSmallCompare);
    EXPECT_EQ(Register(5), count);
  }
  EXPECT_EQ(Ask(fmt::format("z0,{:x},2", kSmallCompare)), "OK");
  EXPECT_EQ(Ask("c"), "T0bthread:1;");
}

// As GDB goes on from one: it takes them out, steps, and puts them in again.
TEST_F(GdbStubTest, ABreakpointThatWasTakenOutForAStepIsMetAgain) {
  const std::string place = fmt::format("0,{:x},2", kSmallCount);
  EXPECT_EQ(Ask("Z" + place), "OK");
  for (uint32_t count = 0; count < 3; ++count) {
    EXPECT_EQ(Ask("c"), kStopped);
    EXPECT_EQ(Register(kPcNumber), kSmallCount);
    EXPECT_EQ(Register(5), count);
    EXPECT_EQ(Ask("z" + place), "OK");
    EXPECT_EQ(Ask("s"), kStopped);
    EXPECT_EQ(Ask("Z" + place), "OK");
  }
}

TEST_F(GdbStubTest, ItGoesBack) {
  EXPECT_EQ(Ask("c"), "T0bthread:1;");
  EXPECT_EQ(Ask("bs"), kStopped);
  EXPECT_EQ(Register(kPcNumber), kSmallBranch);
  EXPECT_EQ(Ask(fmt::format("Z1,{:x},2", kSmallCount)), "OK");
  for (uint32_t count = 3; count > 0; --count) {
    EXPECT_EQ(Ask("bc"), kStopped);
    EXPECT_EQ(Register(kPcNumber), kSmallCount);
    EXPECT_EQ(Register(5), count - 1);
  }
  EXPECT_EQ(Ask("bc"), "T05replaylog:begin;thread:1;");
  EXPECT_EQ(Register(kPcNumber), kSmallLoop);
  EXPECT_EQ(Ask("bs"), "T05replaylog:begin;thread:1;");
  EXPECT_EQ(Ask("s"), kStopped);
  EXPECT_EQ(Register(0), 1U);
}

TEST_F(GdbStubTest, MemoryIsReadAsFarAsItIsThere) {
  EXPECT_EQ(Ask(fmt::format("m{:x},4", kSmallLoop)), "20680135");
  EXPECT_EQ(Ask(fmt::format("m{:x},10", kSmallRam + kSmallRamBytes - 2)), "0000");
  EXPECT_EQ(Ask(fmt::format("m{:x},4", kSmallDevice)), "E0e");  // it would take a byte of the input
  EXPECT_EQ(session_.Its().peripherals().Consumed(), 0U);
  EXPECT_EQ(Ask("me000e100,4"), "01000000");  // that interrupt 0 is enabled
  EXPECT_EQ(Ask(fmt::format("M{:x},2:abcd", kSmallRam)), "OK");
  EXPECT_EQ(Ask(fmt::format("m{:x},3", kSmallRam)), "abcd00");
  EXPECT_EQ(Ask(fmt::format("M{:x},2:abcd", kSmallDevice)), "E0e");
  EXPECT_EQ(Ask("m100000000,4"), "E16");
  EXPECT_EQ(Ask("mffffffff,2"), "E16");
  EXPECT_LE(Ask(fmt::format("m{:x},ffffff", kSmallFlash)).size(), kMostPacketBytes);
}

TEST_F(GdbStubTest, RegistersAreWritten) {
  const std::string all = Ask("g");
  EXPECT_EQ(all.size(), 17U * 8 + 16 * 16 + 8 + 6 * 8);
  EXPECT_EQ(Ask("P0=2c000000"), "OK");
  EXPECT_EQ(Register(0), 44U);
  EXPECT_EQ(Ask(fmt::format("Pf={}", HexOfWord(kSmallFault))), "OK");
  EXPECT_EQ(Ask("s"), "T0bthread:1;");
  EXPECT_EQ(Ask("P10=000000f0"), "OK");
  EXPECT_EQ(Register(16) >> 28U, 15U);
  EXPECT_EQ(Ask("G" + all), "OK");
  EXPECT_EQ(Ask("g"), all);
  EXPECT_EQ(Ask("G00"), "E16");
  EXPECT_EQ(Ask("Pff=00000000"), "E16");
  EXPECT_EQ(Ask("P0=zz000000"), "E16");
}

TEST_F(GdbStubTest, ItDescribesItsRegisters) {
  EXPECT_THAT(Ask("qSupported:xmlRegisters=i386"), HasSubstr("ReverseStep+;ReverseContinue+"));
  std::string text;
  for (std::string part = "m"; part.front() == 'm';) {
    part = Ask(fmt::format("qXfer:features:read:target.xml:{:x},80", text.size()));
    ASSERT_FALSE(part.empty());
    text += part.substr(1);
  }
  EXPECT_EQ(text, TargetDescription(true));
  EXPECT_THAT(text, HasSubstr("org.gnu.gdb.arm.m-profile"));
  EXPECT_EQ(Ask("qXfer:features:read:target.xml:ffffff,80"), "l");
  EXPECT_EQ(Ask("qXfer:features:read:other.xml:0,80"), "E00");
}

TEST_F(GdbStubTest, TheMonitorTellsWhatPeripheralsAnswered) {
  EXPECT_THAT(Told("mmio"), StartsWith("no peripheral"));
  (void)Ask("c");
  const std::string told = Told("mmio");
  EXPECT_THAT(told, HasSubstr("0x08000210: 0x40000000 UART0.DATA, 4 bytes: 0x2c"));
  (void)Ask("bs");
  (void)Ask("bs");
  EXPECT_EQ(Told("mmio"), told);
  (void)Ask("bs");
  (void)Ask("bs");
  EXPECT_THAT(Told("mmio"), testing::Not(HasSubstr("0x2c")));
  EXPECT_THAT(Told("help"), HasSubstr("monitor exceptions"));
}

TEST_F(GdbStubTest, WhatItDoesNotKnowIsLeftUnanswered) {
  EXPECT_EQ(Ask("Z2,20000000,4"), "");
  EXPECT_EQ(Ask("vMustReplyEmpty"), "");
  EXPECT_EQ(Ask(""), "");
}

TEST_F(GdbStubTest, HostilePacketsDoNoHarm) {
  const std::string seeds[] = {"qSupported:a+;b-",
                               "g",
                               "G00",
                               "p10",
                               "P0=2c000000",
                               "m20000000,4",
                               "M20000000,2:abcd",
                               "Z0,8000210,2",
                               "z0,8000210,2",
                               "vCont;s:1;c",
                               "bs",
                               "bc",
                               "qRcmd,6d6d696f",
                               "qXfer:features:read:target.xml:0,ff"};
  std::mt19937 random(3);
  for (int round = 0; round < 20000; ++round) {
    std::string packet = seeds[random() % std::size(seeds)];
    for (uint32_t change = random() % 4; change > 0; --change) {
      const size_t at = random() % (packet.size() + 1);
      if (random() % 3 == 0) {
        packet.insert(at, std::string(random() % 20, "0f,;:=\xff"[random() % 7]));
      } else if (at < packet.size()) {
        packet[at] = static_cast<char>(random() % 2 == 0 ? random() : '0' + random() % 10);
      }
    }
    EXPECT_LE(Ask(packet).size(), kMostPacketBytes) << packet;
  }
}

TEST_F(GdbStubTest, ItServesAConnection) {
  int ends[2] = {};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  common::Status served;
  std::thread server([&] { served = ServeDebugger(ends[1], stub_); });
  const std::string said = "+$?#00" + Framed("QStartNoAckMode") + Framed("c") + Framed("D");
  ASSERT_EQ(write(ends[0], said.data(), said.size()), static_cast<ssize_t>(said.size()));
  server.join();
  ASSERT_EQ(close(ends[1]), 0);
  std::string heard(1000, '\0');
  heard.resize(static_cast<size_t>(read(ends[0], heard.data(), heard.size())));
  close(ends[0]);
  EXPECT_TRUE(served.has_value());
  // The first packet has a wrong sum; "D" comes before the machine is asked whether to stop.
  EXPECT_EQ(heard, "-+" + Framed("OK") + Framed("T0bthread:1;") + Framed("OK"));
}

TEST(GdbStubOfALoopTest, ItIsStoppedByTheUserAndGoesBackFromThere) {
  rehost::MachineImage image = SmallFirmware(false);
  image.regions[0].bytes.replace(kSmallFault - kSmallFlash, 2, Halfwords({0xe7fe}));  // b .
  image.limits = {0, 0, 0};
  rehost::Machine machine(image);
  (void)machine.Boot();
  const std::string input = Words({44});
  DebugSession session(machine, input);
  GdbStub stub(session);
  int asked = 0;
  const auto interrupted = [&asked] { return ++asked % 3 == 0; };
  EXPECT_EQ(stub.Answer("c", interrupted), "T02thread:1;");
  EXPECT_EQ(asked, 3);
  const uint64_t now = machine.Now();
  EXPECT_GT(now, 1'000'000U);
  EXPECT_EQ(stub.Answer("bs", interrupted), kStopped);
  EXPECT_EQ(machine.Now(), now - 1);
  EXPECT_EQ(stub.Answer("bc", interrupted), "T02thread:1;");
  EXPECT_EQ(machine.Now(), now - 1);
}

class GdbStubWithInterruptsTest : public GdbStubTest {
 protected:
  GdbStubWithInterruptsTest() : GdbStubTest(true) {}
};

// Instruction by instruction, and exception by exception, the way there is the way back.
TEST_F(GdbStubWithInterruptsTest, StepsBackAreTheStepsThatLedThere) {
  std::vector<std::string> forward = {Ask("g")};
  while (Ask("s") == kStopped) forward.push_back(Ask("g"));
  EXPECT_GT(Register(6), 2U);
  EXPECT_GT(forward.size(), 12U);
  std::vector<std::string> back = {Ask("g")};
  while (Ask("bs") == kStopped) back.push_back(Ask("g"));
  EXPECT_EQ(back, std::vector<std::string>(forward.rbegin(), forward.rend()));
  EXPECT_EQ(Ask("c"), "T0bthread:1;");
  EXPECT_EQ(Ask("g"), forward.back());
  EXPECT_THAT(Told("exceptions"), HasSubstr("interrupt 0"));
}

TEST_F(GdbStubWithInterruptsTest, FromABreakpointInAHandlerItStepsBackOutOfIt) {
  EXPECT_EQ(Ask(fmt::format("Z0,{:x},2", kSmallHandler)), "OK");
  EXPECT_EQ(Ask("c"), kStopped);
  EXPECT_EQ(Register(kPcNumber), kSmallHandler);
  EXPECT_EQ(Register(16) & 0x1ffU, 16U);
  EXPECT_EQ(Ask("bs"), kStopped);
  EXPECT_EQ(Register(16) & 0x1ffU, 0U);
  EXPECT_EQ(Ask("s"), kStopped);
  EXPECT_EQ(Register(kPcNumber), kSmallHandler);
}

}  // namespace
}  // namespace percuss::emulation

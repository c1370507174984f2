// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/machine_file.h"

#include <gtest/gtest.h>

#include <functional>

namespace percuss::rehost {
namespace {

MachineImage Full() {
  MachineImage image;
  image.architecture = Architecture::kV6M;
  image.floating_point = false;
  image.vector_table = 0x08000000;
  image.initial_sp = 0x20001000;
  image.entry = 0x08000101;
  image.regions = {{"flash", 0x08000000, 0x1000, {true, false, true}, std::string("\0\x01zz", 4)},
                   {"ram", 0x20000000, 0x800, {true, true, false}, ""}};
  image.peripherals = {{0x40000000, 0x20000000}, {0xa0000000, 0x20000000}};
  AccessModel set;
  set.kind = AccessModel::Kind::kSet;
  set.address = 0x40004000;
  set.pc = 0x08000200;
  set.values = {1, 0xffffffff};
  AccessModel bits;
  bits.kind = AccessModel::Kind::kBitextract;
  bits.address = 0x40004004;
  bits.input_bytes = 1;
  bits.left_shift = 16;
  bits.step = 7;
  image.models = {set, bits};
  InterruptTrigger trigger;
  trigger.when = InterruptTrigger::When::kAtAddress;
  trigger.which = InterruptTrigger::Which::kFixed;
  trigger.address = 0x08000300;
  trigger.irq = 5;
  trigger.pends = 2;
  trigger.skips = 3;
  image.triggers = {trigger};
  image.disabled_irqs = {12};
  image.exits = {0x08000400};
  image.assertions = {0x08000500, 0x08000502};
  image.skipped = {0x08000600};
  image.symbols = {{0x08000100, 0x40, "Reset_Handler"}, {0x08000140, 0, "main"}};
  image.limits = {1000, 100, uint64_t{1} << 40U};
  return image;
}

TEST(MachineFile, ComesBackAsItWasWritten) {
  const std::string bytes = WriteMachine(Full());
  MachineImage read;
  std::string why;
  ASSERT_TRUE(ReadMachine(bytes, read, why)) << why;
  EXPECT_EQ(WriteMachine(read), bytes);
  EXPECT_EQ(read.architecture, Architecture::kV6M);
  EXPECT_FALSE(read.floating_point);
  EXPECT_EQ(read.entry, 0x08000101U);
  ASSERT_EQ(read.regions.size(), 2U);
  EXPECT_EQ(read.regions[0].bytes, std::string("\0\x01zz", 4));
  EXPECT_FALSE(read.regions[0].permissions.write);
  EXPECT_EQ(read.regions[1].size, 0x800U);
  ASSERT_EQ(read.models.size(), 2U);
  EXPECT_EQ(read.models[0].values, (std::vector<uint32_t>{1, 0xffffffff}));
  EXPECT_EQ(read.models[1].left_shift, 16U);
  EXPECT_EQ(read.triggers[0].when, InterruptTrigger::When::kAtAddress);
  EXPECT_EQ(read.triggers[0].skips, 3U);
  EXPECT_EQ(read.assertions.size(), 2U);
  ASSERT_EQ(read.symbols.size(), 2U);
  EXPECT_EQ(read.symbols[0].size, 0x40U);
  EXPECT_EQ(read.symbols[1].begin, 0x08000140U);
  EXPECT_EQ(read.symbols[1].name, "main");
  EXPECT_EQ(read.limits.interrupts, uint64_t{1} << 40U);
}

MachineImage WithLines() {
  MachineImage image = Full();
  InputLine uart;
  uart.data = 0x40004010;
  uart.bytes = 2;
  uart.statuses = {{0x40004014, 0x80, 2, 0x10}};
  uart.irq = 5;
  uart.enable = 0x40004018;
  uart.enable_bits = 0x20;
  uart.gap = 1000;
  uart.silence = 77;
  InputLine can;
  can.kind = InputLine::Kind::kCan;
  can.data = 0x40006000;
  can.id = 0x40006008;
  can.id_shift = 21;
  can.length = 0x4000600c;
  can.release = 0x40006010;
  can.release_bits = 1;
  image.lines = {uart, can};
  return image;
}

TEST(MachineFile, LinesStandBehindTheRest) {
  const std::string without = WriteMachine(Full());
  const std::string bytes = WriteMachine(WithLines());
  EXPECT_TRUE(bytes.starts_with(without.substr(0, without.size() - 6) + "line"));
  MachineImage read;
  std::string why;
  ASSERT_TRUE(ReadMachine(bytes, read, why)) << why;
  EXPECT_EQ(WriteMachine(read), bytes);
  ASSERT_EQ(read.lines.size(), 2U);
  EXPECT_EQ(read.lines[0].data, 0x40004010U);
  EXPECT_EQ(read.lines[0].bytes, 2U);
  ASSERT_EQ(read.lines[0].statuses.size(), 1U);
  EXPECT_EQ(read.lines[0].statuses[0].empty, 0x10U);
  EXPECT_EQ(read.lines[0].irq, 5U);
  EXPECT_EQ(read.lines[0].enable_bits, 0x20U);
  EXPECT_EQ(read.lines[0].silence, 77U);
  EXPECT_EQ(read.lines[1].kind, InputLine::Kind::kCan);
  EXPECT_EQ(read.lines[1].release_bits, 1U);
  for (size_t size = without.size(); size < bytes.size(); ++size) {
    EXPECT_FALSE(ReadMachine(bytes.substr(0, size), read, why)) << size;
  }
}

TEST(MachineFile, SaysWhatItIs) {
  EXPECT_TRUE(WriteMachine({}).starts_with("percuss.machine.1"));
  // Text and NUL byte, 14 bytes of facts, 9 empty lists, limits, checksum.
  EXPECT_EQ(WriteMachine({}).size(), 18U + 14 + 9 * 4 + 3 * 8 + 2 + 4);
}

// A file with a right checksum over this content.
std::string Sealed(const std::string& content) {
  std::string bytes = content;
  uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? crc >> 1U ^ 0xedb88320U : crc >> 1U;
  }
  crc = ~crc;
  for (unsigned i = 0; i < 4; ++i) bytes += static_cast<char>(crc >> (8 * i) & 0xffU);
  return bytes;
}

TEST(MachineFile, FilesOfBeforeHaveNeitherBitsByAliasesNorNoTimer) {
  for (const MachineImage& image : {Full(), WithLines()}) {
    MachineImage later = image;
    later.bit_band = BitBand::kAll;
    later.systick = false;
    const std::string bytes = WriteMachine(later);
    MachineImage read;
    std::string why;
    ASSERT_TRUE(ReadMachine(bytes, read, why)) << why;
    EXPECT_EQ(read.bit_band, BitBand::kAll);
    EXPECT_FALSE(read.systick);
    EXPECT_EQ(read.lines.size(), image.lines.size());
    ASSERT_TRUE(ReadMachine(Sealed(bytes.substr(0, bytes.size() - 6)), read, why)) << why;
    EXPECT_EQ(read.bit_band, BitBand::kNone);
    EXPECT_TRUE(read.systick);
    EXPECT_EQ(read.lines.size(), image.lines.size());
    EXPECT_FALSE(ReadMachine(Sealed(bytes.substr(0, bytes.size() - 5)), read, why));
  }
}

TEST(MachineFile, NoCutOrChangedByteIsTaken) {
  const std::string bytes = WriteMachine(Full());
  MachineImage read;
  read.entry = 42;
  std::string why;
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ReadMachine(bytes.substr(0, size), read, why)) << size;
    EXPECT_FALSE(why.empty());
  }
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x40);
    EXPECT_FALSE(ReadMachine(changed, read, why)) << at;
  }
  EXPECT_FALSE(ReadMachine(bytes + "x", read, why));
  const std::string unknown = bytes.substr(0, bytes.size() - 4) + "nose";
  EXPECT_FALSE(ReadMachine(Sealed(unknown), read, why));
  EXPECT_EQ(why, "has bytes behind its end");
  EXPECT_EQ(read.entry, 42U);
}

TEST(MachineFile, ChecksumIsThatOfIeee802) {
  const std::string bytes = WriteMachine(Full());
  EXPECT_EQ(Sealed(bytes.substr(0, bytes.size() - 4)), bytes);
}

TEST(MachineFile, CountsBeyondTheFileAreRefused) {
  const std::string bytes = WriteMachine(Full());
  const std::string content = bytes.substr(0, bytes.size() - 4);
  MachineImage read;
  std::string why;
  for (size_t at = 18; at + 4 <= content.size(); ++at) {
    std::string changed = content;
    changed.replace(at, 4, "\xff\xff\xff\xff");
    // Either a number of which all values are allowed, or refused; never a crash or much memory.
    why.clear();
    const bool taken = ReadMachine(Sealed(changed), read, why);
    EXPECT_EQ(taken, why.empty()) << at;
  }
  std::string many = content;
  many.replace(18 + 1 + 1 + 12, 4, "\xff\xff\xff\x7f");
  EXPECT_FALSE(ReadMachine(Sealed(many), read, why));
  EXPECT_EQ(why, "ends before all that it announces");
  EXPECT_FALSE(ReadMachine(Sealed(content + "x"), read, why));
  EXPECT_EQ(why, "has bytes behind its end");
}

std::string MistakeAfter(const std::function<void(MachineImage&)>& change) {
  MachineImage image = Full();
  EXPECT_EQ(MistakeIn(image), "");
  change(image);
  MachineImage read;
  std::string why;
  EXPECT_FALSE(ReadMachine(WriteMachine(image), read, why));
  EXPECT_EQ(why, MistakeIn(image));
  return why;
}

TEST(MachineFile, MapsThatNoCoreCanHave) {
  EXPECT_EQ(MistakeAfter([](MachineImage& image) { image.regions[1].begin = 0x08000fff; }),
            "the memory \"flash\" at 0x8000000 and the memory \"ram\" at 0x8000fff overlap");
  EXPECT_EQ(MistakeAfter([](MachineImage& image) { image.regions[1].begin = 0x4fffffff; }),
            "the peripherals at 0x40000000 and the memory \"ram\" at 0x4fffffff overlap");
  EXPECT_EQ(MistakeAfter([](MachineImage& image) { image.regions[1].begin = 0xe00ff000; }),
            "the private peripheral bus at 0xe0000000 and the memory \"ram\" at 0xe00ff000 "
            "overlap");
  EXPECT_EQ(MistakeAfter([](MachineImage& image) { image.regions[1].begin = 0xfffff801; }),
            "the memory \"ram\" at 0xfffff801 ends beyond the 4 GiB that a Cortex-M can address");
  EXPECT_EQ(MistakeAfter([](MachineImage& image) { image.regions[0].size = 3; }),
            "the memory \"flash\" at 0x8000000 is given more bytes than it has");
  EXPECT_EQ(MistakeAfter([](MachineImage& image) { image.regions[1].size = 0; }),
            "the memory \"ram\" at 0x20000000 has no bytes");
  for (const uint64_t size : {uint64_t{64} << 20U, uint64_t{1} << 32U, UINT64_MAX}) {
    EXPECT_EQ(MistakeAfter([size](MachineImage& image) { image.regions[1].size = size; }),
              "the memory regions have more than 64 MiB together");
  }
  EXPECT_EQ(MistakeAfter([](MachineImage& image) { image.peripherals[1].size = UINT64_MAX; }),
            "the peripherals at 0xa0000000 ends beyond the 4 GiB that a Cortex-M can address");
}

TEST(MachineFile, ModelsAndTriggersThatMeanNothing) {
  EXPECT_EQ(MistakeAfter([](MachineImage& image) { image.models[0].values.clear(); }),
            "the model at 0x40004000 has no values");
  EXPECT_EQ(MistakeAfter(
                [](MachineImage& image) { image.models[1].kind = AccessModel::Kind::kConstant; }),
            "the model at 0x40004004 needs one value");
  EXPECT_EQ(MistakeAfter([](MachineImage& image) { image.models[1].left_shift = 32; }),
            "the model at 0x40004004 takes more than 4 bytes, or shifts them by more than 31 bits");
  EXPECT_EQ(MistakeAfter([](MachineImage& image) { image.triggers[0].irq = 240; }),
            "an interrupt trigger names interrupt 240; the last one is 239");
  EXPECT_EQ(MistakeAfter([](MachineImage& image) {
              image.triggers[0].when = InterruptTrigger::When::kEvery;
            }),
            "an interrupt trigger has a period of 0 instructions");
  EXPECT_EQ(MistakeAfter([](MachineImage& image) { image.disabled_irqs = {9999}; }),
            "interrupt 9999 cannot be disabled; the last one is 239");
  EXPECT_EQ(MistakeAfter([](MachineImage& image) {
              AccessModel wide = image.models[1];
              wide.size = 0x10000;
              image.models.assign(kMostModelledBytes / kWidestModel + 1, wide);
            }),
            "the models answer for more than 1048576 addresses together");
}

}  // namespace
}  // namespace percuss::rehost

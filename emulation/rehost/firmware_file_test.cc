// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/firmware_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <optional>

#include "common/fs.h"
#include "emulation/rehost/small_elf.h"

namespace percuss::emulation {
namespace {

using testing::HasSubstr;

std::string Attributes(const std::string& tags) {
  const std::string file = "\x01" + Little(tags.size() + 5, 4) + tags;
  const std::string vendor = std::string("aeabi\0", 6) + file;
  return "A" + Little(vendor.size() + 4, 4) + vendor;
}

class FirmwareFileTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = common::TemporaryFolder::Make("firmware");
    ASSERT_TRUE(made);
    folder_.emplace(std::move(*made));
  }
  common::Result<FirmwareFile> Read(const std::string& bytes,
                                    std::optional<uint32_t> address = std::nullopt) {
    const auto path = folder_->Path() / "fw";
    std::ofstream(path) << bytes;
    return ReadFirmware(path, address);
  }
  FirmwareFile Sound(const std::string& bytes) {
    auto file = Read(bytes);
    EXPECT_TRUE(file) << file.error().Text();
    return file ? *file : FirmwareFile{};
  }
  std::string ErrorOf(const std::string& bytes) {
    const auto file = Read(bytes);
    if (file) return "none";
    const std::string error = file.error().Text();
    return error.substr(error.rfind("/fw") + 1);
  }
  std::optional<common::TemporaryFolder> folder_;
};

TEST_F(FirmwareFileTest, ElfIsPlacedAsALoaderDoes) {
  const FirmwareFile file =
      Sound(Elf({{0x20000000, 0x08000010, "data", 8, 6},
                 {0x08000000, 0x08000000, std::string(16, 'c'), 16, 5},
                 {0x20000008, 0x20000008, "", 0x100, 6}},
                Attributes("\x05" + std::string("7E-M\0", 5) + "\x06\x0d\x07M\x0a\x06")));
  EXPECT_EQ(file.format, FirmwareFormat::kElf);
  ASSERT_EQ(file.segments.size(), 1U);
  EXPECT_EQ(file.segments[0].address, 0x08000000U);
  EXPECT_EQ(file.segments[0].bytes, std::string(16, 'c') + "data");
  ASSERT_EQ(file.writable.size(), 2U);
  EXPECT_EQ(file.writable[1].begin, 0x20000008U);
  EXPECT_EQ(file.writable[1].size, 0x100U);
  EXPECT_EQ(file.entry, 0x08000101U);
  ASSERT_TRUE(file.attributes);
  EXPECT_EQ(file.attributes->cpu_arch, 13U);
  EXPECT_EQ(file.attributes->profile, uint64_t{'M'});
  EXPECT_EQ(file.attributes->fp_arch, 6U);
}

TEST_F(FirmwareFileTest, ElfThatCannotBe) {
  const std::string whole =
      Elf({{0x08000000, 0x08000000, "code", 4, 5}}, Attributes("\x06\x0d\x07M\x0a\x06"));
  for (size_t size = 4; size < whole.size(); ++size) {
    // Cut off behind the segments only the attributes are gone.
    const auto file = Read(whole.substr(0, size));
    if (file) {
      EXPECT_EQ(file->segments[0].bytes, "code");
    }
    if (size < 88) {
      EXPECT_FALSE(file) << size;
    }
  }
  EXPECT_EQ(ErrorOf(Elf({{0, 0, "aaaa", 4, 5}, {0, 2, "bbbb", 4, 5}})),
            "fw: the image says twice what is at 0x00000002: segments must not overlap");
  EXPECT_THAT(ErrorOf(Elf({{0, 0xfffffffe, "aaaa", 4, 5}})), HasSubstr("end beyond 4 GiB"));
  EXPECT_THAT(ErrorOf(Elf({{0x10, 0, "aaaa", 0xffffffff, 5}})), HasSubstr("ends beyond 4 GiB"));
  EXPECT_THAT(ErrorOf(Elf({{0x20000000, 0, "", 100, 6}})), HasSubstr("no bytes to load"));
  std::string mips = whole;
  mips[18] = 8;
  EXPECT_THAT(ErrorOf(mips), HasSubstr("not of a 32-bit little-endian Arm"));
  std::string object = whole;
  object[16] = 1;
  EXPECT_THAT(ErrorOf(object), HasSubstr("no linked firmware"));
}

TEST_F(FirmwareFileTest, IntelHex) {
  const FirmwareFile file = Sound(
      ":020000040800F2\r\n"
      ":0400000000200020BC\r\n"
      ":0400040001010008EE\r\n"
      ":0400000508000101ED\r\n"
      "\r\n"
      ":020000021000EC\n"
      ":01000000AA55\n"
      ":00000001FF\n");
  EXPECT_EQ(file.format, FirmwareFormat::kIntelHex);
  ASSERT_EQ(file.segments.size(), 2U);
  EXPECT_EQ(file.segments[0].address, 0x10000U);
  EXPECT_EQ(file.segments[0].bytes, "\xaa");
  EXPECT_EQ(file.segments[1].address, 0x08000000U);
  EXPECT_EQ(file.segments[1].bytes, std::string("\x00\x20\x00\x20\x01\x01\x00\x08", 8));
  EXPECT_EQ(file.entry, 0x08000101U);
}

TEST_F(FirmwareFileTest, IntelHexMistakesNameTheLine) {
  const std::string data = ":0400000000200020BC\n";
  const std::string end = ":00000001FF\n";
  EXPECT_EQ(ErrorOf(data + "\n:0400040001010008EB\n" + end),
            "fw:3: the record's checksum is wrong");
  EXPECT_EQ(ErrorOf(data), "fw:1: the file is cut off: it has no end record");
  EXPECT_EQ(ErrorOf(data + end + data), "fw:3: there are lines behind the end record");
  EXPECT_THAT(ErrorOf(data + ":zz\n" + end), HasSubstr("fw:2: is no record of Intel HEX"));
  EXPECT_EQ(ErrorOf(data + ":05000400010100\n" + end),
            "fw:2: the record announces 5 bytes and has 2");
  EXPECT_THAT(ErrorOf(data + ":0400020000200020BA\n" + end),
              HasSubstr("fw:2: the image says twice what is at 0x00000002"));
  EXPECT_EQ(ErrorOf(data + ":00000009F7\n" + end), "fw:2: the record is of the unknown type 9");
  for (size_t size = 12; size < data.size() + end.size() - 1; ++size) {
    EXPECT_FALSE(Read((data + end).substr(0, size))) << size;
  }
}

TEST_F(FirmwareFileTest, MotorolaRecords) {
  const FirmwareFile file = Sound(
      "S00600004844521B\n"
      "S3090800000000200020AE\n"
      "S3090800000401010008E0\n"
      "S5030002FA\n"
      "S70508000101F0\n");
  EXPECT_EQ(file.format, FirmwareFormat::kSrec);
  ASSERT_EQ(file.segments.size(), 1U);
  EXPECT_EQ(file.segments[0].address, 0x08000000U);
  EXPECT_EQ(file.segments[0].bytes, std::string("\x00\x20\x00\x20\x01\x01\x00\x08", 8));
  EXPECT_EQ(file.entry, 0x08000101U);
  EXPECT_EQ(ErrorOf("S1050010AA55EC\n"), "fw:1: the record's checksum is wrong");
  EXPECT_EQ(ErrorOf("S1050010AA55EB\n"), "fw:1: the file is cut off: it has no end record");
  EXPECT_EQ(ErrorOf("S1050010AA55EB\nS5030002FA\nS9030000FC\n"),
            "fw:2: the file announces 2 records of data and has 1");
  EXPECT_EQ(ErrorOf("S1050010AA55EB\nS1060010AA55EB\n"),
            "fw:2: the record announces 6 bytes and has 5");
  EXPECT_THAT(ErrorOf("S1050010AA55EB\nS4050010AA55EB\n"), HasSubstr("fw:2: is no S-record"));
}

std::string Uf2Block(uint32_t flags, uint32_t address, uint32_t number, uint32_t of) {
  const std::string data(256, static_cast<char>('a' + number));
  const std::string head = Little(0x0A324655, 4) + Little(0x9E5D5157, 4) + Little(flags, 4) +
                           Little(address, 4) + Little(data.size(), 4) + Little(number, 4) +
                           Little(of, 4) + Little(0, 4);
  return head + data + std::string(476 - data.size(), '\0') + Little(0x0AB16F30, 4);
}

TEST_F(FirmwareFileTest, Uf2) {
  const std::string one = Uf2Block(0, 0x10000100, 1, 2);
  const std::string zero = Uf2Block(0, 0x10000000, 0, 2);
  const FirmwareFile file = Sound(one + Uf2Block(1, 0, 0, 7) + zero);
  EXPECT_EQ(file.format, FirmwareFormat::kUf2);
  ASSERT_EQ(file.segments.size(), 1U);
  EXPECT_EQ(file.segments[0].bytes, std::string(256, 'a') + std::string(256, 'b'));
  EXPECT_EQ(ErrorOf(zero), "fw: block 1 of the UF2 file is missing: the file is cut off");
  EXPECT_EQ(ErrorOf(zero + one.substr(0, 500)), "fw: block 1 of the UF2 file is cut off");
  EXPECT_THAT(ErrorOf(zero + zero), HasSubstr("block 1 of the UF2 file is number 0 of 2"));
  std::string huge = zero;
  huge[16] = '\xff';
  huge[17] = '\xff';
  EXPECT_THAT(ErrorOf(huge + one), HasSubstr("more bytes than a block has room for"));
  std::string damaged = one;
  damaged[511] = 0;
  EXPECT_THAT(ErrorOf(zero + damaged), HasSubstr("lacks the format's magic numbers"));
}

TEST_F(FirmwareFileTest, RawBytesAndNothing) {
  const auto placed = Read("anything", 0x08000000);
  ASSERT_TRUE(placed);
  EXPECT_EQ(placed->segments[0].address, 0x08000000U);
  EXPECT_FALSE(placed->address_unknown);
  EXPECT_TRUE(Sound(":not hex").address_unknown);
  EXPECT_THAT(ErrorOf(""), HasSubstr("no bytes to load"));
  EXPECT_FALSE(Read("12345", 0xfffffffc));
  EXPECT_FALSE(ReadFirmware(folder_->Path()));
  EXPECT_THAT(ErrorOf(std::string(rehost::kMostMappedBytes + 1, 'x')),
              HasSubstr("more than 64 MiB"));
}

}  // namespace
}  // namespace percuss::emulation

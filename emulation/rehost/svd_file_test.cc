// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/svd_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <optional>

#include "common/fs.h"

namespace percuss::emulation {
namespace {

using testing::HasSubstr;

constexpr const char* kDevice =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
    "<device schemaVersion=\"1.3\">\n"
    "  <name>PUMP</name><size>32</size><access>read-write</access>\n"
    "  <peripherals>\n"
    "    <peripheral>\n"
    "      <name>UART0</name><description>&lt;serial&gt;</description>\n"
    "      <baseAddress>0x4000C000</baseAddress>\n"
    "      <addressBlock><offset>0</offset><size>0x1000</size></addressBlock>\n"
    "      <interrupt><name>UART</name><value>5</value></interrupt>\n"
    "      <registers>\n"
    "        <register><name>DR</name><addressOffset>0</addressOffset>\n"
    "          <readAction>modify</readAction></register>\n"
    "        <register><name>FR</name><addressOffset>0x18</addressOffset>\n"
    "          <access>read-only</access>\n"
    "          <fields><field><name>BUSY</name><access>write-only</access></field></fields>\n"
    "        </register>\n"
    "        <register><name>ICR</name><addressOffset>0x44</addressOffset><size>16</size>\n"
    "          <access>write-only</access></register>\n"
    "        <register derivedFrom=\"FR\"><name>FR2</name><addressOffset>0x48</addressOffset>\n"
    "          <fields><field><name>F</name><readAction>clear</readAction></field></fields>\n"
    "        </register>\n"
    "      </registers>\n"
    "    </peripheral>\n"
    "    <peripheral derivedFrom=\"UART0\"><name>UART1</name>\n"
    "      <baseAddress>0x4000D000</baseAddress></peripheral>\n"
    "    <peripheral><name>DMA</name><baseAddress>1073741824</baseAddress><registers>\n"
    "      <cluster><dim>2</dim><dimIncrement>0x10</dimIncrement><name>CH[%s]</name>\n"
    "        <addressOffset>0x100</addressOffset>\n"
    "        <register><dim>2</dim><dimIncrement>4</dimIncrement><dimIndex>A,B</dimIndex>\n"
    "          <name>CTRL%s</name><addressOffset>4</addressOffset></register>\n"
    "      </cluster></registers></peripheral>\n"
    "  </peripherals>\n"
    "</device>\n";

class SvdFileTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = common::TemporaryFolder::Make("svd");
    ASSERT_TRUE(made);
    folder_.emplace(std::move(*made));
  }
  common::Result<SvdFile> Read(const std::string& text) {
    const auto path = folder_->Path() / "device.svd";
    std::ofstream(path) << text;
    return SvdFile::Read(path);
  }
  std::string ErrorOf(const std::string& text) {
    const auto file = Read(text);
    if (file) return "none";
    const std::string error = file.error().Text();
    return error.substr(error.find("device.svd"));
  }
  std::optional<common::TemporaryFolder> folder_;
};

std::string Device(const std::string& peripherals) {
  return "<device><peripherals>" + peripherals + "</peripherals></device>";
}

TEST_F(SvdFileTest, NamesRegistersByAddress) {
  const auto file = Read(kDevice);
  ASSERT_TRUE(file) << file.error().Text();
  EXPECT_EQ(file->NameOf(0x4000C000), "UART0.DR");
  EXPECT_EQ(file->NameOf(0x4000C002), "UART0.DR+0x2");
  EXPECT_EQ(file->NameOf(0x4000C800), "UART0+0x800");
  EXPECT_EQ(file->NameOf(0x4000D018), "UART1.FR");
  EXPECT_EQ(file->NameOf(0x40000104), "DMA.CH[0].CTRLA");
  EXPECT_EQ(file->NameOf(0x40000118), "DMA.CH[1].CTRLB");
  EXPECT_EQ(file->NameOf(0x50000000), "");
  EXPECT_EQ(file->Registers().size(), 12U);
  EXPECT_EQ(file->Peripherals().size(), 3U);
  ASSERT_EQ(file->Peripherals()[1].spans.size(), 1U);
  EXPECT_EQ(file->Peripherals()[1].spans[0].begin, 0x4000D000U);
}

TEST_F(SvdFileTest, AccessAndEffectsOfReading) {
  const auto file = Read(kDevice);
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->At(0x4000C000)->read_has_effect);
  EXPECT_EQ(file->At(0x4000C000)->access, RegisterAccess::kReadWrite);
  EXPECT_FALSE(file->At(0x4000C018)->read_has_effect);
  EXPECT_EQ(file->At(0x4000C018)->access, RegisterAccess::kReadOnly);
  EXPECT_EQ(file->At(0x4000C044)->access, RegisterAccess::kWriteOnly);
  EXPECT_EQ(file->At(0x4000C044)->bytes, 2U);
  EXPECT_EQ(file->At(0x4000C046), nullptr);
  EXPECT_EQ(file->At(0x4000C048)->access, RegisterAccess::kReadOnly);  // derived
  EXPECT_TRUE(file->At(0x4000C048)->read_has_effect);                  // of a field
}

TEST_F(SvdFileTest, WhatIsWrongIsToldWithItsLine) {
  EXPECT_EQ(ErrorOf("<a/>"), "device.svd:1: is no CMSIS-SVD file: its root is not \"device\"");
  EXPECT_THAT(ErrorOf("<device>\n<name>x"), HasSubstr("device.svd:2: not well-formed XML"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("not well-formed XML"));
  EXPECT_THAT(ErrorOf("<!DOCTYPE device [<!ENTITY a \"x\">]>\n<device>&a;</device>"),
              HasSubstr("document type declaration is refused"));
  EXPECT_EQ(ErrorOf(Device("\n<peripheral><name>A</name><baseAddress>zero</baseAddress>"
                           "</peripheral>")),
            "device.svd:2: peripheral A: baseAddress: \"zero\" is no number");
  EXPECT_THAT(ErrorOf(Device("<peripheral derivedFrom=\"B\"><name>A</name></peripheral>")),
              HasSubstr("derivedFrom: \"B\" is none"));
  EXPECT_THAT(ErrorOf(Device("<peripheral derivedFrom=\"B\"><name>A</name></peripheral>"
                             "<peripheral derivedFrom=\"A\"><name>B</name></peripheral>")),
              HasSubstr("is none that it can be derived from"));
  EXPECT_THAT(ErrorOf(Device("<peripheral><name>A</name><baseAddress>0xfffffff0</baseAddress>"
                             "<registers><register><name>R</name>"
                             "<addressOffset>0x10</addressOffset></register></registers>"
                             "</peripheral>")),
              HasSubstr("register R: lies beyond 4 GiB"));
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "<cluster>";
  for (int i = 0; i < 40; ++i) deep += "</cluster>";
  EXPECT_THAT(ErrorOf(Device("<peripheral>" + deep + "</peripheral>")),
              HasSubstr("nested deeper than 32 levels"));
}

TEST_F(SvdFileTest, ArraysOfArraysAreBounded) {
  std::string text = "<peripheral><name>A</name><baseAddress>0</baseAddress><registers>";
  for (int i = 0; i < 8; ++i) {
    text +=
        "<cluster><dim>60000</dim><dimIncrement>0</dimIncrement><name>C%s</name>"
        "<addressOffset>0</addressOffset>";
  }
  std::string end;
  for (int i = 0; i < 8; ++i) end += "</cluster>";
  EXPECT_THAT(ErrorOf(Device(text + end + "</registers></peripheral>")),
              HasSubstr("arrays and derivations have no end"));
  EXPECT_THAT(ErrorOf(Device("<peripheral><name>A</name><baseAddress>0</baseAddress>"
                             "<dim>4000000000</dim><dimIncrement>0</dimIncrement></peripheral>")),
              HasSubstr("dim: is more than 65536"));
  std::string many;
  for (int i = 0; i < 1000; ++i) {
    many += "<register><name>R</name><addressOffset>0</addressOffset></register>";
  }
  std::string derived = "<peripheral><name>A</name><baseAddress>0</baseAddress><registers>" + many +
                        "</registers></peripheral>";
  for (int i = 0; i < 1000; ++i) {
    derived += "<peripheral derivedFrom=\"A\"><name>B</name></peripheral>";
  }
  EXPECT_THAT(ErrorOf(Device(derived)), HasSubstr("the file derives more than 200000 registers"));
}

TEST_F(SvdFileTest, CutOffFilesAreRefused) {
  const std::string whole = kDevice;
  for (size_t size = 0; size + 1 < whole.size(); size += 9) {
    EXPECT_FALSE(Read(whole.substr(0, size))) << size;
  }
}

}  // namespace
}  // namespace percuss::emulation

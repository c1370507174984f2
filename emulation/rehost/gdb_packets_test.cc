// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/gdb_packets.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace percuss::emulation {
namespace {

std::vector<PacketEvent> EventsOf(PacketReader& reader, std::string_view bytes) {
  reader.Take(bytes);
  std::vector<PacketEvent> events;
  while (auto event = reader.Next()) events.push_back(*event);
  return events;
}

std::vector<PacketEvent> EventsOf(std::string_view bytes) {
  PacketReader reader;
  return EventsOf(reader, bytes);
}

TEST(GdbPacketsTest, APacketIsRead) {
  const auto events = EventsOf("+$m20000000,4#4f\x03-");
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].kind, PacketEvent::Kind::kPacket);
  EXPECT_EQ(events[0].text, "m20000000,4");
  EXPECT_EQ(events[1].kind, PacketEvent::Kind::kInterrupt);
  EXPECT_EQ(events[2].kind, PacketEvent::Kind::kRefused);
}

TEST(GdbPacketsTest, WhatIsFramedIsReadAsItWas) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  PacketReader reader;
  std::vector<PacketEvent> events;
  for (const char byte : Framed(all)) {
    for (const PacketEvent& event : EventsOf(reader, {&byte, 1})) events.push_back(event);
  }
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, PacketEvent::Kind::kPacket);
  EXPECT_EQ(events[0].text, all);
  EXPECT_EQ(Framed("OK"), "$OK#9a");
}

TEST(GdbPacketsTest, ADamagedPacketIsBroken) {
  for (const char* bytes : {"$OK#9b", "$OL#9a", "$OK#zz", "$OK}#17"}) {
    const auto events = EventsOf(bytes);
    ASSERT_EQ(events.size(), 1U) << bytes;
    EXPECT_EQ(events[0].kind, PacketEvent::Kind::kBroken) << bytes;
  }
}

TEST(GdbPacketsTest, APacketThatIsCutOffGivesWayToTheNext) {
  const auto events = EventsOf("$m2000$OK#9a");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].text, "OK");
}

TEST(GdbPacketsTest, APacketWithoutEndIsNotKept) {
  PacketReader reader;
  reader.Take("$");
  for (int i = 0; i < 1000; ++i) reader.Take(std::string(1000, 'a'));
  const auto events = EventsOf(reader, "#00$OK#9a");
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].kind, PacketEvent::Kind::kBroken);
  EXPECT_EQ(events[1].text, "OK");
}

TEST(GdbPacketsTest, GarbageIsReadToItsEnd) {
  std::mt19937 random(1);
  const std::string letters =
      "$#}+-\x03"
      "az09\xff";
  for (int round = 0; round < 2000; ++round) {
    std::string bytes;
    for (uint32_t i = random() % 64; i > 0; --i) bytes += letters[random() % letters.size()];
    PacketReader reader;
    size_t text = 0;
    for (const PacketEvent& event : EventsOf(reader, bytes)) text += event.text.size();
    EXPECT_LE(text, bytes.size());
    // At the latest the second one is understood again.
    const auto after = EventsOf(reader, "##$OK#9a$OK#9a");
    ASSERT_FALSE(after.empty());
    EXPECT_EQ(after.back().text, "OK");
  }
}

TEST(GdbPacketsTest, HexGoesBothWays) {
  EXPECT_EQ(HexOf(std::string("\x00\xfe", 2)), "00fe");
  EXPECT_EQ(BytesOfHex("00Fe"), std::string("\x00\xfe", 2));
  EXPECT_EQ(BytesOfHex("0"), std::nullopt);
  EXPECT_EQ(BytesOfHex("0g"), std::nullopt);
  EXPECT_EQ(HexOfWord(0x12345678), "78563412");
  EXPECT_EQ(WordOfHex("78563412"), 0x12345678U);
  EXPECT_EQ(WordOfHex("7856341"), std::nullopt);
  EXPECT_EQ(WordOfHex("7856341200"), std::nullopt);
}

TEST(GdbPacketsTest, NumbersHaveSixteenDigitsAtMost) {
  std::string_view text = "ffffffffffffffff,2";
  EXPECT_EQ(TakeNumber(text), ~uint64_t{0});
  EXPECT_EQ(text, ",2");
  text = "0ffffffffffffffff";
  EXPECT_EQ(TakeNumber(text), std::nullopt);
  text = ",2";
  EXPECT_EQ(TakeNumber(text), std::nullopt);
  text = "";
  EXPECT_EQ(TakeNumber(text), std::nullopt);
}

}  // namespace
}  // namespace percuss::emulation

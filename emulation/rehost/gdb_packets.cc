// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/gdb_packets.h"

#include <utility>

namespace percuss::emulation {
namespace {

constexpr char kInterruptByte = '\x03';
constexpr char kEscape = '}';
constexpr char kEscapeMask = 0x20;
constexpr size_t kMostDigits = 16;
constexpr std::string_view kDigits = "0123456789abcdef";

int DigitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

uint8_t Added(uint8_t sum, char byte) {
  return static_cast<uint8_t>(sum + static_cast<uint8_t>(byte));
}

}  // namespace

void PacketReader::Take(std::string_view bytes) {
  for (const char byte : bytes) {
    switch (state_) {
      case State::kOutside:
        TakeOutside(byte);
        break;
      case State::kInside:
        TakeInside(byte);
        break;
      case State::kFirstDigit:
        first_digit_ = byte;
        state_ = State::kSecondDigit;
        break;
      case State::kSecondDigit:
        Finish(first_digit_, byte);
        break;
    }
  }
}

void PacketReader::TakeOutside(char byte) {
  if (byte == '$') {
    packet_.clear();
    escaped_ = false;
    too_long_ = false;
    sum_ = 0;
    state_ = State::kInside;
  } else if (byte == kInterruptByte) {
    events_.push_back({PacketEvent::Kind::kInterrupt, ""});
  } else if (byte == '-') {
    events_.push_back({PacketEvent::Kind::kRefused, ""});
  }
}

void PacketReader::TakeInside(char byte) {
  if (byte == '#') {
    state_ = State::kFirstDigit;
    return;
  }
  // The last one was cut off.
  if (byte == '$') return TakeOutside(byte);
  sum_ = Added(sum_, byte);
  if (byte == kEscape && !escaped_) {
    escaped_ = true;
    return;
  }
  if (packet_.size() >= kMostPacketBytes) {
    too_long_ = true;
    return;
  }
  packet_.push_back(static_cast<char>(escaped_ ? byte ^ kEscapeMask : byte));
  escaped_ = false;
}

void PacketReader::Finish(char first, char second) {
  state_ = State::kOutside;
  const int high = DigitOf(first);
  const int low = DigitOf(second);
  const bool sound = high >= 0 && low >= 0 && (high << 4 | low) == sum_ && !too_long_ && !escaped_;
  if (sound) {
    events_.push_back({PacketEvent::Kind::kPacket, std::exchange(packet_, {})});
  } else {
    events_.push_back({PacketEvent::Kind::kBroken, ""});
  }
}

std::optional<PacketEvent> PacketReader::Next() {
  if (events_.empty()) return std::nullopt;
  PacketEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

std::string Framed(std::string_view text) {
  std::string packet = "$";
  uint8_t sum = 0;
  for (const char c : text) {
    const bool special = c == '#' || c == '$' || c == kEscape || c == '*';
    if (special) {
      packet.push_back(kEscape);
      sum = Added(sum, kEscape);
    }
    packet.push_back(static_cast<char>(special ? c ^ kEscapeMask : c));
    sum = Added(sum, packet.back());
  }
  packet.push_back('#');
  packet.push_back(kDigits[sum >> 4U]);
  packet.push_back(kDigits[sum & 0xfU]);
  return packet;
}

std::string HexOf(std::string_view bytes) {
  std::string digits;
  digits.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    digits.push_back(kDigits[byte >> 4U]);
    digits.push_back(kDigits[byte & 0xfU]);
  }
  return digits;
}

std::optional<std::string> BytesOfHex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(digits.size() / 2);
  for (size_t i = 0; i < digits.size(); i += 2) {
    const int high = DigitOf(digits[i]);
    const int low = DigitOf(digits[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high << 4 | low));
  }
  return bytes;
}

std::string HexOfWord(uint32_t word) {
  std::string bytes;
  for (uint32_t shift = 0; shift < 32; shift += 8) {
    bytes.push_back(static_cast<char>(word >> shift & 0xffU));
  }
  return HexOf(bytes);
}

std::optional<uint32_t> WordOfHex(std::string_view digits) {
  const auto bytes = BytesOfHex(digits);
  if (!bytes || bytes->size() != 4) return std::nullopt;
  uint32_t word = 0;
  for (size_t i = 0; i < 4; ++i) {
    word |= uint32_t{static_cast<uint8_t>((*bytes)[i])} << (8 * i);
  }
  return word;
}

std::optional<uint64_t> TakeNumber(std::string_view& text) {
  uint64_t value = 0;
  size_t digits = 0;
  while (digits < text.size() && DigitOf(text[digits]) >= 0) {
    if (digits == kMostDigits) return std::nullopt;
    value = value << 4U | static_cast<uint64_t>(DigitOf(text[digits++]));
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace percuss::emulation

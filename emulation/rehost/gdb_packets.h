// SPDX-License-Identifier: Apache-2.0
//
// The framing of the GDB Remote Serial Protocol (Debugging with GDB, appendix E): packets out of
// bytes and back, hexadecimal in both directions. Bytes may be anybody's. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace percuss::emulation {

// Of one packet, between `$` and `#`; told to the debugger as PacketSize.
constexpr size_t kMostPacketBytes = 0x4000;

struct PacketEvent {
  enum class Kind : uint8_t {
    kPacket,
    kBroken,     // its sum is wrong, or it is too long: to be asked for again
    kInterrupt,  // Ctrl-C, outside of packets
    kRefused     // our last packet did not arrive whole
  };
  Kind kind = Kind::kPacket;
  std::string text;  // of kPacket, without escapes
};

class PacketReader {
 public:
  void Take(std::string_view bytes);
  // In order; nothing where the bytes have no further one yet.
  [[nodiscard]] std::optional<PacketEvent> Next();

 private:
  enum class State : uint8_t { kOutside, kInside, kFirstDigit, kSecondDigit };

  void TakeOutside(char byte);
  void TakeInside(char byte);
  void Finish(char first, char second);

  State state_ = State::kOutside;
  std::string packet_;
  bool escaped_ = false;
  bool too_long_ = false;
  uint8_t sum_ = 0;
  char first_digit_ = '0';
  std::deque<PacketEvent> events_;
};

// `$text#sum`, escaped where it must be.
[[nodiscard]] std::string Framed(std::string_view text);

[[nodiscard]] std::string HexOf(std::string_view bytes);
// Nothing where it is not all of it pairs of digits.
[[nodiscard]] std::optional<std::string> BytesOfHex(std::string_view digits);
// A word as the target has it in memory, little-endian.
[[nodiscard]] std::string HexOfWord(uint32_t word);
[[nodiscard]] std::optional<uint32_t> WordOfHex(std::string_view digits);

// Takes a number off, up to 16 digits, most significant first; nothing where there is none.
[[nodiscard]] std::optional<uint64_t> TakeNumber(std::string_view& text);
// Takes a prefix off, if it is there.
[[nodiscard]] bool TakePrefix(std::string_view& text, std::string_view prefix);

}  // namespace percuss::emulation

// SPDX-License-Identifier: Apache-2.0
//
// Numbers whose bytes say how many they are, and ways in which whole parts of a message are coded.
// Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocols/model.h"

namespace percuss::protocols {

struct VariableNumber {
  std::string_view name;
  // How many bytes the number at the begin has; 0: there is none.
  size_t (*decode)(std::span<const uint8_t> bytes, uint64_t& value);
  // The shortest form, appended. What does not fit is cut.
  void (*encode)(uint64_t value, Bytes& out);
  std::string (*show)(uint64_t value);  // for people; nullptr: as any number
};

// leb128 (DWARF 5, 7.6), mqtt_length (MQTT 3.1.1, 2.2.3), ber_length (X.690, 8.1.3), cbor_argument
// (RFC 8949, 3: its head without the major type, which comes with it as the value's top bits).
[[nodiscard]] std::span<const VariableNumber> VariableNumbers();

struct Transform {
  std::string_view name;
  // False where these bytes are not so coded.
  bool (*decode)(std::span<const uint8_t> bytes, Bytes& out);
  void (*encode)(std::span<const uint8_t> bytes, Bytes& out);
};

// hdlc (RFC 1662, 4.2: 7e and 7d are escaped), hex (upper case), base64 (RFC 4648, 4).
[[nodiscard]] std::span<const Transform> Transforms();

// Digits of a base of 2 to 36, from the begin; nothing where there is none, or where a byte of
// `digits` is none (blanks before and after them are let pass).
[[nodiscard]] std::optional<uint64_t> ReadDigits(std::span<const uint8_t> digits, unsigned base);
// As a field of kDigits has them; what does not fit is cut at the left. Width 0: as many as it
// takes.
[[nodiscard]] Bytes WriteDigits(uint64_t value, const Field& field);

[[nodiscard]] uint64_t ReadInteger(std::span<const uint8_t> bytes, bool big_endian);
// Into all of `bytes`; what does not fit is cut.
void WriteInteger(uint64_t value, bool big_endian, std::span<uint8_t> bytes);

}  // namespace percuss::protocols

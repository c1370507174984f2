// SPDX-License-Identifier: Apache-2.0
#include "protocols/codings.h"

#include <algorithm>
#include <array>

namespace percuss::protocols {
namespace {

using Input = std::span<const uint8_t>;

template <size_t kMost>
size_t DecodeSevenBits(Input bytes, uint64_t& value) {
  value = 0;
  for (size_t i = 0; i < std::min(bytes.size(), kMost); ++i) {
    value |= static_cast<uint64_t>(bytes[i] & 0x7f) << (7 * i);
    if ((bytes[i] & 0x80) == 0) return i + 1;
  }
  return 0;
}

template <size_t kMost>
void EncodeSevenBits(uint64_t value, Bytes& out) {
  for (size_t i = 0; i < kMost; ++i) {
    const bool more = value >> 7 != 0 && i + 1 < kMost;
    out.push_back(static_cast<uint8_t>((value & 0x7f) | (more ? 0x80 : 0)));
    if (!more) return;
    value >>= 7;
  }
}

size_t DecodeBerLength(Input bytes, uint64_t& value) {
  if (bytes.empty()) return 0;
  value = bytes[0];
  if (value < 0x80) return 1;
  const size_t count = bytes[0] & 0x7f;
  if (count == 0 || count > 8 || bytes.size() <= count) return 0;
  value = ReadInteger(bytes.subspan(1, count), true);
  return 1 + count;
}

size_t BytesOf(uint64_t value) {
  size_t count = 1;
  while (count < 8 && value >> (8 * count) != 0) ++count;
  return count;
}

void EncodeBerLength(uint64_t value, Bytes& out) {
  if (value < 0x80) {
    out.push_back(static_cast<uint8_t>(value));
    return;
  }
  const size_t count = BytesOf(value);
  out.push_back(static_cast<uint8_t>(0x80 | count));
  out.resize(out.size() + count);
  WriteInteger(value, true, std::span(out).last(count));
}

// The value's top three bits are the major type: arguments have 61 bits here, and are the greatest
// of these when they have more.
constexpr int kMajorShift = 61;
constexpr uint64_t kArgumentMask = (1ULL << kMajorShift) - 1;

size_t DecodeCborArgument(Input bytes, uint64_t& value) {
  if (bytes.empty()) return 0;
  const uint64_t major = bytes[0] >> 5;
  uint64_t argument = bytes[0] & 0x1f;
  size_t used = 1;
  if (argument >= 24) {
    const size_t count = argument <= 27 ? size_t{1} << (argument - 24) : 0;
    if (count == 0 || bytes.size() <= count) return 0;
    argument = ReadInteger(bytes.subspan(1, count), true);
    argument = std::min(argument, kArgumentMask);
    used += count;
  }
  value = major << kMajorShift | argument;
  return used;
}

void EncodeCborArgument(uint64_t value, Bytes& out) {
  const uint64_t argument = value & kArgumentMask;
  const auto major = static_cast<uint8_t>(value >> kMajorShift << 5);
  if (argument < 24) {
    out.push_back(static_cast<uint8_t>(major | argument));
    return;
  }
  size_t step = 0;
  while (step < 3 && argument >> (8U << step) != 0) ++step;
  out.push_back(static_cast<uint8_t>(major | (24 + step)));
  const size_t count = size_t{1} << step;
  out.resize(out.size() + count);
  WriteInteger(argument, true, std::span(out).last(count));
}

std::string ShowCborArgument(uint64_t value) {
  static constexpr std::array<std::string_view, 8> kMajors = {
      "unsigned", "negative", "bytes", "text", "array", "map", "tag", "simple"};
  return std::string(kMajors[value >> kMajorShift]) + " " + std::to_string(value & kArgumentMask);
}

constexpr std::array kVariableNumbers = {
    VariableNumber{"leb128", DecodeSevenBits<9>, EncodeSevenBits<9>, nullptr},
    VariableNumber{"mqtt_length", DecodeSevenBits<4>, EncodeSevenBits<4>, nullptr},
    VariableNumber{"ber_length", DecodeBerLength, EncodeBerLength, nullptr},
    VariableNumber{"cbor_argument", DecodeCborArgument, EncodeCborArgument, ShowCborArgument},
};

bool DecodeHdlc(Input bytes, Bytes& out) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == 0x7e) return false;
    if (bytes[i] != 0x7d) {
      out.push_back(bytes[i]);
      continue;
    }
    if (++i == bytes.size()) return false;
    out.push_back(bytes[i] ^ 0x20);
  }
  return true;
}

void EncodeHdlc(Input bytes, Bytes& out) {
  for (const uint8_t byte : bytes) {
    const bool escaped = byte == 0x7e || byte == 0x7d;
    if (escaped) out.push_back(0x7d);
    out.push_back(escaped ? byte ^ 0x20 : byte);
  }
}

int DigitOf(uint8_t byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  const int lower = byte | 0x20;
  return lower >= 'a' && lower <= 'z' ? lower - 'a' + 10 : 99;
}

bool DecodeHex(Input bytes, Bytes& out) {
  if (bytes.size() % 2 != 0) return false;
  for (size_t i = 0; i < bytes.size(); i += 2) {
    const int high = DigitOf(bytes[i]);
    const int low = DigitOf(bytes[i + 1]);
    if (high > 15 || low > 15) return false;
    out.push_back(static_cast<uint8_t>(high * 16 + low));
  }
  return true;
}

constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

void EncodeHex(Input bytes, Bytes& out) {
  for (const uint8_t byte : bytes) {
    out.push_back(static_cast<uint8_t>(kDigits[byte >> 4]));
    out.push_back(static_cast<uint8_t>(kDigits[byte & 15]));
  }
}

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool DecodeBase64(Input bytes, Bytes& out) {
  if (bytes.size() % 4 != 0) return false;
  for (size_t i = 0; i < bytes.size(); i += 4) {
    uint32_t bits = 0;
    size_t padding = 0;
    for (size_t k = 0; k < 4; ++k) {
      const size_t digit = kBase64.find(static_cast<char>(bytes[i + k]));
      const bool pads = bytes[i + k] == '=' && k >= 2 && i + 4 == bytes.size();
      if ((digit == std::string_view::npos && !pads) || (padding > 0 && !pads)) return false;
      padding += pads ? 1 : 0;
      bits = bits << 6 | (pads ? 0 : static_cast<uint32_t>(digit));
    }
    for (size_t k = 0; k < 3 - padding; ++k) {
      out.push_back(static_cast<uint8_t>(bits >> (16 - 8 * k)));
    }
  }
  return true;
}

void EncodeBase64(Input bytes, Bytes& out) {
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t have = std::min<size_t>(3, bytes.size() - i);
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < have ? bytes[i + k] : 0);
    for (size_t k = 0; k < 4; ++k) {
      out.push_back(static_cast<uint8_t>(k <= have ? kBase64[bits >> (18 - 6 * k) & 63] : '='));
    }
  }
}

constexpr std::array kTransforms = {
    Transform{"hdlc", DecodeHdlc, EncodeHdlc},
    Transform{"hex", DecodeHex, EncodeHex},
    Transform{"base64", DecodeBase64, EncodeBase64},
};

}  // namespace

std::span<const VariableNumber> VariableNumbers() { return kVariableNumbers; }
std::span<const Transform> Transforms() { return kTransforms; }

std::optional<uint64_t> ReadDigits(std::span<const uint8_t> digits, unsigned base) {
  while (!digits.empty() && digits.front() == ' ') digits = digits.subspan(1);
  while (!digits.empty() && digits.back() == ' ') digits = digits.first(digits.size() - 1);
  if (digits.empty()) return std::nullopt;
  uint64_t value = 0;
  for (const uint8_t byte : digits) {
    const auto digit = static_cast<unsigned>(DigitOf(byte));
    if (digit >= base || value > (UINT64_MAX - digit) / base) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

Bytes WriteDigits(uint64_t value, const Field& field) {
  const bool shortest = field.width == 0 || field.blanks;
  Bytes digits;
  do {
    digits.push_back(static_cast<uint8_t>(kDigits[value % field.base]));
    value /= field.base;
  } while ((shortest && value != 0 && digits.size() != field.width) ||
           (!shortest && digits.size() < field.width));
  std::reverse(digits.begin(), digits.end());
  if (field.blanks) digits.resize(std::max<size_t>(digits.size(), field.width), ' ');
  return digits;
}

uint64_t ReadInteger(std::span<const uint8_t> bytes, bool big_endian) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    value = value << 8 | bytes[big_endian ? i : bytes.size() - 1 - i];
  }
  return value;
}

void WriteInteger(uint64_t value, bool big_endian, std::span<uint8_t> bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[big_endian ? bytes.size() - 1 - i : i] = static_cast<uint8_t>(value);
    value >>= 8;
  }
}

}  // namespace percuss::protocols

// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "emulation/rehost/firmware_parts.h"

namespace percuss::emulation {
namespace {

using common::ErrorCode;
using common::Fail;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Pairs of digits as bytes; nothing where there is anything else.
std::optional<std::string> FromHex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < digits.size(); i += 2) {
    const int high = HexDigit(digits[i]);
    const int low = HexDigit(digits[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

uint32_t BigEndian(std::string_view bytes) {
  uint32_t value = 0;
  for (const char c : bytes) value = value << 8U | static_cast<unsigned char>(c);
  return value;
}

uint32_t SumOf(std::string_view bytes) {
  uint32_t sum = 0;
  for (const char c : bytes) sum += static_cast<unsigned char>(c);
  return sum & 0xffU;
}

// The lines of a text, without their ends; empty ones are left out.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}
  bool Next() {
    while (at_ < text_.size()) {
      const size_t end = std::min(text_.find('\n', at_), text_.size());
      line_ = text_.substr(at_, end - at_);
      at_ = end + 1;
      ++number_;
      while (!line_.empty() && (line_.back() == '\r' || line_.back() == ' ')) {
        line_.remove_suffix(1);
      }
      if (!line_.empty()) return true;
    }
    return false;
  }
  [[nodiscard]] std::string_view Line() const { return line_; }
  [[nodiscard]] int Number() const { return number_; }

 private:
  std::string_view text_;
  std::string_view line_;
  size_t at_ = 0;
  int number_ = 0;
};

// Lines of one record each, up to one that ends the file.
class TextReader {
 public:
  TextReader(std::string_view text, FirmwareFile& firmware)
      : lines_(text), firmware_(firmware), collector_(firmware.path.string()) {}
  virtual ~TextReader() = default;
  TextReader(const TextReader&) = delete;
  TextReader& operator=(const TextReader&) = delete;

  common::Status Read() {
    while (lines_.Next()) {
      if (ended_) return Refuse("there are lines behind the end record");
      if (auto record = ReadRecord(lines_.Line()); !record) return record;
    }
    if (!ended_) return Refuse("the file is cut off: it has no end record");
    auto segments = collector_.Take();
    if (!segments) return tl::make_unexpected(segments.error());
    firmware_.segments = std::move(*segments);
    return {};
  }

 protected:
  common::Status Refuse(const std::string& what) {
    return Fail(ErrorCode::kBadInput, what, firmware_.path.string(), lines_.Number());
  }
  void End() { ended_ = true; }
  [[nodiscard]] int Line() const { return lines_.Number(); }
  FirmwareFile& Firmware() { return firmware_; }
  SegmentCollector& Collector() { return collector_; }

 private:
  [[nodiscard]] virtual common::Status ReadRecord(std::string_view line) = 0;

  Lines lines_;
  FirmwareFile& firmware_;
  SegmentCollector collector_;
  bool ended_ = false;
};

class HexReader : public TextReader {
 public:
  using TextReader::TextReader;

 private:
  common::Status ReadRecord(std::string_view line) override {
    const auto bytes = line[0] == ':' ? FromHex(line.substr(1)) : std::nullopt;
    constexpr size_t kAround = 5;  // length, address, type and checksum
    if (!bytes || bytes->size() < kAround) {
      return Refuse("is no record of Intel HEX: \":\" and pairs of hexadecimal digits");
    }
    const auto length = static_cast<unsigned char>((*bytes)[0]);
    if (bytes->size() != length + kAround) {
      return Refuse(
          fmt::format("the record announces {} bytes and has {}", length, bytes->size() - kAround));
    }
    if (SumOf(*bytes) != 0) return Refuse("the record's checksum is wrong");
    const std::string_view data = std::string_view(*bytes).substr(4, length);
    const uint32_t offset = BigEndian(std::string_view(*bytes).substr(1, 2));
    switch ((*bytes)[3]) {
      case 0: {
        const uint64_t address = uint64_t{base_} + offset;
        if (address > UINT32_MAX) return Refuse("the record lies beyond 4 GiB");
        return Collector().Add(static_cast<uint32_t>(address), data, Line());
      }
      case 1:
        End();
        return length == 0 ? common::Status{} : Refuse("the end record has bytes");
      case 2:
        base_ = BigEndian(data) << 4U;
        return length == 2 ? common::Status{} : Refuse("an address record must have 2 bytes");
      case 3:  // CS:IP of an 8086
        return {};
      case 4:
        base_ = BigEndian(data) << 16U;
        return length == 2 ? common::Status{} : Refuse("an address record must have 2 bytes");
      case 5:
        Firmware().entry = BigEndian(data);
        return length == 4 ? common::Status{} : Refuse("a start record must have 4 bytes");
      default:
        return Refuse(fmt::format("the record is of the unknown type {}",
                                  static_cast<unsigned char>((*bytes)[3])));
    }
  }

  uint32_t base_ = 0;
};

class SrecReader : public TextReader {
 public:
  using TextReader::TextReader;

 private:
  common::Status ReadRecord(std::string_view line) override {
    const auto bytes = line[0] == 'S' && line.size() > 2 ? FromHex(line.substr(2)) : std::nullopt;
    const int type = line.size() > 1 ? HexDigit(line[1]) : -1;
    if (!bytes || bytes->empty() || type < 0 || type > 9 || type == 4) {
      return Refuse("is no S-record: \"S\", a digit and pairs of hexadecimal digits");
    }
    // Bytes of the address, by type.
    constexpr size_t kAddressBytes[] = {2, 2, 3, 4, 0, 2, 3, 4, 3, 2};
    const size_t address_bytes = kAddressBytes[type];
    const auto length = static_cast<unsigned char>((*bytes)[0]);
    if (bytes->size() != size_t{length} + 1) {
      return Refuse(
          fmt::format("the record announces {} bytes and has {}", length, bytes->size() - 1));
    }
    if (length < address_bytes + 1) return Refuse("the record is too short for its address");
    if (SumOf(*bytes) != 0xff) return Refuse("the record's checksum is wrong");
    const uint32_t address = BigEndian(std::string_view(*bytes).substr(1, address_bytes));
    const std::string_view data =
        std::string_view(*bytes).substr(1 + address_bytes, length - address_bytes - 1);
    if (type == 0) return {};
    if (type <= 3) {
      ++count_;
      return Collector().Add(address, data, Line());
    }
    if (type <= 6) {
      if (address != (count_ & (type == 5 ? 0xffffU : 0xffffffU))) {
        return Refuse(
            fmt::format("the file announces {} records of data and has {}", address, count_));
      }
      return {};
    }
    End();
    if (address != 0) Firmware().entry = address;
    return {};
  }

  uint32_t count_ = 0;
};

}  // namespace

common::Status ReadIntelHex(std::string_view text, FirmwareFile& firmware) {
  return HexReader(text, firmware).Read();
}

common::Status ReadSrec(std::string_view text, FirmwareFile& firmware) {
  return SrecReader(text, firmware).Read();
}

}  // namespace percuss::emulation

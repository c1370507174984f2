// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/firmware_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "common/fs.h"
#include "emulation/rehost/firmware_parts.h"
#include "emulation/rehost/memory_map.h"

namespace percuss::emulation {
namespace {

using common::ErrorCode;
using common::Fail;

// With debug information, or as text, a file has a multiple of what it loads.
constexpr uint64_t kMostFileBytes = uint64_t{512} << 20;
constexpr uint32_t kUf2Begin = 0x0A324655;  // "UF2\n"
constexpr uint32_t kUf2Second = 0x9E5D5157;
constexpr uint32_t kUf2End = 0x0AB16F30;
constexpr size_t kUf2Block = 512;
constexpr size_t kUf2Data = 32;
constexpr uint32_t kUf2MostPayload = 476;
constexpr uint32_t kUf2NotMainFlash = 0x1;
constexpr uint32_t kUf2Container = 0x1000;
constexpr size_t kUf2MostBlocks = 0x100000;

bool AllHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; });
}

FirmwareFormat FormatOf(std::string_view bytes) {
  constexpr size_t kShortestHex = 11;
  constexpr size_t kShortestSrec = 10;
  if (bytes.starts_with("\x7f"
                        "ELF")) {
    return FirmwareFormat::kElf;
  }
  if (bytes.size() >= 8 && LittleWord(bytes, 0) == kUf2Begin &&
      LittleWord(bytes, 4) == kUf2Second) {
    return FirmwareFormat::kUf2;
  }
  const size_t first = bytes.find_first_not_of(" \t\r\n");
  const std::string_view text = first == std::string_view::npos ? "" : bytes.substr(first);
  if (text.size() >= kShortestHex && text[0] == ':' && AllHex(text.substr(1, kShortestHex - 1))) {
    return FirmwareFormat::kIntelHex;
  }
  if (text.size() >= kShortestSrec && text[0] == 'S' && AllHex(text.substr(1, kShortestSrec - 1))) {
    return FirmwareFormat::kSrec;
  }
  return FirmwareFormat::kRaw;
}

common::Status ReadRaw(std::string_view bytes, std::optional<uint32_t> address,
                       FirmwareFile& firmware) {
  SegmentCollector collector(firmware.path.string());
  firmware.address_unknown = !address;
  if (auto added = collector.Add(address.value_or(0), bytes); !added) return added;
  auto segments = collector.Take();
  if (!segments) return tl::make_unexpected(segments.error());
  firmware.segments = std::move(*segments);
  return {};
}

}  // namespace

uint32_t LittleHalf(std::string_view bytes, size_t at) {
  return static_cast<unsigned char>(bytes[at]) | uint32_t{static_cast<unsigned char>(bytes[at + 1])}
                                                     << 8U;
}

uint32_t LittleWord(std::string_view bytes, size_t at) {
  return LittleHalf(bytes, at) | LittleHalf(bytes, at + 2) << 16U;
}

common::Status SegmentCollector::Add(uint32_t address, std::string_view bytes, int line) {
  if (bytes.empty()) return {};
  if (bytes.size() > kAddressSpaceBytes - address) {
    return Fail(ErrorCode::kBadInput,
                fmt::format("{} bytes at 0x{:08x} end beyond 4 GiB", bytes.size(), address), file_,
                line);
  }
  if (bytes.size() > rehost::kMostMappedBytes - bytes_.size()) {
    return Fail(
        ErrorCode::kBadInput,
        fmt::format("the image has more than {} MiB, which no Cortex-M's flash has: is this "
                    "the right file?",
                    rehost::kMostMappedBytes >> 20U),
        file_, line);
  }
  // Text formats come in order, sixteen bytes at a time.
  if (!pieces_.empty() && pieces_.back().address + pieces_.back().size == address) {
    pieces_.back().size += bytes.size();
  } else {
    pieces_.push_back({address, bytes_.size(), bytes.size(), line});
  }
  bytes_ += bytes;
  return {};
}

common::Result<std::vector<FirmwareSegment>> SegmentCollector::Take() {
  if (pieces_.empty()) {
    return Fail(ErrorCode::kBadInput, "the image has no bytes to load", file_);
  }
  std::stable_sort(pieces_.begin(), pieces_.end(), [](const Piece& one, const Piece& other) {
    return one.address < other.address;
  });
  std::vector<FirmwareSegment> segments;
  uint64_t end = 0;
  for (const Piece& piece : pieces_) {
    if (!segments.empty() && piece.address < end) {
      return Fail(ErrorCode::kBadInput,
                  fmt::format("the image says twice what is at 0x{:08x}: segments must not overlap",
                              piece.address),
                  file_, piece.line);
    }
    if (segments.empty() || piece.address > end) segments.push_back({piece.address, ""});
    segments.back().bytes.append(bytes_, piece.at, piece.size);
    end = piece.address + piece.size;
  }
  return segments;
}

common::Status ReadUf2(std::string_view bytes, FirmwareFile& firmware) {
  const std::string file = firmware.path.string();
  const auto refuse = [&file](size_t block, const std::string& what) {
    return Fail(ErrorCode::kBadInput, fmt::format("block {} of the UF2 file {}", block, what),
                file);
  };
  const size_t blocks = bytes.size() / kUf2Block;
  if (bytes.size() % kUf2Block != 0) return refuse(blocks, "is cut off");
  if (blocks > kUf2MostBlocks) return refuse(kUf2MostBlocks, "is one too many");
  SegmentCollector collector(file);
  std::vector<bool> seen;
  size_t count = 0;
  for (size_t i = 0; i < blocks; ++i) {
    const std::string_view block = bytes.substr(i * kUf2Block, kUf2Block);
    if (LittleWord(block, 0) != kUf2Begin || LittleWord(block, 4) != kUf2Second ||
        LittleWord(block, kUf2Block - 4) != kUf2End) {
      return refuse(i, "lacks the format's magic numbers");
    }
    if ((LittleWord(block, 8) & (kUf2NotMainFlash | kUf2Container)) != 0) continue;
    const uint32_t size = LittleWord(block, 16);
    const uint32_t number = LittleWord(block, 20);
    const uint32_t of = LittleWord(block, 24);
    if (size > kUf2MostPayload) return refuse(i, "has more bytes than a block has room for");
    if (of > blocks) return refuse(blocks, "is missing: the file is cut off");
    if (seen.empty()) seen.resize(of);
    if (of != seen.size() || number >= of || seen[number]) {
      return refuse(i, fmt::format("is number {} of {}: the file is cut off, or of several images "
                                   "(take the one for this device)",
                                   number, of));
    }
    seen[number] = true;
    ++count;
    if (auto added = collector.Add(LittleWord(block, 12), block.substr(kUf2Data, size)); !added) {
      return added;
    }
  }
  if (count != seen.size()) return refuse(count, "is missing: the file is cut off");
  auto segments = collector.Take();
  if (!segments) return tl::make_unexpected(segments.error());
  firmware.segments = std::move(*segments);
  return {};
}

common::Result<FirmwareFile> ReadFirmware(const std::filesystem::path& path,
                                          std::optional<uint32_t> raw_address) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) {
    return Fail(ErrorCode::kBadInput, "no such firmware image", path.string());
  }
  const auto bytes = common::ReadFile(path, kMostFileBytes);
  if (!bytes) return tl::make_unexpected(bytes.error());
  FirmwareFile firmware;
  firmware.path = path;
  firmware.format = FormatOf(*bytes);
  common::Status read;
  switch (firmware.format) {
    case FirmwareFormat::kElf:
      read = ReadElfFirmware(*bytes, firmware);
      break;
    case FirmwareFormat::kIntelHex:
      read = ReadIntelHex(*bytes, firmware);
      break;
    case FirmwareFormat::kSrec:
      read = ReadSrec(*bytes, firmware);
      break;
    case FirmwareFormat::kUf2:
      read = ReadUf2(*bytes, firmware);
      break;
    case FirmwareFormat::kRaw:
      read = ReadRaw(*bytes, raw_address, firmware);
      break;
  }
  if (!read) return tl::make_unexpected(read.error());
  return firmware;
}

}  // namespace percuss::emulation

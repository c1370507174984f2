// SPDX-License-Identifier: Apache-2.0
#include "reports/evidence/stored_zip.h"

#include <libdeflate.h>

#include <limits>

namespace percuss::reports {
namespace {

using common::ErrorCode;
using common::Fail;
using common::Status;

// APPNOTE 6.3.10: sections 4.3.7 (local header), 4.3.12 (directory), 4.3.16 (end record).
constexpr uint32_t kLocalSignature = 0x04034b50;
constexpr uint32_t kDirectorySignature = 0x02014b50;
constexpr uint32_t kEndSignature = 0x06054b50;
constexpr uint16_t kVersionNeeded = 20;
constexpr uint16_t kMadeByUnix = 3U << 8U | kVersionNeeded;
constexpr uint16_t kDosDate1980 = 1U << 5U | 1U;  // first of January of year 0 since 1980
constexpr uint64_t kMaxOffset = std::numeric_limits<uint32_t>::max() - 1;
constexpr size_t kMaxEntries = std::numeric_limits<uint16_t>::max() - 1;

void Put16(std::string& out, uint16_t value) {
  out += static_cast<char>(value & 0xffU);
  out += static_cast<char>(value >> 8U);
}

void Put32(std::string& out, uint32_t value) {
  Put16(out, static_cast<uint16_t>(value & 0xffffU));
  Put16(out, static_cast<uint16_t>(value >> 16U));
}

uint32_t Number(std::string_view bytes, size_t at, size_t width) {
  uint32_t value = 0;
  for (size_t i = width; i-- > 0;) {
    value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

// The part that the local header and the directory have in common.
void PutShared(std::string& out, const StoredEntry& entry) {
  Put16(out, kVersionNeeded);
  Put16(out, 0);  // flags
  Put16(out, 0);  // method: stored
  Put16(out, 0);  // time
  Put16(out, kDosDate1980);
  Put32(out, entry.crc);
  Put32(out, entry.bytes);  // compressed
  Put32(out, entry.bytes);  // uncompressed
  Put16(out, static_cast<uint16_t>(entry.path.size()));
  Put16(out, 0);  // extra field
}

uint32_t ExternalAttributes(const std::string& path) {
  constexpr uint32_t kRegularFile = 0100000;
  return (kRegularFile | (path.rfind("replay/", 0) == 0 ? 0755U : 0644U)) << 16U;
}

}  // namespace

uint32_t AddToCrc32(uint32_t crc, std::string_view bytes) {
  return libdeflate_crc32(crc, bytes.data(), bytes.size());
}

std::string StoredHeader(const StoredEntry& entry) {
  std::string header;
  Put32(header, kLocalSignature);
  PutShared(header, entry);
  return header + entry.path;
}

StoredHeaderFields ReadStoredHeader(std::string_view header) {
  if (header.size() != kStoredHeaderBytes || Number(header, 0, 4) != kLocalSignature) return {};
  return {true, Number(header, 14, 4), Number(header, 18, 4),
          static_cast<uint16_t>(Number(header, 26, 2))};
}

Status PutStoredDirectory(const std::vector<StoredEntry>& entries, const ByteSink& sink) {
  const uint64_t start = entries.empty() ? 0 : entries.back().End();
  uint64_t directory_bytes = 0;
  for (const StoredEntry& entry : entries) {
    std::string line;
    Put32(line, kDirectorySignature);
    Put16(line, kMadeByUnix);
    PutShared(line, entry);
    Put16(line, 0);  // comment
    Put16(line, 0);  // disk
    Put16(line, 0);  // internal attributes
    Put32(line, ExternalAttributes(entry.path));
    Put32(line, entry.offset);
    line += entry.path;
    directory_bytes += line.size();
    if (start + directory_bytes > kMaxOffset) {
      return Fail(ErrorCode::kBadInput,
                  "the package would pass 4 GiB; leave large files out of it");
    }
    if (auto put = sink(line); !put) return put;
  }
  const auto count = static_cast<uint16_t>(entries.size());
  std::string end;
  Put32(end, kEndSignature);
  Put16(end, 0);  // disk
  Put16(end, 0);  // disk of the directory
  Put16(end, count);
  Put16(end, count);
  Put32(end, static_cast<uint32_t>(directory_bytes));
  Put32(end, static_cast<uint32_t>(start));
  Put16(end, 0);  // comment
  return sink(end);
}

common::Result<StoredEntry*> StoredZipLayout::Add(const std::string& path, uint64_t bytes) {
  if (path.size() > std::numeric_limits<uint16_t>::max() ||
      (!entries_.empty() && path <= entries_.back().path)) {
    return Fail(ErrorCode::kBadInput, "names must ascend and be short", path);
  }
  const uint64_t offset = entries_.empty() ? 0 : entries_.back().End();
  if (entries_.size() >= kMaxEntries || bytes > kMaxOffset ||
      offset + kStoredHeaderBytes + path.size() + bytes > kMaxOffset) {
    return Fail(ErrorCode::kBadInput,
                "the package would pass 4 GiB or 65,534 files; leave large files out of it", path);
  }
  entries_.push_back({path, 0, static_cast<uint32_t>(bytes), static_cast<uint32_t>(offset)});
  return &entries_.back();
}

Status StoredZipWriter::Add(const std::string& path, std::string_view content) {
  const auto entry = layout_.Add(path, content.size());
  if (!entry) return tl::make_unexpected(entry.error());
  (*entry)->crc = AddToCrc32(0, content);
  if (auto written = sink_(StoredHeader(**entry)); !written) return written;
  return sink_(content);
}

Status StoredZipWriter::Finish() { return PutStoredDirectory(layout_.Entries(), sink_); }

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
#include "reports/evidence/stored_zip.h"

#include <boost/crc.hpp>
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

uint32_t Crc32(std::string_view bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

// The part that the local header and the directory have in common.
void PutShared(std::string& out, const std::string& path, uint32_t crc, uint32_t bytes) {
  Put16(out, kVersionNeeded);
  Put16(out, 0);  // flags
  Put16(out, 0);  // method: stored
  Put16(out, 0);  // time
  Put16(out, kDosDate1980);
  Put32(out, crc);
  Put32(out, bytes);  // compressed
  Put32(out, bytes);  // uncompressed
  Put16(out, static_cast<uint16_t>(path.size()));
  Put16(out, 0);  // extra field
}

uint32_t ExternalAttributes(const std::string& path) {
  constexpr uint32_t kRegularFile = 0100000;
  return (kRegularFile | (path.rfind("replay/", 0) == 0 ? 0755U : 0644U)) << 16U;
}

}  // namespace

Status StoredZipWriter::Write(std::string_view bytes) {
  offset_ += bytes.size();
  return sink_(bytes);
}

Status StoredZipWriter::Add(const std::string& path, std::string_view content) {
  if (path.size() > std::numeric_limits<uint16_t>::max() ||
      (!entries_.empty() && path <= entries_.back().path)) {
    return Fail(ErrorCode::kBadInput, "names must ascend and be short", path);
  }
  if (entries_.size() >= kMaxEntries || content.size() > kMaxOffset ||
      offset_ + path.size() + content.size() > kMaxOffset) {
    return Fail(ErrorCode::kBadInput,
                "the package would pass 4 GiB or 65,534 files; leave large files out of it", path);
  }
  const Entry entry{path, Crc32(content), static_cast<uint32_t>(content.size()),
                    static_cast<uint32_t>(offset_)};
  std::string header;
  Put32(header, kLocalSignature);
  PutShared(header, path, entry.crc, entry.bytes);
  header += path;
  entries_.push_back(entry);
  if (auto written = Write(header); !written) return written;
  return Write(content);
}

Status StoredZipWriter::Finish() {
  const uint64_t start = offset_;
  std::string directory;
  for (const Entry& entry : entries_) {
    Put32(directory, kDirectorySignature);
    Put16(directory, kMadeByUnix);
    PutShared(directory, entry.path, entry.crc, entry.bytes);
    Put16(directory, 0);  // comment
    Put16(directory, 0);  // disk
    Put16(directory, 0);  // internal attributes
    Put32(directory, ExternalAttributes(entry.path));
    Put32(directory, entry.offset);
    directory += entry.path;
  }
  if (start + directory.size() > kMaxOffset) {
    return Fail(ErrorCode::kBadInput, "the package would pass 4 GiB; leave large files out of it");
  }
  const auto directory_bytes = static_cast<uint32_t>(directory.size());
  const auto count = static_cast<uint16_t>(entries_.size());
  Put32(directory, kEndSignature);
  Put16(directory, 0);  // disk
  Put16(directory, 0);  // disk of the directory
  Put16(directory, count);
  Put16(directory, count);
  Put32(directory, directory_bytes);
  Put32(directory, static_cast<uint32_t>(start));
  Put16(directory, 0);  // comment
  return Write(directory);
}

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// The one form of zip that a package has (PKWARE APPNOTE 6.3.10): entries sorted by path, stored
// without compression, no extra fields, no comments, no data descriptors, no 64-bit extension,
// every time stamp 1980-01-01 00:00:00, made by "Unix", mode 0755 below replay/ and 0644 elsewhere,
// local headers and directory back to back from the first byte to the last. So the bytes are a
// function of the paths and contents alone: no library's version or setting shows in them, and a
// verifier can say of every byte what it has to be. That is why this is not left to an archive
// library, whose extra fields and compressed streams hold bytes that may change without the content
// changing.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace percuss::reports {

// Where the bytes go, in order.
using ByteSink = std::function<common::Status(std::string_view bytes)>;

constexpr size_t kStoredHeaderBytes = 30;  // before the path; APPNOTE 4.3.7

struct StoredEntry {
  std::string path;
  uint32_t crc = 0;
  uint32_t bytes = 0;
  uint32_t offset = 0;  // of its header
  [[nodiscard]] uint64_t ContentOffset() const {
    return uint64_t{offset} + kStoredHeaderBytes + path.size();
  }
  [[nodiscard]] uint64_t End() const { return ContentOffset() + bytes; }
};

// CRC-32 of what came before (0 at first) and `bytes`.
[[nodiscard]] uint32_t AddToCrc32(uint32_t crc, std::string_view bytes);

// The header and the path of an entry, as they stand before its content.
[[nodiscard]] std::string StoredHeader(const StoredEntry& entry);
// What these bytes say of an entry; they need not be a header in the one form.
struct StoredHeaderFields {
  bool is_header = false;
  uint32_t crc = 0;
  uint32_t bytes = 0;
  uint16_t path_bytes = 0;
};
[[nodiscard]] StoredHeaderFields ReadStoredHeader(std::string_view header);
// Everything behind the last content, in pieces. kBadInput when the zip would pass 4 GiB.
[[nodiscard]] common::Status PutStoredDirectory(const std::vector<StoredEntry>& entries,
                                                const ByteSink& sink);

// Where each entry comes to lie. Paths must come in strictly ascending byte order; kBadInput
// otherwise, or when the zip would pass 4 GiB.
class StoredZipLayout {
 public:
  // The entry, whose CRC is for the caller to fill in.
  [[nodiscard]] common::Result<StoredEntry*> Add(const std::string& path, uint64_t bytes);
  [[nodiscard]] const std::vector<StoredEntry>& Entries() const { return entries_; }
  [[nodiscard]] std::vector<StoredEntry>& Entries() { return entries_; }

 private:
  std::vector<StoredEntry> entries_;
};

// The whole zip, from contents in memory.
class StoredZipWriter {
 public:
  explicit StoredZipWriter(ByteSink sink) : sink_(std::move(sink)) {}

  // As StoredZipLayout::Add.
  [[nodiscard]] common::Status Add(const std::string& path, std::string_view content);
  // Writes the directory. Nothing may be added afterwards.
  [[nodiscard]] common::Status Finish();

 private:
  ByteSink sink_;
  StoredZipLayout layout_;
};

}  // namespace percuss::reports

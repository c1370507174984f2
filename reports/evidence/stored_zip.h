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

// Where the bytes go, in order: to a file, or against a file to compare with.
using ByteSink = std::function<common::Status(std::string_view bytes)>;

class StoredZipWriter {
 public:
  explicit StoredZipWriter(ByteSink sink) : sink_(std::move(sink)) {}

  // Paths must come in strictly ascending byte order; kBadInput otherwise, or when the zip would
  // pass 4 GiB.
  [[nodiscard]] common::Status Add(const std::string& path, std::string_view content);
  // Writes the directory. Nothing may be added afterwards.
  [[nodiscard]] common::Status Finish();

 private:
  struct Entry {
    std::string path;
    uint32_t crc = 0;
    uint32_t bytes = 0;
    uint32_t offset = 0;
  };
  [[nodiscard]] common::Status Write(std::string_view bytes);

  ByteSink sink_;
  std::vector<Entry> entries_;
  uint64_t offset_ = 0;
};

}  // namespace percuss::reports

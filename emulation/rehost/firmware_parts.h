// SPDX-License-Identifier: Apache-2.0
//
// The formats of firmware_file.h, one function each, from the file's bytes to its facts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "emulation/rehost/firmware_file.h"

namespace percuss::emulation {

// Collects bytes in whatever order a file has them.
class SegmentCollector {
 public:
  explicit SegmentCollector(std::string file) : file_(std::move(file)) {}
  // line: in a text file, else 0. An error where they end beyond 4 GiB or are too many.
  [[nodiscard]] common::Status Add(uint32_t address, std::string_view bytes, int line = 0);
  // An error where some overlap, or there are none.
  [[nodiscard]] common::Result<std::vector<FirmwareSegment>> Take();

 private:
  struct Piece {
    uint32_t address = 0;
    size_t at = 0;  // in bytes_
    size_t size = 0;
    int line = 0;
  };
  std::string file_;
  std::string bytes_;
  std::vector<Piece> pieces_;
};

[[nodiscard]] common::Status ReadElfFirmware(std::string_view bytes, FirmwareFile& firmware);
[[nodiscard]] common::Status ReadIntelHex(std::string_view text, FirmwareFile& firmware);
[[nodiscard]] common::Status ReadSrec(std::string_view text, FirmwareFile& firmware);
[[nodiscard]] common::Status ReadUf2(std::string_view bytes, FirmwareFile& firmware);

// Little-endian; the caller has seen that they are there.
[[nodiscard]] uint32_t LittleWord(std::string_view bytes, size_t at);
[[nodiscard]] uint32_t LittleHalf(std::string_view bytes, size_t at);

}  // namespace percuss::emulation

// SPDX-License-Identifier: Apache-2.0
//
// ELF files of 32-bit Arm from what their segments shall have, for tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace percuss::emulation {

inline std::string Little(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) {
    text += i < 8 ? static_cast<char>(value >> (8 * i) & 0xffU) : '\0';
  }
  return text;
}

struct Segment {
  uint32_t virtual_address;
  uint32_t address;
  std::string bytes;
  uint32_t in_memory;
  uint32_t flags;
};

// An ELF file of these segments and, if any, this section of build attributes.
[[nodiscard]] inline std::string Elf(const std::vector<Segment>& segments,
                                     const std::string& attributes = "") {
  constexpr uint32_t kHeader = 52;
  constexpr uint32_t kProgram = 32;
  auto at = static_cast<uint32_t>(kHeader + kProgram * segments.size());
  std::string programs;
  std::string contents;
  for (const Segment& segment : segments) {
    programs += Little(1, 4) + Little(at, 4) + Little(segment.virtual_address, 4) +
                Little(segment.address, 4) + Little(segment.bytes.size(), 4) +
                Little(segment.in_memory, 4) + Little(segment.flags, 4) + Little(4, 4);
    contents += segment.bytes;
    at += static_cast<uint32_t>(segment.bytes.size());
  }
  const auto sections = static_cast<uint32_t>(at + attributes.size());
  std::string file = std::string(
                         "\x7f"
                         "ELF\x01\x01\x01",
                         7) +
                     std::string(9, '\0');
  file += Little(2, 2) + Little(40, 2) + Little(1, 4) + Little(0x08000101, 4) + Little(kHeader, 4) +
          Little(attributes.empty() ? 0 : sections, 4) + Little(0, 4) + Little(kHeader, 2) +
          Little(kProgram, 2) + Little(segments.size(), 2) + Little(40, 2) +
          Little(attributes.empty() ? 0 : 1, 2) + Little(0, 2);
  file += programs + contents + attributes;
  if (!attributes.empty()) {
    file += Little(0, 4) + Little(0x70000003, 4) + Little(0, 8) + Little(at, 4) +
            Little(attributes.size(), 4) + Little(0, 16);
  }
  return file;
}

}  // namespace percuss::emulation

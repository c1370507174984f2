// SPDX-License-Identifier: Apache-2.0
//
// A firmware image as its makers hand it out, as bytes and where they belong: ELF of 32-bit Arm,
// raw bytes, Intel HEX (Intel Hexadecimal Object File Format Specification, 1988), Motorola
// S-records, UF2. The file may be hostile or truncated. Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "emulation/rehost/core/machine_file.h"

namespace percuss::emulation {

enum class FirmwareFormat { kElf, kRaw, kIntelHex, kSrec, kUf2 };

struct FirmwareSegment {
  uint32_t address = 0;
  std::string bytes;
};

// Build attributes of an ELF file for all of it (Addenda to the ABI for the Arm Architecture, 3.3).
struct ArmAttributes {
  uint64_t cpu_arch = 0;  // Tag_CPU_arch
  uint64_t profile = 0;   // Tag_CPU_arch_profile: a letter, or 0
  uint64_t fp_arch = 0;   // Tag_FP_arch
};

struct FirmwareFile {
  std::filesystem::path path;
  FirmwareFormat format = FirmwareFormat::kRaw;
  // Ascending and apart; what is adjacent is one. As a loader places them: by physical address.
  std::vector<FirmwareSegment> segments;
  // Where an ELF's segments that are written to lie while it runs, by virtual address.
  std::vector<rehost::AddressSpan> writable;
  std::optional<uint32_t> entry;
  std::optional<ArmAttributes> attributes;
  bool address_unknown = false;  // raw bytes, and nobody said where: they stand at 0
};

// raw_address: of raw bytes; not used where the file says itself. kBadInput with file, line of a
// text file, what is wrong and what to do; also for bytes that overlap and for more than
// rehost::kMostMappedBytes of them.
[[nodiscard]] common::Result<FirmwareFile> ReadFirmware(
    const std::filesystem::path& path, std::optional<uint32_t> raw_address = std::nullopt);

}  // namespace percuss::emulation

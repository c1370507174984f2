// SPDX-License-Identifier: Apache-2.0
//
// The registers of a device, from its maker's description (CMSIS-SVD 1.3), by address. The file may
// be hostile: nothing is fetched, no entity expanded, a document type refused, and what arrays and
// derivations make of it is bounded. Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/result.h"
#include "emulation/rehost/core/machine_file.h"

namespace percuss::emulation {

enum class RegisterAccess : uint8_t { kReadWrite, kReadOnly, kWriteOnly };

struct DeviceRegister {
  uint32_t address = 0;
  uint32_t bytes = 4;
  std::string name;  // "UART0.DR", "DMA.CH[1].CTRL"
  RegisterAccess access = RegisterAccess::kReadWrite;
  bool read_has_effect = false;  // readAction: clear, set, modify
};

struct DevicePeripheral {
  std::string name;
  std::vector<rehost::AddressSpan> spans;
};

class SvdFile {
 public:
  // kBadInput with file and line.
  [[nodiscard]] static common::Result<SvdFile> Read(const std::filesystem::path& path);

  // Ascending by address.
  [[nodiscard]] const std::vector<DeviceRegister>& Registers() const { return registers_; }
  [[nodiscard]] const std::vector<DevicePeripheral>& Peripherals() const { return peripherals_; }
  // The register that holds the address; nullptr where none does.
  [[nodiscard]] const DeviceRegister* At(uint32_t address) const;
  // "UART0.DR", "UART0.DR+0x1", "UART0+0x80" or, where the file knows nothing, empty.
  [[nodiscard]] std::string NameOf(uint32_t address) const;

 private:
  std::vector<DeviceRegister> registers_;
  std::vector<DevicePeripheral> peripherals_;
};

}  // namespace percuss::emulation

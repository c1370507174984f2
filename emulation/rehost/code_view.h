// SPDX-License-Identifier: Apache-2.0
//
// What a machine's memory begins with, as bytes to be read as code: which halfword begins an
// instruction, which is data. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "emulation/rehost/core/machine_image.h"

namespace percuss::emulation {

class CodeView {
 public:
  // What is known of a halfword, as bits.
  enum Mark : uint8_t {
    kBegins = 1,    // an instruction
    kInside = 2,    // the second half of one
    kData = 4,      // it is loaded, or is of a table
    kLeads = 8,     // control comes here by another way than from the instruction before
    kFunction = 16  // a function begins
  };

  // image: outlives it.
  explicit CodeView(const rehost::MachineImage& image);

  // Little-endian; nothing where the image has no bytes.
  [[nodiscard]] std::optional<uint32_t> Word(uint32_t address) const;
  [[nodiscard]] std::optional<uint16_t> Half(uint32_t address) const;
  [[nodiscard]] std::optional<uint8_t> Byte(uint32_t address) const;

  // Whether there are bytes that may be executed, two of them. `address` is even.
  [[nodiscard]] bool IsCode(uint32_t address) const { return AreaOf(address) != nullptr; }
  // All bits; 0 outside of code.
  [[nodiscard]] uint8_t MarksOf(uint32_t address) const;
  [[nodiscard]] bool Is(uint32_t address, uint8_t marks) const {
    return (MarksOf(address) & marks) != 0;
  }
  void Put(uint32_t address, uint8_t marks);
  // Those of so many bytes that are no instruction.
  void PutData(uint32_t address, uint64_t bytes);

  struct Area {
    uint32_t begin = 0;
    const std::string* bytes = nullptr;
    std::vector<uint8_t> marks;  // a byte for each whole halfword
  };
  [[nodiscard]] const std::vector<Area>& Areas() const { return areas_; }

 private:
  [[nodiscard]] const rehost::Region* RegionOf(uint32_t address) const;
  [[nodiscard]] const Area* AreaOf(uint32_t address) const;

  std::vector<const rehost::Region*> regions_;  // ascending
  std::vector<Area> areas_;                     // ascending
};

}  // namespace percuss::emulation

// SPDX-License-Identifier: Apache-2.0
//
// The 4 GiB that a Cortex-M sees: memory in pages that loads and stores reach by one look-up, and
// the rest (peripherals, the private peripheral bus, what the MPU forbids, nothing at all) the slow
// way. What an input has changed is put back by page. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "emulation/rehost/core/core.h"
#include "emulation/rehost/core/machine_image.h"

namespace percuss::rehost {

constexpr uint32_t kPageBits = 12;
constexpr uint32_t kPageBytes = 1U << kPageBits;
constexpr uint32_t kPages = 1U << (32 - kPageBits);

enum class Access : uint8_t { kRead, kWrite, kExecute };

class Memory {
 public:
  explicit Memory(const MachineImage& image);
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // What is now in memory is what Restore puts back.
  void TakeSnapshot();
  void Restore();

  // Without effects and permissions, for stacks, traces and debuggers; false where no memory is.
  [[nodiscard]] bool Peek(uint32_t address, void* bytes, size_t size) const;
  bool Poke(uint32_t address, const void* bytes, size_t size);

  // One access of the processor, size 1, 2 or 4, anywhere. False: core.fault and fault_address say
  // why, or core.stop does. pc: of the instruction; 0 where the processor itself stacks.
  [[nodiscard]] bool Read(Core& core, uint32_t pc, uint32_t address, uint32_t size,
                          uint32_t& value);
  [[nodiscard]] bool Write(Core& core, uint32_t pc, uint32_t address, uint32_t size,
                           uint32_t value);
  // Whether an instruction may be fetched from there; else core.fault says why not.
  [[nodiscard]] bool MayExecute(Core& core, uint32_t address);

  // To be called when the MPU, or who is privileged, changes.
  void ForgetPermissions();

  // The direct ways, one entry a page; nullptr: Read or Write knows.
  const uint8_t* const* Readable() const { return readable_.get(); }
  uint8_t* const* Writable() const { return writable_.get(); }

 private:
  struct Mapped;
  std::unique_ptr<const uint8_t*[]> readable_;
  std::unique_ptr<uint8_t*[]> writable_;
};

}  // namespace percuss::rehost

// SPDX-License-Identifier: Apache-2.0
//
// A Cortex-M of libunicorn 2.0.1, whose translator is QEMU 5.1's: instructions and plain memory
// alone. It has no exceptions, no timer and no devices: who runs it answers loads from those, and
// sets registers where an exception begins or ends. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "emulation/rehost/core/machine_image.h"
#include "emulation/rehost/recording.h"

struct uc_struct;

namespace percuss::emulation {

class UnicornCpu {
 public:
  // What it asks on its way. Instruction: before each, but for those that an IT block leaves out;
  // false: stop before it.
  struct Callbacks {
    std::function<bool(uint32_t pc, uint32_t size)> instruction;
    std::function<uint32_t(uint32_t address, uint32_t size)> load;
  };

  // Why it came to stand.
  struct Stop {
    enum class Why : uint8_t {
      kAsked,   // by Callbacks::instruction, or Halt
      kTrap,    // an exception that an instruction raises
      kAccess,  // memory that is not there, or not for that
      kPaused   // for no reason of ours: to be gone on with
    };
    Why why = Why::kPaused;
    uint32_t pc = 0;       // of the instruction that is next; unknown after kAccess
    uint32_t address = 0;  // kAccess
    std::string what;
  };

  // kBadInput for maps that it cannot have, kInternal where the library fails.
  [[nodiscard]] static common::Result<std::unique_ptr<UnicornCpu>> Open(
      const rehost::MachineImage& image, Callbacks callbacks);
  ~UnicornCpu();
  UnicornCpu(const UnicornCpu&) = delete;
  UnicornCpu& operator=(const UnicornCpu&) = delete;

  // One string for each region of the image.
  void SetMemory(const std::vector<std::string>& regions);
  // Of a region, as it is now.
  [[nodiscard]] const uint8_t* Region(size_t index) const;
  // nullptr where there is no memory of so many bytes.
  [[nodiscard]] uint8_t* At(uint32_t address, uint32_t size);

  void Set(const RecordedRegisters& registers);
  [[nodiscard]] RecordedRegisters Get() const;
  // R0 to LR and the flags.
  void GetSample(RecordedSample& sample) const;

  [[nodiscard]] Stop Run(uint32_t pc);
  // From within a callback: the instruction is left as soon as possible.
  void Halt();

 private:
  struct Span {
    UnicornCpu* cpu = nullptr;
    uint32_t begin = 0;
    uint64_t size = 0;
    size_t offset = 0;  // in its first page
    std::vector<uint8_t> bytes;
  };

  UnicornCpu(const rehost::MachineImage& image, Callbacks callbacks);
  [[nodiscard]] common::Status Start();
  [[nodiscard]] common::Status MapMemory();
  [[nodiscard]] common::Status MapDevices();
  [[nodiscard]] common::Status MapDevice(uint64_t first_page, uint64_t pages);
  [[nodiscard]] bool IsMemoryPage(uint64_t page) const;
  void Write(int id, uint32_t value);
  [[nodiscard]] uint32_t Read(int id) const;

  static void OnCode(uc_struct* engine, uint64_t address, uint32_t size, void* self);
  static void OnTrap(uc_struct* engine, uint32_t number, void* self);
  static bool OnInvalid(uc_struct* engine, void* self);
  void SetItState(uint32_t it_state);
  void NoteAccess(uint32_t address);
  static uint64_t OnLoad(uc_struct* engine, uint64_t offset, unsigned size, void* span);
  static void OnStore(uc_struct* engine, uint64_t offset, unsigned size, uint64_t value,
                      void* span);

  rehost::MachineImage image_;
  Callbacks callbacks_;
  uc_struct* engine_ = nullptr;
  std::vector<std::unique_ptr<Span>> regions_;
  std::vector<std::unique_ptr<Span>> devices_;
  bool has_float_ = false;
  bool has_main_ = true;
  Stop stop_;
};

}  // namespace percuss::emulation

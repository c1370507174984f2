// SPDX-License-Identifier: Apache-2.0
//
// The 4 GiB that a Cortex-M sees: memory in pages that loads and stores reach by one look-up, and
// the rest (peripherals, the private peripheral bus, what the MPU forbids, nothing at all) the slow
// way. What an input has changed is put back by page. Not thread-safe.
#pragma once

#include <bitset>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "emulation/rehost/core/core.h"
#include "emulation/rehost/core/machine_image.h"

namespace percuss::rehost {

constexpr uint32_t kPageBits = 12;
constexpr uint32_t kPageBytes = 1U << kPageBits;
constexpr uint32_t kPages = 1U << (32 - kPageBits);

enum class Access : uint8_t { kRead, kWrite, kExecute };

// A table of zeros with one entry a page, of which only what is used takes memory.
template <typename Entry>
class PageTable {
 public:
  PageTable() : entries_(static_cast<Entry*>(std::calloc(kPages, sizeof(Entry)))) {
    if (entries_ == nullptr) std::abort();
  }
  [[nodiscard]] Entry& operator[](uint32_t page) { return entries_.get()[page]; }
  [[nodiscard]] const Entry& operator[](uint32_t page) const { return entries_.get()[page]; }
  [[nodiscard]] Entry* Data() const { return entries_.get(); }

 private:
  struct Free {
    void operator()(Entry* entries) const { std::free(entries); }
  };
  std::unique_ptr<Entry[], Free> entries_;
};

class Memory {
 public:
  explicit Memory(const MachineImage& image);
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // All as the image, which the memory was made of, has it.
  void PowerOn(const MachineImage& image);
  // What is now in memory is what Restore puts back.
  void TakeSnapshot();
  void Restore();

  // Without effects and permissions, for traces, reports and debuggers; false where not all of it
  // is memory.
  [[nodiscard]] bool Peek(uint32_t address, void* bytes, size_t size) const;
  [[nodiscard]] bool Poke(uint32_t address, const void* bytes, size_t size);
  // Where bytes are that are reached directly, all in one page, for who wants them at once;
  // nullptr: word by word. Stores that somebody is told of are not reached so.
  [[nodiscard]] const uint8_t* ReadableSpan(uint32_t address, uint32_t size) const {
    const uint8_t* page = readable_[address >> kPageBits];
    const uint32_t offset = address & (kPageBytes - 1);
    return page != nullptr && offset + size <= kPageBytes ? page + offset : nullptr;
  }
  [[nodiscard]] uint8_t* WritableSpan(uint32_t address, uint32_t size) const {
    uint8_t* page = writable_[address >> kPageBits];
    const uint32_t offset = address & (kPageBytes - 1);
    return page != nullptr && offset + size <= kPageBytes && !on_access_ ? page + offset : nullptr;
  }

  // One access of the processor, size 1, 2 or 4, anywhere. False: core.fault and fault_address say
  // why, or core.stop does. pc: of the instruction; 0 where the processor itself stacks. core.now
  // must be right. privileged: of LDRT and the like, else as the core is.
  [[nodiscard]] bool Read(Core& core, uint32_t pc, uint32_t address, uint32_t size,
                          uint32_t& value);
  [[nodiscard]] bool Write(Core& core, uint32_t pc, uint32_t address, uint32_t size,
                           uint32_t value);
  // Whether only Peripherals have to be asked for an access there, while the MPU is off.
  [[nodiscard]] bool IsDevice(uint32_t address) const {
    return devices_[address >> kPageBits] && !on_access_;
  }
  // Whether an instruction may be fetched from there; else core.fault says why not.
  [[nodiscard]] bool MayExecute(Core& core, uint32_t address);

  // To be called when the MPU, or who is privileged, changes.
  void ForgetPermissions();
  // Then too, with who is privileged now: where decoded code may no longer be executed, it counts
  // as changed, for it is not asked again.
  void RecheckCode(const SystemControl& system, bool privileged);

  // Marks bytes as decoded: a store that changes one of them makes CodeChanged true, until
  // ForgetCode, which unmarks all.
  void MarkCode(uint32_t address, uint32_t bytes);
  [[nodiscard]] bool CodeChanged() const { return code_changed_; }
  void ForgetCode();

  // The direct ways, one entry a page; nullptr: Read or Write knows.
  [[nodiscard]] const uint8_t* const* Readable() const { return readable_.Data(); }
  [[nodiscard]] uint8_t* const* Writable() const { return writable_.Data(); }

  // For who records a run: loads that something else than memory has answered, and the words that
  // the processor itself stacks (pc is 0, and loads is false).
  struct Happened {
    bool loads = true;
    uint32_t pc = 0;
    uint32_t address = 0;
    uint32_t size = 0;
    uint32_t value = 0;
  };
  void OnAccess(std::function<void(const Happened&)> told) { on_access_ = std::move(told); }

  [[nodiscard]] size_t DirtyPages() const { return dirty_.size(); }

 private:
  struct Page {
    uint8_t* live = nullptr;
    uint8_t* snapshot = nullptr;
    uint16_t begin = 0;  // of the bytes that are there
    uint16_t end = kPageBytes;
    Permissions permissions;
    bool dirty = false;
    std::unique_ptr<std::bitset<kPageBytes / 2>> code;  // halfwords that were decoded
  };

  void Map(const Region& region);
  // Whether decoded halfwords are not as in the snapshot.
  [[nodiscard]] static bool HasOtherCode(const Page& page);
  [[nodiscard]] Page* PageOf(uint32_t address) const;
  // The page, if an access of that kind may go there; else core.fault says why not.
  [[nodiscard]] Page* Permitted(Core& core, uint32_t address, Access access);
  [[nodiscard]] bool ReadByParts(Core& core, uint32_t pc, uint32_t address, uint32_t size,
                                 uint32_t& value);
  [[nodiscard]] bool WriteByParts(Core& core, uint32_t pc, uint32_t address, uint32_t size,
                                  uint32_t value);
  [[nodiscard]] bool AllowsCode(const SystemControl& system, bool privileged, uint32_t page) const;
  void Change(Page& page, uint32_t address, const uint8_t* bytes, uint32_t size);
  [[nodiscard]] bool IsInBitBand(uint32_t address) const;  // whether aliases are there
  [[nodiscard]] bool IsBitAlias(const Core& core, uint32_t address) const;
  [[nodiscard]] bool ReadBit(Core& core, uint32_t pc, uint32_t address, uint32_t size,
                             uint32_t& value);
  [[nodiscard]] bool WriteBit(Core& core, uint32_t address, uint32_t size, uint32_t value);
  [[nodiscard]] bool Answered(bool done, const Happened& happened) const;
  void OpenDirectWay(Core& core, uint32_t address, const Page& page, Access access);
  [[nodiscard]] bool ReadSlowly(Core& core, uint32_t pc, uint32_t address, uint32_t size,
                                uint32_t& value);
  [[nodiscard]] bool WriteSlowly(Core& core, uint32_t pc, uint32_t address, uint32_t size,
                                 uint32_t value);
  // Of an access to a peripheral that came to it the slow way.
  void NoteDevice(const Core& core, uint32_t address);

  BitBand bit_band_;
  std::vector<std::vector<uint8_t>> backing_;
  std::vector<Page> pages_;
  PageTable<uint32_t> index_;  // 1 + number in pages_
  PageTable<const uint8_t*> readable_;
  PageTable<uint8_t*> writable_;
  PageTable<bool> devices_;       // whether all of the page is known to be of peripherals
  std::vector<uint32_t> direct_;  // pages with an entry in either
  std::vector<uint32_t> dirty_;   // pages that are not as in the snapshot
  std::vector<uint32_t> code_;    // pages with decoded halfwords
  bool code_changed_ = false;
  std::function<void(const Happened&)> on_access_;
};

}  // namespace percuss::rehost

// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/memory.h"

#include <algorithm>
#include <cstring>

#include "emulation/rehost/core/peripherals.h"
#include "emulation/rehost/core/system_control.h"

namespace percuss::rehost {

namespace {

constexpr uint32_t kOffset = kPageBytes - 1;

bool IsSystem(uint32_t address) { return address >= kSystemBegin && address < kSystemEnd; }

uint32_t CauseOf(Access access, bool by_mpu) {
  if (access == Access::kExecute) return by_mpu ? kInstructionAccess : kInstructionBus;
  return by_mpu ? kDataAccess : kPreciseBus;
}

bool MpuPermits(Core& core, uint32_t address, Access access) {
  if (core.system->Allows(address, access, core.Privileged())) return true;
  core.fault_address = address;
  core.fault = CauseOf(access, true);
  return false;
}

// Each byte of an access that is not aligned is asked for (DDI 0403E, B3.5.3). Bounds of the MPU's
// regions are multiples of 4, so that there is one within the access at most.
bool MpuPermitsTheRest(Core& core, uint32_t address, uint32_t size, Access access) {
  const uint32_t last = (address + size - 1) & ~3U;
  return (address & (size - 1)) == 0 || last == (address & ~3U) || MpuPermits(core, last, access);
}

bool DevicePermitted(Core& core, uint32_t address, uint32_t size, Access access) {
  return MpuPermits(core, address, access) && MpuPermitsTheRest(core, address, size, access);
}

// Bit-banding (Cortex-M3 Technical Reference Manual, DDI 0337, 3.7): each word of 32 MiB stands
// for one bit of the first MiB of memory, or of peripherals.
constexpr uint32_t kBitAliasBits = 25;
constexpr uint32_t kMemoryAlias = 0x22000000U >> kBitAliasBits;
constexpr uint32_t kPeripheralAlias = 0x42000000U >> kBitAliasBits;

struct Bit {
  uint32_t address;  // of what has it, aligned to the access's size
  uint32_t place;    // within that
};
Bit BitOf(uint32_t alias, uint32_t size) {
  const uint32_t byte = (alias & 0xf0000000U) | (alias & 0x01ffffffU) >> 5U;
  const uint32_t address = byte & ~(size - 1);
  return {address, (byte - address) * 8 + (alias >> 2U & 7U)};
}

bool Has(const Permissions& permissions, Access access) {
  switch (access) {
    case Access::kRead:
      return permissions.read;
    case Access::kWrite:
      return permissions.write;
    case Access::kExecute:
      return permissions.execute;
  }
  return false;
}

void Fill(const Region& region, std::vector<uint8_t>& live) {
  const size_t offset = region.begin & kOffset;
  const size_t given = std::min({region.bytes.size(), static_cast<size_t>(region.size),
                                 live.size() - std::min(live.size(), offset)});
  std::copy_n(region.bytes.begin(), given, live.begin() + static_cast<ptrdiff_t>(offset));
}

}  // namespace

Memory::Memory(const MachineImage& image) : bit_band_(image.bit_band) {
  backing_.reserve(2 * image.regions.size());  // Map holds on to what it adds
  for (const Region& region : image.regions) Map(region);
}

void Memory::Map(const Region& region) {
  if (region.size == 0) return;
  const uint64_t end = std::min<uint64_t>(region.begin + region.size, uint64_t{1} << 32U);
  const uint32_t first = region.begin >> kPageBits;
  const uint32_t last = static_cast<uint32_t>((end - 1) >> kPageBits);
  const size_t bytes = size_t{last - first + 1} * kPageBytes;
  std::vector<uint8_t>& live = backing_.emplace_back(bytes);
  Fill(region, live);
  std::vector<uint8_t>& snapshot = backing_.emplace_back(live);
  for (uint32_t page = first; page <= last; ++page) {
    if (index_[page] != 0) continue;
    const size_t offset = size_t{page - first} * kPageBytes;
    Page& added = pages_.emplace_back();
    // Vectors of backing_ move with it, what they hold does not.
    added.live = live.data() + offset;
    added.snapshot = snapshot.data() + offset;
    added.begin = static_cast<uint16_t>(page == first ? region.begin & kOffset : 0);
    const uint64_t page_begin = uint64_t{page} << kPageBits;
    added.end = static_cast<uint16_t>(std::min<uint64_t>(kPageBytes, end - page_begin));
    added.permissions = region.permissions;
    index_[page] = static_cast<uint32_t>(pages_.size());
  }
}

Memory::Page* Memory::PageOf(uint32_t address) const {
  const uint32_t index = index_[address >> kPageBits];
  if (index == 0) return nullptr;
  const Page& page = pages_[index - 1];
  const uint32_t offset = address & kOffset;
  return offset >= page.begin && offset < page.end ? const_cast<Page*>(&page) : nullptr;
}

void Memory::PowerOn(const MachineImage& image) {
  ForgetPermissions();
  for (const uint32_t number : dirty_) pages_[index_[number] - 1].dirty = false;
  dirty_.clear();
  size_t at = 0;
  for (const Region& region : image.regions) {
    if (region.size == 0) continue;
    std::vector<uint8_t>& live = backing_[at];
    std::fill(live.begin(), live.end(), uint8_t{0});
    Fill(region, live);
    std::copy(live.begin(), live.end(), backing_[at + 1].begin());
    at += 2;
  }
  code_changed_ = code_changed_ || !code_.empty();
}

void Memory::TakeSnapshot() {
  for (const uint32_t number : dirty_) {
    const Page& page = pages_[index_[number] - 1];
    std::memcpy(page.snapshot, page.live, kPageBytes);
  }
  Restore();
}

bool Memory::HasOtherCode(const Page& page) {
  constexpr uint32_t kPart = 64;  // most of a page is as it was, or no code
  for (uint32_t part = 0; part < kPageBytes; part += kPart) {
    if (std::memcmp(page.live + part, page.snapshot + part, kPart) == 0) continue;
    for (uint32_t at = part; at < part + kPart; at += 2) {
      if (page.code->test(at / 2) && std::memcmp(page.live + at, page.snapshot + at, 2) != 0) {
        return true;
      }
    }
  }
  return false;
}

void Memory::Restore() {
  for (const uint32_t number : dirty_) {
    Page& page = pages_[index_[number] - 1];
    writable_[number] = nullptr;
    if (page.code != nullptr && !code_changed_) code_changed_ = HasOtherCode(page);
    std::memcpy(page.live, page.snapshot, kPageBytes);
    page.dirty = false;
  }
  dirty_.clear();
}

bool Memory::Peek(uint32_t address, void* bytes, size_t size) const {
  auto* to = static_cast<uint8_t*>(bytes);
  while (size > 0) {
    const Page* page = PageOf(address);
    if (page == nullptr) return false;
    const uint32_t offset = address & kOffset;
    const size_t part = std::min<size_t>(size, page->end - offset);
    std::memcpy(to, page->live + offset, part);
    to += part;
    address += static_cast<uint32_t>(part);
    size -= part;
  }
  return true;
}

bool Memory::Poke(uint32_t address, const void* bytes, size_t size) {
  const auto* from = static_cast<const uint8_t*>(bytes);
  for (size_t i = 0; i < size; ++i) {
    if (PageOf(address + static_cast<uint32_t>(i)) == nullptr) return false;
  }
  for (size_t i = 0; i < size; ++i) {
    const auto at = address + static_cast<uint32_t>(i);
    Change(*PageOf(at), at, from + i, 1);
  }
  return true;
}

Memory::Page* Memory::Permitted(Core& core, uint32_t address, Access access) {
  Page* page = PageOf(address);
  // The protection unit is asked first, also of what is not there.
  const bool by_mpu = !core.system->Allows(address, access, core.Privileged());
  if (!by_mpu && page != nullptr && Has(page->permissions, access)) return page;
  core.fault = CauseOf(access, by_mpu);
  core.fault_address = address;
  return nullptr;
}

void Memory::OpenDirectWay(Core& core, uint32_t address, const Page& page, Access access) {
  const uint32_t number = address >> kPageBits;
  if (page.begin != 0 || page.end != kPageBytes) return;
  if (core.system->OfPage(number, access, core.Privileged()) != SystemControl::Verdict::kAllowed) {
    return;
  }
  if (readable_[number] == nullptr && writable_[number] == nullptr) direct_.push_back(number);
  if (access == Access::kRead) {
    readable_[number] = page.live;
  } else if (page.code == nullptr && page.dirty) {
    writable_[number] = page.live;
  }
}

void Memory::NoteDevice(const Core& core, uint32_t address) {
  const uint32_t number = address >> kPageBits;
  const bool whole =
      index_[number] == 0 && core.peripherals->CoversAll(address & ~kOffset, kPageBytes);
  // Beside what has a model, there may be bits on the same page.
  devices_[number] = whole && !IsSystem(address) && !IsInBitBand(address);
}

bool Memory::Read(Core& core, uint32_t pc, uint32_t address, uint32_t size, uint32_t& value) {
  // The default map lets all be read and written.
  if (IsDevice(address) && !core.system->MpuEnabled()) {
    return core.peripherals->Read(core, pc, address, size, value);
  }
  return ReadSlowly(core, pc, address, size, value);
}

bool Memory::ReadSlowly(Core& core, uint32_t pc, uint32_t address, uint32_t size, uint32_t& value) {
  if (const uint8_t* direct = ReadableSpan(address, size)) {
    value = 0;
    std::memcpy(&value, direct, size);
    return true;
  }
  if (IsSystem(address)) {
    const bool done = core.system->Read(core, core.now, address, size, value);
    return Answered(done, {true, pc, address, size, value});
  }
  if (IsBitAlias(core, address)) {
    return DevicePermitted(core, address, size, Access::kRead) &&
           Answered(ReadBit(core, pc, address, size, value), {true, pc, address, size, value});
  }
  if (core.peripherals->Covers(address) && PageOf(address) == nullptr) {
    if (!DevicePermitted(core, address, size, Access::kRead)) return false;
    NoteDevice(core, address);
    const bool done = core.peripherals->Read(core, pc, address, size, value);
    return Answered(done, {true, pc, address, size, value});
  }
  if ((address & kOffset) + size > kPageBytes) return ReadByParts(core, pc, address, size, value);
  const Page* page = Permitted(core, address, Access::kRead);
  if (page == nullptr) {
    // QEMU reads what is unaligned, and no memory, by aligned halves.
    if (core.fault == kPreciseBus) core.fault_address &= ~(size - 1);
    return false;
  }
  if ((address & kOffset) + size > page->end) {
    core.fault = kPreciseBus;
    core.fault_address = address;
    return false;
  }
  if (!MpuPermitsTheRest(core, address, size, Access::kRead)) return false;
  value = 0;
  std::memcpy(&value, page->live + (address & kOffset), size);
  OpenDirectWay(core, address, *page, Access::kRead);
  return true;
}

bool Memory::Answered(bool done, const Happened& happened) const {
  if (done && on_access_) on_access_(happened);
  return done;
}

bool Memory::ReadByParts(Core& core, uint32_t pc, uint32_t address, uint32_t size,
                         uint32_t& value) {
  uint32_t whole = 0;
  for (uint32_t i = 0; i < size; ++i) {
    uint32_t byte = 0;
    if (!Read(core, pc, address + i, 1, byte)) return false;
    whole |= byte << (8 * i);
  }
  value = whole;
  return true;
}

void Memory::Change(Page& page, uint32_t address, const uint8_t* bytes, uint32_t size) {
  const uint32_t offset = address & kOffset;
  if (!page.dirty) {
    page.dirty = true;
    dirty_.push_back(address >> kPageBits);
  }
  if (page.code != nullptr && std::memcmp(page.live + offset, bytes, size) != 0) {
    for (uint32_t i = offset / 2; i <= (offset + size - 1) / 2; ++i) {
      code_changed_ = code_changed_ || page.code->test(i);
    }
  }
  std::memcpy(page.live + offset, bytes, size);
}

bool Memory::Write(Core& core, uint32_t pc, uint32_t address, uint32_t size, uint32_t value) {
  if (IsDevice(address) && !core.system->MpuEnabled()) {
    core.peripherals->Write(core, address, size, value);
    return true;
  }
  return WriteSlowly(core, pc, address, size, value);
}

bool Memory::WriteSlowly(Core& core, uint32_t pc, uint32_t address, uint32_t size, uint32_t value) {
  if (pc == 0 && on_access_) on_access_({false, pc, address, size, value});
  uint8_t* direct = writable_[address >> kPageBits];
  if (direct != nullptr && (address & kOffset) + size <= kPageBytes) {
    std::memcpy(direct + (address & kOffset), &value, size);
    return true;
  }
  if (IsSystem(address)) return core.system->Write(core, core.now, address, size, value);
  if (IsBitAlias(core, address)) {
    return DevicePermitted(core, address, size, Access::kWrite) &&
           WriteBit(core, address, size, value);
  }
  if (core.peripherals->Covers(address) && PageOf(address) == nullptr) {
    if (!DevicePermitted(core, address, size, Access::kWrite)) return false;
    NoteDevice(core, address);
    core.peripherals->Write(core, address, size, value);
    return true;
  }
  if ((address & kOffset) + size > kPageBytes) return WriteByParts(core, pc, address, size, value);
  Page* page = Permitted(core, address, Access::kWrite);
  if (page == nullptr) return false;
  if ((address & kOffset) + size > page->end) {
    core.fault = kPreciseBus;
    core.fault_address = address;
    return false;
  }
  if (!MpuPermitsTheRest(core, address, size, Access::kWrite)) return false;
  uint8_t bytes[4];
  std::memcpy(bytes, &value, 4);
  Change(*page, address, bytes, size);
  OpenDirectWay(core, address, *page, Access::kWrite);
  if (code_changed_) core.stop = Core::Stop::kCode;
  return true;
}

bool Memory::WriteByParts(Core& core, uint32_t pc, uint32_t address, uint32_t size,
                          uint32_t value) {
  // Both pages are asked before either is changed.
  if (Permitted(core, address, Access::kWrite) == nullptr) return false;
  const uint32_t second = (address & ~kOffset) + kPageBytes;
  if (!core.peripherals->Covers(second) && Permitted(core, second, Access::kWrite) == nullptr) {
    return false;
  }
  for (uint32_t i = 0; i < size; ++i) {
    if (!Write(core, pc, address + i, 1, value >> (8 * i) & 0xffU)) return false;
  }
  return true;
}

bool Memory::IsInBitBand(uint32_t address) const {
  const uint32_t alias = address >> kBitAliasBits;
  return (bit_band_ != BitBand::kNone && alias == kMemoryAlias) ||
         (bit_band_ == BitBand::kAll && alias == kPeripheralAlias);
}

bool Memory::IsBitAlias(const Core& core, uint32_t address) const {
  return IsInBitBand(address) && PageOf(address) == nullptr && !core.peripherals->Models(address);
}

// As QEMU: what has the bit is loaded with the size of the access, and the MPU is not asked for it.
bool Memory::ReadBit(Core& core, uint32_t pc, uint32_t address, uint32_t size, uint32_t& value) {
  const uint32_t shift = (address & (size - 1)) * 8;
  if (shift != 0) {
    const uint32_t first = address & ~(size - 1);
    uint32_t low = 0;
    uint32_t high = 0;
    if (!ReadBit(core, pc, first, size, low) || !ReadBit(core, pc, first + size, size, high)) {
      return false;
    }
    value = low >> shift | high << (size * 8 - shift);
    return true;
  }
  const Bit bit = BitOf(address, size);
  uint32_t word = 0;
  const Page* page = PageOf(bit.address);
  if (page == nullptr && core.peripherals->Covers(bit.address)) {
    if (!core.peripherals->Read(core, pc, bit.address, size, word)) return false;
  } else if (page != nullptr && page->permissions.read &&
             (bit.address & kOffset) + size <= page->end) {
    std::memcpy(&word, page->live + (bit.address & kOffset), size);
  } else {
    core.fault = kPreciseBus;
    core.fault_address = address;
    return false;
  }
  value = word >> bit.place & 1U;
  return true;
}

bool Memory::WriteBit(Core& core, uint32_t address, uint32_t size, uint32_t value) {
  if ((address & (size - 1)) != 0) {
    for (uint32_t i = 0; i < size; ++i) {
      if (!WriteBit(core, address + i, 1, value >> (8 * i))) return false;
    }
    return true;
  }
  const Bit bit = BitOf(address, size);
  Page* page = PageOf(bit.address);
  if (page == nullptr && core.peripherals->Covers(bit.address)) {
    core.peripherals->Write(core, bit.address, size, (value & 1U) << bit.place, 1U << bit.place);
    return true;
  }
  if (page == nullptr || !page->permissions.write || (bit.address & kOffset) + size > page->end) {
    core.fault = kPreciseBus;
    core.fault_address = address;
    return false;
  }
  uint8_t bytes[4];
  std::memcpy(bytes, page->live + (bit.address & kOffset), size);
  uint8_t& changed = bytes[bit.place / 8];
  const auto mask = static_cast<uint8_t>(1U << bit.place % 8);
  changed = static_cast<uint8_t>((value & 1U) != 0 ? changed | mask : changed & ~mask);
  Change(*page, bit.address, bytes, size);
  if (code_changed_) core.stop = Core::Stop::kCode;
  return true;
}

bool Memory::MayExecute(Core& core, uint32_t address) {
  return Permitted(core, address, Access::kExecute) != nullptr;
}

void Memory::ForgetPermissions() {
  for (const uint32_t page : direct_) {
    readable_[page] = nullptr;
    writable_[page] = nullptr;
  }
  direct_.clear();
}

// Of a page that is executable in parts: whether all is that was decoded.
bool Memory::AllowsCode(const SystemControl& system, bool privileged, uint32_t page) const {
  const auto& code = *pages_[index_[page] - 1].code;
  for (uint32_t i = 0; i < kPageBytes / 2; i += 2) {  // bounds are multiples of 4
    if (!code.test(i) && !code.test(i + 1)) continue;
    const uint32_t address = (page << kPageBits) + 2 * i;
    if (!system.Allows(address, Access::kExecute, privileged)) return false;
  }
  return true;
}

void Memory::RecheckCode(const SystemControl& system, bool privileged) {
  using Verdict = SystemControl::Verdict;
  for (const uint32_t page : code_) {
    if (code_changed_) return;
    const Verdict verdict = system.OfPage(page, Access::kExecute, privileged);
    code_changed_ = verdict == Verdict::kForbidden ||
                    (verdict == Verdict::kPartly && !AllowsCode(system, privileged, page));
  }
}

void Memory::MarkCode(uint32_t address, uint32_t bytes) {
  for (uint32_t i = 0; i < bytes; i += 2) {
    Page* page = PageOf(address + i);
    if (page == nullptr) return;
    if (page->code == nullptr) {
      page->code = std::make_unique<std::bitset<kPageBytes / 2>>();
      code_.push_back((address + i) >> kPageBits);
      writable_[(address + i) >> kPageBits] = nullptr;
    }
    page->code->set(((address + i) & kOffset) / 2);
  }
}

void Memory::ForgetCode() {
  for (const uint32_t number : code_) pages_[index_[number] - 1].code.reset();
  code_.clear();
  code_changed_ = false;
}

}  // namespace percuss::rehost

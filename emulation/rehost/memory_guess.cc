// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/memory_guess.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "emulation/rehost/firmware_parts.h"
#include "emulation/rehost/memory_map.h"

namespace percuss::emulation {
namespace {

using common::ErrorCode;
using common::Fail;
using rehost::AddressSpan;
using rehost::Region;

constexpr size_t kTableAlignment = 0x100;  // VTOR's, rounded up as images place tables
constexpr size_t kHeadVectors = 16;        // of the processor itself
constexpr size_t kMostTables = 0x10000;    // places that are looked at
// DDI 0403E, B3.1: where RAM, and where peripherals are.
constexpr uint32_t kCodeEnd = 0x20000000;
constexpr uint32_t kLowestRam = 0x10000000;  // of what is told apart from flash and numbers
constexpr uint32_t kRamEnd = 0x40000000;
constexpr AddressSpan kPeripherals = {0x40000000, 0x20000000};
constexpr uint32_t kExternalBegin = 0x60000000;
constexpr uint32_t kExternalEnd = 0xa0000000;
constexpr uint64_t kBlock = 0x10000;    // what RAM and flash are rounded to
constexpr uint64_t kNear = 0x100000;    // how far from the stack RAM is taken as the same
constexpr uint32_t kFewReferences = 4;  // to a block, before it is taken as RAM
constexpr uint64_t kMostRam = uint64_t{16} << 20;
constexpr uint32_t kAliasedFlash = 0x08000000;  // STM32 and what is made like it
constexpr uint64_t kPeriod = 4000;

uint64_t Down(uint64_t value, uint64_t to) { return value / to * to; }
uint64_t Up(uint64_t value, uint64_t to) { return (value + to - 1) / to * to; }

class ImageBytes {
 public:
  explicit ImageBytes(const std::vector<FirmwareSegment>& segments) : segments_(segments) {}
  [[nodiscard]] const FirmwareSegment* At(uint64_t address) const {
    const auto behind = std::upper_bound(
        segments_.begin(), segments_.end(), address,
        [](uint64_t value, const FirmwareSegment& segment) { return value < segment.address; });
    if (behind == segments_.begin()) return nullptr;
    const FirmwareSegment& segment = *std::prev(behind);
    return address - segment.address < segment.bytes.size() ? &segment : nullptr;
  }
  [[nodiscard]] bool HasCode(uint32_t vector) const {
    return (vector & 1U) != 0 && At(vector & ~1U) != nullptr;
  }

 private:
  const std::vector<FirmwareSegment>& segments_;
};

bool IsRam(uint32_t address) {
  return address < kRamEnd || (address >= kExternalBegin && address < kExternalEnd);
}

// Whether a table may begin there; its first words are in `segment`.
bool IsTable(const ImageBytes& image, const FirmwareSegment& segment, size_t at) {
  const uint32_t sp = LittleWord(segment.bytes, at);
  const uint32_t reset = LittleWord(segment.bytes, at + 4);
  if (sp < kTableAlignment || sp % 4 != 0 || !IsRam(sp - 4) || image.At(sp - 4) != nullptr) {
    return false;
  }
  if (!image.HasCode(reset)) return false;
  size_t handlers = 0;
  for (size_t i = 2; i < kHeadVectors; ++i) {
    const uint32_t vector = LittleWord(segment.bytes, at + 4 * i);
    const bool reserved = (i >= 7 && i <= 10) || i == 13;
    if (reserved) continue;  // makers keep checksums there
    if (vector != 0 && vector != UINT32_MAX && !image.HasCode(vector)) return false;
    if (vector != 0 && vector != UINT32_MAX) ++handlers;
  }
  return handlers != 0;
}

// How many words that instructions load (LDR of a literal, DDI 0403E, A7.7.44) are addresses in
// each block of 64 KiB.
using References = std::map<uint64_t, uint32_t>;

void CountLiterals(const FirmwareSegment& segment, References& references) {
  std::set<size_t> seen;
  const std::string& bytes = segment.bytes;
  for (size_t at = segment.address % 2; at + 4 <= bytes.size(); at += 2) {
    const uint32_t first = LittleHalf(bytes, at);
    uint32_t offset = 0;
    if (first >> 11U == 0x9) {
      offset = (first & 0xffU) * 4;
    } else if (first == 0xf8df) {
      offset = LittleHalf(bytes, at + 2) & 0xfffU;
    } else {
      continue;
    }
    const uint64_t address = Down(segment.address + at + 4, 4) + offset;
    const uint64_t place = address - segment.address;
    if (place + 4 > bytes.size() || !seen.insert(place).second) continue;
    const uint32_t word = LittleWord(bytes, place);
    if (word >= kLowestRam && word < kRamEnd) ++references[word / kBlock];
  }
}

References CountReferences(const std::vector<FirmwareSegment>& segments) {
  References references;
  for (const FirmwareSegment& segment : segments) CountLiterals(segment, references);
  return references;
}

class MapGuess {
 public:
  MapGuess(const FirmwareFile& firmware, const VectorTable& table, rehost::MachineImage& machine,
           std::vector<std::string>& notes)
      : firmware_(firmware), table_(table), machine_(machine), notes_(notes) {}

  common::Status Guess() {
    if (!PlaceFlash()) return Refuse("flash would have more than 64 MiB");
    FindRam();
    PlaceRam();
    Alias();
    std::sort(machine_.regions.begin(), machine_.regions.end(),
              [](const Region& one, const Region& other) { return one.begin < other.begin; });
    const std::string mistake = rehost::MistakeIn(machine_);
    return mistake.empty() ? common::Status{} : Refuse(mistake);
  }

 private:
  common::Status Refuse(const std::string& mistake) {
    return Fail(ErrorCode::kBadInput,
                fmt::format("the memory map that was guessed is impossible ({}): describe memory "
                            "in a configuration",
                            mistake),
                firmware_.path.string());
  }
  static bool InRam(const FirmwareSegment& segment) {
    return segment.address >= kCodeEnd && IsRam(segment.address);
  }

  // Segments of one chip, with the gaps between them, up to a round end. False where that would be
  // more than any has.
  bool PlaceFlash() {
    uint64_t before = 0;  // bytes of the regions before the last one
    for (const FirmwareSegment& segment : firmware_.segments) {
      if (InRam(segment)) {
        spans_.push_back({segment.address, segment.bytes.size()});
        continue;
      }
      Region* last = machine_.regions.empty() ? nullptr : &machine_.regions.back();
      const uint64_t begin = Down(segment.address, kMapPageBytes);
      const uint64_t end = segment.address + segment.bytes.size();
      if (last == nullptr || begin > last->begin + last->size) {
        before += last == nullptr ? 0 : last->size;
        if (before > rehost::kMostMappedBytes) return false;
        machine_.regions.push_back(
            {"flash", static_cast<uint32_t>(begin), 0, {true, false, true}, ""});
        last = &machine_.regions.back();
      }
      last->bytes.resize(segment.address - last->begin, '\xff');
      last->bytes += segment.bytes;
      last->size = Up(end, kBlock) - last->begin;
    }
    for (Region& region : machine_.regions) {
      region.bytes.resize(region.size, '\xff');  // as flash is that nobody has written
      notes_.push_back(
          fmt::format("flash is taken to be 0x{:08x} to 0x{:08x}, by what the image "
                      "has there, and not to be written to by stores",
                      region.begin, region.begin + region.size - 1));
    }
    return true;
  }

  void FindRam() {
    spans_.insert(spans_.end(), firmware_.writable.begin(), firmware_.writable.end());
    const uint64_t top = table_.initial_sp;
    spans_.push_back({static_cast<uint32_t>(Down(top - 4, kBlock)), top - Down(top - 4, kBlock)});
    for (const auto& [block, count] : CountReferences(firmware_.segments)) {
      const uint64_t begin = block * kBlock;
      const bool near = begin + kNear > top && begin < top + kNear;
      if (count < kFewReferences || (!near && count < kFewReferences * kFewReferences)) continue;
      spans_.push_back({static_cast<uint32_t>(begin), kBlock});
    }
    for (AddressSpan& span : spans_) {
      const uint64_t end = std::min(Up(span.begin + span.size, kBlock), kAddressSpaceBytes);
      span.begin = static_cast<uint32_t>(Down(span.begin, kBlock));
      span.size = end - span.begin;
    }
    std::erase_if(spans_, [](const AddressSpan& span) { return !IsRam(span.begin); });
    MergeSpans(spans_);
    // A heap has no address of its own in the image: between variables and stack is RAM too.
    for (size_t i = 1; i < spans_.size(); ++i) {
      const bool of_stack = spans_[i - 1].begin + kNear > top && spans_[i].begin < top + kNear;
      const uint64_t gap = spans_[i].begin - (spans_[i - 1].begin + spans_[i - 1].size);
      if (of_stack && gap < kNear) spans_[i - 1].size += gap;
    }
    MergeSpans(spans_);
  }

  // Of RAM that lies where the image has bytes, the image's stay; in RAM itself they are loaded.
  void PlaceRam() {
    const std::vector<Region> flash = machine_.regions;
    std::vector<Region> ram;
    uint64_t left = kMostRam;
    for (const AddressSpan& span : spans_) {
      if (span.size > left) {
        notes_.push_back(
            fmt::format("no RAM is taken to be at 0x{:08x}: the image speaks of 0x{:x} "
                        "bytes there, more than is likely",
                        span.begin, span.size));
        continue;
      }
      left -= span.size;
      ram.push_back({"ram", span.begin, span.size, {}, ""});
    }
    for (const Region& region : flash) CutHole(ram, SpanOf(region));
    CutHole(ram, kPeripherals);
    for (Region& region : ram) {
      notes_.push_back(
          fmt::format("RAM is taken to be 0x{:08x} to 0x{:08x}, by the stack and the "
                      "addresses that the image holds",
                      region.begin, region.begin + region.size - 1));
      machine_.regions.push_back(std::move(region));
    }
    for (const FirmwareSegment& segment : firmware_.segments) {
      if (!InRam(segment)) continue;
      if (PatchBytes(machine_.regions, segment.address, segment.bytes)) continue;
      notes_.push_back(
          fmt::format("the {} bytes of the image at 0x{:08x} lie in no RAM, and are "
                      "left out",
                      segment.bytes.size(), segment.address));
    }
  }

  void Alias() {
    if (Down(table_.address, kNear) != kAliasedFlash || IsExecutable(machine_.regions, 0)) return;
    for (const Region& region : machine_.regions) {
      if (region.begin != kAliasedFlash) continue;
      Region alias = region;
      alias.name = "flash at 0";
      alias.begin = 0;
      machine_.regions.push_back(std::move(alias));
      notes_.emplace_back("flash is taken to be seen at 0x00000000 too, as on an STM32");
      return;
    }
  }

  const FirmwareFile& firmware_;
  const VectorTable& table_;
  rehost::MachineImage& machine_;
  std::vector<std::string>& notes_;
  std::vector<AddressSpan> spans_;  // of RAM
};

}  // namespace

std::optional<VectorTable> FindVectorTable(const FirmwareFile& firmware) {
  const ImageBytes image(firmware.segments);
  std::optional<VectorTable> first;
  size_t looked_at = 0;
  for (const FirmwareSegment& segment : firmware.segments) {
    const uint64_t end = segment.address + segment.bytes.size();
    uint64_t address = segment.address;
    // Where a segment begins, and at each place that a table can be at.
    while (address + 4 * kHeadVectors <= end && ++looked_at <= kMostTables) {
      const auto at = static_cast<size_t>(address - segment.address);
      if (address % 4 == 0 && IsTable(image, segment, at)) {
        const VectorTable table{static_cast<uint32_t>(address), LittleWord(segment.bytes, at),
                                LittleWord(segment.bytes, at + 4)};
        const bool leads_to_entry = !firmware.entry || ((*firmware.entry ^ table.entry) & ~1U) == 0;
        if (leads_to_entry) return table;
        if (!first) first = table;
      }
      address = Down(address, kTableAlignment) + kTableAlignment;
    }
  }
  return first;
}

std::optional<uint32_t> GuessRawAddress(const std::string& bytes) {
  constexpr uint32_t kFlashes[] = {0x08000000, 0x00000000, 0x00080000, 0x10000000,
                                   0x00400000, 0x0C000000, 0x1A000000, 0x60000000};
  if (bytes.size() < 4 * kHeadVectors) return std::nullopt;
  FirmwareFile firmware;
  firmware.segments = {{0, bytes}};
  const uint32_t reset = LittleWord(bytes, 4);
  std::vector<uint32_t> places(std::begin(kFlashes), std::end(kFlashes));
  // Behind a boot loader: where the reset handler's 4 KiB begin, and the four before.
  for (uint32_t pages = 0; pages < 5; ++pages) {
    const auto page = static_cast<uint32_t>(Down(reset, kMapPageBytes));
    places.push_back(page - std::min(page, pages * static_cast<uint32_t>(kMapPageBytes)));
  }
  for (const uint32_t place : places) {
    if (bytes.size() > kAddressSpaceBytes - place) continue;
    firmware.segments[0].address = place;
    const ImageBytes image(firmware.segments);
    if (IsTable(image, firmware.segments[0], 0)) return place;
  }
  return std::nullopt;
}

void GuessArchitecture(const FirmwareFile& firmware, rehost::MachineImage& machine,
                       std::vector<std::string>& notes) {
  // Addenda to the ABI for the Arm Architecture, 3.3.5.2, values of Tag_CPU_arch.
  constexpr uint64_t kArch7 = 10;
  constexpr uint64_t kArch6M = 11;
  constexpr uint64_t kArch6SM = 12;
  constexpr uint64_t kArch7EM = 13;
  machine.architecture = rehost::Architecture::kV7EM;
  machine.floating_point = true;
  if (!firmware.attributes) {
    notes.emplace_back(
        "the image does not say for which processor it is: it is taken to be an "
        "Armv7E-M with floating point (Cortex-M4F), which runs what the others run");
    return;
  }
  const uint64_t arch = firmware.attributes->cpu_arch;
  machine.floating_point = firmware.attributes->fp_arch != 0;
  if (arch == kArch6M || arch == kArch6SM) {
    machine.architecture = rehost::Architecture::kV6M;
    machine.floating_point = false;
  } else if (arch == kArch7) {
    machine.architecture = rehost::Architecture::kV7M;
    machine.floating_point = false;
  } else if (arch != kArch7EM) {
    machine.floating_point = true;
    notes.push_back(
        fmt::format("the image is for a processor that is not modelled (Tag_CPU_arch {} "
                    "of its build attributes): it runs as on an Armv7E-M",
                    arch));
  }
}

void GuessPeripherals(rehost::MachineImage& machine, std::vector<std::string>& notes) {
  machine.peripherals = {kPeripherals};
  notes.emplace_back(
      "peripherals are taken to be 0x40000000 to 0x5fffffff, where the architecture "
      "has them");
}

void GuessInterrupts(rehost::MachineImage& machine, std::vector<std::string>& notes) {
  rehost::InterruptTrigger every;
  every.period = kPeriod;
  rehost::InterruptTrigger on_sleep;
  on_sleep.when = rehost::InterruptTrigger::When::kOnSleep;
  machine.triggers = {every, on_sleep};
  notes.push_back(
      fmt::format("the interrupts that the firmware enables come in turn, every {} "
                  "instructions and when it sleeps",
                  kPeriod));
}

common::Status GuessMemory(const FirmwareFile& firmware, rehost::MachineImage& machine,
                           std::vector<std::string>& notes) {
  if (firmware.attributes &&
      (firmware.attributes->profile == 'A' || firmware.attributes->profile == 'R')) {
    return Fail(ErrorCode::kBadInput,
                fmt::format("the image is for a Cortex-{:c}; rehosting is for Cortex-M",
                            static_cast<char>(firmware.attributes->profile)),
                firmware.path.string());
  }
  const auto table = FindVectorTable(firmware);
  if (!table) {
    return Fail(ErrorCode::kBadInput,
                "no vector table of a Cortex-M is in the image: a stack pointer in RAM, and behind "
                "it addresses of code, each with its lowest bit set. Say in a configuration where "
                "the image belongs and where the table is",
                firmware.path.string());
  }
  machine.vector_table = table->address;
  machine.initial_sp = table->initial_sp;
  machine.entry = table->entry;
  notes.push_back(
      fmt::format("the vector table is taken to be at 0x{:08x}, with the stack from "
                  "0x{:08x} and the reset handler at 0x{:08x}",
                  table->address, table->initial_sp, table->entry & ~1U));
  return MapGuess(firmware, *table, machine, notes).Guess();
}

}  // namespace percuss::emulation

// SPDX-License-Identifier: Apache-2.0
#include <elf.h>
#include <fmt/format.h>

#include <cstddef>

#include "emulation/rehost/firmware_parts.h"

namespace percuss::emulation {
namespace {

using common::ErrorCode;
using common::Fail;

constexpr size_t kMostHeaders = 4096;
// Addenda to the ABI for the Arm Architecture, 3.3.5.
constexpr uint64_t kTagFile = 1;
constexpr uint64_t kTagRawName = 4;
constexpr uint64_t kTagName = 5;
constexpr uint64_t kTagArch = 6;
constexpr uint64_t kTagProfile = 7;
constexpr uint64_t kTagFpArch = 10;
constexpr uint64_t kTagCompatibility = 32;

// Bytes from the front; what is not there is 0 and empty.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] bool Empty() const { return bytes_.empty(); }
  std::string_view Take(size_t size) {
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  uint32_t Word() {
    const std::string_view taken = Take(4);
    return taken.size() == 4 ? LittleWord(taken, 0) : 0;
  }
  uint64_t Uleb() {
    uint64_t value = 0;
    for (unsigned shift = 0; !bytes_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(Take(1)[0]);
      if (shift < 64) value |= uint64_t{byte & 0x7fU} << shift;
      if ((byte & 0x80U) == 0) break;
    }
    return value;
  }
  std::string_view Text() {
    const std::string_view text = Take(std::min(bytes_.find('\0'), bytes_.size()));
    Take(1);
    return text;
  }

 private:
  std::string_view bytes_;
};

void ReadFileAttributes(Cursor attributes, ArmAttributes& read) {
  while (!attributes.Empty()) {
    const uint64_t tag = attributes.Uleb();
    const bool text =
        tag == kTagRawName || tag == kTagName || (tag > kTagCompatibility && tag % 2 == 1);
    if (text) {
      attributes.Text();
      continue;
    }
    const uint64_t value = attributes.Uleb();
    if (tag == kTagCompatibility) attributes.Text();
    if (tag == kTagArch) read.cpu_arch = value;
    if (tag == kTagProfile) read.profile = value;
    if (tag == kTagFpArch) read.fp_arch = value;
  }
}

std::optional<ArmAttributes> AttributesIn(std::string_view section) {
  Cursor all(section);
  if (all.Take(1) != "A") return std::nullopt;
  std::optional<ArmAttributes> read;
  while (!all.Empty()) {
    const uint32_t size = all.Word();
    if (size < 4) break;
    Cursor vendor(all.Take(size - 4));
    if (vendor.Text() != "aeabi") continue;
    while (!vendor.Empty()) {
      const uint64_t tag = vendor.Uleb();
      const uint32_t bytes = vendor.Word();
      if (bytes < 5) break;
      const Cursor attributes(vendor.Take(bytes - 5));
      if (tag != kTagFile) continue;
      if (!read) read.emplace();
      ReadFileAttributes(attributes, *read);
    }
  }
  return read;
}

class ElfReader {
 public:
  ElfReader(std::string_view bytes, FirmwareFile& firmware)
      : bytes_(bytes), firmware_(firmware), collector_(firmware.path.string()) {}

  common::Status Read() {
    if (bytes_.size() < sizeof(Elf32_Ehdr)) return Refuse("the ELF file is cut off");
    if (bytes_[EI_CLASS] != ELFCLASS32 || bytes_[EI_DATA] != ELFDATA2LSB ||
        LittleHalf(bytes_, offsetof(Elf32_Ehdr, e_machine)) != EM_ARM) {
      return Refuse(
          "the ELF file is not of a 32-bit little-endian Arm processor, as a Cortex-M is");
    }
    if (LittleHalf(bytes_, offsetof(Elf32_Ehdr, e_type)) != ET_EXEC) {
      return Refuse("the ELF file is no linked firmware (ET_EXEC): link it to its addresses");
    }
    firmware_.entry = LittleWord(bytes_, offsetof(Elf32_Ehdr, e_entry));
    const size_t count = LittleHalf(bytes_, offsetof(Elf32_Ehdr, e_phnum));
    const size_t each = LittleHalf(bytes_, offsetof(Elf32_Ehdr, e_phentsize));
    const size_t table = LittleWord(bytes_, offsetof(Elf32_Ehdr, e_phoff));
    if (count == 0 || each < sizeof(Elf32_Phdr) || !Within(table, count * each)) {
      return Refuse("the ELF file has no program headers, or is cut off before their end");
    }
    if (count > kMostHeaders) return Refuse("the ELF file has thousands of program headers");
    for (size_t i = 0; i < count; ++i) {
      if (auto segment = ReadSegment(table + i * each); !segment) return segment;
    }
    ReadAttributes();
    auto segments = collector_.Take();
    if (!segments) return tl::make_unexpected(segments.error());
    firmware_.segments = std::move(*segments);
    return {};
  }

 private:
  common::Status Refuse(const std::string& what) {
    return Fail(ErrorCode::kBadInput, what, firmware_.path.string());
  }
  [[nodiscard]] bool Within(size_t at, size_t size) const {
    return at <= bytes_.size() && size <= bytes_.size() - at;
  }
  [[nodiscard]] uint32_t Field(size_t header, size_t field) const {
    return LittleWord(bytes_, header + field);
  }

  common::Status ReadSegment(size_t header) {
    if (Field(header, offsetof(Elf32_Phdr, p_type)) != PT_LOAD) return {};
    const uint32_t offset = Field(header, offsetof(Elf32_Phdr, p_offset));
    const uint32_t in_file = Field(header, offsetof(Elf32_Phdr, p_filesz));
    const uint32_t in_memory = Field(header, offsetof(Elf32_Phdr, p_memsz));
    const uint32_t virtual_address = Field(header, offsetof(Elf32_Phdr, p_vaddr));
    const uint32_t flags = Field(header, offsetof(Elf32_Phdr, p_flags));
    if (!Within(offset, in_file)) {
      return Refuse("the ELF file is cut off: its headers tell of more bytes than it has");
    }
    if (uint64_t{virtual_address} + in_memory > uint64_t{UINT32_MAX} + 1) {
      return Refuse(fmt::format("a segment at 0x{:08x} ends beyond 4 GiB", virtual_address));
    }
    if ((flags & PF_W) != 0 && in_memory != 0) {
      firmware_.writable.push_back({virtual_address, in_memory});
    }
    return collector_.Add(Field(header, offsetof(Elf32_Phdr, p_paddr)),
                          bytes_.substr(offset, in_file));
  }

  void ReadAttributes() {
    const size_t count = LittleHalf(bytes_, offsetof(Elf32_Ehdr, e_shnum));
    const size_t each = LittleHalf(bytes_, offsetof(Elf32_Ehdr, e_shentsize));
    const size_t table = LittleWord(bytes_, offsetof(Elf32_Ehdr, e_shoff));
    if (each < sizeof(Elf32_Shdr) || !Within(table, count * each)) return;
    for (size_t i = 0; i < count; ++i) {
      const size_t header = table + i * each;
      if (Field(header, offsetof(Elf32_Shdr, sh_type)) != SHT_ARM_ATTRIBUTES) continue;
      const uint32_t offset = Field(header, offsetof(Elf32_Shdr, sh_offset));
      const uint32_t size = Field(header, offsetof(Elf32_Shdr, sh_size));
      if (Within(offset, size)) firmware_.attributes = AttributesIn(bytes_.substr(offset, size));
      return;
    }
  }

  std::string_view bytes_;
  FirmwareFile& firmware_;
  SegmentCollector collector_;
};

}  // namespace

common::Status ReadElfFirmware(std::string_view bytes, FirmwareFile& firmware) {
  return ElfReader(bytes, firmware).Read();
}

}  // namespace percuss::emulation

// SPDX-License-Identifier: Apache-2.0
#include "campaign/harness_facts.h"

#include <gelf.h>

#include <cstring>
#include <string_view>

#include "campaign/elf_reader.h"
#include "common/elf_symbols.h"

namespace percuss::campaign {
namespace {

constexpr const char* kVersionSymbol = "percuss_harness_format_version";

// A 32-bit value at a virtual address, from the section that holds it.
std::optional<uint32_t> WordAt(Elf* elf, const GElf_Sym& symbol) {
  Elf_Scn* section = elf_getscn(elf, symbol.st_shndx);
  GElf_Shdr header;
  if (section == nullptr || gelf_getshdr(section, &header) == nullptr) return std::nullopt;
  const Elf_Data* data = elf_getdata(section, nullptr);
  if (data == nullptr || data->d_buf == nullptr || symbol.st_value < header.sh_addr) {
    return std::nullopt;
  }
  const uint64_t offset = symbol.st_value - header.sh_addr;
  if (data->d_size < sizeof(uint32_t) || offset > data->d_size - sizeof(uint32_t)) {
    return std::nullopt;
  }
  uint32_t word = 0;
  std::memcpy(&word, static_cast<const char*>(data->d_buf) + offset, sizeof word);
  return word;
}

std::optional<uint32_t> FindVersion(Elf* elf) {
  std::optional<uint32_t> version;
  common::EachElfSymbol(elf, [&](const GElf_Sym& symbol, const char* name) {
    if (std::strcmp(name, kVersionSymbol) != 0) return true;
    version = WordAt(elf, symbol);
    return false;
  });
  return version;
}

}  // namespace

std::optional<HarnessFacts> ReadHarnessFacts(const std::filesystem::path& binary) {
  std::optional<uint32_t> version;
  ReadElf(binary, [&](Elf* elf) { version = FindVersion(elf); });
  if (!version) return std::nullopt;
  return HarnessFacts{*version};
}

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
//
// The symbols of an ELF file that is not believed (System V ABI, chapter 4), for who has libelf.
#pragma once

#include <gelf.h>

namespace percuss::common {

// The first section of a type, or nullptr. A file has no second symbol table and no second dynamic
// section (chapter 4, "Sections"); one with thousands, all of the same bytes, is out for our time.
inline Elf_Scn* FindElfSection(Elf* elf, uint32_t type, GElf_Shdr& header) {
  Elf_Scn* section = nullptr;
  while ((section = elf_nextscn(elf, section)) != nullptr) {
    if (gelf_getshdr(section, &header) != nullptr && header.sh_type == type) return section;
  }
  return nullptr;
}

// Calls visit(const GElf_Sym&, const char* name) for each symbol with a name, in order, until it
// returns false. Whether it never did.
template <typename Visit>
bool EachElfSymbol(Elf* elf, const Visit& visit) {
  GElf_Shdr header;
  Elf_Scn* section = FindElfSection(elf, SHT_SYMTAB, header);
  Elf_Data* data = section == nullptr ? nullptr : elf_getdata(section, nullptr);
  if (data == nullptr || header.sh_entsize == 0) return true;
  const auto count = static_cast<int>(header.sh_size / header.sh_entsize);
  for (int i = 0; i < count; ++i) {
    GElf_Sym symbol;
    if (gelf_getsym(data, i, &symbol) == nullptr) break;
    const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
    if (name != nullptr && *name != '\0' && !visit(symbol, name)) return false;
  }
  return true;
}

}  // namespace percuss::common

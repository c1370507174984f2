// SPDX-License-Identifier: Apache-2.0
#include "campaign/elf_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace percuss::campaign {
namespace {

constexpr size_t kMostLines = 32;
constexpr size_t kLongestLine = 200;

struct Machine {
  uint16_t number;
  const char* name;
};
constexpr Machine kMachines[] = {{EM_X86_64, "x86_64"},   {EM_386, "i386"},     {EM_ARM, "arm"},
                                 {EM_AARCH64, "aarch64"}, {EM_RISCV, "riscv"},  {EM_MIPS, "mips"},
                                 {EM_PPC64, "ppc64"},     {EM_XTENSA, "xtensa"}};

std::string MachineName(uint16_t number) {
  for (const Machine& machine : kMachines) {
    if (machine.number == number) return machine.name;
  }
  return fmt::format("machine {}", number);
}

std::string_view BytesOf(Elf_Scn* section) {
  const Elf_Data* data = elf_getdata(section, nullptr);
  if (data == nullptr || data->d_buf == nullptr) return {};
  return {static_cast<const char*>(data->d_buf), data->d_size};
}

void AddOnce(std::vector<std::string>& list, std::string_view text) {
  const std::string cut(text.substr(0, kLongestLine));
  if (cut.empty() || list.size() == kMostLines) return;
  if (std::find(list.begin(), list.end(), cut) == list.end()) list.push_back(cut);
}

void ReadComment(std::string_view bytes, std::vector<std::string>& compilers) {
  while (!bytes.empty()) {
    const size_t end = std::min(bytes.find('\0'), bytes.size());
    AddOnce(compilers, bytes.substr(0, end));
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
}

void ReadDynamic(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, ElfFacts& facts) {
  Elf_Data* data = elf_getdata(section, nullptr);
  GElf_Dyn entry;
  std::string_view folders;
  for (int i = 0; data != nullptr && gelf_getdyn(data, i, &entry) != nullptr; ++i) {
    const bool path = entry.d_tag == DT_RUNPATH || (entry.d_tag == DT_RPATH && folders.empty());
    if (entry.d_tag != DT_NEEDED && !path) continue;
    const char* text = elf_strptr(elf, header.sh_link, entry.d_un.d_val);
    if (text == nullptr) continue;
    if (path) {
      folders = text;
    } else {
      AddOnce(facts.needed, text);
    }
  }
  while (!folders.empty()) {
    const size_t end = std::min(folders.find(':'), folders.size());
    AddOnce(facts.folders, folders.substr(0, end));
    folders.remove_prefix(std::min(end + 1, folders.size()));
  }
}

// A note of the name "GNU" and type 3 holds the build id.
void ReadNotes(Elf_Scn* section, ElfFacts& facts) {
  Elf_Data* data = elf_getdata(section, nullptr);
  if (data == nullptr || data->d_buf == nullptr) return;
  const std::string_view bytes(static_cast<const char*>(data->d_buf), data->d_size);
  GElf_Nhdr note;
  size_t name = 0;
  size_t content = 0;
  size_t at = 0;
  while (at < bytes.size() && (at = gelf_getnote(data, at, &note, &name, &content)) > 0) {
    if (note.n_type != NT_GNU_BUILD_ID || bytes.substr(name, 4) != std::string_view("GNU\0", 4)) {
      continue;
    }
    for (const char c : bytes.substr(content, std::min<size_t>(note.n_descsz, 64))) {
      facts.build_id += fmt::format("{:02x}", static_cast<unsigned char>(c));
    }
    return;
  }
}

void ReadSections(Elf* elf, ElfFacts& facts) {
  size_t names = 0;
  if (elf_getshdrstrndx(elf, &names) != 0) return;
  Elf_Scn* section = nullptr;
  // Each once, notes a few times: thousands of sections may hold the same bytes.
  bool dynamic = false;
  bool comment = false;
  size_t notes = 0;
  while ((section = elf_nextscn(elf, section)) != nullptr) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) continue;
    const char* name = elf_strptr(elf, names, header.sh_name);
    if (header.sh_type == SHT_DYNAMIC && !std::exchange(dynamic, true)) {
      ReadDynamic(elf, section, header, facts);
    }
    if (header.sh_type == SHT_NOTE && facts.build_id.empty() && notes < kMostLines) {
      ++notes;
      ReadNotes(section, facts);
    }
    if (header.sh_type == SHT_PROGBITS && name != nullptr && !comment &&
        std::strcmp(name, ".comment") == 0) {
      comment = true;
      ReadComment(BytesOf(section), facts.compilers);
    }
  }
}

}  // namespace

void ReadElf(const std::filesystem::path& file, const std::function<void(Elf*)>& read) {
  if (elf_version(EV_CURRENT) == EV_NONE) return;
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  {
    const std::unique_ptr<Elf, int (*)(Elf*)> elf(elf_begin(fd, ELF_C_READ, nullptr), &elf_end);
    if (elf && elf_kind(elf.get()) == ELF_K_ELF) read(elf.get());
  }
  close(fd);
}

std::optional<ElfFacts> ReadElfFacts(const std::filesystem::path& file) {
  std::optional<ElfFacts> facts;
  ReadElf(file, [&](Elf* elf) {
    GElf_Ehdr header;
    if (gelf_getehdr(elf, &header) == nullptr) return;
    facts.emplace();
    facts->machine = MachineName(header.e_machine);
    ReadSections(elf, *facts);
  });
  return facts;
}

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
#include "emulation/elf_image.h"

#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "common/elf_symbols.h"
#include "common/fs.h"

namespace percuss::emulation {
namespace {

using common::ErrorCode;
using common::Fail;

constexpr size_t kMostFrames = 64;
constexpr size_t kSmallTableBytes = size_t{1} << 20;  // any file may have so many bytes of names,
constexpr size_t kNamesToFile = 2;                    // and more by its own size
constexpr size_t kMostNeeded = 1000;
constexpr size_t kLongestNeeded = 4096;     // PATH_MAX of Linux
constexpr uint64_t kFirstPageBytes = 4096;  // where Linux maps nothing
constexpr pid_t kNobody = 1;                // libdwfl wants a process; its callbacks ask us instead

class OpenElf {
 public:
  explicit OpenElf(const std::filesystem::path& path)
      : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ >= 0 && elf_version(EV_CURRENT) != EV_NONE) elf_ = elf_begin(fd_, ELF_C_READ, nullptr);
  }
  ~OpenElf() {
    if (elf_ != nullptr) elf_end(elf_);
    if (fd_ >= 0) close(fd_);
  }
  OpenElf(const OpenElf&) = delete;
  OpenElf& operator=(const OpenElf&) = delete;
  [[nodiscard]] Elf* Get() const { return elf_; }

 private:
  int fd_;
  Elf* elf_ = nullptr;
};

// Whether all that the headers speak of lies within the file. What is not loaded, as what a
// stripped file's section headers once told, does not count.
bool IsWhole(Elf* elf, const GElf_Ehdr& header, uint64_t bytes) {
  const auto within = [bytes](uint64_t at, uint64_t size) {
    return at <= bytes && size <= bytes - at;
  };
  if (header.e_shoff != 0 &&
      !within(header.e_shoff, uint64_t{header.e_shnum} * header.e_shentsize)) {
    return false;
  }
  if (!within(header.e_phoff, uint64_t{header.e_phnum} * header.e_phentsize)) return false;
  for (int i = 0; i < header.e_phnum; ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf, i, &segment) == nullptr) return false;
    if (segment.p_type == PT_LOAD && !within(segment.p_offset, segment.p_filesz)) return false;
  }
  return true;
}

// False when the names have more bytes than a file of this size has for them: a name may begin
// within another, and a small file would fill the memory with the ends of one long name.
bool ReadSymbols(Elf* elf, const GElf_Ehdr& header, std::map<std::string, uint64_t>& symbols,
                 std::map<uint64_t, uint64_t>& functions, std::map<uint64_t, std::string>& names) {
  // The file before any section: libelf forgets what it read of a section before it had the file.
  size_t left = 0;
  static_cast<void>(elf_rawfile(elf, &left));
  left = kSmallTableBytes + kNamesToFile * left;
  const uint64_t mode_bit = header.e_machine == EM_X86_64 ? 0 : 1;  // Thumb's, microMIPS' or none
  return common::EachElfSymbol(elf, [&](const GElf_Sym& symbol, const char* name) {
    if (symbol.st_shndx == SHN_UNDEF) return true;
    const size_t bytes = strnlen(name, left + 1);
    if (bytes > left) return false;
    left -= bytes;
    const bool code = GELF_ST_TYPE(symbol.st_info) == STT_FUNC;
    const uint64_t address = code ? symbol.st_value & ~mode_bit : symbol.st_value;
    symbols.emplace(name, address);
    if (!code || symbol.st_size == 0) return true;
    functions.emplace(address, address + symbol.st_size);
    names.emplace(address, name);
    return true;
  });
}

std::string ArchitectureOf(const GElf_Ehdr& header) {
  const bool wide = header.e_ident[EI_CLASS] == ELFCLASS64;
  const bool little = header.e_ident[EI_DATA] == ELFDATA2LSB;
  if (header.e_machine == EM_ARM && !wide && little) return "arm";
  if (header.e_machine == EM_AARCH64 && wide && little) return "aarch64";
  if (header.e_machine == EM_X86_64 && wide && little) return "x86_64";
  if (header.e_machine == EM_RISCV && little) return wide ? "riscv64" : "riscv32";
  if (header.e_machine == EM_MIPS && !wide) return little ? "mipsel" : "mips";
  return "";
}

std::string TextAt(Elf* elf, uint64_t offset, uint64_t bytes) {
  size_t whole = 0;
  const char* file = elf_rawfile(elf, &whole);
  if (file == nullptr || offset > whole || bytes > whole - offset) return "";
  std::string text(file + offset, bytes);
  return text.substr(0, text.find('\0'));
}

std::vector<AddressRange> CodeOf(Elf* elf) {
  std::vector<AddressRange> code;
  Elf_Scn* section = nullptr;
  while ((section = elf_nextscn(elf, section)) != nullptr) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || (header.sh_flags & SHF_EXECINSTR) == 0)
      continue;
    code.push_back({header.sh_addr, header.sh_addr + header.sh_size});
  }
  return code;
}

std::optional<uint64_t> FirstWordOf(Elf* elf, const GElf_Phdr& segment) {
  size_t whole = 0;
  const char* file = elf_rawfile(elf, &whole);
  uint32_t word = 0;
  if (file == nullptr || segment.p_filesz < sizeof word || segment.p_offset > whole ||
      whole - segment.p_offset < sizeof word) {
    return std::nullopt;
  }
  std::memcpy(&word, file + segment.p_offset, sizeof word);
  return word;
}

ProgramFacts FactsOf(Elf* elf, const GElf_Ehdr& header) {
  ProgramFacts facts;
  facts.architecture = ArchitectureOf(header);
  facts.entry = header.e_entry;
  facts.lowest_code = UINT64_MAX;
  facts.for_linux = header.e_ident[EI_OSABI] == ELFOSABI_LINUX;
  facts.code = CodeOf(elf);
  uint64_t lowest = UINT64_MAX;
  size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0) count = 0;
  for (size_t i = 0; i < count; ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr) break;
    if (segment.p_type == PT_INTERP) {
      facts.interpreter = TextAt(elf, segment.p_offset, segment.p_filesz);
    }
    if (segment.p_type == PT_LOAD && segment.p_filesz != 0 && segment.p_paddr < lowest) {
      lowest = segment.p_paddr;
      facts.first_word = FirstWordOf(elf, segment);
    }
    if (segment.p_type == PT_LOAD && segment.p_filesz != 0 && header.e_type == ET_EXEC &&
        (segment.p_vaddr != segment.p_paddr || segment.p_vaddr < kFirstPageBytes)) {
      facts.placed_by_hand = true;
    }
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0) {
      facts.lowest_code = std::min(facts.lowest_code, segment.p_vaddr);
    }
  }
  if (facts.lowest_code == UINT64_MAX) facts.lowest_code = 0;
  facts.for_linux = facts.for_linux || !facts.interpreter.empty();
  return facts;
}

// What libdwfl's callbacks get.
struct Machine {
  const Registers* registers;
  const ReadWord* memory;
  std::vector<uint64_t> frames;
};

pid_t NextThread(Dwfl* /*dwfl*/, void* machine, void** thread) {
  if (*thread != nullptr) return 0;
  *thread = machine;
  return kNobody;
}

bool ReadMemory(Dwfl* /*dwfl*/, Dwarf_Addr address, Dwarf_Word* word, void* machine) {
  const auto value = (*static_cast<Machine*>(machine)->memory)(address);
  if (value) *word = *value;
  return value.has_value();
}

bool SetRegisters(Dwfl_Thread* thread, void* machine) {
  for (const auto& [number, value] : *static_cast<Machine*>(machine)->registers) {
    const Dwarf_Word word = value;
    if (number == kProgramCounterOfRiscv) {
      dwfl_thread_state_register_pc(thread, word);
      continue;
    }
    if (!dwfl_thread_state_registers(thread, number, 1, &word)) return false;
  }
  return true;
}

int TakeFrame(Dwfl_Frame* frame, void* machine) {
  Dwarf_Addr pc = 0;
  bool is_activation = false;
  auto& frames = static_cast<Machine*>(machine)->frames;
  if (!dwfl_frame_pc(frame, &pc, &is_activation) || frames.size() >= kMostFrames) {
    return DWARF_CB_ABORT;
  }
  pc &= ~Dwarf_Addr{1};
  frames.push_back(is_activation || pc == 0 ? pc : pc - 1);
  return DWARF_CB_OK;
}

}  // namespace

common::Result<ElfImage> ElfImage::OpenAny(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) {
    return Fail(ErrorCode::kBadInput, "no such firmware image", path.string());
  }
  const OpenElf file(path);
  GElf_Ehdr header;
  if (file.Get() == nullptr || elf_kind(file.Get()) != ELF_K_ELF ||
      gelf_getehdr(file.Get(), &header) == nullptr) {
    return Fail(ErrorCode::kBadInput, "the firmware image is no ELF file", path.string());
  }
  if (!IsWhole(file.Get(), header, std::filesystem::file_size(path, ignored))) {
    return Fail(ErrorCode::kBadInput,
                "the ELF file is cut off: its headers tell of more bytes than it has",
                path.string());
  }
  ElfImage image;
  image.path_ = std::filesystem::absolute(path);
  image.facts_ = FactsOf(file.Get(), header);
  if (!ReadSymbols(file.Get(), header, image.symbols_, image.functions_, image.names_)) {
    return Fail(ErrorCode::kBadInput, "the names of its symbols lie within each other",
                path.string());
  }
  // A static program of any C library for Linux.
  for (const char* start : {"__libc_start_main", "__uClibc_main"}) {
    if (image.symbols_.contains(start)) image.facts_.for_linux = true;
  }
  return image;
}

common::Result<ElfImage> ElfImage::Open(const std::filesystem::path& path) {
  auto image = OpenAny(path);
  if (image && image->facts_.architecture != "arm" && image->facts_.architecture != "riscv32") {
    return Fail(ErrorCode::kBadInput,
                "the firmware image is not for a 32-bit Arm or RISC-V processor", path.string());
  }
  return image;
}

std::vector<std::string> NeededLibraries(const std::filesystem::path& path) {
  const OpenElf file(path);
  std::vector<std::string> names;
  if (file.Get() == nullptr) return names;
  GElf_Shdr header;
  Elf_Scn* section = common::FindElfSection(file.Get(), SHT_DYNAMIC, header);
  Elf_Data* data = section == nullptr ? nullptr : elf_getdata(section, nullptr);
  GElf_Dyn entry;
  for (int i = 0; data != nullptr && gelf_getdyn(data, i, &entry) != nullptr; ++i) {
    if (entry.d_tag != DT_NEEDED || names.size() == kMostNeeded) continue;
    const char* name = elf_strptr(file.Get(), header.sh_link, entry.d_un.d_val);
    if (name != nullptr && *name != '\0' && strnlen(name, kLongestNeeded) < kLongestNeeded) {
      names.emplace_back(name);
    }
  }
  return names;
}

std::optional<uint64_t> ElfImage::Find(const std::string& place) const {
  if (place.starts_with("0x")) {
    uint64_t address = 0;
    const char* end = place.data() + place.size();
    const auto [rest, error] = std::from_chars(place.data() + 2, end, address, 16);
    if (error != std::errc() || rest != end) return std::nullopt;
    return address;
  }
  const auto found = symbols_.find(place);
  if (found == symbols_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> ElfImage::SymbolNames() const {
  std::vector<std::string> names;
  names.reserve(symbols_.size());
  for (const auto& [name, address] : symbols_) names.push_back(name);
  return names;
}

std::optional<ElfImage::Range> ElfImage::Function(const std::string& name) const {
  const auto symbol = symbols_.find(name);
  if (symbol == symbols_.end()) return std::nullopt;
  const auto function = functions_.find(symbol->second);
  if (function == functions_.end()) return std::nullopt;
  return Range{function->first, function->second};
}

std::optional<ElfImage::Range> ElfImage::FunctionAt(uint64_t address) const {
  auto function = functions_.upper_bound(address);
  if (function == functions_.begin()) return std::nullopt;
  --function;
  if (address >= function->second) return std::nullopt;
  return Range{function->first, function->second};
}

bool ElfImage::HoldsCode(uint64_t address) const {
  const auto holds = [&](const AddressRange& range) {
    return address >= range.begin && address < range.end;
  };
  return std::any_of(facts_.code.begin(), facts_.code.end(), holds) || FunctionAt(address);
}

std::string ElfImage::Loaded(uint64_t address, uint64_t bytes) const {
  const OpenElf file(path_);
  size_t count = 0;
  size_t whole = 0;
  const char* content = file.Get() == nullptr ? nullptr : elf_rawfile(file.Get(), &whole);
  if (content == nullptr || elf_getphdrnum(file.Get(), &count) != 0) return "";
  for (size_t i = 0; i < count; ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(file.Get(), static_cast<int>(i), &segment) == nullptr) break;
    const uint64_t at = address - segment.p_vaddr;
    if (segment.p_type != PT_LOAD || at > segment.p_filesz || bytes > segment.p_filesz - at)
      continue;
    if (segment.p_offset > whole || segment.p_filesz > whole - segment.p_offset) continue;
    return {content + segment.p_offset + at, bytes};
  }
  return "";
}

std::string ElfImage::NameOf(uint64_t address) const {
  const auto function = FunctionAt(address);
  const auto name = function ? names_.find(function->begin) : names_.end();
  if (name == names_.end()) return "";
  return address == function->begin
             ? name->second
             : fmt::format("{}+{:#x}", name->second, address - function->begin);
}

std::vector<uint64_t> ElfImage::Unwind(const Registers& registers, const ReadWord& memory) const {
  static const Dwfl_Thread_Callbacks kThreads = {&NextThread,   nullptr, &ReadMemory,
                                                 &SetRegisters, nullptr, nullptr};
  Dwfl_Callbacks callbacks{};
  callbacks.find_debuginfo = [](Dwfl_Module*, void**, const char*, Dwarf_Addr, const char*,
                                const char*, GElf_Word, char**) { return -1; };
  callbacks.section_address = &dwfl_offline_section_address;
  const std::unique_ptr<Dwfl, decltype(&dwfl_end)> dwfl(dwfl_begin(&callbacks), &dwfl_end);
  if (!dwfl) return {};
  dwfl_report_begin(dwfl.get());
  const bool reported =
      dwfl_report_elf(dwfl.get(), "firmware", path_.c_str(), -1, 0, false) != nullptr;
  dwfl_report_end(dwfl.get(), nullptr, nullptr);
  const OpenElf file(path_);
  Machine machine{&registers, &memory, {}};
  if (!reported || file.Get() == nullptr ||
      !dwfl_attach_state(dwfl.get(), file.Get(), kNobody, &kThreads, &machine)) {
    return {};
  }
  dwfl_getthread_frames(dwfl.get(), kNobody, &TakeFrame, &machine);
  return machine.frames;
}

}  // namespace percuss::emulation

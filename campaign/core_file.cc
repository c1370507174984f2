// SPDX-License-Identifier: Apache-2.0
#include "campaign/core_file.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "campaign/elf_reader.h"
#include "campaign/supervise/run_tool.h"
#include "campaign/triage/stack_text.h"
#include "common/fs.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;
using common::Result;

constexpr size_t kMostSegments = 65'535;
constexpr size_t kMostFiles = 1024;
constexpr int kMostNotes = 8;
constexpr uint64_t kMostNoteBytes = uint64_t{16} << 20;
constexpr size_t kHeadBytes = 4096;  // of which a mapping has one page at least
constexpr size_t kLongestPath = 4096;

// Of NT_FILE: each mapped part of a file.
struct Mapping {
  uint64_t start = 0;
  uint64_t end = 0;
  uint64_t page = 0;  // of the file, at which it begins
  std::string file;
};

struct Parts {
  std::vector<GElf_Phdr> loads;
  std::vector<Mapping> mappings;
  uint64_t entry = 0;  // AT_ENTRY: where the program begins to run
  std::string arguments;
  std::string name;
  uint64_t needed_bytes = 0;
};

// Numbers of the core's word size, in the order of bytes of this host; 0 behind the end.
class Words {
 public:
  Words(std::string_view bytes, bool wide) : bytes_(bytes), size_(wide ? 8 : 4) {}
  uint64_t Next() {
    uint64_t value = 0;
    if (bytes_.size() < size_) {
      bytes_ = {};
      return 0;
    }
    std::memcpy(&value, bytes_.data(), size_);  // little-endian, as all hosts of percuss
    bytes_.remove_prefix(size_);
    return value;
  }
  [[nodiscard]] std::string_view Rest() const { return bytes_; }

 private:
  std::string_view bytes_;
  size_t size_;
};

// count, size of a page, {start, end, page} for each, then the names.
void ReadFiles(std::string_view bytes, bool wide, std::vector<Mapping>& mappings) {
  Words words(bytes, wide);
  const uint64_t count = std::min<uint64_t>(words.Next(), kMostFiles);
  static_cast<void>(words.Next());
  for (uint64_t i = 0; i < count && !words.Rest().empty(); ++i) {
    Mapping mapping;
    mapping.start = words.Next();
    mapping.end = words.Next();
    mapping.page = words.Next();
    mappings.push_back(std::move(mapping));
  }
  std::string_view names = words.Rest();
  for (Mapping& mapping : mappings) {
    const size_t end = std::min(names.find('\0'), names.size());
    mapping.file = names.substr(0, std::min(end, kLongestPath));
    names.remove_prefix(std::min(end + 1, names.size()));
  }
}

void ReadAuxiliary(std::string_view bytes, bool wide, Parts& parts) {
  Words words(bytes, wide);
  while (!words.Rest().empty()) {
    const uint64_t type = words.Next();
    const uint64_t value = words.Next();
    if (type == AT_ENTRY) parts.entry = value;
  }
}

// struct elf_prpsinfo ends with the name (16 bytes) and the arguments (80), in either word size.
void ReadProcess(std::string_view bytes, Parts& parts) {
  constexpr size_t kName = 16;
  constexpr size_t kArguments = 80;
  if (bytes.size() < kName + kArguments) return;
  const auto text = [](std::string_view field) {
    return std::string(field.substr(0, field.find('\0')));
  };
  parts.arguments = text(bytes.substr(bytes.size() - kArguments));
  parts.name = text(bytes.substr(bytes.size() - kArguments - kName, kName));
}

void ReadNotes(Elf* elf, const GElf_Phdr& header, bool wide, Parts& parts) {
  if (header.p_filesz > kMostNoteBytes) return;
  Elf_Data* data =
      elf_getdata_rawchunk(elf, static_cast<int64_t>(header.p_offset), header.p_filesz, ELF_T_NHDR);
  if (data == nullptr || data->d_buf == nullptr) return;
  const std::string_view all(static_cast<const char*>(data->d_buf), data->d_size);
  size_t at = 0;
  GElf_Nhdr note;
  size_t name_at = 0;
  size_t at_bytes = 0;
  while ((at = gelf_getnote(data, at, &note, &name_at, &at_bytes)) > 0) {
    if (at_bytes > all.size() || note.n_descsz > all.size() - at_bytes) return;
    const std::string_view bytes = all.substr(at_bytes, note.n_descsz);
    if (note.n_type == NT_FILE && parts.mappings.empty()) ReadFiles(bytes, wide, parts.mappings);
    if (note.n_type == NT_AUXV) ReadAuxiliary(bytes, wide, parts);
    if (note.n_type == NT_PRPSINFO && parts.name.empty()) ReadProcess(bytes, parts);
  }
}

std::optional<Parts> ReadParts(const stdfs::path& core) {
  std::optional<Parts> parts;
  ReadElf(core, [&parts](Elf* elf) {
    GElf_Ehdr header;
    size_t count = 0;
    if (gelf_getehdr(elf, &header) == nullptr || header.e_type != ET_CORE) return;
    if (header.e_ident[EI_DATA] != ELFDATA2LSB || elf_getphdrnum(elf, &count) != 0) return;
    const bool wide = header.e_ident[EI_CLASS] == ELFCLASS64;
    parts.emplace();
    const uint64_t told = header.e_phnum == PN_XNUM ? count : header.e_phnum;
    parts->needed_bytes = header.e_phoff + told * header.e_phentsize;
    int notes = 0;
    for (size_t i = 0; i < std::min(count, kMostSegments); ++i) {
      GElf_Phdr segment;
      if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr) break;
      const uint64_t end = segment.p_offset + segment.p_filesz;
      const uint64_t needed = end < segment.p_offset ? UINT64_MAX : end;
      parts->needed_bytes = std::max(parts->needed_bytes, needed);
      if (segment.p_type == PT_NOTE && ++notes <= kMostNotes) ReadNotes(elf, segment, wide, *parts);
      if (segment.p_type == PT_LOAD) parts->loads.push_back(segment);
    }
  });
  return parts;
}

std::string BytesAt(const stdfs::path& file, uint64_t offset, size_t count) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) return "";
  std::string bytes(count, '\0');
  const ssize_t got = ::pread(descriptor, bytes.data(), count, static_cast<off_t>(offset));
  ::close(descriptor);
  bytes.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  return bytes;
}

// Of the file that holds the instruction at which the program began, its first page in memory.
const Mapping* FirstOfProgram(const Parts& parts) {
  const auto program =
      std::find_if(parts.mappings.begin(), parts.mappings.end(), [&](const Mapping& mapping) {
        return mapping.start <= parts.entry && parts.entry < mapping.end;
      });
  if (program == parts.mappings.end()) return nullptr;
  const auto first = std::find_if(
      parts.mappings.begin(), parts.mappings.end(),
      [&](const Mapping& mapping) { return mapping.file == program->file && mapping.page == 0; });
  return first == parts.mappings.end() ? nullptr : &*first;
}

std::string HeadIn(const stdfs::path& core, const Parts& parts, const Mapping& first) {
  for (const GElf_Phdr& load : parts.loads) {
    if (first.start < load.p_vaddr || first.start - load.p_vaddr >= load.p_filesz) continue;
    const uint64_t into = first.start - load.p_vaddr;
    return BytesAt(core, load.p_offset + into,
                   static_cast<size_t>(std::min<uint64_t>(kHeadBytes, load.p_filesz - into)));
  }
  return "";
}

// libstdc++.so.6.0.30 is loaded as libstdc++.so.6, which the core does not say.
void LinkShorterNames(const stdfs::path& name, const stdfs::path& real, const stdfs::path& root) {
  std::error_code error;
  for (stdfs::path shorter = name; shorter.string().find(".so.") != std::string::npos;) {
    shorter = shorter.parent_path() / shorter.stem();
    if (stdfs::canonical(shorter, error) != real) continue;
    stdfs::create_symlink(real, root / shorter.relative_path(), error);
  }
}

// A folder in which gdb finds the libraries of the system that the core names, and nothing else.
common::Status LinkLibraries(const CoreFacts& facts, const stdfs::path& root) {
  std::error_code error;
  for (const stdfs::path folder : {"/lib", "/lib64"}) {
    const stdfs::path target = stdfs::read_symlink(folder, error);  // of merged /usr
    if (!error && target.is_relative()) {
      stdfs::create_directory_symlink(target, root / folder.relative_path(), error);
    }
  }
  for (const std::string& name : facts.files) {
    const stdfs::path file = name;
    const stdfs::path real = stdfs::canonical(file, error);
    if (error || !file.is_absolute() || file != file.lexically_normal()) continue;
    const std::string at = real.string();
    const bool systems = at.starts_with("/usr/lib") || at.starts_with("/lib");
    if (!systems || !stdfs::is_regular_file(real, error)) continue;
    const stdfs::path link = root / file.relative_path();
    if (auto made = common::MakeFolder(link.parent_path()); !made) return made;
    stdfs::create_symlink(real, link, error);  // there already where it is mapped in parts
    LinkShorterNames(file, real, root);
  }
  return {};
}

}  // namespace

Result<CoreFacts> ReadCore(const stdfs::path& core) {
  const auto wrong = [&core](const std::string& why) {
    return Fail(ErrorCode::kBadInput, why, core.string());
  };
  struct stat status {};
  if (::lstat(core.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return wrong("is no regular file");
  }
  const auto parts = ReadParts(core);
  if (!parts) return wrong("is a core file that cannot be read, or of another machine");
  const auto bytes = static_cast<uint64_t>(status.st_size);
  if (bytes < parts->needed_bytes) {
    return wrong(fmt::format("is a core file that was cut off: it has {} of {} bytes", bytes,
                             parts->needed_bytes));
  }
  CoreFacts facts;
  for (const Mapping& mapping : parts->mappings) facts.files.push_back(mapping.file);
  std::string_view words = parts->arguments;
  while (!words.empty()) {
    const size_t end = std::min(words.find(' '), words.size());
    if (end > 0) facts.arguments.emplace_back(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  facts.program = parts->name;
  const Mapping* first = FirstOfProgram(*parts);
  if (first != nullptr) {
    facts.program = first->file;
    facts.head = HeadIn(core, *parts, *first);
  }
  if (facts.head.size() < sizeof(Elf32_Ehdr)) {
    return wrong(
        "is a core file without the first page of its program (coredump_filter of core(5)), "
        "so that nobody can tell of which build it is");
  }
  return facts;
}

bool IsCoreOf(const CoreFacts& facts, const stdfs::path& program) {
  std::error_code error;
  const stdfs::path real = stdfs::canonical(program, error);
  if (error || facts.head.empty()) return false;
  const std::string head = BytesAt(real, 0, facts.head.size());
  // What is behind the end of a file that is shorter than its page is 0 in memory.
  return !head.empty() && facts.head.starts_with(head) &&
         facts.head.find_first_not_of('\0', head.size()) == std::string::npos;
}

Result<std::string> BacktraceOf(const CoreFacts& facts, const stdfs::path& core,
                                const stdfs::path& program) {
  constexpr int64_t kTimeoutMs = 60'000;
  const auto root = common::TemporaryFolder::Make("percuss-core");
  if (!root) return tl::make_unexpected(root.error());
  if (auto linked = LinkLibraries(facts, root->Path()); !linked) {
    return tl::make_unexpected(linked.error());
  }
  std::vector<std::string> argv = {"gdb", "-nx", "-nh", "-q", "-batch"};
  for (const std::string& setting :
       {std::string("auto-load off"), std::string("debuginfod enabled off"),
        "sysroot " + root->Path().string(), std::string("width 0"),
        std::string("print frame-arguments none"), std::string("print entry-values no"),
        std::string("backtrace limit 256")}) {
    argv.insert(argv.end(), {"-iex", "set " + setting});
  }
  argv.insert(argv.end(), {"-ex", "bt", stdfs::absolute(program).string(), "-core",
                           stdfs::absolute(core).string()});
  ProcessLimits limits;
  limits.address_space_mib = 4096;
  limits.file_size_mib = 64;
  limits.cpu_s = kTimeoutMs / 1000;
  return RunTool(argv, {}, kTimeoutMs, limits);
}

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
#include "emulation/program.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdlib>
#include <set>

#include "emulation/plugin_words.h"

namespace percuss::emulation {
namespace {

using common::ErrorCode;
using common::Fail;
using common::Result;
namespace stdfs = std::filesystem;

constexpr uint64_t kNullPageBytes = 4096;
constexpr size_t kMostStack = 64;
// They change from run to run, and with them the program's stack; or they are the host's own. A
// name stands before those that it begins with: QEMU takes the first variable that begins so.
constexpr const char* kNotForTheProgram =
    "LD_PRELOAD,LD_LIBRARY_PATH,__AFL_SHM_ID,__AFL_SHM_FUZZ_ID,PERCUSS_EDGE_TALLY,"
    "PERCUSS_HEARTBEAT,PERCUSS_BOARD_INPUTS,PERCUSS_BOARD_INPUT,PERCUSS_BOARD_TELL,"
    "PERCUSS_BOARD_TRACE,PERCUSS_BOARD_NETWORK,PERCUSS_BOARD_DEBUG,PERCUSS_BOARD_STOP_MS,PWD,"
    "OLDPWD,"
    "SHLVL,_";

// Of 32-bit RISC-V there are boards only.
bool RunsPrograms(const std::string& architecture) {
  return !architecture.empty() && architecture != "riscv32";
}

// Empty where it is not there.
stdfs::path OnPath(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(':'), rest.size());
    const stdfs::path folder(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (access((folder / program).c_str(), X_OK) == 0) return folder / program;
  }
  return {};
}

bool TakesFile(const ProgramSetup& setup) {
  return std::any_of(setup.arguments.begin(), setup.arguments.end(), [](const std::string& word) {
    return word.find(kInputArgument) != std::string::npos;
  });
}

// The address, for the plugin.
Result<uint64_t> CheckpointOf(const ElfImage& image, const ProgramSetup& setup) {
  const std::string& place = setup.checkpoint;
  if (place == kListening && !setup.socket.empty()) return 0;
  if (place == "entry") return image.Facts().entry;
  if (const auto address = image.Find(place)) return *address;
  return Fail(
      ErrorCode::kBadInput,
      fmt::format("the program has no symbol \"{}\" to begin inputs at: name another "
                  "checkpoint, an address, \"entry\", or of a server with a socket \"listening\"",
                  place),
      image.Path().string());
}

// ",code=FIRST[-LAST]" behind a session's socket, for the plugin; nothing where it is something
// else.
std::optional<std::string> ReplyOptions(const std::string& code) {
  constexpr std::string_view kBegin = ",code=";
  constexpr uint64_t kMostBytes = 8;
  constexpr uint64_t kFarthest = 65535;
  if (!code.starts_with(kBegin)) return {};
  const std::string bytes = code.substr(kBegin.size());
  const size_t dash = std::min(bytes.find('-'), bytes.size());
  const auto first = Number(bytes.substr(0, dash), 10);
  const auto last = dash == bytes.size() ? first : Number(bytes.substr(dash + 1), 10);
  if (!first || !last || *first > *last || *last > kFarthest) return {};
  if (*last - *first >= kMostBytes) return {};
  return fmt::format(",reply_at={},reply_bytes={}", *first, *last - *first + 1);
}

// Where the input comes from, for the plugin.
Result<std::string> InputOptions(const ProgramSetup& setup) {
  if (setup.socket.empty()) return std::string(TakesFile(setup) ? ",stdin=0" : ",stdin=1");
  const auto fail = [&](const std::string& what) {
    return Fail(ErrorCode::kBadInput, fmt::format("the socket \"{}\" {}", setup.socket, what));
  };
  if (TakesFile(setup)) return fail("and \"@@\" in an argument cannot both get the input");
  const std::string socket = setup.socket.substr(0, setup.socket.find(','));
  const std::string kind = socket.substr(0, socket.find(':'));
  if (kind != "tcp" && kind != "udp" && kind != "session") {
    return fail("is neither tcp, udp nor session, with or without :PORT");
  }
  std::string options = kind == "session" ? ",tcp=1,session=1" : fmt::format(",{}=1", kind);
  if (setup.checkpoint == kListening) options += ",listening=1";
  if (socket != setup.socket) {
    const auto code = ReplyOptions(setup.socket.substr(socket.size()));
    if (kind != "session" || !code) {
      return fail(
          "has behind it what is no \",code=FIRST[-LAST]\" of a session: bytes from 0 to 65535 of "
          "each reply, eight at most");
    }
    options += *code;
  }
  if (kind == socket) return options;
  const auto port = Number(socket.substr(kind.size() + 1), 10);
  if (!port || *port == 0 || *port > UINT16_MAX) return fail("names no port from 1 to 65535");
  return fmt::format("{},port={}", options, *port);
}

common::Status CheckLoader(const ElfImage& image, const ProgramSetup& setup) {
  const std::string& loader = image.Facts().interpreter;
  if (loader.empty()) return {};
  std::error_code ignored;
  const auto place = setup.sysroot / stdfs::path(loader).relative_path();
  if (!setup.sysroot.empty() && stdfs::exists(place, ignored)) return {};
  return Fail(ErrorCode::kBadInput,
              setup.sysroot.empty()
                  ? fmt::format("the program is dynamic and asks for {}: name its sysroot, the "
                                "folder in which that lies",
                                loader)
                  : fmt::format("the program asks for {}, which is not in the sysroot {}", loader,
                                setup.sysroot.string()),
              image.Path().string());
}

// The plugin's last word counts: the program may print such lines too, but has ended by then.
uint64_t ReadEnded(std::string_view line, ProgramRun& run) {
  run.stack.clear();
  run.registers.clear();
  run.replies.clear();
  run.ended = TakeWord(line);
  if (run.ended != "done" && run.ended != "signal") run.ended = "error";
  std::map<std::string_view, uint64_t> numbers;
  while (!line.empty() && !line.starts_with(" rule=")) {
    const std::string_view word = TakeWord(line);
    const size_t equals = std::min(word.find('='), word.size());
    const auto value = Number(word.substr(std::min(equals + 1, word.size())), 10);
    if (value) numbers[word.substr(0, equals)] = *value;
  }
  run.rule = line.substr(std::min(std::string_view(" rule=").size(), line.size()));
  run.pc = numbers["pc"];
  run.instructions = numbers["instructions"];
  run.signal = static_cast<int>(numbers["signal"]);
  run.address.reset();
  if (numbers["fault"] != 0) run.address = numbers["address"];
  return numbers["moved"];
}

void ReadFrame(std::string_view line, const ElfImage& image, uint64_t moved, ProgramRun& run) {
  const auto address = Number(TakeWord(line), 10);
  const auto begin = Number(TakeWord(line), 10);
  if (!address || !begin || run.stack.size() >= kMostStack) return;
  const stdfs::path module = line.substr(std::min<size_t>(1, line.size()));
  std::error_code ignored;
  if (!module.empty() && stdfs::equivalent(module, image.Path(), ignored)) {
    run.stack.push_back({image.Path(), *address - moved});
  } else {
    run.stack.push_back({module, *address - *begin});
  }
}

// "R00" is r0, "x1/ra" is ra.
std::string RegisterName(std::string_view word) {
  word.remove_prefix(word.rfind('/') + 1);  // npos + 1: none
  std::string name;
  for (size_t i = 0; i < word.size(); ++i) {
    const bool leading = word[i] == '0' && i > 0 && std::isdigit(word[i - 1]) == 0;
    if (leading && i + 1 < word.size()) continue;
    name += static_cast<char>(std::tolower(static_cast<unsigned char>(word[i])));
  }
  return name;
}

// A line as QEMU prints them: names before values of eight digits or more, between them "=" or
// spaces. Of MIPS' coprocessor, and of what x86's kernel has for itself, the program sees nothing.
void ReadRegisters(std::string_view line, ProgramRun& run) {
  constexpr size_t kLeastDigits = 8;
  std::string words(line);
  for (const char* not_seen :
       {" CP0 ", "Config", "DT=", "TR =", "CR0=", "DR0=", "DR6=", "CCS=", "EFER="}) {
    if (line.find(not_seen) != std::string_view::npos) return;
  }
  std::replace(words.begin(), words.end(), '=', ' ');
  std::string_view rest = words;
  std::string_view before;
  while (!rest.empty()) {
    const std::string_view word = TakeWord(rest);
    const auto value = word.size() < kLeastDigits ? std::nullopt : Number(word, 16);
    if (value && !before.empty() && std::isalpha(static_cast<unsigned char>(before.front())) != 0) {
      run.registers.emplace_back(RegisterName(before), *value);
    }
    before = value ? std::string_view() : word;
  }
}

bool IsReplyCode(std::string_view word) {
  constexpr size_t kMostDigits = 16;
  return word == "short" || (!word.empty() && word.size() <= kMostDigits &&
                             word.find_first_not_of("0123456789abcdef") == word.npos);
}

void ReadReplies(std::string_view line, ProgramRun& run) {
  constexpr size_t kMostReplies = 64;
  while (!line.empty() && run.replies.size() < kMostReplies) {
    const std::string_view word = TakeWord(line);
    if (IsReplyCode(word)) run.replies.emplace_back(word);
  }
}

std::string ClassOf(const ProgramRun& run) {
  if (run.ended == "hang") return "budget";
  switch (run.signal) {
    case SIGSEGV:
      return run.address && *run.address < kNullPageBytes ? "null-dereference" : "segv";
    case SIGABRT:
      return "abort";
    case SIGFPE:
      return "division-by-zero";
    case SIGILL:
      return "illegal-instruction";
    case SIGBUS:
      return "bus-error";
    case SIGTRAP:
      return "trap";
    case SIGSYS:
      return "bad-system-call";
    default:
      return "killed";
  }
}

// The folders of a sysroot in which loaders look.
std::vector<stdfs::path> LibraryFolders(const stdfs::path& sysroot) {
  std::vector<stdfs::path> folders;
  std::error_code error;
  for (const char* name : {"lib", "usr/lib", "lib64", "usr/lib64"}) {
    if (!stdfs::is_directory(sysroot / name, error)) continue;
    folders.emplace_back(name);
    for (stdfs::directory_iterator it(sysroot / name, error), end; !error && it != end;
         it.increment(error)) {
      const auto folder = it->path().filename();
      if (folder.string().find("-linux-") != std::string::npos) folders.push_back(name / folder);
    }
  }
  return folders;
}

}  // namespace

bool IsLinuxProgram(const stdfs::path& file) {
  const auto image = ElfImage::OpenAny(file);
  if (!image || !RunsPrograms(image->Facts().architecture)) return false;
  return image->Facts().for_linux || image->Facts().architecture != "arm";
}

std::string EmulatorOf(const stdfs::path& file) {
  const auto image = ElfImage::OpenAny(file);
  if (!image || !RunsPrograms(image->Facts().architecture)) return "";
  return "qemu-" + image->Facts().architecture;
}

Result<Program> OpenProgram(const stdfs::path& file, const ProgramSetup& setup) {
  auto image = ElfImage::OpenAny(file);
  if (!image) return tl::make_unexpected(image.error());
  if (!RunsPrograms(image->Facts().architecture)) {
    return Fail(ErrorCode::kBadInput,
                "is no program for arm, aarch64, riscv64, mips, mipsel or x86_64", file.string());
  }
  if (image->Facts().placed_by_hand && !image->Facts().for_linux) {
    return Fail(ErrorCode::kBadInput,
                "is firmware without an operating system, and no Linux program: it needs a board, "
                "as \"firmware\" of a campaign's target",
                file.string());
  }
  const std::string emulator = "qemu-" + image->Facts().architecture;
  const auto emulator_file = OnPath(emulator);
  if (emulator_file.empty()) {
    return Fail(ErrorCode::kUnavailable,
                emulator + " is not on PATH, and the program needs it: apt-get install qemu-user",
                file.string());
  }
  if (!TakesPlugins(emulator_file)) {
    return Fail(ErrorCode::kUnavailable, fmt::format("{} {}", emulator, kTakesNoPlugins),
                emulator_file.string());
  }
  const auto plugin = BoardPlugin();
  if (plugin.empty()) {
    return Fail(ErrorCode::kUnavailable,
                "the plugin for emulators (lib/libpercuss_board.so) is not beside percuss: build "
                "the default preset");
  }
  const auto checkpoint = CheckpointOf(*image, setup);
  if (!checkpoint) return tl::make_unexpected(checkpoint.error());
  if (auto found = CheckLoader(*image, setup); !found) return tl::make_unexpected(found.error());
  const auto input = InputOptions(setup);
  if (!input) return tl::make_unexpected(input.error());
  MachineCommand command;
  // The seed is for what the kernel gives a program as random.
  command.argv = {emulator, "-seed", "1", "-U", kNotForTheProgram};
  if (!setup.sysroot.empty()) {
    command.argv.insert(command.argv.end(), {"-L", stdfs::absolute(setup.sysroot).string()});
  }
  command.argv.insert(command.argv.end(), {"-plugin",
                                           fmt::format("{},checkpoint={:#x},code={:#x}{}",
                                                       EscapedOption(plugin.string()), *checkpoint,
                                                       image->Facts().lowest_code, *input),
                                           image->Path().string()});
  command.argv.insert(command.argv.end(), setup.arguments.begin(), setup.arguments.end());
  // So it learns the registers at a signal, and no copy waits for the allocator.
  command.environment["LD_PRELOAD"] = plugin.string();
  if (!setup.socket.empty()) command.environment["PERCUSS_BOARD_NETWORK"] = "own";
  return Program{std::move(*image), emulator, std::move(command)};
}

std::vector<stdfs::path> SharedParts(const stdfs::path& file, const stdfs::path& sysroot) {
  const auto image = ElfImage::OpenAny(file);
  if (!image || image->Facts().interpreter.empty()) return {};
  const stdfs::path loader = stdfs::path(image->Facts().interpreter).relative_path();
  const auto folders = LibraryFolders(sysroot);
  std::vector<stdfs::path> parts = {loader};
  std::set<std::string> seen = {loader.filename().string()};
  const auto add_needs_of = [&](const stdfs::path& path) {
    for (const std::string& name : NeededLibraries(path)) {
      if (name.find('/') != std::string::npos || !seen.insert(name).second) continue;
      std::error_code ignored;
      const auto holder = std::find_if(folders.begin(), folders.end(), [&](const auto& folder) {
        return stdfs::is_regular_file(sysroot / folder / name, ignored);
      });
      if (holder != folders.end()) parts.push_back(*holder / name);
    }
  };
  add_needs_of(file);
  for (size_t i = 0; i < parts.size(); ++i) add_needs_of(sysroot / stdfs::path(parts[i]));
  return parts;
}

ProgramRun ReadProgramRun(std::string_view log, const ElfImage& image) {
  ProgramRun run;
  run.error = "the emulator ended without a word of its plugin";
  uint64_t moved = 0;
  while (!log.empty()) {
    const size_t end = std::min(log.find('\n'), log.size());
    std::string_view line = log.substr(0, end);
    log.remove_prefix(std::min(end + 1, log.size()));
    // What the program printed before may lack its end of line.
    const size_t mark = line.rfind(kPluginMark);
    if (mark == std::string_view::npos) continue;
    line.remove_prefix(mark + kPluginMark.size());
    const std::string_view what = TakeWord(line);
    if (what == "began") run.began = true;
    if (what == "sent") run.sent = true;
    if (what == "error") run.error = line.substr(std::min<size_t>(1, line.size()));
    if (what == "ended") moved = ReadEnded(line, run);
    if (what == "registers") ReadRegisters(line, run);
    if (what == "frame") ReadFrame(line, image, moved, run);
    if (what == "replies") ReadReplies(line, run);
    if (what != "at") continue;
    if (const auto block = Number(TakeWord(line), 10)) run.blocks.push_back(*block);
  }
  if (!run.began) run.ended = "error";
  return run;
}

std::string Describe(const ProgramRun& run) {
  if (run.ended != "signal" && run.ended != "hang") return "";
  std::string text = fmt::format("percuss: firmware {}: {}", ClassOf(run), run.rule);
  if (run.address) text += fmt::format(" at {:#010x}", *run.address);
  text += "\n";
  int number = 0;
  for (const ProgramRun::Frame& frame : run.stack) {
    text += frame.module.empty() ? fmt::format("    #{} {:#x}\n", number, frame.offset)
                                 : fmt::format("    #{} {:#x}  ({}+{:#x})\n", number, frame.offset,
                                               frame.module.string(), frame.offset);
    ++number;
  }
  text += fmt::format("\n  pc={:#010x}, {} instructions\n", run.pc, run.instructions);
  constexpr size_t kOnALine = 4;
  for (size_t i = 0; i < run.registers.size(); ++i) {
    const auto& [name, value] = run.registers[i];
    text += fmt::format("{:>8}={:#010x}{}", name, value,
                        i % kOnALine == kOnALine - 1 || i + 1 == run.registers.size() ? "\n" : "");
  }
  return text;
}

}  // namespace percuss::emulation

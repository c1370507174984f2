// SPDX-License-Identifier: Apache-2.0
#include "emulation/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "emulation/board_places.h"
#include "emulation/near_name.h"

namespace percuss::emulation {
namespace {

using common::ErrorCode;
using common::Fail;
using common::Result;
namespace stdfs = std::filesystem;

constexpr int64_t kPsPerS = 1'000'000'000'000;
constexpr int64_t kNsPerMs = 1'000'000;
constexpr const char* kLine = "percuss0";

Result<uint64_t> Place(const ElfImage& image, const std::string& place, const Board& board,
                       const char* what) {
  const auto address = image.Find(place);
  if (address) return *address;
  return Fail(ErrorCode::kBadInput,
              fmt::format("the firmware has no symbol \"{}\", which the board {} needs as its {}{}",
                          place, board.name, what, DidYouMean(MeantSymbol(place, board, image))),
              image.Path().string());
}

void AddRules(const char* kind, const std::vector<std::string>& places, const ElfImage& image,
              std::string& options) {
  for (const std::string& place : places) {
    const auto address = image.Find(place);
    if (address) options += fmt::format(",{}={:#x}:{}", kind, *address, place);
  }
}

// Allocators by their public names: what they do, and which argument counts.
struct AllocatorFunction {
  const char* name;
  const char* role;
  int argument;
};
constexpr AllocatorFunction kAllocator[] = {
    {"malloc", "allocate", 0},       {"calloc", "allocate_array", 0},
    {"realloc", "reallocate", 0},    {"free", "release", 0},
    {"_malloc_r", "allocate", 1},    {"_calloc_r", "allocate_array", 1},
    {"_realloc_r", "reallocate", 1}, {"_free_r", "release", 1},
    {"pvPortMalloc", "allocate", 0}, {"vPortFree", "release", 0},
    {"k_malloc", "allocate", 0},     {"k_free", "release", 0}};

// Comparisons by their public names, and what they are to the plugin.
constexpr struct {
  const char* name;
  const char* option;
} kComparisons[] = {{"memcmp", "compare_bytes"},      {"bcmp", "compare_bytes"},
                    {"strcmp", "compare_text"},       {"strcasecmp", "compare_text"},
                    {"strncmp", "compare_some_text"}, {"strncasecmp", "compare_some_text"}};

void AddComparisons(const ElfImage& image, std::string& options) {
  for (const auto& comparison : kComparisons) {
    const auto range = image.Function(comparison.name);
    if (range) options += fmt::format(",{}={:#x}", comparison.option, range->begin);
  }
}

std::string RangeOption(const char* name, uint64_t begin, uint64_t end) {
  return fmt::format(",{}={:#x}-{:#x}", name, begin, end);
}

// What the memory is for. Code in RAM is what the image has marked as such.
void AddLayout(const Board& board, const ElfImage& image, std::string& options) {
  for (const MemoryRegion& region : board.memory) {
    const uint64_t end = region.address + region.bytes;
    if (board.checks.flash_writes && region.kind == "flash") {
      options += RangeOption("flash", region.address, end);
    }
    if (!board.checks.ram_execution || region.kind != "ram") continue;
    options += RangeOption("ram", region.address, end);
    for (const ElfImage::Range& code : image.Facts().code) {
      if (code.begin >= region.address && code.begin < end) {
        options += RangeOption("code", code.begin, code.end);
      }
    }
  }
  const auto limit = image.Find(board.checks.stack_limit);
  const auto top = board.checks.stack_top.empty() ? image.Facts().first_word
                                                  : image.Find(board.checks.stack_top);
  if (limit && top && *limit < *top) options += RangeOption("stack", *limit, *top);
}

// Where there is memory, whatever the emulator has there: the image's code, and what the board's
// description says. As few ranges as the plugin has room for.
void AddKnownMemory(const Board& board, const ElfImage& image, std::string& options) {
  constexpr size_t kMostRanges = 16;
  std::vector<AddressRange> ranges = image.Facts().code;
  for (const MemoryRegion& region : board.memory) {
    const bool wraps = region.address + region.bytes < region.address;
    if (region.kind != "device" && !wraps) {
      ranges.push_back({region.address, region.address + region.bytes});
    }
  }
  std::sort(ranges.begin(), ranges.end(),
            [](const AddressRange& a, const AddressRange& b) { return a.begin < b.begin; });
  std::vector<AddressRange> joined;
  for (const AddressRange& range : ranges) {
    if (range.begin >= range.end) continue;
    const bool joins =
        !joined.empty() && (range.begin <= joined.back().end || joined.size() == kMostRanges);
    if (joins) {
      joined.back().end = std::max(joined.back().end, range.end);
    } else {
      joined.push_back(range);
    }
  }
  for (const AddressRange& range : joined) options += RangeOption("known", range.begin, range.end);
}

void AddChecks(const MemoryChecks& checks, const ElfImage& image, std::string& options) {
  if (checks.null_bytes != 0) options += fmt::format(",null_bytes={}", checks.null_bytes);
  const auto begin = image.Find(checks.heap_begin);
  const auto end = image.Find(checks.heap_end);
  if (!begin || !end || *begin >= *end) return;
  std::string functions;
  for (const AllocatorFunction& function : kAllocator) {
    const auto range = image.Function(function.name);
    if (!range) continue;
    functions += fmt::format(",{}={:#x}-{:#x}:{}", function.role, range->begin, range->end,
                             function.argument);
  }
  if (functions.empty()) return;
  options += fmt::format(",heap={:#x}-{:#x}{}", *begin, *end, functions);
  if (checks.leaks) options += ",leaks=1";
}

common::Status AddInput(const Board& board, const ElfImage& image, MachineCommand& command,
                        std::string& options) {
  if (board.input.kind == "serial") {
    command.argv.insert(command.argv.end(), {"-chardev", fmt::format("null,id={}", kLine)});
    for (int64_t i = 0; i < board.input.serial_index; ++i) {
      command.argv.insert(command.argv.end(), {"-serial", "null"});
    }
    command.argv.insert(command.argv.end(), {"-serial", fmt::format("chardev:{}", kLine)});
    options += fmt::format(",line={}", kLine);
    return {};
  }
  if (board.input.kind == "semihosting") {
    command.argv.insert(command.argv.end(),
                        {"-chardev", fmt::format("null,id={}", kLine), "-semihosting-config",
                         fmt::format("enable=on,target=native,chardev={}", kLine)});
    options += fmt::format(",line={},semihosting=1", kLine);
    return {};
  }
  const auto buffer = Place(image, board.input.buffer, board, "input buffer");
  if (!buffer) return tl::make_unexpected(buffer.error());
  options += fmt::format(",buffer={:#x},room={}", *buffer, board.input.buffer_bytes);
  if (board.input.length.empty()) return {};
  const auto length = Place(image, board.input.length, board, "input length");
  if (!length) return tl::make_unexpected(length.error());
  options += fmt::format(",length={:#x}", *length);
  return {};
}

}  // namespace

Result<MachineCommand> MachineFor(const Board& board, const ElfImage& image) {
  const auto plugin = BoardPlugin();
  if (plugin.empty()) {
    return Fail(ErrorCode::kUnavailable,
                "the plugin for boards (lib/libpercuss_board.so) is not beside percuss: build the "
                "default preset");
  }
  MachineCommand command;
  command.argv = {board.emulator, "-machine", board.machine, "-display", "none", "-monitor", "none",
                  "-nodefaults",
                  // The idle callback needs a thread for the processor; a small code buffer makes
                  // copies cheap.
                  "-accel", "tcg,thread=multi,tb-size=8"};
  // The firmware is the first that runs: no supervisor of QEMU's own before it.
  if (board.profile == "riscv") command.argv.insert(command.argv.end(), {"-bios", "none"});
  if (!board.cpu.empty()) command.argv.insert(command.argv.end(), {"-cpu", board.cpu});
  // A board's sound is nobody's business on the host. Since 8.2 a machine does not start without a
  // way for it.
  if (!board.sound.empty()) {
    command.argv.insert(command.argv.end(),
                        {"-audiodev", "none,id=silence", "-global",
                         fmt::format("{}.audiodev=silence", EscapedOption(board.sound))});
  }
  std::string options = fmt::format(
      "{},profile={},budget={},idle_ns={},instruction_ps={}", EscapedOption(plugin.string()),
      board.profile, board.instruction_budget, board.idle_ms * kNsPerMs, kPsPerS / board.clock_hz);
  if (board.deadline_instructions != 0) {
    options += fmt::format(",deadline={}", board.deadline_instructions);
  }
  if (board.checkpoint == "sleep") {
    options += ",checkpoint=sleep";
  } else {
    const auto checkpoint = Place(image, board.checkpoint, board, "checkpoint");
    if (!checkpoint) return tl::make_unexpected(checkpoint.error());
    options += fmt::format(",checkpoint={:#x}", *checkpoint);
  }
  AddRules("done", board.done, image, options);
  AddRules("fault", board.faults, image, options);
  AddRules("assert", board.assertions, image, options);
  AddRules("property", board.properties, image, options);
  AddRules("watchdog", board.watchdogs, image, options);
  AddChecks(board.checks, image, options);
  AddLayout(board, image, options);
  AddKnownMemory(board, image, options);
  AddComparisons(image, options);
  if (auto added = AddInput(board, image, command, options); !added) {
    return tl::make_unexpected(added.error());
  }
  command.argv.insert(command.argv.end(), {"-kernel", image.Path().string(), "-plugin", options});
  command.environment["LD_PRELOAD"] = plugin.string();
  // The same up to 8.1, where a board's description does not tell of its sound device.
  command.environment["QEMU_AUDIO_DRV"] = "none";
  return command;
}

bool HasKnownAllocator(const ElfImage& image) {
  return std::any_of(
      std::begin(kAllocator), std::end(kAllocator),
      [&](const AllocatorFunction& function) { return image.Function(function.name).has_value(); });
}

Result<Machine> OpenMachine(const stdfs::path& firmware, const std::string& board_name) {
  auto board = LoadBoard(board_name, ShippedBoards());
  if (!board) return tl::make_unexpected(board.error());
  auto image = ElfImage::Open(firmware);
  if (!image) return tl::make_unexpected(image.error());
  const std::string architecture = board->profile == "riscv" ? "riscv32" : "arm";
  if (image->Facts().architecture != architecture) {
    return Fail(
        ErrorCode::kBadInput,
        fmt::format("the firmware image is for {}, and the board {} has a processor for {}: "
                    "name another board",
                    image->Facts().architecture, board->name, architecture),
        firmware.string());
  }
  auto command = MachineFor(*board, *image);
  if (!command) return tl::make_unexpected(command.error());
  auto notes = CheckPlaces(*board, *image);
  if (!notes) return tl::make_unexpected(notes.error());
  return Machine{std::move(*board), std::move(*image), std::move(*command), std::move(*notes)};
}

std::string EscapedOption(const std::string& text) {
  std::string result;
  for (const char c : text) result.append(c == ',' ? 2 : 1, c);
  return result;
}

stdfs::path BoardPlugin() {
  std::error_code error;
  const auto program = stdfs::read_symlink("/proc/self/exe", error);
  const auto path = (program.parent_path() / "../lib/libpercuss_board.so").lexically_normal();
  return !error && stdfs::is_regular_file(path, error) ? path : stdfs::path();
}

bool TakesPlugins(const stdfs::path& emulator) {
  const auto image = ElfImage::OpenAny(emulator);
  return !image || !image->Facts().interpreter.empty();
}

}  // namespace percuss::emulation

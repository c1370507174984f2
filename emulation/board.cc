// SPDX-License-Identifier: Apache-2.0
#include "emulation/board.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cstdlib>

#include "common/field_reader.h"
#include "common/fs.h"

namespace percuss::emulation {
namespace {

using common::FieldReader;
namespace stdfs = std::filesystem;

constexpr const char* kRiscvEmulator = "qemu-system-riscv32";

uint64_t ReadAddress(FieldReader& reader, const std::string& name) {
  const std::string text = reader.RequiredText(name);
  uint64_t value = 0;
  const bool hex = text.starts_with("0x");
  const char* begin = text.data() + (hex ? 2 : 0);
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(begin, end, value, hex ? 16 : 10);
  if (!text.empty() && (error != std::errc() || rest != end)) {
    reader.Mistake(name, "must be an address as text, for example \"0x40004000\"");
  }
  return value;
}

MemoryRegion ReadRegion(FieldReader& reader) {
  MemoryRegion region;
  region.name = reader.RequiredText("name");
  region.kind = reader.Choice("kind", {"flash", "ram", "device"}, "ram");
  region.address = ReadAddress(reader, "address");
  region.bytes = static_cast<uint64_t>(reader.Count("bytes", 1, 0));
  reader.RefuseOthers();
  return region;
}

BoardInput ReadInput(FieldReader reader) {
  BoardInput input;
  input.kind = reader.Choice("kind", {"serial", "memory", "semihosting"}, "serial");
  input.serial_index = reader.Count("serial_index", 0, 0);
  input.buffer = reader.Text("buffer");
  input.buffer_bytes = static_cast<uint64_t>(reader.Count("buffer_bytes", 1, 0));
  input.length = reader.Text("length");
  if (input.kind == "memory" && (input.buffer.empty() || input.buffer_bytes == 0)) {
    reader.Mistake("buffer", "input to memory needs \"buffer\" and \"buffer_bytes\"");
  }
  reader.RefuseOthers();
  return input;
}

void ReadCrashRules(FieldReader reader, Board& board) {
  board.faults = reader.Texts("faults");
  board.assertions = reader.Texts("assertions");
  board.properties = reader.Texts("properties");
  board.watchdogs = reader.Texts("watchdogs");
  constexpr int64_t kUsPerS = 1'000'000;
  constexpr int64_t kMostDeadlineUs = 3600 * kUsPerS;
  const int64_t deadline_us = reader.Count("deadline_us", 1, 0);
  const double instructions =
      static_cast<double>(deadline_us) * static_cast<double>(board.clock_hz) / kUsPerS;
  board.deadline_instructions =
      reader.Count("deadline_instructions", 1, static_cast<int64_t>(instructions));
  if (deadline_us > kMostDeadlineUs) reader.Mistake("deadline_us", "is more than an hour");
  if (deadline_us != 0 && reader.Has("deadline_instructions")) {
    reader.Mistake("deadline_us", "there is one deadline: give it in instructions or in time");
  }
  reader.RefuseOthers();
}

MemoryChecks ReadChecks(FieldReader reader) {
  MemoryChecks checks;
  checks.heap_begin = reader.Text("heap_begin");
  checks.heap_end = reader.Text("heap_end");
  checks.null_bytes = static_cast<uint64_t>(reader.Count("null_bytes", 0, 0));
  checks.leaks = reader.Flag("leaks", false);
  checks.flash_writes = reader.Flag("flash_writes", false);
  checks.ram_execution = reader.Flag("ram_execution", false);
  checks.stack_limit = reader.Text("stack_limit");
  checks.stack_top = reader.Text("stack_top");
  if (checks.heap_begin.empty() != checks.heap_end.empty()) {
    reader.Mistake("heap_begin", "\"heap_begin\" and \"heap_end\" need each other");
  }
  reader.RefuseOthers();
  return checks;
}

std::vector<std::string> NamesIn(const stdfs::path& folder) {
  std::vector<std::string> names;
  for (const auto& file : common::ListFiles(folder)) {
    if (file.extension() == ".json") names.push_back(file.stem().string());
  }
  return names;
}

}  // namespace

common::Result<Board> LoadBoard(const std::string& name_or_file, const stdfs::path& shipped) {
  std::error_code ignored;
  stdfs::path file = name_or_file;
  if (name_or_file.find('/') == std::string::npos && !stdfs::exists(file, ignored)) {
    file = shipped / (name_or_file + ".json");
  }
  if (!stdfs::exists(file, ignored)) {
    return common::Fail(common::ErrorCode::kBadInput,
                        fmt::format("no board \"{}\": name one of {}, or the file of a board's "
                                    "description",
                                    name_or_file, fmt::join(NamesIn(shipped), ", ")));
  }
  auto document = common::Document::Read(file);
  if (!document) {
    common::Error error = document.error();
    error.code = common::ErrorCode::kBadInput;
    return tl::make_unexpected(error);
  }
  Board board;
  board.file = stdfs::absolute(file);
  board.shipped = stdfs::equivalent(board.file.parent_path(), shipped, ignored);
  FieldReader root(*document, document->json, "");
  root.Choice("schema", {"percuss.board.v1"}, "");
  board.name = root.RequiredText("name");
  board.description = root.Text("description");
  board.emulator = root.Choice(
      "emulator", {"qemu-system-arm", "qemu-system-aarch64", kRiscvEmulator}, "qemu-system-arm");
  board.machine = root.RequiredText("machine");
  board.cpu = root.Text("cpu");
  board.sound = root.Text("sound");
  const bool riscv = board.emulator == kRiscvEmulator;
  board.profile = root.Choice("profile", {"m", "a", "riscv"}, riscv ? "riscv" : "m");
  if (riscv != (board.profile == "riscv")) {
    root.Mistake("profile", fmt::format("\"{}\" does not go with the emulator {}", board.profile,
                                        board.emulator));
  }
  board.clock_hz = root.Count("clock_hz", 1000, 25'000'000);
  for (FieldReader& reader : root.Objects("memory")) board.memory.push_back(ReadRegion(reader));
  board.input = ReadInput(root.Object("input"));
  if (riscv && board.input.kind == "semihosting") {
    root.Mistake("input", "semihosting is for boards with an Arm processor");
  }
  board.checkpoint = root.Text("checkpoint", "sleep");
  board.done = root.Texts("done");
  ReadCrashRules(root.Object("crash"), board);
  board.checks = ReadChecks(root.Object("memory_checks"));
  if (board.profile == "a" && !board.checks.stack_limit.empty()) {
    root.Mistake("memory_checks",
                 "\"stack_limit\" is not for profile a, whose modes have stacks of their own");
  }
  if (riscv && !board.checks.stack_limit.empty() && board.checks.stack_top.empty()) {
    root.Mistake("memory_checks", "on RISC-V \"stack_limit\" needs \"stack_top\"");
  }
  board.idle_ms = root.Count("idle_ms", 1, 50);
  board.instruction_budget = root.Count("instruction_budget", 1000, 20'000'000);
  board.fidelity_limits = root.Texts("fidelity_limits");
  root.RefuseOthers();
  if (!document->status) return tl::make_unexpected(document->status.error());
  return board;
}

stdfs::path ShippedBoards() {
  if (const char* named = std::getenv("PERCUSS_BOARDS")) return named;
  std::error_code ignored;
  const auto program = stdfs::read_symlink("/proc/self/exe", ignored);
  return program.parent_path().parent_path() / "boards";
}

}  // namespace percuss::emulation

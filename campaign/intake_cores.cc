// SPDX-License-Identifier: Apache-2.0
#include "campaign/intake_cores.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "campaign/core_file.h"
#include "campaign/intake/source.h"
#include "campaign/triage/stack_text.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;

constexpr size_t kMostWords = 300;
constexpr const char* kByHand =
    "a core file: install gdb, or hand in what gdb -batch -ex bt PROGRAM CORE says of it";

// Those that run on this host without an emulator.
std::vector<stdfs::path> ProgramsOf(const TargetSpec& target) {
  std::vector<stdfs::path> programs;
  for (const char* role : {"libfuzzer", "aflpp", "msan", "benchmark"}) {
    const auto found = target.binaries.find(role);
    if (found != target.binaries.end()) programs.push_back(found->second);
  }
  return programs;
}

// What its arguments say is believed no further than to be shown.
std::string InputNamedBy(const CoreFacts& facts, const std::vector<HandedIn>& items) {
  for (const std::string& argument : facts.arguments) {
    const stdfs::path name = stdfs::path(argument).filename();
    const auto named = std::find_if(items.begin(), items.end(), [&](const HandedIn& item) {
      return !item.file.empty() && !name.empty() && item.file.filename() == name;
    });
    if (named == items.end()) continue;
    return "its arguments name a file that is called as " + Printable(named->path, kMostWords);
  }
  return "";
}

// The item, or why there is none.
std::string TakeCore(const HandedInCore& core, const std::vector<stdfs::path>& programs,
                     Intake& intake) {
  if (programs.empty()) return "a core file, and the target is no program of this host";
  const auto facts = ReadCore(core.file);
  if (!facts) return facts.error().message;
  const auto program = std::find_if(programs.begin(), programs.end(),
                                    [&](const stdfs::path& one) { return IsCoreOf(*facts, one); });
  if (program == programs.end()) {
    return fmt::format("a core file of {}, which is no build of the target's",
                       Printable(facts->program, kMostWords));
  }
  auto told = BacktraceOf(*facts, core.file, *program);
  if (!told && told.error().code == common::ErrorCode::kNotFound) return kByHand;
  if (!told) return "a core file that gdb does not read: " + told.error().Text();
  if (!TellsOfAFault(*told)) return "a core file in which gdb finds no fault";
  HandedIn item;
  item.source = item.engine = "core";
  item.path = core.path;
  item.log = std::move(*told);
  item.note = InputNamedBy(*facts, intake.items);
  intake.items.push_back(std::move(item));
  return "";
}

}  // namespace

void TakeCores(const TargetSpec& target, const std::atomic<bool>& interrupted, Intake& intake) {
  const std::vector<stdfs::path> programs = ProgramsOf(target);
  for (const HandedInCore& core : std::exchange(intake.cores, {})) {
    const std::string why = interrupted ? "it was not looked at before the interrupt"
                                        : TakeCore(core, programs, intake);
    if (!why.empty()) intake.passed_over.push_back({core.path, why});
  }
}

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
#include "campaign/build_likeness.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "campaign/elf_reader.h"
#include "campaign/triage/stack_text.h"
#include "common/elf_symbols.h"
#include "common/fs.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;

// What stays in a file that was stripped: names that a run time exports, and texts of drivers.
struct Part {
  const char* bytes;
  const char* name;
  bool takes_input;  // the part through which inputs come in
};
constexpr Part kParts[] = {
    {"libFuzzer", "libFuzzer", true},
    {"__AFL_SHM_ID", "AFL++", true},
    {"__asan_init", "AddressSanitizer", false},
    {"__hwasan_init", "HWAddressSanitizer", false},
    {"__msan_init", "MemorySanitizer", false},
    {"__tsan_init", "ThreadSanitizer", false},
    {"__ubsan_handle_", "UndefinedBehaviorSanitizer", false},
};

struct Build {
  std::string machine;  // empty: not ELF
  std::set<const Part*> parts;
  std::set<std::string> functions;  // of those that were asked for
};

std::string WithoutParameters(const std::string& function) {
  return function.substr(0, function.find('('));
}

// As stacks have it: without parameters, and without what a compiler adds to a clone's name.
std::string PlainName(const std::string& symbol) {
  const std::string name = DemangledName(symbol);
  return name.substr(0, name.find(name == symbol ? '.' : '('));
}

// The last parts of the functions' names, which their symbols hold: to read every name back is
// slow.
std::vector<std::string> LastParts(const std::vector<std::string>& functions) {
  std::vector<std::string> parts;
  for (const std::string& function : functions) {
    const std::string name = WithoutParameters(function);
    const std::string last = name.substr(name.rfind(':') + 1);  // all of it where there is none
    parts.push_back(last.substr(0, last.find('<')));
  }
  return parts;
}

bool HoldsOneOf(const std::vector<std::string>& parts, const char* symbol) {
  return std::any_of(parts.begin(), parts.end(), [symbol](const std::string& part) {
    return std::strstr(symbol, part.c_str()) != nullptr;
  });
}

void ReadFunctions(Elf* elf, const std::vector<std::string>& wanted,
                   std::set<std::string>& functions) {
  const std::vector<std::string> parts = LastParts(wanted);
  common::EachElfSymbol(elf, [&](const GElf_Sym& symbol, const char* name) {
    const bool code = GELF_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_shndx != SHN_UNDEF;
    if (code && HoldsOneOf(parts, name)) functions.insert(PlainName(name));
    return true;
  });
}

// An Error in reading leaves it empty, as what is not ELF is.
Build ReadBuild(const stdfs::path& file, const std::vector<std::string>& wanted) {
  Build build;
  const auto facts = ReadElfFacts(file);
  const auto bytes = common::ReadFile(file);
  if (!facts || !bytes) return build;
  build.machine = facts->machine;
  for (const Part& part : kParts) {
    if (bytes->find(part.bytes) != std::string::npos) build.parts.insert(&part);
  }
  ReadElf(file, [&](Elf* elf) { ReadFunctions(elf, wanted, build.functions); });
  return build;
}

void AddWord(std::string& list, const std::string& word) {
  list += (list.empty() ? "" : ", ") + word;
}

// The parts of one that the other has not.
std::string Beyond(const Build& build, const Build& other, bool& takes_input) {
  std::string names;
  for (const Part& part : kParts) {
    if (!build.parts.contains(&part) || other.parts.contains(&part)) continue;
    AddWord(names, part.name);
    takes_input = takes_input || part.takes_input;
  }
  return names;
}

// Empty when most of the functions that the original has are in the other, or it has none: programs
// of one family share the outer ones.
std::string LostFunctions(const Build& original, const Build& other,
                          const std::vector<std::string>& functions) {
  std::set<std::string> kept;
  std::set<std::string> lost;
  for (const std::string& function : functions) {
    const std::string name = WithoutParameters(function);
    if (!original.functions.contains(name)) continue;
    (other.functions.contains(name) ? kept : lost).insert(name);
  }
  std::string names;
  if (kept.size() > lost.size()) return names;
  for (const std::string& name : lost) AddWord(names, name);
  return names;
}

}  // namespace

Unlikeness CompareBuilds(const stdfs::path& original, const stdfs::path& other,
                         const std::vector<std::string>& functions) {
  const Build then = ReadBuild(original, functions);
  const Build now = ReadBuild(other, functions);
  if (then.machine.empty() && now.machine.empty()) return {};
  if (then.machine.empty() || now.machine.empty()) {
    return {now.machine.empty() ? "is no ELF file, and the campaign's is"
                                : "is an ELF file, and the campaign's is none",
            true};
  }
  if (then.machine != now.machine) {
    return {fmt::format("is for {}, the campaign's for {}", now.machine, then.machine), true};
  }
  bool takes_no_input = false;
  const std::string lacks = Beyond(then, now, takes_no_input);
  if (!lacks.empty()) {
    return {"is built without " + lacks + ", unlike the campaign's", takes_no_input};
  }
  const std::string has = Beyond(now, then, takes_no_input);
  if (!has.empty()) return {"is built with " + has + ", unlike the campaign's", takes_no_input};
  const std::string lost = LostFunctions(then, now, functions);
  if (!lost.empty()) return {"lacks functions in which it failed (" + lost + ")", false};
  return {};
}

bool HasLibFuzzer(const stdfs::path& binary) {
  return ReadBuild(binary, {}).parts.contains(&kParts[0]);
}

}  // namespace percuss::campaign

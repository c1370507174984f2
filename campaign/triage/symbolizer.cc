// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/symbolizer.h"

#include <fmt/format.h>
#include <gelf.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "campaign/elf_reader.h"
#include "campaign/supervise/run_tool.h"
#include "campaign/supervise/sanitizer_environment.h"
#include "campaign/triage/frame_filter.h"
#include "campaign/triage/stack_text.h"
#include "common/elf_symbols.h"
#include "common/json_file.h"

namespace percuss::campaign {
namespace {

using common::StackFrame;

constexpr int64_t kTimeoutMs = 30'000;

// By module and offset, the innermost inlined call first; empty where nothing is known. Modules do
// not change while a process runs that judges them.
using Names = std::map<std::pair<std::string, uint64_t>, std::vector<StackFrame>>;

bool IsNameless(const StackFrame& frame) { return frame.function.empty() && !frame.module.empty(); }

// The tool's document: one object an address, in the order asked.
void TakeNames(const common::Json& document, const std::string& module, Names& names) {
  for (const common::Json& answer : document) {
    const std::string address = answer.value("Address", "");
    std::vector<StackFrame> frames;
    for (const common::Json& symbol : answer.value("Symbol", common::Json::array())) {
      StackFrame frame;
      frame.function = BareFunctionName(symbol.value("FunctionName", ""));
      frame.file = symbol.value("FileName", "");
      frame.line = symbol.value("Line", 0);
      frame.column = symbol.value("Column", 0);
      frame.module = module;
      frame.offset = std::stoull(address, nullptr, 16);
      if (!frame.function.empty()) frames.push_back(std::move(frame));
    }
    if (!frames.empty()) names[{module, frames.front().offset}] = frames;
  }
}

void Ask(const std::string& module, const std::set<uint64_t>& offsets, Names& names) {
  std::vector<std::string> argv = {SymbolizerPath(), "--output-style=JSON", "--inlines",
                                   "--functions=linkage", "--obj=" + module};
  for (const uint64_t offset : offsets) argv.push_back(fmt::format("0x{:x}", offset));
  const auto text = RunTool(argv, {}, kTimeoutMs);
  if (!text) return;
  try {
    TakeNames(common::Json::parse(*text), module, names);
  } catch (const std::exception&) {
    // Another version's output: the frames stay without names.
  }
}

// Those that are in memory when the module is. Debug information of functions that the linker left
// out claims the addresses from 0 on.
std::set<uint64_t> WithinSegments(const std::string& module, const std::set<uint64_t>& offsets) {
  std::set<uint64_t> within;
  ReadElf(module, [&](Elf* elf) {
    size_t count = 0;
    if (elf_getphdrnum(elf, &count) != 0) return;
    for (size_t i = 0; i < count; ++i) {
      GElf_Phdr segment;
      if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr) return;
      if (segment.p_type != PT_LOAD) continue;
      for (auto at = offsets.lower_bound(segment.p_vaddr); at != offsets.end(); ++at) {
        if (*at - segment.p_vaddr >= segment.p_memsz) break;
        within.insert(*at);
      }
    }
  });
  return within;
}

// RISC-V's assembler marks where code begins again behind data or padding, within functions too
// ("$x", RISC-V ABIs Specification 1.0, mapping symbols), and the tool takes that for a function.
bool IsMappingSymbol(std::string_view name) { return name.starts_with('$'); }

// The function that begins last at or before each offset; no entry where none does. Debug
// information could not say: line tables alone name no function that was not inlined.
std::map<uint64_t, std::string> FunctionsAt(const std::string& module,
                                            const std::set<uint64_t>& offsets) {
  std::map<uint64_t, std::string> functions;
  ReadElf(module, [&](Elf* elf) {
    std::map<uint64_t, std::pair<uint64_t, const char*>> nearest;
    common::EachElfSymbol(elf, [&](const GElf_Sym& symbol, const char* name) {
      if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC || IsMappingSymbol(name)) return true;
      for (auto at = offsets.lower_bound(symbol.st_value); at != offsets.end(); ++at) {
        auto& known = nearest[*at];
        if (known.second == nullptr || known.first < symbol.st_value) {
          known = {symbol.st_value, name};
        }
      }
      return true;
    });
    for (const auto& [offset, known] : nearest) {
      functions[offset] = BareFunctionName(DemangledName(known.second));
    }
  });
  return functions;
}

void NameMarked(const std::string& module, const std::set<uint64_t>& marked, Names& names) {
  std::map<uint64_t, std::string> functions = FunctionsAt(module, marked);
  for (const uint64_t offset : marked) {
    std::vector<StackFrame>& frames = names[{module, offset}];
    for (StackFrame& frame : frames) {
      if (IsMappingSymbol(frame.function)) frame.function = functions[offset];
    }
    std::erase_if(frames, [](const StackFrame& frame) { return frame.function.empty(); });
  }
}

void AskFor(const std::string& module, const std::set<uint64_t>& asked, Names& names) {
  std::error_code error;
  for (const uint64_t offset : asked) names[{module, offset}] = {};
  if (SymbolizerPath().empty() || !std::filesystem::is_regular_file(module, error)) return;
  const std::set<uint64_t> offsets = WithinSegments(module, asked);
  if (offsets.empty()) return;
  Ask(module, offsets, names);
  std::set<uint64_t> marked;
  for (const uint64_t offset : offsets) {
    const std::vector<StackFrame>& frames = names[{module, offset}];
    if (std::any_of(frames.begin(), frames.end(),
                    [](const StackFrame& frame) { return IsMappingSymbol(frame.function); })) {
      marked.insert(offset);
    }
  }
  if (!marked.empty()) NameMarked(module, marked, names);
}

}  // namespace

void Symbolize(std::vector<StackFrame>& stack) {
  std::map<std::string, std::set<uint64_t>> wanted;
  for (const StackFrame& frame : stack) {
    if (IsNameless(frame)) wanted[frame.module].insert(frame.offset);
  }
  if (wanted.empty()) return;
  static std::mutex mutex;
  static Names& names = *new Names;
  const std::lock_guard lock(mutex);
  for (auto& [module, offsets] : wanted) {
    std::erase_if(offsets, [&, &name = module](uint64_t at) { return names.contains({name, at}); });
    if (!offsets.empty()) AskFor(module, offsets, names);
  }
  std::vector<StackFrame> named;
  for (StackFrame& frame : stack) {
    const auto found = names.find({frame.module, frame.offset});
    if (IsNameless(frame) && found != names.end() && !found->second.empty()) {
      named.insert(named.end(), found->second.begin(), found->second.end());
    } else {
      named.push_back(std::move(frame));
    }
  }
  stack = std::move(named);
  MarkUserCode(stack);
}

}  // namespace percuss::campaign

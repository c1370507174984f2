// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/symbolizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "campaign/supervise/run_tool.h"
#include "campaign/supervise/sanitizer_environment.h"
#include "campaign/triage/frame_filter.h"
#include "campaign/triage/stack_text.h"
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

// functions: "linkage" has the symbol table's names, "short" those of the debug information alone.
void Ask(const std::string& module, const std::set<uint64_t>& offsets, const char* functions,
         Names& names) {
  std::vector<std::string> argv = {SymbolizerPath(), "--output-style=JSON", "--inlines",
                                   fmt::format("--functions={}", functions), "--obj=" + module};
  for (const uint64_t offset : offsets) argv.push_back(fmt::format("0x{:x}", offset));
  const auto text = RunTool(argv, {}, kTimeoutMs);
  if (!text) return;
  try {
    TakeNames(common::Json::parse(*text), module, names);
  } catch (const std::exception&) {
    // Another version's output: the frames stay without names.
  }
}

// RISC-V's assembler marks where code begins again behind data or padding, within functions too
// ("$x", RISC-V ABIs Specification 1.0, mapping symbols), and the tool takes that for a function.
bool IsMappingSymbol(const StackFrame& frame) { return frame.function.starts_with('$'); }

void AskFor(const std::string& module, const std::set<uint64_t>& offsets, Names& names) {
  std::error_code error;
  for (const uint64_t offset : offsets) names[{module, offset}] = {};
  if (SymbolizerPath().empty() || !std::filesystem::is_regular_file(module, error)) return;
  Ask(module, offsets, "linkage", names);
  std::set<uint64_t> marked;
  for (const uint64_t offset : offsets) {
    std::vector<StackFrame>& frames = names[{module, offset}];
    if (std::none_of(frames.begin(), frames.end(), IsMappingSymbol)) continue;
    marked.insert(offset);
    frames.clear();
  }
  if (!marked.empty()) Ask(module, marked, "short", names);
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

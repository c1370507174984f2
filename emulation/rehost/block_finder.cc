// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/block_finder.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "emulation/rehost/code_descent.h"

namespace percuss::emulation {
namespace {

using rehost::MachineImage;
using rehost::Symbol;

constexpr uint32_t kWordsOfSystem = 16;  // of a vector table: the stack pointer and exceptions
constexpr uint32_t kMostWords = kWordsOfSystem + 240;

std::vector<uint32_t> Sorted(std::vector<uint32_t> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

class Finder {
 public:
  explicit Finder(const MachineImage& image) : image_(image), descent_(image, kMostSteps) {}

  FoundCode Find() {
    EnterSure(image_.entry & ~1U, FoundBy::kVector);
    EnterVectors();
    EnterSymbols();
    EnterPointers();
    return Result();
  }

 private:
  void EnterSure(uint32_t pc, FoundBy by);
  void EnterVectors();
  void EnterSymbols();
  void EnterPointers();
  void EnterPointersOf(std::vector<uint32_t> values);
  [[nodiscard]] std::vector<uint32_t> WordsOfData();
  [[nodiscard]] FoundCode Result();
  void AddFunctions(FoundCode& found);
  void AddBlocks(FoundCode& found);
  void CutSegment(uint32_t begin, uint32_t end, FoundCode& found);
  void AssignFunctions(FoundCode& found);

  const MachineImage& image_;
  CodeDescent descent_;
  std::map<uint32_t, FoundBy> entries_;
};

void Finder::EnterSure(uint32_t pc, FoundBy by) {
  CodeView& view = descent_.View();
  if (!view.IsCode(pc) || view.Is(pc, CodeView::kInside | CodeView::kData)) return;
  entries_.emplace(pc, by);
  view.Put(pc, CodeView::kFunction);
  descent_.Enter(pc);
}

// The table ends where code begins, or with a word that is neither a handler's address nor empty.
void Finder::EnterVectors() {
  CodeView& view = descent_.View();
  std::vector<uint32_t> handlers;
  uint32_t words = 1;  // up to the last handler
  for (uint32_t number = 1; number < kMostWords; ++number) {
    const uint32_t at = image_.vector_table + 4 * number;
    const auto word = view.Word(at);
    if (!word || view.Is(at, CodeView::kBegins | CodeView::kInside)) break;
    const bool is_handler = (*word & 1U) != 0 && view.IsCode(*word & ~1U);
    const bool is_empty = *word == 0 || *word == UINT32_MAX;
    if (!is_handler && !is_empty && number >= kWordsOfSystem) break;
    if (!is_handler) continue;
    handlers.push_back(*word & ~1U);
    words = number + 1;
  }
  // Of those behind, none may lie within: what is taken for a handler too many is data.
  const uint32_t end = image_.vector_table + 4 * words;
  const auto lies_within = [&](uint32_t pc) { return pc >= image_.vector_table && pc < end; };
  handlers.erase(std::remove_if(handlers.begin(), handlers.end(), lies_within), handlers.end());
  const size_t sure = std::min<size_t>(handlers.size(), kWordsOfSystem);
  for (size_t i = 0; i < sure; ++i) EnterSure(handlers[i], FoundBy::kVector);
  view.PutData(image_.vector_table, 4 * uint64_t{std::min(words, kWordsOfSystem)});
  for (size_t i = sure; i < handlers.size(); ++i) {
    if (descent_.EnterIfCode(handlers[i])) entries_.emplace(handlers[i], FoundBy::kVector);
  }
  for (uint32_t i = kWordsOfSystem; i < words; ++i) {
    const uint32_t at = image_.vector_table + 4 * i;
    if (view.Is(at, CodeView::kBegins | CodeView::kInside)) break;
    view.PutData(at, 4);
  }
}

// Those of fuzzware's lists of symbols may be of data.
void Finder::EnterSymbols() {
  std::set<uint32_t> begins;
  for (const Symbol& symbol : image_.symbols) begins.insert(symbol.begin & ~1U);
  for (const uint32_t begin : begins) {
    if (!descent_.EnterIfCode(begin)) continue;
    const auto known = entries_.emplace(begin, FoundBy::kSymbol).first;
    if (known->second != FoundBy::kVector) known->second = FoundBy::kSymbol;
  }
}

void Finder::EnterPointersOf(std::vector<uint32_t> values) {
  for (const uint32_t value : Sorted(std::move(values))) {
    if ((value & 1U) == 0) continue;
    const uint32_t pc = value & ~1U;
    if (!descent_.View().Is(pc, CodeView::kBegins) && descent_.EnterIfCode(pc)) {
      entries_.emplace(pc, FoundBy::kPointer);
    }
  }
}

std::vector<uint32_t> Finder::WordsOfData() {
  std::vector<uint32_t> words;
  const CodeView& view = descent_.View();
  for (const CodeView::Area& area : view.Areas()) {
    const uint64_t end = uint64_t{area.begin} + area.bytes->size();
    for (uint64_t at = (area.begin + 3U) & ~3U; at + 4 <= end; at += 4) {
      const auto address = static_cast<uint32_t>(at);
      if (view.Is(address, CodeView::kBegins | CodeView::kInside)) continue;
      const auto word = view.Word(address);
      if (word && (*word & 1U) != 0 && view.IsCode(*word & ~1U)) words.push_back(*word);
    }
  }
  return words;
}

// What code takes as constants, until there is nothing new; then what data has.
void Finder::EnterPointers() {
  const auto constants = [this] {
    for (auto values = descent_.TakeConstants(); !values.empty();
         values = descent_.TakeConstants()) {
      EnterPointersOf(std::move(values));
    }
  };
  constants();
  constexpr int kMostRounds = 4;
  for (int round = 0; round < kMostRounds && descent_.Whole(); ++round) {
    const size_t known = entries_.size();
    EnterPointersOf(WordsOfData());
    constants();
    if (entries_.size() == known) break;
  }
}

void Finder::AddFunctions(FoundCode& found) {
  std::map<uint32_t, std::string> names;
  for (const Symbol& symbol : image_.symbols) {
    std::string& name = names[symbol.begin & ~1U];
    // Of several the first by alphabet, in whatever order they come.
    if (name.empty() || symbol.name < name) name = symbol.name;
  }
  const CodeView& view = descent_.View();
  for (const FoundBlock& block : found.blocks) {
    if (!view.Is(block.begin, CodeView::kFunction) && !found.functions.empty()) continue;
    FoundFunction function;
    function.begin = block.begin;
    const auto entry = entries_.find(block.begin);
    if (entry != entries_.end()) function.found_by = entry->second;
    const auto name = names.find(block.begin);
    if (name != names.end()) function.name = name->second;
    found.functions.push_back(std::move(function));
  }
}

void Finder::CutSegment(uint32_t begin, uint32_t end, FoundCode& found) {
  const CodeView& view = descent_.View();
  for (uint32_t at = begin; at != end;) {
    uint32_t next = at + 2;
    while (next != end && !(view.Is(next, CodeView::kBegins) && view.Is(next, CodeView::kLeads))) {
      next += 2;
    }
    found.blocks.push_back({at, next - at, 0});
    found.code_bytes += next - at;
    at = next;
  }
}

void Finder::AddBlocks(FoundCode& found) {
  for (const auto& [begin, segment] : descent_.Segments()) CutSegment(begin, segment.end, found);
}

// Of the function from whose begin control comes there, the lowest of several; else of the last one
// before it.
void Finder::AssignFunctions(FoundCode& found) {
  constexpr uint32_t kNobody = UINT32_MAX;
  std::map<uint32_t, size_t> block_at;
  for (size_t i = 0; i < found.blocks.size(); ++i) {
    block_at.emplace(found.blocks[i].begin, i);
    found.blocks[i].function = kNobody;
  }
  const CodeView& view = descent_.View();
  std::vector<size_t> open;
  const auto open_at = [&](uint32_t pc) {
    const auto block = block_at.find(pc);
    if (block != block_at.end() && !view.Is(pc, CodeView::kFunction)) open.push_back(block->second);
  };
  const auto& segments = descent_.Segments();
  for (uint32_t number = 0; number < found.functions.size(); ++number) {
    open = {block_at.at(found.functions[number].begin)};
    while (!open.empty()) {
      FoundBlock& block = found.blocks[open.back()];
      open.pop_back();
      if (block.function != kNobody) continue;
      block.function = number;
      const CodeSegment& segment = std::prev(segments.upper_bound(block.begin))->second;
      if (block.begin + block.size != segment.end) {
        open_at(block.begin + block.size);
        continue;
      }
      for (const uint32_t next : segment.next) open_at(next);
    }
  }
  uint32_t number = 0;
  for (FoundBlock& block : found.blocks) {
    while (number + 1 < found.functions.size() &&
           found.functions[number + 1].begin <= block.begin) {
      ++number;
    }
    if (block.function == kNobody) block.function = number;
  }
}

FoundCode Finder::Result() {
  FoundCode found;
  AddBlocks(found);
  AddFunctions(found);
  AssignFunctions(found);
  const CodeView& view = descent_.View();
  for (const CodeView::Area& area : view.Areas()) {
    for (const uint8_t marks : area.marks) {
      const bool is_code = (marks & (CodeView::kBegins | CodeView::kInside)) != 0;
      if (!is_code && (marks & CodeView::kData) != 0) found.data_bytes += 2;
    }
  }
  found.unresolved = Sorted(descent_.Unresolved());
  found.conflicts = Sorted(descent_.Conflicts());
  found.whole = descent_.Whole();
  return found;
}

}  // namespace

const char* NameOf(FoundBy found_by) {
  switch (found_by) {
    case FoundBy::kVector:
      return "vector";
    case FoundBy::kSymbol:
      return "symbol";
    case FoundBy::kCall:
      return "call";
    case FoundBy::kPointer:
      return "pointer";
  }
  return "";
}

FoundCode FindBlocks(const MachineImage& image) { return Finder(image).Find(); }

}  // namespace percuss::emulation

// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/block_coverage.h"

#include <algorithm>
#include <cstdio>

#include "emulation/rehost/code_flow.h"

namespace percuss::emulation {
namespace {

using rehost::End;
using rehost::Operation;

// As the core cuts its blocks (core/block_cache.cc). To cut sooner than it does loses nothing: each
// of its blocks tells of itself.
constexpr size_t kMostOfLine = 64;
constexpr uint32_t kLongestLine = (kMostOfLine + 4) * 4;

bool EndsLine(const CodeStep& step) {
  switch (step.decoded.operation) {
    case Operation::kSvc:
    case Operation::kWfi:
    case Operation::kWfe:
    case Operation::kBkpt:
      return true;
    default:
      return step.flow != Flow::kNext;
  }
}

// Whether Outcome::pc is an instruction that was reached, not the next one.
bool IsReached(End end) {
  return end == End::kFault || end == End::kLockup || end == End::kBreakpoint ||
         end == End::kInputUsed;
}

std::string NameOfFunction(const FoundFunction& function) {
  if (!function.name.empty()) return function.name;
  char name[32];
  std::snprintf(name, sizeof(name), "function at 0x%08x", function.begin);
  return name;
}

// Where the configuration has no limit, an input must still come to an end.
rehost::MachineImage Bounded(rehost::MachineImage image) {
  constexpr uint64_t kMostOfInput = 1'000'000'000;
  if (image.limits.instructions == 0) image.limits.instructions = kMostOfInput;
  return image;
}

}  // namespace

BlockTracer::BlockTracer(const rehost::MachineImage& image, uint64_t most_instructions)
    : image_(Bounded(image)),
      code_(image_),
      found_(FindBlocks(image_)),
      machine_(image_),
      pages_(size_t{1} << (32 - rehost::kPageBits)),
      most_instructions_(most_instructions) {
  machine_.TraceBlocks([this](uint32_t pc) { NoteBlock(pc); });
  machine_.OnException([this](uint16_t) { NoteLeft(machine_.core().r[rehost::kPc]); });
  NoteEnd(machine_.Boot());
}

uint8_t& BlockTracer::FlagOf(uint32_t pc) {
  std::unique_ptr<Page>& page = pages_[pc >> rehost::kPageBits];
  if (page == nullptr) page = std::make_unique<Page>();
  return (*page)[(pc & (rehost::kPageBytes - 1)) / 2];
}

void BlockTracer::NoteBlock(uint32_t pc) {
  if (has_last_) FlagOf(last_) |= kWhole;
  FlagOf(pc) |= kEntered;
  last_ = pc;
  has_last_ = true;
}

void BlockTracer::NoteLeft(uint32_t pc) {
  if (!has_last_) return;
  has_last_ = false;
  if (pc <= last_ || pc - last_ >= kLongestLine) {
    FlagOf(last_) |= kWhole;
  } else {
    uint32_t& end = left_[last_];
    end = std::max(end, pc);
  }
}

void BlockTracer::NoteEnd(const rehost::Outcome& outcome) {
  NoteLeft(IsReached(outcome.end) ? outcome.pc + 2 : outcome.pc);
  instructions_ += outcome.instructions;
}

void BlockTracer::Run(std::string_view input) {
  if (instructions_ >= most_instructions_) {
    ++left_out_;
    return;
  }
  ++inputs_;
  has_last_ = false;
  NoteEnd(machine_.Run(reinterpret_cast<const uint8_t*>(input.data()), input.size()));
}

// Where the core's block ends that begins there, or sooner.
uint32_t BlockTracer::EndOfLine(uint32_t pc) const {
  const auto is_skipped = [pc](uint32_t address) { return (address & ~1U) == pc; };
  if (std::any_of(image_.skipped.begin(), image_.skipped.end(), is_skipped)) return pc + 2;
  const rehost::DecoderOptions options{image_.architecture, image_.floating_point};
  const KnownRegisters known;
  uint32_t at = pc;
  uint8_t it_state = 0;
  for (size_t count = 0; count < kMostOfLine; ++count) {
    auto step = StepAt(code_, at, it_state, options);
    if (!step) break;
    FillFlow(*step, known, code_);
    at = step->End();
    it_state = step->it_after;
    const bool next_page = at >> rehost::kPageBits != pc >> rehost::kPageBits;
    if (EndsLine(*step) || (next_page && it_state == 0)) break;
  }
  return at;
}

// What ran, by where it was entered: up to where.
std::map<uint32_t, uint32_t> BlockTracer::Lines() const {
  std::map<uint32_t, uint32_t> lines;
  for (uint32_t number = 0; number < pages_.size(); ++number) {
    if (pages_[number] == nullptr) continue;
    for (uint32_t half = 0; half < pages_[number]->size(); ++half) {
      const uint8_t flags = (*pages_[number])[half];
      if ((flags & kEntered) == 0) continue;
      const uint32_t pc = (number << rehost::kPageBits) + half * 2;
      uint32_t end = EndOfLine(pc);
      const auto left = left_.find(pc);
      if ((flags & kWhole) == 0 && left != left_.end()) end = std::min(end, left->second);
      lines.emplace(pc, end);
    }
  }
  return lines;
}

// Whether one of its instructions begins there.
bool BlockTracer::IsFound(uint32_t pc) const {
  auto block =
      std::upper_bound(found_.blocks.begin(), found_.blocks.end(), pc,
                       [](uint32_t value, const FoundBlock& one) { return value < one.begin; });
  if (block == found_.blocks.begin()) return false;
  --block;
  for (uint32_t at = block->begin; at < block->begin + block->size;) {
    if (at == pc) return true;
    const auto half = code_.Half(at);
    at += half ? static_cast<uint32_t>(rehost::InstructionBytes(*half)) : 2;
  }
  return false;
}

BlockCoverage BlockTracer::Coverage() const {
  BlockCoverage coverage;
  coverage.unresolved = found_.unresolved;
  coverage.whole = found_.whole;
  coverage.inputs = inputs_;
  coverage.left_out = left_out_;
  for (const FoundFunction& function : found_.functions) {
    coverage.functions.push_back(
        {NameOfFunction(function), function.begin, function.found_by, 0, 0, 0, 0});
  }
  for (const FoundBlock& block : found_.blocks) {
    coverage.blocks.push_back({block.begin, block.size, block.function, false});
  }
  for (const auto& [begin, end] : Lines()) {
    if (!IsFound(begin)) {
      coverage.ran_not_found.push_back(begin);
      continue;
    }
    auto block =
        std::lower_bound(coverage.blocks.begin(), coverage.blocks.end(), begin,
                         [](const CoveredBlock& one, uint32_t value) { return one.begin < value; });
    for (; block != coverage.blocks.end() && block->begin < end; ++block) block->ran = true;
  }
  for (const CoveredBlock& block : coverage.blocks) {
    CoveredFunction& function = coverage.functions[block.function];
    ++function.blocks;
    function.bytes += block.size;
    coverage.bytes += block.size;
    if (!block.ran) continue;
    ++function.ran;
    function.bytes_ran += block.size;
    ++coverage.blocks_ran;
    coverage.bytes_ran += block.size;
  }
  return coverage;
}

}  // namespace percuss::emulation

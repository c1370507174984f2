// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/code_tables.h"

#include <algorithm>

#include "emulation/rehost/core/core.h"

namespace percuss::emulation {
namespace {

using rehost::kLr;
using rehost::Operation;

constexpr uint32_t kMostEntries = 1024;
constexpr int kLongestHelper = 12;

// How entries are laid out, and what they are added to.
struct Layout {
  uint32_t begin = 0;
  uint32_t entry_bytes = 1;
  bool is_signed = false;
  uint32_t scale = 2;
  uint32_t base = 0;
};

std::optional<uint32_t> TargetAt(const CodeView& code, const Layout& layout, uint32_t number) {
  const uint32_t at = layout.begin + number * layout.entry_bytes;
  std::optional<uint32_t> entry;
  if (layout.entry_bytes == 1) {
    if (const auto byte = code.Byte(at)) {
      entry = layout.is_signed ? static_cast<uint32_t>(static_cast<int8_t>(*byte)) : *byte;
    }
  } else if (layout.entry_bytes == 2) {
    if (const auto half = code.Half(at)) {
      entry = layout.is_signed ? static_cast<uint32_t>(static_cast<int16_t>(*half)) : *half;
    }
  } else {
    entry = code.Word(at);
  }
  if (!entry) return std::nullopt;
  const uint32_t target = (layout.base + *entry * layout.scale) & ~1U;
  return code.IsCode(target) ? std::optional(target) : std::nullopt;
}

// pc: of the jump. A table that lies elsewhere is believed only as far as a compare tells.
JumpTable Read(const CodeView& code, const Layout& layout, uint32_t pc,
               std::optional<uint32_t> entries) {
  constexpr uint32_t kRightBehind = 16;
  constexpr uint32_t kFarthest = 0x10000;
  JumpTable table;
  table.begin = layout.begin;
  const bool is_behind = layout.begin > pc && layout.begin - pc <= kRightBehind;
  if (!entries && !is_behind) return table;
  const uint32_t most = std::min(entries.value_or(kMostEntries), kMostEntries);
  uint32_t first_target = UINT32_MAX;
  for (uint32_t i = 0; i < most; ++i) {
    const uint32_t at = layout.begin + i * layout.entry_bytes;
    if (is_behind && at >= first_target) break;
    const auto target = TargetAt(code, layout, i);
    const bool is_near = target && *target - pc + kFarthest <= 2 * kFarthest;
    if (!is_near || code.Is(*target, CodeView::kInside)) break;
    if (*target > layout.begin) first_target = std::min(first_target, *target);
    table.targets.push_back(*target);
    table.bytes += layout.entry_bytes;
  }
  return table;
}

bool Is(const CodeStep& step, Operation operation, uint8_t rd, uint8_t rm) {
  return step.decoded.operation == operation && step.decoded.rd == rd && step.decoded.rm == rm;
}

CaseHelper LoadOf(Operation operation) {
  switch (operation) {
    case Operation::kLdrbRegister:
      return CaseHelper::kBytes;
    case Operation::kLdrsbRegister:
      return CaseHelper::kSignedBytes;
    case Operation::kLdrhRegister:
      return CaseHelper::kHalves;
    case Operation::kLdrshRegister:
      return CaseHelper::kSignedHalves;
    case Operation::kLdrRegister:
      return CaseHelper::kWords;
    default:
      return CaseHelper::kNone;
  }
}

}  // namespace

CaseHelper CaseHelperAt(const CodeView& code, uint32_t pc, const rehost::DecoderOptions& options) {
  bool takes_lr = false;
  bool sets_lr = false;
  CaseHelper load = CaseHelper::kNone;
  for (int i = 0; i < kLongestHelper; ++i) {
    const auto step = StepAt(code, pc, 0, options);
    if (!step) break;
    const rehost::Decoded& decoded = step->decoded;
    takes_lr = takes_lr || (decoded.operation == Operation::kMovRegister && decoded.rm == kLr);
    if (takes_lr && load == CaseHelper::kNone) load = LoadOf(decoded.operation);
    if (load != CaseHelper::kNone) {
      const bool adds = decoded.operation == Operation::kAddRegister && decoded.rd == kLr;
      sets_lr =
          sets_lr || adds || (decoded.operation == Operation::kMovRegister && decoded.rd == kLr);
    }
    if (Is(*step, Operation::kBx, 0, kLr)) return sets_lr ? load : CaseHelper::kNone;
    if (decoded.operation >= Operation::kB && decoded.operation <= Operation::kTbh) break;
    pc = step->End();
  }
  return CaseHelper::kNone;
}

JumpTable TableOf(const CodeView& code, const CodeStep& step, std::optional<uint32_t> entries) {
  Layout layout;
  layout.begin = step.target;
  layout.base = step.pc + 4;
  if (step.flow == Flow::kTableHalves) layout.entry_bytes = 2;
  if (step.flow == Flow::kTableWords) {
    layout.entry_bytes = 4;
    layout.scale = 1;
    layout.base = 0;
  }
  return Read(code, layout, step.pc, entries);
}

JumpTable TableOf(const CodeView& code, const CodeStep& call, CaseHelper helper,
                  std::optional<uint32_t> entries) {
  Layout layout;
  layout.begin = layout.base = call.End();
  layout.is_signed = helper == CaseHelper::kSignedBytes || helper == CaseHelper::kSignedHalves;
  if (helper == CaseHelper::kHalves || helper == CaseHelper::kSignedHalves) layout.entry_bytes = 2;
  if (helper == CaseHelper::kWords) {
    layout.begin = layout.base = (call.End() + 2) & ~3U;
    layout.entry_bytes = 4;
    layout.scale = 1;
  }
  return Read(code, layout, call.pc, entries);
}

}  // namespace percuss::emulation

// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/call_stack.h"

#include <optional>

namespace percuss::rehost {
namespace {

constexpr uint32_t kMostStackBytes = 2048;  // between two frames
constexpr uint32_t kMostFunctionBytes = 4096;
// Before what an exception has stacked (DDI 0403E, B1.5.8), no call has led there.
constexpr uint32_t kLeastExcReturn = 0xf0000000;

struct Call {
  uint32_t at = 0;
  std::optional<uint32_t> target;  // of a direct one
};

// BL, encoding T1 (DDI 0403E, A7.7.18).
uint32_t TargetOf(uint32_t at, uint16_t first, uint16_t second) {
  const uint32_t s = first >> 10U & 1U;
  const uint32_t i1 = ~((second >> 13U & 1U) ^ s) & 1U;
  const uint32_t i2 = ~((second >> 11U & 1U) ^ s) & 1U;
  uint32_t offset = i1 << 23U | i2 << 22U | (first & 0x3ffU) << 12U | (second & 0x7ffU) << 1U;
  if (s != 0) offset |= 0xff000000U;
  return at + 4 + offset;
}

// The call that a return address is behind.
std::optional<Call> CallBefore(const Memory& memory, const MachineImage& image,
                               uint32_t return_address) {
  if ((return_address & 1U) == 0 || return_address >= kLeastExcReturn) return std::nullopt;
  const uint32_t behind = return_address & ~1U;
  if (behind < 4 || !HoldsCode(image, behind - 2)) return std::nullopt;
  uint16_t halves[2] = {};
  if (!memory.Peek(behind - 4, halves, sizeof halves)) return std::nullopt;
  if ((halves[0] & 0xf800U) == 0xf000U && (halves[1] & 0xd000U) == 0xd000U) {
    return Call{behind - 4, TargetOf(behind - 4, halves[0], halves[1])};
  }
  if ((halves[1] & 0xff87U) == 0x4780U) return Call{behind - 2, std::nullopt};  // BLX (register)
  return std::nullopt;
}

bool LeadsTo(const Call& call, uint32_t place, const MachineImage& image) {
  const Symbol* function = FunctionAt(image, place);
  if (function != nullptr) return *call.target == function->begin;
  return *call.target <= place && place - *call.target < kMostFunctionBytes;
}

// The nearest word of the stack that the call from above may have left; sp goes behind it.
std::optional<Call> CallerOnStack(const Memory& memory, const MachineImage& image, uint32_t place,
                                  uint32_t& sp) {
  std::optional<Call> indirect;
  uint32_t behind_indirect = 0;
  for (uint32_t offset = 0; offset < kMostStackBytes; offset += 4) {
    uint32_t word = 0;
    if (!memory.Peek(sp + offset, &word, sizeof word)) break;
    const auto call = CallBefore(memory, image, word);
    if (!call) continue;
    if (call->target && LeadsTo(*call, place, image)) {
      sp += offset + 4;
      return call;
    }
    if (!call->target && !indirect) {
      indirect = call;
      behind_indirect = sp + offset + 4;
    }
  }
  if (indirect) sp = behind_indirect;
  return indirect;
}

}  // namespace

const Symbol* FunctionAt(const MachineImage& image, uint32_t address) {
  for (const Symbol& symbol : image.symbols) {
    const uint32_t begin = symbol.begin & ~1U;
    if (address >= begin && address - begin < symbol.size) return &symbol;
  }
  return nullptr;
}

bool HoldsCode(const MachineImage& image, uint32_t address) {
  for (const Region& region : image.regions) {
    if (region.permissions.execute && address >= region.begin &&
        address - region.begin < region.bytes.size()) {
      return true;
    }
  }
  return false;
}

std::vector<uint32_t> CallStack(const Core& core, const Memory& memory, const MachineImage& image,
                                uint32_t pc) {
  std::vector<uint32_t> stack = {pc};
  uint32_t place = pc;
  uint32_t sp = core.r[kSp] & ~3U;
  // Whoever is in nowhere has come there by the last call, which may have been any.
  const bool lost = !HoldsCode(image, pc);
  const auto link = CallBefore(memory, image, core.r[kLr]);
  // One that is left over points into the function itself, behind a call that has come back; from
  // elsewhere it has been called, if by a jump at the end of what that call leads to.
  const Symbol* function = FunctionAt(image, pc);
  const bool elsewhere =
      link && function != nullptr && link->at - function->begin >= function->size;
  if (link && (lost || elsewhere || !link->target || LeadsTo(*link, pc, image))) {
    place = link->at;
    stack.push_back(place);
  }
  while (stack.size() < kMostFrames) {
    const auto call = CallerOnStack(memory, image, place, sp);
    if (!call) break;
    place = call->at;
    stack.push_back(place);
  }
  return stack;
}

}  // namespace percuss::rehost

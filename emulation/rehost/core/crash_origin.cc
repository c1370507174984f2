// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/crash_origin.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "emulation/rehost/core/call_stack.h"
#include "emulation/rehost/core/decoder.h"

namespace percuss::rehost {
namespace {

using enum Operation;

constexpr uint64_t kLastInstructions = 400;
constexpr uint64_t kSamples = 256;
constexpr uint64_t kMostStackBytes = 0x10000;

struct LoadedWord {
  uint32_t pc = 0;
  uint32_t address = 0;
  uint32_t value = 0;
  int to = 0;
  uint32_t base = 0;  // of the address, and the register that had it
  int base_from = -1;
};

std::optional<Decoded> DecodedAt(const Machine& machine, uint32_t pc) {
  uint16_t halves[2] = {};
  if (!machine.memory().Peek(pc, &halves[0], 2)) return std::nullopt;
  if (InstructionBytes(halves[0]) == 4 && !machine.memory().Peek(pc + 2, &halves[1], 2)) {
    return std::nullopt;
  }
  const MachineImage& image = machine.image();
  return Decode(halves[0], halves[1], pc, false, {image.architecture, image.floating_point});
}

uint32_t Offset(const Decoded& op) { return op.add ? op.imm : 0 - op.imm; }

// What is about to load words from memory.
void NoteLoads(Machine& machine, std::vector<LoadedWord>& words) {
  const Core& core = machine.core();
  const uint32_t pc = core.r[kPc];
  const auto op = DecodedAt(machine, pc);
  if (!op) return;
  const auto note = [&](uint32_t address, int to) {
    const int base_from = op->operation == kLdrLiteral ? -1 : op->rn;
    LoadedWord word{pc, address, 0, to, core.r[op->rn & 15U], base_from};
    if (machine.memory().Peek(address, &word.value, sizeof word.value)) words.push_back(word);
  };
  const uint32_t base = core.r[op->rn & 15U];
  switch (op->operation) {
    case kLdrImmediate:
      note(op->index ? base + Offset(*op) : base, op->rd);
      break;
    case kLdrLiteral:
      note(op->imm, op->rd);
      break;
    case kLdrRegister:
      note(base + (core.r[op->rm & 15U] << op->amount), op->rd);
      break;
    case kLdrdImmediate:
      note(op->index ? base + Offset(*op) : base, op->rd);
      note((op->index ? base + Offset(*op) : base) + 4, op->ra);
      break;
    case kLdm: {
      uint32_t at = base;
      for (int number = 0; number < 16; ++number) {
        if ((op->registers >> number & 1U) == 0) continue;
        note(at, number);
        at += 4;
      }
      break;
    }
    default:
      break;
  }
}

// The register that an instruction takes an address from; -1 where it is no such.
int PointerOf(const Decoded& op) {
  if (op.operation == kBlxRegister || op.operation == kBx) return op.rm;
  const bool loads_or_stores = op.operation >= kLdrImmediate && op.operation <= kStrexh;
  return loads_or_stores ? op.rn : -1;
}

class Search {
 public:
  Search(const MachineImage& image, const uint8_t* bytes, size_t size, const Outcome& outcome)
      : machine_(image), bytes_(bytes), size_(size), outcome_(outcome) {
    begin_ = machine_.Boot().instructions;
  }

  PointerOrigin Find() {
    const std::optional<LoadedWord> word = LoadOfPointer();
    if (!word) return {};
    PointerOrigin origin;
    origin.known = true;
    origin.value = word->value;
    origin.loaded_at = word->pc;
    origin.address = word->address;
    origin.to_pc = word->to == kPc;
    origin.on_stack = IsOnStack(word->address);
    LookAtHistory(origin);
    return origin;
  }

 private:
  void Begin() { machine_.Begin(bytes_, size_); }

  // Of the main stack it is known where it began; of others, that they are small.
  [[nodiscard]] bool IsOnStack(uint32_t address) {
    constexpr uint32_t kBelow = 0x100;
    constexpr uint32_t kOfOthers = 0x800;
    const uint32_t sp = machine_.core().r[kSp] - kBelow;
    const uint32_t main = machine_.image().initial_sp - sp;
    return address - sp < (main < kMostStackBytes ? main : kOfOthers);
  }

  [[nodiscard]] uint32_t WordAt(uint32_t address) const {
    uint32_t word = 0;
    (void)machine_.memory().Peek(address, &word, sizeof word);
    return word;
  }

  std::optional<LoadedWord> LoadOfPointer() {
    Begin();
    const uint64_t from = std::max(
        begin_, outcome_.instructions - std::min(outcome_.instructions, kLastInstructions));
    (void)machine_.ContinueUntil(from);
    std::vector<LoadedWord> words;
    uint32_t last = machine_.core().r[kPc];
    for (uint64_t i = 0; i < 2 * kLastInstructions && !machine_.Ended(); ++i) {
      last = machine_.core().r[kPc];
      NoteLoads(machine_, words);
      (void)machine_.Step();
    }
    if (!machine_.Ended()) return std::nullopt;
    const bool jumped = !HoldsCode(machine_.image(), outcome_.pc);
    // The jump itself has been done, and what is there could not be.
    if (jumped) last = JumpBefore(words);
    return Choose(words, jumped, last);
  }

  // Who jumped to nowhere: the call that the link register is behind, or a load of the pc.
  [[nodiscard]] uint32_t JumpBefore(const std::vector<LoadedWord>& words) {
    if (!words.empty() && words.back().to == kPc) return words.back().pc;
    return (machine_.core().r[kLr] & ~1U) - 2;
  }

  [[nodiscard]] std::optional<LoadedWord> Choose(const std::vector<LoadedWord>& words, bool jumped,
                                                 uint32_t pc) {
    const auto op = DecodedAt(machine_, pc);
    const int pointer = op ? PointerOf(*op) : -1;
    uint32_t value = outcome_.pc;
    uint32_t mask = ~1U;
    if (!jumped) {
      if (pointer < 0) return std::nullopt;
      value = machine_.core().r[pointer & 15];
      mask = ~0U;
    }
    for (auto word = words.rbegin(); word != words.rend(); ++word) {
      if (((word->value ^ value) & mask) != 0) continue;
      const bool same = word->to == kPc || pointer == word->to;
      if (same || value >= kPageBytes) return Behind(word, words.rend());
    }
    return std::nullopt;
  }

  // Whatever is read through a null pointer, that one is what is wrong.
  template <typename Iterator>
  [[nodiscard]] static LoadedWord Behind(Iterator word, Iterator end) {
    for (Iterator before = word; word->address < kPageBytes && before != end; ++before) {
      if (before == word || before->to != word->base_from || before->value != word->base) continue;
      word = before;
    }
    return *word;
  }

  void LookAtHistory(PointerOrigin& origin) {
    Begin();
    const uint64_t length = outcome_.instructions - std::min(outcome_.instructions, begin_);
    const uint64_t step = std::max<uint64_t>(length / kSamples, 1);
    std::optional<uint64_t> other_at;
    for (uint64_t at = begin_; at < outcome_.instructions && !machine_.Ended(); at += step) {
      (void)machine_.ContinueUntil(at);
      const uint32_t word = WordAt(origin.address);
      if (word == origin.value) continue;
      other_at = machine_.Now();
      if (word == 0) continue;
      origin.had_other = true;
      origin.other = word;
    }
    if (other_at) FindWriter(*other_at, origin);
  }

  // It is not there at `low`, and is at the end.
  void FindWriter(uint64_t low, PointerOrigin& origin) {
    uint64_t high = outcome_.instructions;
    while (high - low > 1 && low < high) {
      const uint64_t middle = low + (high - low) / 2;
      Begin();
      (void)machine_.ContinueUntil(middle);
      const bool there = machine_.Ended() || WordAt(origin.address) == origin.value;
      (there ? high : low) = middle;
    }
    Begin();
    (void)machine_.ContinueUntil(low);
    if (machine_.Ended() || WordAt(origin.address) == origin.value) return;
    origin.written_at = machine_.core().r[kPc];
    origin.writer_known = HoldsCode(machine_.image(), origin.written_at);
  }

  Machine machine_;
  const uint8_t* bytes_;
  size_t size_;
  Outcome outcome_;
  uint64_t begin_ = 0;
};

}  // namespace

PointerOrigin OriginOf(const MachineImage& image, const uint8_t* bytes, size_t size,
                       const Outcome& outcome) {
  const bool is_fault = outcome.end == End::kFault || outcome.end == End::kLockup;
  return is_fault ? Search(image, bytes, size, outcome).Find() : PointerOrigin();
}

}  // namespace percuss::rehost

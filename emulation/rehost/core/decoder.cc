// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/decoder.h"

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "emulation/rehost/core/decoder_table.h"

namespace percuss::rehost {
namespace {

struct Entry {
  uint32_t mask = 0;
  uint32_t value = 0;
  const Row* row = nullptr;
};

Entry EntryOf(const Row& row) {
  Entry entry;
  entry.row = &row;
  for (const char* bit = row.bits; *bit != '\0'; ++bit) {
    if (*bit == ' ') continue;
    entry.mask = entry.mask << 1 | (*bit == '0' || *bit == '1' ? 1U : 0U);
    entry.value = entry.value << 1 | (*bit == '1' ? 1U : 0U);
  }
  return entry;
}

// Which rows can match, by nine bits of the instruction.
class Index {
 public:
  Index(std::span<const std::span<const Row>> tables, unsigned lowest_bit)
      : lowest_bit_(lowest_bit) {
    std::vector<Entry> all;
    for (const auto table : tables) {
      for (const Row& row : table) all.push_back(EntryOf(row));
    }
    for (uint32_t key = 0; key < kKeys; ++key) {
      begin_[key] = entries_.size();
      for (const Entry& entry : all) {
        const uint32_t mask = entry.mask >> lowest_bit & (kKeys - 1);
        const uint32_t value = entry.value >> lowest_bit & (kKeys - 1);
        if ((key & mask) == value) entries_.push_back(entry);
      }
    }
    begin_[kKeys] = entries_.size();
  }

  [[nodiscard]] std::span<const Entry> Candidates(uint32_t bits) const {
    const uint32_t key = bits >> lowest_bit_ & (kKeys - 1);
    return std::span(entries_).subspan(begin_[key], begin_[key + 1] - begin_[key]);
  }

 private:
  static constexpr uint32_t kKeys = 512;
  unsigned lowest_bit_;
  std::array<size_t, kKeys + 1> begin_ = {};
  std::vector<Entry> entries_;
};

const Index& IndexOf16() {
  static const Index index(std::array{Encodings16()}, 7);
  return index;
}

const Index& IndexOf32() {
  static const Index index(std::array{DataProcessing32(), LoadsAndBranches32(), Coprocessor32()},
                           20);
  return index;
}

bool Has(const DecoderOptions& options, Needs needs) {
  switch (needs) {
    case Needs::kV6M:
      return true;
    case Needs::kV7M:
      return options.architecture != Architecture::kV6M;
    case Needs::kDsp:
      return options.architecture == Architecture::kV7EM;
    case Needs::kFloatingPoint:
      return options.architecture != Architecture::kV6M && options.floating_point;
  }
  return false;
}

bool SetsFlags(const Row& row, const Instruction& instruction) {
  switch (row.flags) {
    case FlagSetting::kKept:
      return false;
    case FlagSetting::kSet:
      return true;
    case FlagSetting::kSetOutsideIt:
      return !instruction.in_it;
    case FlagSetting::kByBit20:
      return (instruction.bits >> 20 & 1) != 0;
  }
  return false;
}

Decoded Undefined(uint8_t bytes) {
  Decoded decoded;
  decoded.bytes = bytes;
  return decoded;
}

// 111x 110x or 111x 1110, of coprocessor 10 or 11
bool IsFloatingPointSpace(const Instruction& instruction) {
  const uint32_t group = instruction.bits >> 24 & 0xf;
  const uint32_t coprocessor = instruction.bits >> 8 & 0xf;
  return (group == 0xc || group == 0xd || group == 0xe) && coprocessor >> 1 == 5;
}

}  // namespace

int InstructionBytes(uint16_t first) { return first >= 0xe800 ? 4 : 2; }

Decoded Decode(uint16_t first, uint16_t second, uint32_t address, bool in_it,
               const DecoderOptions& options) {
  const bool wide = InstructionBytes(first) == 4;
  const uint8_t bytes = wide ? 4 : 2;
  const Index& index = wide ? IndexOf32() : IndexOf16();
  Instruction instruction;
  instruction.bits = wide ? uint32_t{first} << 16 | second : first;
  instruction.address = address;
  instruction.in_it = in_it;
  instruction.floating_point = Has(options, Needs::kFloatingPoint);
  for (const Entry& entry : index.Candidates(instruction.bits)) {
    if ((instruction.bits & entry.mask) != entry.value) continue;
    const Row& row = *entry.row;
    if (!Has(options, row.needs)) continue;
    Decoded decoded;
    decoded.operation = row.operation;
    decoded.bytes = bytes;
    decoded.set_flags = SetsFlags(row, instruction);
    if (row.fields(instruction, decoded)) return decoded;
    break;
  }
  Decoded undefined = Undefined(bytes);
  if (wide && instruction.floating_point && IsFloatingPointSpace(instruction)) {
    undefined.variant = 1;
  }
  return undefined;
}

}  // namespace percuss::rehost

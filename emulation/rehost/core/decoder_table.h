// SPDX-License-Identifier: Apache-2.0
//
// The encodings of Thumb as rows of tables, which stand in the order of the manual's (DDI 0403E, A5
// to A7), to be read beside it. Of rows that match the same instruction the first one is right, as
// are the manual's remarks "see ...".
#pragma once

#include <cstdint>
#include <span>

#include "emulation/rehost/core/decoder.h"

namespace percuss::rehost {

struct Instruction {
  uint32_t bits = 0;  // of 4 bytes: the first halfword is the upper one
  uint32_t address = 0;
  bool in_it = false;
  bool floating_point = false;
};

// Puts the fields of an encoding where Decoded wants them. False: there is no such instruction.
using Fields = bool (*)(const Instruction& instruction, Decoded& decoded);

enum class FlagSetting : uint8_t { kKept, kSet, kSetOutsideIt, kByBit20 };

enum class Needs : uint8_t { kV6M, kV7M, kDsp, kFloatingPoint };

struct Row {
  const char* bits;  // as in the manual: 0, 1, letters for fields, - for any; blanks between
  const char* name;  // section of A7.7, and the encoding
  Operation operation;
  Fields fields;
  FlagSetting flags = FlagSetting::kKept;
  Needs needs = Needs::kV7M;
};

[[nodiscard]] std::span<const Row> Encodings16();         // A5.2
[[nodiscard]] std::span<const Row> DataProcessing32();    // A5.3.1 to A5.3.3, A5.3.11 to A5.3.17
[[nodiscard]] std::span<const Row> LoadsAndBranches32();  // A5.3.4 to A5.3.10
[[nodiscard]] std::span<const Row> Coprocessor32();       // A5.3.18 and A6

}  // namespace percuss::rehost

// SPDX-License-Identifier: Apache-2.0
//
// Where control goes from an instruction, as far as the code before it in a straight line tells.
// Pure; the code may be hostile.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "emulation/rehost/code_view.h"
#include "emulation/rehost/core/decoder.h"

namespace percuss::emulation {

enum class Flow : uint8_t {
  kNext,          // also where it may be interrupted: SVC, BKPT, WFI
  kBranch,        // to `target`
  kCall,          // the same, and back
  kIndirectCall,  // nobody knows where to
  kReturn,
  kIndirect,    // a branch to nobody knows where
  kTableBytes,  // to pc + 4 + 2 * an entry of the table at `target`
  kTableHalves,
  kTableWords,  // to the entry itself
  kNowhere      // it is undefined
};

struct CodeStep {
  uint32_t pc = 0;
  rehost::Decoded decoded;
  uint8_t it_state = 0;
  uint8_t it_after = 0;
  bool is_udf = false;  // undefined for ever, as compilers write where nothing may come
  // Filled by FlowOf:
  Flow flow = Flow::kNext;
  bool conditional = false;  // control may go on behind it as well
  uint32_t target = 0;       // even, but of a table

  [[nodiscard]] uint32_t End() const { return pc + decoded.bytes; }
};

// Nothing where the image has no instruction that may be executed. Flow is not filled.
[[nodiscard]] std::optional<CodeStep> StepAt(const CodeView& code, uint32_t pc, uint8_t it_state,
                                             const rehost::DecoderOptions& options);

// The address and the size of what it loads relative to pc; size 0: it does not.
struct LiteralPlace {
  uint32_t address = 0;
  uint32_t size = 0;
};
[[nodiscard]] LiteralPlace LiteralOf(const CodeStep& step);

// What a straight line of instructions leaves in registers that is the same in every run, and the
// compare before its end.
class KnownRegisters {
 public:
  [[nodiscard]] std::optional<uint32_t> ValueOf(uint8_t number) const;
  // It has been loaded from a table of words that begins there.
  [[nodiscard]] std::optional<uint32_t> TableOf(uint8_t number) const;
  [[nodiscard]] bool IsPopped(uint8_t number) const;
  void After(const CodeStep& step, const CodeView& code);
  // What the last CMP of a register with a number had, if nothing has set flags behind it.
  [[nodiscard]] std::optional<uint32_t> Compared() const { return compared_; }

 private:
  enum class Kind : uint8_t { kUnknown, kValue, kFromTable, kPopped };
  struct Known {
    Kind kind = Kind::kUnknown;
    uint32_t value = 0;
  };
  [[nodiscard]] Known ResultOf(const CodeStep& step, const CodeView& code) const;
  void Forget(const rehost::Decoded& decoded);
  void NoteCompare(const CodeStep& step);

  std::array<Known, 16> known_;
  std::optional<uint32_t> compared_;
};

// Fills flow, conditional and target of a step from what is known before it.
void FillFlow(CodeStep& step, const KnownRegisters& known, const CodeView& code);

}  // namespace percuss::emulation

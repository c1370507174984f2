// SPDX-License-Identifier: Apache-2.0
//
// The descent of block_finder.h: segments of code in a straight line, and who follows whom. A
// segment that calls goes on only once the function called is known to come back. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "emulation/rehost/code_flow.h"
#include "emulation/rehost/code_tables.h"

namespace percuss::emulation {

struct CodeSegment {
  uint32_t end = 0;
  bool returns = false;              // from its begin or its middle there is a way to a return
  std::vector<uint32_t> next;        // where control goes within the function; even
  std::vector<uint32_t> before;      // begins of segments that lead here
  std::vector<uint32_t> waiting;     // begins of segments that call this, and wait
  std::optional<uint32_t> compared;  // by a CMP before its end
  std::optional<uint8_t> condition;  // of the branch at its end
};

class CodeDescent {
 public:
  CodeDescent(const rehost::MachineImage& image, uint64_t most_steps);

  // Follows all that leads on from there. pc is even.
  void Enter(uint32_t pc);
  // The same of what is only taken for a function, if it can be one (code_trial.h). Whether it is.
  [[nodiscard]] bool EnterIfCode(uint32_t pc);

  [[nodiscard]] CodeView& View() { return view_; }
  [[nodiscard]] const std::map<uint32_t, CodeSegment>& Segments() const { return segments_; }
  [[nodiscard]] const rehost::DecoderOptions& Options() const { return options_; }
  [[nodiscard]] const std::vector<uint32_t>& Unresolved() const { return unresolved_; }
  [[nodiscard]] const std::vector<uint32_t>& Conflicts() const { return conflicts_; }
  [[nodiscard]] bool Whole() const { return steps_ < most_steps_; }
  // Constants that code takes: odd ones may be pointers to functions.
  [[nodiscard]] std::vector<uint32_t> TakeConstants();

 private:
  struct Work {
    uint32_t pc = 0;
    std::optional<uint32_t> from;  // begin of the segment that leads there
    bool calls = false;            // and waits for it to come back
  };
  using SegmentAt = std::map<uint32_t, CodeSegment>::iterator;

  void FollowAll();
  void Follow(const Work& work);
  void Grow(uint32_t begin);
  [[nodiscard]] bool FitsAt(const CodeStep& step) const;
  void EndWith(SegmentAt segment, const CodeStep& step, const KnownRegisters& known);
  void Call(SegmentAt segment, const CodeStep& step);
  void Jump(SegmentAt segment, const CodeStep& step);
  void TakeTable(SegmentAt segment, const JumpTable& table, uint32_t pc);
  void GoTo(SegmentAt segment, uint32_t pc);
  void Link(uint32_t from, SegmentAt to);
  void MarkReturns(SegmentAt first);
  void NoteConstant(const CodeStep& step, const KnownRegisters& known);
  [[nodiscard]] std::optional<uint32_t> EntriesFor(SegmentAt segment) const;
  [[nodiscard]] SegmentAt Containing(uint32_t pc);
  [[nodiscard]] std::optional<CodeStep> Step(uint32_t pc, uint8_t it_state);

  CodeView view_;
  rehost::DecoderOptions options_;
  uint64_t most_steps_;
  uint64_t steps_ = 0;
  std::map<uint32_t, CodeSegment> segments_;  // by begin
  std::vector<Work> work_;
  std::vector<uint32_t> unresolved_;
  std::vector<uint32_t> conflicts_;
  std::vector<uint32_t> constants_;
};

}  // namespace percuss::emulation

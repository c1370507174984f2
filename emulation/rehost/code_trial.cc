// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/code_trial.h"

#include <algorithm>

namespace percuss::emulation {
namespace {

using rehost::Operation;

constexpr size_t kMostSteps = 512;
// Behind a call that does not come back anything may stand, and some of it may be instructions.
constexpr int kFarBehindCall = 16;

bool IsCall(const CodeStep& step) {
  return step.flow == Flow::kCall || step.flow == Flow::kIndirectCall;
}

}  // namespace

// By other instructions or data.
bool CodeTrial::IsTaken(const CodeStep& step) const {
  const bool wide = step.decoded.bytes == 4;
  return code_.Is(step.pc, CodeView::kInside | CodeView::kData) ||
         (wide && code_.Is(step.pc + 2, CodeView::kBegins | CodeView::kData));
}

CodeTrial::Verdict CodeTrial::TryStep(CodeStep& step, const KnownRegisters& known) {
  if (IsTaken(step) || step.End() < step.pc) return Verdict::kIsNone;
  const LiteralPlace literal = LiteralOf(step);
  if (literal.size != 0 && !code_.Half(literal.address)) return Verdict::kIsNone;
  FillFlow(step, known, code_);
  if (step.flow == Flow::kNowhere) return step.is_udf ? Verdict::kEnds : Verdict::kIsNone;
  // Of a register's value the code may have asked before whether it is one: weak symbols are 0.
  const bool by_register =
      step.decoded.operation == Operation::kBx || step.decoded.operation == Operation::kBlxRegister;
  if (by_register && step.flow == Flow::kBranch) step.flow = Flow::kIndirect;
  if ((step.flow == Flow::kBranch || step.flow == Flow::kCall) && !by_register) {
    if (!code_.IsCode(step.target) || code_.Is(step.target, CodeView::kInside | CodeView::kData)) {
      return Verdict::kIsNone;
    }
    if (step.flow == Flow::kBranch) open_.push_back(step.target);
  }
  if (step.flow == Flow::kNext || step.conditional || IsCall(step)) return Verdict::kGoesOn;
  has_end_ = has_end_ || step.flow != Flow::kIndirect;
  return Verdict::kEnds;
}

// Up to its end, to what is known, or to where it has been.
CodeTrial::Verdict CodeTrial::TryLine(uint32_t pc) {
  KnownRegisters known;
  uint8_t it_state = 0;
  int after_call = kFarBehindCall;  // so many instructions, the call itself is 0
  while (seen_.size() < kMostSteps) {
    if (code_.Is(pc, CodeView::kBegins)) {
      if (after_call < kFarBehindCall) has_end_ = true;
      const bool runs_into = code_.Is(pc, CodeView::kFunction) && after_call >= kFarBehindCall;
      return runs_into ? Verdict::kIsNone : Verdict::kEnds;
    }
    if (!seen_.insert(pc).second) return Verdict::kEnds;
    auto step = StepAt(code_, pc, it_state, options_);
    const Verdict verdict = step ? TryStep(*step, known) : Verdict::kIsNone;
    if (verdict == Verdict::kIsNone && after_call < kFarBehindCall) {
      has_end_ = true;
      return Verdict::kEnds;
    }
    if (verdict != Verdict::kGoesOn) return verdict;
    known.After(*step, code_);
    after_call = IsCall(*step) ? 0 : std::min(after_call + 1, kFarBehindCall);
    it_state = step->it_after;
    pc = step->End();
  }
  return Verdict::kEnds;
}

bool CodeTrial::CanBeFunction(uint32_t pc) {
  if (!code_.IsCode(pc)) return false;
  open_ = {pc};
  while (!open_.empty() && seen_.size() < kMostSteps) {
    const uint32_t begin = open_.back();
    open_.pop_back();
    // A branch to a function is a call at the end.
    if (code_.Is(begin, CodeView::kBegins)) {
      has_end_ = true;
      continue;
    }
    if (TryLine(begin) == Verdict::kIsNone) return false;
  }
  return has_end_;
}

}  // namespace percuss::emulation

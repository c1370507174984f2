// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/code_descent.h"

#include <algorithm>
#include <set>
#include <utility>

#include "emulation/rehost/code_trial.h"

namespace percuss::emulation {
namespace {

// Conditions of the branch that leaves out a jump table (DDI 0403E A7.3).
constexpr uint8_t kIfHigher = 8;
constexpr uint8_t kIfCarry = 2;

bool EndsSegment(const CodeStep& step) { return step.flow != Flow::kNext; }

}  // namespace

CodeDescent::CodeDescent(const rehost::MachineImage& image, uint64_t most_steps)
    : view_(image), options_{image.architecture, image.floating_point}, most_steps_(most_steps) {}

std::optional<CodeStep> CodeDescent::Step(uint32_t pc, uint8_t it_state) {
  if (steps_ >= most_steps_) return std::nullopt;
  ++steps_;
  return StepAt(view_, pc, it_state, options_);
}

void CodeDescent::Enter(uint32_t pc) {
  work_.push_back({pc, std::nullopt, false});
  FollowAll();
}

void CodeDescent::FollowAll() {
  while (!work_.empty()) {
    const Work work = work_.back();
    work_.pop_back();
    Follow(work);
  }
}

CodeDescent::SegmentAt CodeDescent::Containing(uint32_t pc) {
  const auto behind = segments_.upper_bound(pc);
  if (behind == segments_.begin()) return segments_.end();
  const auto segment = std::prev(behind);
  return pc < segment->second.end ? segment : segments_.end();
}

void CodeDescent::Follow(const Work& work) {
  if (!view_.IsCode(work.pc) || view_.Is(work.pc, CodeView::kInside | CodeView::kData)) {
    conflicts_.push_back(work.pc);
    return;
  }
  view_.Put(work.pc, CodeView::kLeads);
  if (!view_.Is(work.pc, CodeView::kBegins)) Grow(work.pc);
  const auto segment = Containing(work.pc);
  if (!work.from || segment == segments_.end()) return;
  if (!work.calls) return Link(*work.from, segment);
  const auto caller = segments_.find(*work.from);
  if (segment->second.returns) return GoTo(caller, caller->second.end);
  segment->second.waiting.push_back(caller->first);
}

void CodeDescent::Link(uint32_t from, SegmentAt to) {
  to->second.before.push_back(from);
  if (to->second.returns) MarkReturns(segments_.find(from));
}

void CodeDescent::MarkReturns(SegmentAt first) {
  std::vector<SegmentAt> marked = {first};
  while (!marked.empty()) {
    const SegmentAt segment = marked.back();
    marked.pop_back();
    if (std::exchange(segment->second.returns, true)) continue;
    for (const uint32_t before : segment->second.before) marked.push_back(segments_.find(before));
    for (const uint32_t caller : segment->second.waiting) {
      const auto call = segments_.find(caller);
      GoTo(call, call->second.end);
    }
    segment->second.waiting.clear();
  }
}

void CodeDescent::GoTo(SegmentAt segment, uint32_t pc) {
  segment->second.next.push_back(pc);
  work_.push_back({pc, segment->first, false});
}

void CodeDescent::NoteConstant(const CodeStep& step, const KnownRegisters& known) {
  using rehost::Operation;
  const Operation operation = step.decoded.operation;
  if (operation != Operation::kLdrLiteral && operation != Operation::kMovt) return;
  const auto value = known.ValueOf(step.decoded.rd);
  if (value && (*value & 1U) != 0) constants_.push_back(*value);
}

std::vector<uint32_t> CodeDescent::TakeConstants() { return std::exchange(constants_, {}); }

// Whether it is defined, does not lie across what is known and is not at the end of all addresses.
bool CodeDescent::FitsAt(const CodeStep& step) const {
  const rehost::Operation operation = step.decoded.operation;
  const bool undefined =
      operation == rehost::Operation::kUndefined || operation == rehost::Operation::kCoprocessor;
  const bool cuts =
      step.decoded.bytes == 4 && view_.Is(step.pc + 2, CodeView::kBegins | CodeView::kData);
  return !cuts && (!undefined || step.is_udf) && step.End() > step.pc;
}

// From its begin to a branch, or to what is known already.
void CodeDescent::Grow(uint32_t begin) {
  const auto segment = segments_.try_emplace(begin).first;
  segment->second.end = begin;
  KnownRegisters known;
  uint32_t pc = begin;
  uint8_t it_state = 0;
  while (true) {
    if (pc != begin && view_.Is(pc, CodeView::kBegins)) return GoTo(segment, pc);
    auto step =
        view_.Is(pc, CodeView::kInside | CodeView::kData) ? std::nullopt : Step(pc, it_state);
    if (!step || !FitsAt(*step)) {
      conflicts_.push_back(pc);
      if (segment->second.end == begin) segments_.erase(segment);
      return;
    }
    view_.Put(pc, CodeView::kBegins);
    if (step->decoded.bytes == 4) view_.Put(pc + 2, CodeView::kInside);
    segment->second.end = step->End();
    const LiteralPlace literal = LiteralOf(*step);
    view_.PutData(literal.address, literal.size);
    FillFlow(*step, known, view_);
    if (EndsSegment(*step)) return EndWith(segment, *step, known);
    known.After(*step, view_);
    NoteConstant(*step, known);
    it_state = step->it_after;
    pc = step->End();
  }
}

void CodeDescent::EndWith(SegmentAt segment, const CodeStep& step, const KnownRegisters& known) {
  segment->second.compared = known.Compared();
  if (step.decoded.operation == rehost::Operation::kB) {
    segment->second.condition = step.decoded.condition;
  }
  const bool calls = step.flow == Flow::kCall || step.flow == Flow::kIndirectCall;
  if (calls) {
    Call(segment, step);
  } else if (step.flow != Flow::kNowhere) {
    Jump(segment, step);
  }
  // Pushed last, followed first: what is right behind is surer to be code than where a branch
  // leads.
  if (step.conditional) GoTo(segment, step.End());
}

void CodeDescent::Call(SegmentAt segment, const CodeStep& step) {
  if (step.flow == Flow::kIndirectCall || !view_.IsCode(step.target)) {
    unresolved_.push_back(step.pc);
    if (!step.conditional) GoTo(segment, step.End());
    return;
  }
  const CaseHelper helper = CaseHelperAt(view_, step.target, options_);
  view_.Put(step.target, CodeView::kFunction);
  if (helper != CaseHelper::kNone) {
    work_.push_back({step.target, std::nullopt, false});
    return TakeTable(segment, TableOf(view_, step, helper, EntriesFor(segment)), step.pc);
  }
  // What is conditional goes on in any case.
  const auto waits = step.conditional ? std::nullopt : std::optional(segment->first);
  work_.push_back({step.target, waits, true});
}

// A compare with a branch past the table, right before it or in the segment that leads to it.
std::optional<uint32_t> CodeDescent::EntriesFor(SegmentAt segment) const {
  if (segment == segments_.begin()) return std::nullopt;
  const CodeSegment& before = std::prev(segment)->second;
  if (before.end != segment->first || !before.compared || !before.condition) return std::nullopt;
  if (*before.condition == kIfHigher && *before.compared < UINT32_MAX) return *before.compared + 1;
  if (*before.condition == kIfCarry) return before.compared;
  return std::nullopt;
}

void CodeDescent::TakeTable(SegmentAt segment, const JumpTable& table, uint32_t pc) {
  if (table.targets.empty()) {
    unresolved_.push_back(pc);
    return MarkReturns(segment);
  }
  view_.PutData(table.begin, table.bytes);
  for (const uint32_t target : std::set<uint32_t>(table.targets.begin(), table.targets.end())) {
    GoTo(segment, target);
  }
}

void CodeDescent::Jump(SegmentAt segment, const CodeStep& step) {
  switch (step.flow) {
    case Flow::kBranch:
      if (view_.IsCode(step.target)) return GoTo(segment, step.target);
      unresolved_.push_back(step.pc);
      return MarkReturns(segment);
    case Flow::kReturn:
      return MarkReturns(segment);
    case Flow::kTableBytes:
    case Flow::kTableHalves:
    case Flow::kTableWords:
      return TakeTable(segment, TableOf(view_, step, EntriesFor(segment)), step.pc);
    default:
      unresolved_.push_back(step.pc);
      return MarkReturns(segment);
  }
}

bool CodeDescent::EnterIfCode(uint32_t pc) {
  if (!view_.IsCode(pc) || view_.Is(pc, CodeView::kInside | CodeView::kData)) return false;
  if (!view_.Is(pc, CodeView::kBegins)) {
    if (!Whole()) return false;
    CodeTrial trial(view_, options_);
    const bool can_be = trial.CanBeFunction(pc);
    steps_ += trial.Steps();
    if (!can_be) return false;
  }
  view_.Put(pc, CodeView::kFunction);
  Enter(pc);
  return true;
}

}  // namespace percuss::emulation

// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/block_cache.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "emulation/rehost/core/flag_use.h"
#include "emulation/rehost/core/instruction_kind.h"
#include "emulation/rehost/core/it_block.h"
#include "emulation/rehost/core/ops.h"
#include "emulation/rehost/core/ops_groups.h"

namespace percuss::rehost {

namespace {

constexpr size_t kMostInstructions = 64;
constexpr size_t kChunkOps = 4096;
// Decoded code beyond this is forgotten: firmware that makes code as it goes must end somewhere.
constexpr size_t kMostChunks = 512;
// So are pages in which blocks begin: each has a table of its own, larger than itself.
constexpr size_t kMostEntryPages = 8192;

// Whether it needs access to the floating-point unit.
bool NeedsFloat(const Decoded& decoded) {
  return IsFloat(decoded.operation) ||
         (decoded.operation == Operation::kUndefined && decoded.variant == 1);
}

// Stores of it are unpredictable, and read it as any other instruction does.
bool ReadsPc(const Decoded& decoded) {
  const Operation operation = decoded.operation;
  const bool stores =
      (operation >= Operation::kStrImmediate && operation <= Operation::kStrdImmediate) ||
      (operation >= Operation::kStrt && operation <= Operation::kStrht);
  if (stores && (decoded.rd == kPc || decoded.ra == kPc)) return true;
  return !IsFloat(operation) && (decoded.rn == kPc || decoded.rm == kPc);
}

Handler HandlerOf(const Decoded& decoded, Flags flags, uint32_t pc) {
  if (const Handler handler = DataHandler(decoded, flags)) return handler;
  if (const Handler handler = ShiftHandler(decoded, flags)) return handler;
  if (const Handler handler = BranchHandler(decoded, decoded.imm <= pc)) return handler;
  for (const auto group : {MemoryHandler, MultipleHandler, BitsHandler, MultiplyHandler,
                           ParallelHandler, FloatHandler, FloatMemoryHandler, SystemHandler}) {
    if (const Handler handler = group(decoded)) return handler;
  }
  return nullptr;
}

// Whether it is executed only if the condition of its IT block holds.
bool IsSkippable(const Decoded& decoded, uint8_t it_state) {
  return decoded.operation != Operation::kBkpt && InIt(it_state) && ConditionOf(it_state) < kAlways;
}

uint32_t NumberOf(uint32_t pc) { return (pc >> 1U) * 0x9e3779b1U >> 16U; }

bool HasSignedOffset(Operation operation) {
  return operation >= Operation::kLdrImmediate && operation <= Operation::kStrht;
}

}  // namespace

Op OperandsOf(const Decoded& decoded, uint32_t pc) {
  Op op;
  op.pc = pc;
  op.imm = decoded.imm;
  op.rd = decoded.rd;
  op.rn = decoded.rn;
  op.rm = decoded.rm;
  op.ra = decoded.ra;
  op.amount = decoded.amount;
  op.bytes = decoded.bytes;
  switch (decoded.operation) {
    case Operation::kLdm:
    case Operation::kLdmdb:
    case Operation::kStm:
    case Operation::kStmdb:
      op.imm = decoded.registers;
      op.ra = static_cast<uint8_t>(std::popcount(decoded.registers));
      break;
    case Operation::kMsr:
      op.amount = decoded.variant;
      break;
    case Operation::kUndefined:
      op.imm = kUndefined;
      break;
    case Operation::kCoprocessor:
      op.imm = kNoCoprocessor;
      break;
    default:
      if (HasSignedOffset(decoded.operation) && !decoded.add) op.imm = 0 - decoded.imm;
  }
  return op;
}

BlockCache::BlockCache(Memory& memory, const MachineImage& image, uint8_t compile_after)
    : memory_(memory), options_{image.architecture, image.floating_point} {
  if (compile_after != 0 && BlockCompiler::Available()) {
    compiler_ = std::make_unique<BlockCompiler>();
    compile_after_ = compile_after;
  }
  for (const uint32_t address : image.skipped) skipped_.insert(address & ~uint32_t{1});
}

void BlockCache::Watch(uint32_t pc) {
  watched_.insert(pc & ~uint32_t{1});
  Flush();
}

void BlockCache::Unwatch(uint32_t pc) {
  watched_.erase(pc & ~uint32_t{1});
  Flush();
}

void BlockCache::Trace(bool on) {
  traced_ = on;
  Flush();
}

void BlockCache::Flush() {
  for (const auto& [page, known] : entry_pages_) entries_[page] = nullptr;
  entry_pages_.clear();
  chunks_.clear();
  chunk_used_ = 0;
  singles_.clear();
  if (compiler_ != nullptr) compiler_->Forget();
  memory_.ForgetCode();
  ++flushes_;
}

bool BlockCache::Fetch(Core& core, uint32_t pc, uint8_t it_state, Item& item) {
  uint16_t halves[2] = {};
  if (!memory_.MayExecute(core, pc) || !memory_.Peek(pc, &halves[0], 2)) return false;
  const bool wide = InstructionBytes(halves[0]) == 4;
  if (wide && (!memory_.MayExecute(core, pc + 2) || !memory_.Peek(pc + 2, &halves[1], 2))) {
    return false;
  }
  const bool in_it = InIt(it_state);
  item.decoded = Decode(halves[0], halves[1], pc, in_it, options_);
  item.decoded.bytes = wide ? 4 : 2;
  item.pc = pc;
  item.it_state = it_state;
  item.it_after = AfterInstruction(it_state);
  if (item.decoded.operation == Operation::kIt) item.it_after = halves[0] & 0xffU;
  if (skipped_.contains(pc) && !in_it) {
    item.decoded = {};
    item.decoded.operation = Operation::kBx;
    item.decoded.rm = kLr;
  }
  return true;
}

std::vector<BlockCache::Item> BlockCache::Gather(Core& core, uint32_t pc, uint8_t it_state,
                                                 size_t most) {
  std::vector<Item> items;
  const uint32_t page = pc >> kPageBits;
  const uint32_t fault_address = core.fault_address;
  while (true) {
    Item item;
    if (!Fetch(core, pc, it_state, item)) {
      if (!items.empty()) {
        // Nobody has come there yet.
        core.fault = kNoFault;
        core.fault_address = fault_address;
      }
      break;
    }
    items.push_back(item);
    memory_.MarkCode(pc, item.decoded.bytes);
    pc += item.decoded.bytes;
    it_state = item.it_after;
    if (EndsBlock(item.decoded) || items.size() >= kMostInstructions + 4) break;
    if (most == 1) break;
    // Not within an IT block, where a block would need an ITSTATE to begin with.
    if (it_state != 0) continue;
    if (items.size() >= most || pc >> kPageBits != page || watched_.contains(pc)) break;
  }
  uint8_t live = kEveryFlag;
  for (size_t i = items.size(); i-- > 0;) {
    Item& item = items[i];
    const FlagUse use = FlagUseOf(item.decoded);
    const uint8_t wanted = live & use.may_set;
    item.flags = wanted == 0 ? Flags::kNone : wanted == kFlagsNz ? Flags::kNz : Flags::kAll;
    const bool conditional = InIt(item.it_state) && ConditionOf(item.it_state) < kAlways;
    if (!conditional) live &= static_cast<uint8_t>(~use.sets);
    live |= use.reads;
    if (conditional) live |= FlagsOfCondition(ConditionOf(item.it_state));
  }
  return items;
}

Op* BlockCache::Room(size_t ops) {
  if (chunks_.empty() || chunk_used_ + ops > kChunkOps) {
    chunks_.push_back(std::make_unique<Op[]>(kChunkOps));
    chunk_used_ = 0;
  }
  Op* room = &chunks_.back()[chunk_used_];
  chunk_used_ += ops;
  return room;
}

void BlockCache::EmitOne(const Item& item, uint8_t remaining) {
  const Decoded& decoded = item.decoded;
  Op base = OperandsOf(decoded, item.pc);
  base.it_state = item.it_state;
  base.remaining = remaining;
  if (ReadsPc(decoded)) {
    Op pc = base;
    pc.run = SetPc;
    pc.imm = item.pc + 4;
    scratch_.push_back(pc);
  }
  if (IsSkippable(decoded, item.it_state)) {
    Op skip = base;
    skip.run = SkipUnless(ConditionOf(item.it_state));
    skip.amount = NeedsFloat(decoded) ? 2 : 1;
    scratch_.push_back(skip);
  }
  if (NeedsFloat(decoded)) {
    Op check = base;
    check.run = IsFloat(decoded.operation) ? CheckFloatingPoint : CheckCoprocessor;
    scratch_.push_back(check);
  }
  Decoded wanted = decoded;
  wanted.set_flags = decoded.set_flags && item.flags != Flags::kNone;
  base.run = HandlerOf(wanted, item.flags, item.pc);
  if (base.run == nullptr) {
    base.run = FaultHere;
    base.imm = kUndefined;
  }
  scratch_.push_back(base);
}

const Op* BlockCache::Emit(const std::vector<Item>& items, bool single) {
  scratch_.clear();
  Op head;
  head.pc = items.front().pc;
  head.it_state = items.front().it_state;
  head.remaining = static_cast<uint8_t>(items.size());
  head.imm = BlockHead(static_cast<uint32_t>(items.size()), NumberOf(head.pc));
  // Within an IT block nobody is told: whole blocks do not begin there.
  head.rd = watched_.contains(head.pc) && head.it_state == 0 ? 1 : 0;
  const bool special = traced_ || head.rd != 0;
  head.run = special ? ContinueSpecialBlock : ContinueBlock;
  scratch_.push_back(head);
  head.run = EnterBlock;
  if (compiler_ != nullptr && !single && items.back().it_after == 0) {
    head.run = EnterCountedBlock;
    head.ra = compile_after_;
  }
  if (special) head.run = EnterSpecialBlock;
  scratch_.push_back(head);
  for (size_t i = 0; i < items.size(); ++i) {
    EmitOne(items[i], static_cast<uint8_t>(items.size() - i));
  }
  const Item& last = items.back();
  Op behind;
  // Within an IT block what comes next needs its ITSTATE: no block begins with one.
  const bool in_it = last.it_after != 0;
  const bool ends = EndsBlock(last.decoded) && !in_it;
  behind.run = single || in_it ? StepBehind : ends ? Jump : JumpOn;
  behind.rd = ends ? 1 : 0;
  behind.pc = last.pc;
  behind.bytes = last.decoded.bytes;
  behind.imm = last.pc + last.decoded.bytes;
  behind.amount = last.it_after;
  behind.it_state = last.it_state;
  behind.remaining = 1;
  scratch_.push_back(behind);
  Op* room = Room(scratch_.size());
  std::copy(scratch_.begin(), scratch_.end(), room);
  return room + 1;
}

const Op* BlockCache::NewAt(Core& core, uint32_t pc) {
  if (chunks_.size() >= kMostChunks || entry_pages_.size() >= kMostEntryPages) Flush();
  const std::vector<Item> items = Gather(core, pc, 0, kMostInstructions);
  if (items.empty()) return nullptr;
  const Op* block = Emit(items, false);
  std::unique_ptr<EntryPage>& page = entry_pages_[pc >> kPageBits];
  if (page == nullptr) {
    page = std::make_unique<EntryPage>();
    entries_[pc >> kPageBits] = page->data();
  }
  (*page)[(pc & (kPageBytes - 1)) / 2] = block;
  return block;
}

void BlockCache::Link(const Op* from, const Op* to) {
  from->link = to;
  if (compiler_ != nullptr) compiler_->Linked(from);
}

void BlockCache::Compile(Core& core, const Op* head) {
  if (head->run == EnterCountedBlock) head->run = EnterBlock;
  if (compiler_ == nullptr) return;
  const uint32_t fault = core.fault;
  const uint32_t fault_address = core.fault_address;
  const std::vector<Item> items = Gather(core, head->pc, 0, kMostInstructions);
  core.fault = fault;
  core.fault_address = fault_address;
  // Else permissions have changed since it was decoded.
  if (items.size() != head->remaining) return;
  BlockToCompile block;
  block.head = head;
  block.with_head = head->run == EnterBlock;
  const Op* op = head + 1;
  for (const Item& item : items) {
    BlockToCompile::Instruction instruction;
    instruction.decoded = item.decoded;
    instruction.flags = item.flags;
    instruction.first = op;
    if (ReadsPc(item.decoded)) ++op;
    if (IsSkippable(item.decoded, item.it_state)) {
      instruction.condition = ConditionOf(item.it_state);
      ++op;
    }
    if (NeedsFloat(item.decoded)) ++op;
    instruction.last = op++;
    block.instructions.push_back(instruction);
  }
  block.behind = op;
  if (compiler_->Compile(block)) ++compiled_;
}

const Op* BlockCache::Single(Core& core, uint32_t pc, uint8_t it_state) {
  const uint64_t key = uint64_t{pc} << 8U | it_state;
  if (const auto known = singles_.find(key); known != singles_.end()) return known->second;
  if (chunks_.size() >= kMostChunks) Flush();
  const std::vector<Item> items = Gather(core, pc, it_state, 1);
  if (items.empty()) return nullptr;
  return singles_[key] = Emit(items, true);
}

}  // namespace percuss::rehost

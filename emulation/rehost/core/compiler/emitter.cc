// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/compiler/emitter.h"

#include <bit>

#include "emulation/rehost/core/ops.h"

namespace percuss::rehost::compiler {

namespace {

constexpr std::array kPool = {x86::esi, x86::r8d, x86::r9d, x86::r10d, x86::r11d};
constexpr uint8_t kNowhereHeld = 0xff;

x86::Mem RegisterField(unsigned guest) {
  return Emitter::Field(offsetof(Core, r) + size_t{4} * guest, 4);
}

uint64_t AddressOf(const Op* op) { return reinterpret_cast<uintptr_t>(op); }

uint64_t AddressOf(Handler handler) { return reinterpret_cast<uintptr_t>(handler); }

}  // namespace

Emitter::Emitter(asmjit::JitRuntime& runtime) : runtime_(runtime) {
  failed_ = holder_.init(runtime.environment()) != asmjit::kErrorOk;
  holder_.setErrorHandler(this);
  failed_ = holder_.attach(&assembler_) != asmjit::kErrorOk || failed_;
  HoldNothing();
}

void Emitter::handleError(asmjit::Error /*error*/, const char* /*message*/,
                          asmjit::BaseEmitter* /*origin*/) {
  failed_ = true;
}

void Emitter::HoldNothing() {
  places_.fill(kNowhereHeld);
  guests_.fill(kNowhereHeld);
  used_.fill(0);
}

void Emitter::HoldCommon(const Places& other) {
  for (unsigned guest = 0; guest < places_.size(); ++guest) {
    if (places_[guest] != other[guest]) Drop(guest);
  }
}

void Emitter::Restore(const Places& wanted) {
  for (unsigned guest = 0; guest < wanted.size(); ++guest) {
    if (wanted[guest] == kNowhereHeld || wanted[guest] == places_[guest]) continue;
    assembler_.mov(kPool[wanted[guest]], RegisterField(guest));
  }
}

void Emitter::Drop(unsigned guest) {
  if (places_[guest] == kNowhereHeld) return;
  guests_[places_[guest]] = kNowhereHeld;
  places_[guest] = kNowhereHeld;
}

// One that holds nothing, or what has not been used for the longest time.
uint8_t Emitter::Room() {
  size_t best = 0;
  for (size_t i = 0; i < kPool.size(); ++i) {
    if (guests_[i] == kNowhereHeld) return static_cast<uint8_t>(i);
    if (used_[i] < used_[best]) best = i;
  }
  if (used_[best] == time_) failed_ = true;
  Drop(guests_[best]);
  return static_cast<uint8_t>(best);
}

x86::Gp Emitter::Take(unsigned guest, uint8_t place) {
  places_[guest] = place;
  guests_[place] = static_cast<uint8_t>(guest);
  used_[place] = time_;
  return kPool[place];
}

x86::Gp Emitter::Use(unsigned guest) {
  if (places_[guest] != kNowhereHeld) return Take(guest, places_[guest]);
  const x86::Gp taken = Take(guest, Room());
  assembler_.mov(taken, RegisterField(guest));
  return taken;
}

x86::Gp Emitter::Define(unsigned guest) {
  return Take(guest, places_[guest] != kNowhereHeld ? places_[guest] : Room());
}

void Emitter::Put(unsigned guest) { assembler_.mov(RegisterField(guest), kPool[places_[guest]]); }

void Emitter::Put(unsigned guest, const x86::Gp& value) {
  const x86::Gp to = Define(guest);
  if (to.id() != value.id()) assembler_.mov(to, value);
  Put(guest);
}

void Emitter::PutConstant(unsigned guest, uint32_t value) {
  assembler_.mov(RegisterField(guest), static_cast<int32_t>(value));
  Drop(guest);
}

asmjit::Label Emitter::LeaveTo(const Op* op, Handler handler) {
  for (const Exit& exit : exits_) {
    if (exit.op == op && exit.handler == handler && !exit.exchange) return exit.label;
  }
  exits_.push_back({assembler_.newLabel(), op, handler, false});
  return exits_.back().label;
}

asmjit::Label Emitter::LeaveToExchange(const Op* op) {
  exits_.push_back({assembler_.newLabel(), op, nullptr, true});
  return exits_.back().label;
}

void Emitter::EnterHere(const Op* op) {
  Way way;
  way.outside = assembler_.newLabel();
  way.inside = assembler_.newLabel();
  way.op = op;
  way.places = places_;
  assembler_.bind(way.inside);
  ways_.push_back(way);
}

bool Emitter::JumpByHostFlags(uint8_t condition, const asmjit::Label& label) {
  using Code = x86::CondCode;
  // By condition, where it does not hold: behind a subtraction C is not borrow.
  static constexpr std::array kAgainst = {Code::kNE, Code::kE,  Code::kB,  Code::kAE, Code::kNS,
                                          Code::kS,  Code::kNO, Code::kO,  Code::kBE, Code::kA,
                                          Code::kL,  Code::kGE, Code::kLE, Code::kG};
  const unsigned kind = condition >> 1U;
  Code code = kAgainst[condition];
  switch (flags) {
    case HostFlags::kNothing:
      return false;
    case HostFlags::kSubtraction:
      break;
    case HostFlags::kAddition:
      if (kind == 4) return false;
      if (kind == 1) code = kAgainst[condition ^ 1U];
      break;
    case HostFlags::kResult:
      if (kind != 0 && kind != 2) return false;
      break;
  }
  assembler_.j(code, label);
  return true;
}

void Emitter::JumpByFields(uint8_t condition, const asmjit::Label& label) {
  auto& a = assembler_;
  const x86::Mem negative = Field(offsetof(Core, negative), 4);
  const x86::Mem zero = Field(offsetof(Core, zero), 4);
  const x86::Mem carry = Field(offsetof(Core, carry), 1);
  const bool inverted = (condition & 1U) != 0;
  const auto unless_equal = [&] { inverted ? a.je(label) : a.jne(label); };
  const auto unless_set = [&] { inverted ? a.jne(label) : a.je(label); };
  const auto compare_signs = [&] {
    a.mov(x86::eax, negative);
    a.shr(x86::eax, 31);
    a.cmp(x86::al, Field(offsetof(Core, overflow), 1));
  };
  const asmjit::Label holds = a.newLabel();
  switch (condition >> 1U) {
    case 0:
      a.cmp(zero, 0);
      unless_equal();
      break;
    case 1:
      a.cmp(carry, 0);
      unless_set();
      break;
    case 2:
      a.cmp(negative, 0);
      inverted ? a.js(label) : a.jns(label);
      break;
    case 3:
      a.cmp(Field(offsetof(Core, overflow), 1), 0);
      unless_set();
      break;
    case 4:
      a.cmp(zero, 0);
      a.je(inverted ? holds : label);
      a.cmp(carry, 0);
      unless_set();
      break;
    case 5:
      compare_signs();
      unless_equal();
      break;
    case 6:
      a.cmp(zero, 0);
      a.je(inverted ? holds : label);
      compare_signs();
      unless_equal();
      break;
    default:
      break;
  }
  a.bind(holds);
}

void Emitter::JumpUnless(uint8_t condition, const asmjit::Label& label) {
  if (condition >= kAlways) return;
  if (!JumpByHostFlags(condition, label)) {
    JumpByFields(condition, label);
    flags = HostFlags::kNothing;
  }
}

asmjit::Label Emitter::LinkOf(const Op* op, Handler unlinked) {
  for (const Link& link : links_) {
    if (link.op == op) return link.label;
  }
  links_.push_back({assembler_.newLabel(), op, unlinked});
  return links_.back().label;
}

void Emitter::LinkIsBeforeHere(const Op* op) { link_places_.push_back({op, assembler_.offset()}); }

// By what the op's link is when it is run.
void Emitter::WriteLinks() {
  auto& a = assembler_;
  for (const Link& link : links_) {
    a.bind(link.label);
    a.mov(x86::rax, reinterpret_cast<uintptr_t>(&link.op->link));
    a.mov(x86::rsi, x86::ptr(x86::rax, 0, 8));
    a.test(x86::rsi, x86::rsi);
    a.je(LeaveTo(link.op, link.unlinked));
    a.jmp(x86::ptr(x86::rsi, static_cast<int32_t>(offsetof(Op, run)), 8));
  }
}

void Emitter::WriteExits() {
  auto& a = assembler_;
  for (const Exit& exit : exits_) {
    a.bind(exit.label);
    a.mov(x86::rsi, AddressOf(exit.op));
    if (exit.exchange) {
      a.mov(x86::edx, x86::eax);
      a.mov(x86::rax, reinterpret_cast<uintptr_t>(&Exchange));
    } else {
      a.mov(x86::rax, AddressOf(exit.handler));
    }
    a.jmp(x86::rax);
  }
}

void Emitter::WriteWays() {
  auto& a = assembler_;
  for (Way& way : ways_) {
    HoldNothing();
    if (way.places == places_) {
      way.outside = way.inside;
      continue;
    }
    a.bind(way.outside);
    Restore(way.places);
    a.jmp(way.inside);
  }
}

Emitter::Finished Emitter::Finish() {
  WriteLinks();
  WriteExits();
  WriteWays();
  Finished finished;
  void* code = nullptr;
  if (failed_ || runtime_.add(&code, &holder_) != asmjit::kErrorOk) return finished;
  finished.code = code;
  finished.bytes = holder_.codeSize();
  uint8_t* begin = static_cast<uint8_t*>(code);
  for (const Way& way : ways_) {
    finished.entries.push_back({way.op, begin + holder_.labelOffset(way.outside)});
  }
  for (const LinkPlace& place : link_places_) {
    finished.links.push_back({place.op, begin + place.end});
  }
  return finished;
}

}  // namespace percuss::rehost::compiler

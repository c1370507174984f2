// SPDX-License-Identifier: Apache-2.0
//
// Writes the code of one block: where registers of the Cortex-M are in the host's, how code leaves
// to a handler, and how it may be entered again in the middle. Handlers have the core in rdi and
// their op in rsi. eax, ecx and edx are for the moment; the other registers that a function may
// change hold what was last used of the core's. A register that is written goes to Core at once, so
// that any of them can be dropped, and code can be left, at any time.
#pragma once

#include <asmjit/x86.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "emulation/rehost/core/core.h"
#include "emulation/rehost/core/op.h"

namespace percuss::rehost::compiler {

namespace x86 = asmjit::x86;

// What the host's flags are of, so that a condition can be told by them.
enum class HostFlags : uint8_t { kNothing, kSubtraction, kAddition, kResult };

class Emitter : private asmjit::ErrorHandler {
 public:
  explicit Emitter(asmjit::JitRuntime& runtime);
  Emitter(const Emitter&) = delete;
  Emitter& operator=(const Emitter&) = delete;

  x86::Assembler& A() { return assembler_; }
  [[nodiscard]] static x86::Mem Field(size_t offset, uint32_t bytes) {
    return x86::ptr(x86::rdi, static_cast<int32_t>(offset), bytes);
  }

  // Registers of one instruction are not dropped before the next.
  void NextInstruction() { ++time_; }
  // The host's register that has r[guest], or that it is about to be in.
  [[nodiscard]] x86::Gp Use(unsigned guest);
  [[nodiscard]] x86::Gp Define(unsigned guest);
  // Of one that has been defined: into Core.
  void Put(unsigned guest);
  // r[guest] from a register of the host's, whatever it is.
  void Put(unsigned guest, const x86::Gp& value);
  void PutConstant(unsigned guest, uint32_t value);
  void Drop(unsigned guest);

  // Which registers are where.
  using Places = std::array<uint8_t, 16>;
  [[nodiscard]] const Places& Held() const { return places_; }
  void HoldNothing();
  // Only those that are in the same place in both.
  void HoldCommon(const Places& other);
  // Code that has them where they are in `wanted`, from where they are now.
  void Restore(const Places& wanted);

  // To the handler of an op, as it was before anything was compiled.
  [[nodiscard]] asmjit::Label LeaveTo(const Op* op) { return LeaveTo(op, op->run); }
  [[nodiscard]] asmjit::Label LeaveTo(const Op* op, Handler handler);
  // To Exchange (ops.h) with the target in eax.
  [[nodiscard]] asmjit::Label LeaveToExchange(const Op* op);
  // What comes to this op from elsewhere goes on here.
  void EnterHere(const Op* op);

  // To label unless the condition holds.
  void JumpUnless(uint8_t condition, const asmjit::Label& label);
  // The same by the host's flags alone; false: they do not tell it, and nothing is written.
  [[nodiscard]] bool JumpByHostFlags(uint8_t condition, const asmjit::Label& label);
  // Where a jump is to go that leads to op->link. For now that is a way over the op itself; once
  // the block has code, the four bytes before here can be made to go there at once.
  [[nodiscard]] asmjit::Label LinkOf(const Op* op, Handler unlinked);
  void LinkIsBeforeHere(const Op* op);
  HostFlags flags = HostFlags::kNothing;

  struct Entry {
    const Op* op = nullptr;
    uint8_t* code = nullptr;
  };
  struct Finished {
    void* code = nullptr;  // of the runtime's memory; nullptr: nothing is to be used
    size_t bytes = 0;
    std::vector<Entry> entries;  // what ops are to run
    std::vector<Entry> links;    // where a jump along op->link ends
  };
  [[nodiscard]] Finished Finish();

 private:
  struct Exit {
    asmjit::Label label;
    const Op* op = nullptr;
    Handler handler = nullptr;
    bool exchange = false;
  };
  struct Way {
    asmjit::Label outside;
    asmjit::Label inside;
    const Op* op = nullptr;
    Places places = {};
  };

  // One of the core's op's `link`.
  struct Link {
    asmjit::Label label;
    const Op* op = nullptr;
    Handler unlinked = nullptr;
  };
  struct LinkPlace {
    const Op* op = nullptr;
    size_t end = 0;
  };

  void handleError(asmjit::Error error, const char* message, asmjit::BaseEmitter* origin) override;
  [[nodiscard]] uint8_t Room();
  [[nodiscard]] x86::Gp Take(unsigned guest, uint8_t place);
  void JumpByFields(uint8_t condition, const asmjit::Label& label);
  void WriteLinks();
  void WriteExits();
  void WriteWays();

  asmjit::JitRuntime& runtime_;
  asmjit::CodeHolder holder_;
  x86::Assembler assembler_;
  Places places_ = {};
  std::array<uint8_t, 5> guests_ = {};
  std::array<uint32_t, 5> used_ = {};
  uint32_t time_ = 1;
  std::vector<Exit> exits_;
  std::vector<Way> ways_;
  std::vector<Link> links_;
  std::vector<LinkPlace> link_places_;
  bool failed_ = false;
};

}  // namespace percuss::rehost::compiler

// SPDX-License-Identifier: Apache-2.0
//
// A debugger stub for the fast core: the GDB Remote Serial Protocol (Debugging with GDB, appendix
// E) with breakpoints, single steps and reverse execution, for gdb-multiarch. What the debugger
// sends may be anybody's. Not thread-safe.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/result.h"
#include "emulation/rehost/debug_session.h"

namespace percuss::emulation {

// Of a peripheral's register at an address ("UART0.DATA"); empty where nobody knows.
using RegisterNames = std::function<std::string(uint32_t address)>;

class GdbStub {
 public:
  // session: outlives it.
  explicit GdbStub(DebugSession& session, RegisterNames names = {});

  // What is answered to a packet; empty to what is not understood, as the protocol asks.
  // interrupted: asked now and then while the machine runs.
  [[nodiscard]] std::string Answer(std::string_view packet,
                                   const DebugSession::Interrupted& interrupted);
  // The debugger has left.
  [[nodiscard]] bool Finished() const { return finished_; }
  // No more acknowledgements are wanted.
  [[nodiscard]] bool Trusted() const { return trusted_; }

 private:
  using Handler = std::string (GdbStub::*)(std::string_view rest);
  struct Command {
    std::string_view prefix;
    Handler handler;
  };
  static const Command kCommands[];

  std::string Supported(std::string_view rest);
  std::string Features(std::string_view rest);
  std::string TrustTheLine(std::string_view rest);
  std::string Monitor(std::string_view rest);
  std::string Why(std::string_view rest);
  std::string ReadRegisters(std::string_view rest);
  std::string WriteRegisters(std::string_view rest);
  std::string ReadRegister(std::string_view rest);
  std::string WriteRegister(std::string_view rest);
  std::string ReadMemory(std::string_view rest);
  std::string WriteMemory(std::string_view rest);
  std::string AddBreakpoint(std::string_view rest);
  std::string RemoveBreakpoint(std::string_view rest);
  std::string Detach(std::string_view rest);
  std::string Kill(std::string_view rest);
  std::string SaysYes(std::string_view rest);
  std::string NamesActions(std::string_view rest);
  std::string AllThreads(std::string_view rest);
  std::string NoMoreThreads(std::string_view rest);
  std::string Thread(std::string_view rest);
  std::string Attached(std::string_view rest);

  [[nodiscard]] std::string Move(std::string_view packet,
                                 const DebugSession::Interrupted& interrupted, bool& known);
  [[nodiscard]] std::string TellStop(DebugSession::Stop stop);

  DebugSession& session_;
  RegisterNames names_;
  std::string description_;
  std::string last_stop_ = "T05thread:1;";
  bool finished_ = false;
  bool trusted_ = false;
};

// Serves a debugger until it leaves, or the connection ends. fd: of a stream socket; stays the
// caller's.
common::Status ServeDebugger(int fd, GdbStub& stub);

}  // namespace percuss::emulation

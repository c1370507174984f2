// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/gdb_stub.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "emulation/rehost/gdb_packets.h"
#include "emulation/rehost/gdb_registers.h"
#include "emulation/rehost/rehost_run.h"

namespace percuss::emulation {
namespace {

using rehost::End;
using rehost::kPc;
using Stop = DebugSession::Stop;

constexpr const char* kBadRequest = "E16";   // EINVAL
constexpr const char* kNoSuchPlace = "E0e";  // EFAULT
constexpr uint64_t kMostMemoryBytes = kMostPacketBytes / 2 - 16;
constexpr uint64_t kAddresses = uint64_t{1} << 32U;
constexpr size_t kMostTold = 24;

// Of the private peripheral bus, on copies: no load there has an effect then.
bool ReadSystem(rehost::Machine& machine, uint32_t address, uint8_t& byte) {
  if (address < rehost::kSystemBegin || address >= rehost::kSystemEnd) return false;
  rehost::SystemControl system = machine.system_control();
  rehost::Core core = machine.core();
  core.system = &system;
  core.control &= 0xfeU;
  uint32_t word = 0;
  if (!system.Read(core, machine.Now(), address & ~3U, 4, word)) return false;
  byte = static_cast<uint8_t>(word >> (8 * (address & 3U)));
  return true;
}

// "address,length"; what follows stays in `rest`.
bool TakeSpan(std::string_view& rest, uint64_t& address, uint64_t& length) {
  const auto first = TakeNumber(rest);
  if (!first || !TakePrefix(rest, ",")) return false;
  const auto second = TakeNumber(rest);
  if (!second || *first >= kAddresses || *second > kAddresses - *first) return false;
  address = *first;
  length = *second;
  return true;
}

// As GDB numbers them: SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGSEGV.
int SignalOf(const rehost::Outcome& outcome) {
  if (outcome.end == End::kAssertion) return 6;
  if (outcome.end == End::kLockup) return 11;
  if (outcome.end != End::kFault) return 5;
  if ((outcome.cause & rehost::kDivideByZero) != 0) return 8;
  return (outcome.cause & (rehost::kUndefined | rehost::kNoCoprocessor)) != 0 ? 4 : 11;
}

}  // namespace

const GdbStub::Command GdbStub::kCommands[] = {{"qSupported", &GdbStub::Supported},
                                               {"qXfer:features:read:", &GdbStub::Features},
                                               {"QStartNoAckMode", &GdbStub::TrustTheLine},
                                               {"qRcmd,", &GdbStub::Monitor},
                                               {"qfThreadInfo", &GdbStub::AllThreads},
                                               {"qsThreadInfo", &GdbStub::NoMoreThreads},
                                               {"qAttached", &GdbStub::Attached},
                                               {"qC", &GdbStub::Thread},
                                               {"vCont?", &GdbStub::NamesActions},
                                               {"vKill", &GdbStub::Kill},
                                               {"?", &GdbStub::Why},
                                               {"g", &GdbStub::ReadRegisters},
                                               {"G", &GdbStub::WriteRegisters},
                                               {"p", &GdbStub::ReadRegister},
                                               {"P", &GdbStub::WriteRegister},
                                               {"m", &GdbStub::ReadMemory},
                                               {"M", &GdbStub::WriteMemory},
                                               {"Z0,", &GdbStub::AddBreakpoint},
                                               {"Z1,", &GdbStub::AddBreakpoint},
                                               {"z0,", &GdbStub::RemoveBreakpoint},
                                               {"z1,", &GdbStub::RemoveBreakpoint},
                                               {"H", &GdbStub::SaysYes},
                                               {"T", &GdbStub::SaysYes},
                                               {"D", &GdbStub::Detach},
                                               {"k", &GdbStub::Kill}};

GdbStub::GdbStub(DebugSession& session, RegisterNames names)
    : session_(session),
      names_(std::move(names)),
      description_(TargetDescription(session.Its().image().floating_point)) {}

std::string GdbStub::Answer(std::string_view packet, const DebugSession::Interrupted& interrupted) {
  bool known = false;
  std::string moved = Move(packet, interrupted, known);
  if (known) return moved;
  for (const Command& command : kCommands) {
    std::string_view rest = packet;
    if (TakePrefix(rest, command.prefix)) return (this->*command.handler)(rest);
  }
  return "";
}

std::string GdbStub::Move(std::string_view packet, const DebugSession::Interrupted& interrupted,
                          bool& known) {
  known = true;
  // The thread, and the signal to go on with, are of no matter.
  const bool of_list = TakePrefix(packet, "vCont;");
  const char action = packet.empty() ? '\0' : packet.front();
  if (action == 'c' || action == 'C') return TellStop(session_.Continue(interrupted));
  if (action == 's' || action == 'S') return TellStop(session_.Step());
  if (of_list) return kBadRequest;
  if (packet == "bs") return TellStop(session_.StepBack());
  if (packet == "bc") return TellStop(session_.ContinueBack(interrupted));
  known = false;
  return "";
}

std::string GdbStub::TellStop(Stop stop) {
  int signal = 5;
  std::string more;
  if (stop == Stop::kInterrupted) signal = 2;
  if (stop == Stop::kEnded) signal = SignalOf(session_.Last());
  if (stop == Stop::kStill) more = "replaylog:end;";
  if (stop == Stop::kBegin) more = "replaylog:begin;";
  last_stop_ = fmt::format("T{:02x}{}thread:1;", signal, more);
  return last_stop_;
}

std::string GdbStub::Supported(std::string_view /*rest*/) {
  return fmt::format(
      "PacketSize={:x};qXfer:features:read+;ReverseStep+;ReverseContinue+;QStartNoAckMode+;"
      "vContSupported+",
      kMostPacketBytes);
}

std::string GdbStub::Features(std::string_view rest) {
  uint64_t offset = 0;
  uint64_t length = 0;
  if (!TakePrefix(rest, "target.xml:")) return "E00";
  if (!TakeSpan(rest, offset, length)) return kBadRequest;
  if (offset >= description_.size()) return "l";
  const std::string part = description_.substr(offset, std::min(length, kMostMemoryBytes));
  return (offset + part.size() < description_.size() ? "m" : "l") + part;
}

std::string GdbStub::TrustTheLine(std::string_view /*rest*/) {
  trusted_ = true;
  return "OK";
}

std::string GdbStub::Monitor(std::string_view rest) {
  const auto command = BytesOfHex(rest);
  if (!command) return kBadRequest;
  std::string text;
  if (*command == "mmio") {
    const auto& answers = session_.Answers();
    const size_t left_out = answers.size() - std::min(answers.size(), kMostTold);
    for (size_t i = left_out; i < answers.size(); ++i) {
      const rehost::Peripherals::Answer& answer = answers[i];
      const std::string name = names_ ? names_(answer.address) : "";
      text += fmt::format("{:>10}  {:#010x}: {:#010x}{}{:.80}, {} bytes: {:#x}\n", answer.now,
                          answer.pc, answer.address, name.empty() ? "" : " ", name, answer.size,
                          answer.value);
    }
    if (text.empty()) text = "no peripheral has been read\n";
  } else if (*command == "exceptions") {
    const auto& taken = session_.Exceptions();
    const size_t left_out = taken.size() - std::min(taken.size(), kMostTold);
    for (size_t i = left_out; i < taken.size(); ++i) {
      text += fmt::format("{:>10}  {:#010x}: {}\n", taken[i].now, taken[i].pc,
                          ExceptionName(taken[i].number));
    }
    if (text.empty()) text = "no exception has been taken\n";
  } else if (*command == "time") {
    text = fmt::format("{} instructions since reset, {} bytes of the input\n", session_.Its().Now(),
                       session_.Its().peripherals().Consumed());
  } else {
    text =
        "monitor mmio: the last loads of peripherals (instructions since reset, place, address, "
        "value)\nmonitor exceptions: the last ones that were taken\nmonitor time: instructions "
        "since reset, and bytes of the input that were used\n";
  }
  return HexOf(text);
}

std::string GdbStub::Why(std::string_view /*rest*/) { return last_stop_; }

std::string GdbStub::ReadRegisters(std::string_view rest) {
  if (!rest.empty()) return kBadRequest;
  std::string digits;
  const uint32_t count = RegisterCount(session_.Its().image().floating_point);
  for (uint32_t i = 0; i < count; ++i) digits += RegisterHex(session_.Its(), i).value_or("");
  return digits;
}

std::string GdbStub::WriteRegisters(std::string_view rest) {
  const uint32_t count = RegisterCount(session_.Its().image().floating_point);
  for (uint32_t i = 0; i < count; ++i) {
    const size_t digits = RegisterHex(session_.Its(), i).value_or("").size();
    if (rest.size() < digits) return kBadRequest;
    // What cannot be written stays as it is.
    (void)SetRegisterHex(session_.Its(), i, std::string(rest.substr(0, digits)));
    rest.remove_prefix(digits);
  }
  return rest.empty() ? "OK" : kBadRequest;
}

std::string GdbStub::ReadRegister(std::string_view rest) {
  const auto number = TakeNumber(rest);
  if (!number || !rest.empty() || *number >= kAddresses) return kBadRequest;
  return RegisterHex(session_.Its(), static_cast<uint32_t>(*number)).value_or(kBadRequest);
}

std::string GdbStub::WriteRegister(std::string_view rest) {
  const auto number = TakeNumber(rest);
  if (!number || *number >= kAddresses || !TakePrefix(rest, "=")) return kBadRequest;
  const bool written =
      SetRegisterHex(session_.Its(), static_cast<uint32_t>(*number), std::string(rest));
  return written ? "OK" : kBadRequest;
}

// As much of it as is there: peripherals are not, since a load of one takes bytes of the input.
std::string GdbStub::ReadMemory(std::string_view rest) {
  uint64_t address = 0;
  uint64_t length = 0;
  if (!TakeSpan(rest, address, length) || !rest.empty()) return kBadRequest;
  length = std::min(length, kMostMemoryBytes);
  std::string bytes;
  for (uint64_t i = 0; i < length; ++i) {
    const auto at = static_cast<uint32_t>(address + i);
    uint8_t byte = 0;
    if (!session_.Its().memory().Peek(at, &byte, 1) && !ReadSystem(session_.Its(), at, byte)) break;
    bytes.push_back(static_cast<char>(byte));
  }
  return bytes.empty() && length > 0 ? kNoSuchPlace : HexOf(bytes);
}

std::string GdbStub::WriteMemory(std::string_view rest) {
  uint64_t address = 0;
  uint64_t length = 0;
  if (!TakeSpan(rest, address, length) || !TakePrefix(rest, ":")) return kBadRequest;
  const auto bytes = BytesOfHex(rest);
  if (!bytes || bytes->size() != length) return kBadRequest;
  const bool written =
      session_.Its().memory().Poke(static_cast<uint32_t>(address), bytes->data(), bytes->size());
  return written ? "OK" : kNoSuchPlace;
}

std::string GdbStub::AddBreakpoint(std::string_view rest) {
  uint64_t address = 0;
  uint64_t kind = 0;
  if (!TakeSpan(rest, address, kind)) return kBadRequest;
  return session_.AddBreakpoint(static_cast<uint32_t>(address)) ? "OK" : kBadRequest;
}

std::string GdbStub::RemoveBreakpoint(std::string_view rest) {
  uint64_t address = 0;
  uint64_t kind = 0;
  if (!TakeSpan(rest, address, kind)) return kBadRequest;
  session_.RemoveBreakpoint(static_cast<uint32_t>(address));
  return "OK";
}

std::string GdbStub::Detach(std::string_view /*rest*/) {
  finished_ = true;
  return "OK";
}

std::string GdbStub::Kill(std::string_view /*rest*/) {
  finished_ = true;
  return "OK";
}

std::string GdbStub::SaysYes(std::string_view /*rest*/) { return "OK"; }
std::string GdbStub::NamesActions(std::string_view /*rest*/) { return "vCont;c;C;s;S"; }
std::string GdbStub::AllThreads(std::string_view /*rest*/) { return "m1"; }
std::string GdbStub::NoMoreThreads(std::string_view /*rest*/) { return "l"; }
std::string GdbStub::Thread(std::string_view /*rest*/) { return "QC1"; }
std::string GdbStub::Attached(std::string_view /*rest*/) { return "1"; }

}  // namespace percuss::emulation

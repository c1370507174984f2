// SPDX-License-Identifier: Apache-2.0
//
// A Linux program of another architecture on the distribution's qemu-user, with our plugin loaded.
// With AFL++ on the other side it runs one input after another, from the program's checkpoint on;
// otherwise it runs the input of PERCUSS_BOARD_INPUT.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"
#include "emulation/elf_image.h"
#include "emulation/machine.h"

namespace percuss::emulation {

// In an argument: the path of the input.
inline constexpr const char* kInputArgument = "@@";

// A checkpoint: where the program has offered its socket, whatever it is called.
inline constexpr const char* kListening = "listening";

struct ProgramSetup {
  std::filesystem::path sysroot;  // where a dynamic program finds its loader and libraries
  // Of the program. Where one holds "@@" the input is a file; otherwise it is standard input.
  std::vector<std::string> arguments;
  // Where inputs begin: a symbol, an address, "entry", or with a socket kListening.
  std::string checkpoint = "main";
  // "tcp" or "udp", with ":PORT" or the first: the input is what a client sends there. "session",
  // likewise: what clients send over TCP, message by message (harnesses/sdk/session), with
  // ",code=FIRST[-LAST]" the bytes of each reply, from 0, whose order is coverage. Or empty.
  std::string socket;
};

struct Program {
  ElfImage image;
  std::string emulator;    // "qemu-arm"
  MachineCommand command;  // arguments hold "@@" as in the setup
};

// Whether an ELF file is a Linux program rather than an image for a board.
[[nodiscard]] bool IsLinuxProgram(const std::filesystem::path& file);

// The most bytes of an input over UDP: a datagram's, with IPv4.
inline constexpr int64_t kMostDatagramBytes = 65507;

// kBadInput when the file is no program of an architecture that we know, has no checkpoint, or is
// dynamic and lacks its loader in the sysroot, or when the setup names no socket. kUnavailable when
// the emulator is not on PATH or the plugin was not built.
[[nodiscard]] common::Result<Program> OpenProgram(const std::filesystem::path& file,
                                                  const ProgramSetup& setup);

// The emulator for a program's architecture: "qemu-arm"; empty for one that we do not know.
[[nodiscard]] std::string EmulatorOf(const std::filesystem::path& file);

// The loader and the libraries that a dynamic program asks for, as far as they are in the sysroot;
// relative to it.
[[nodiscard]] std::vector<std::filesystem::path> SharedParts(const std::filesystem::path& file,
                                                             const std::filesystem::path& sysroot);

// How one input ended, from what our plugin printed. The text is hostile: the program prints to the
// same place.
struct ProgramRun {
  std::string ended = "error";  // done|signal|hang, or error: it says nothing of the input
  std::string rule;             // the signal's name, or the exit code in words
  std::string error;            // where ended is error
  bool began = false;
  bool sent = false;  // over the socket, where there is one
  int signal = 0;     // of the host
  uint64_t pc = 0;
  std::optional<uint64_t> address;  // of the access that faulted
  uint64_t instructions = 0;        // from the checkpoint on
  struct Frame {
    std::filesystem::path module;  // empty: of nothing that came from a file
    uint64_t offset = 0;           // as the module was linked
  };
  std::vector<Frame> stack;  // innermost first
  // By name, as the emulator orders them; at the signal that ended the program, otherwise none.
  std::vector<std::pair<std::string, uint64_t>> registers;
  // Codes of the first 64 in a session, in hexadecimal, or "short".
  std::vector<std::string> replies;
  std::vector<uint64_t> blocks;  // that ran, in order, where it was asked for
};
[[nodiscard]] ProgramRun ReadProgramRun(std::string_view log, const ElfImage& image);

// A report like a sanitizer's: what happened and the stack. Empty where the program exited.
[[nodiscard]] std::string Describe(const ProgramRun& run);

}  // namespace percuss::emulation

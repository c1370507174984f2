// SPDX-License-Identifier: Apache-2.0
//
// Runs an image of the lockstep test on the fast core:  run_core MACHINE IMAGE.elf
// What the image writes by semihosting goes to standard output.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "emulation/rehost/core/machine.h"

namespace {

using percuss::rehost::AccessModel;
using percuss::rehost::Architecture;
using percuss::rehost::Machine;
using percuss::rehost::MachineImage;
using percuss::rehost::Region;

// Semihosting for AArch32 and AArch64, 2.0; what the images ask for.
constexpr uint32_t kOpen = 0x01;
constexpr uint32_t kWrite = 0x05;
constexpr uint8_t kSemihosting = 0xab;

uint32_t Word(const std::string& bytes, size_t place) {
  uint32_t word = 0;
  if (place + 4 <= bytes.size()) std::memcpy(&word, bytes.data() + place, 4);
  return word;
}

// As QEMU's boards are, where cases get to.
bool Describe(const std::string& name, MachineImage& image) {
  image.limits.instructions = 0;
  image.limits.instructions_without_input = 0;
  image.floating_point = name == "mps2-an386" || name == "mps2-an500";
  if (name == "microbit") {
    image.architecture = Architecture::kV6M;
    image.regions = {{"flash", 0, 0x40000, {true, false, true}, ""},
                     {"sram", 0x20000000, 0x4000, {true, true, true}, ""}};
    // Peripherals that QEMU does not implement are 0; what is not modelled here reads the input's
    // zeros.
    image.peripherals = {{0x40000000, 0x20000000}, {0xf0000000, 0x10000000}};
    return true;
  }
  image.architecture = name == "mps2-an385" ? Architecture::kV7M : Architecture::kV7EM;
  image.regions = {{"code", 0, 0x400000, {true, true, true}, ""},
                   {"data", 0x20000000, 0x400000, {true, true, true}, ""}};
  image.bit_band = percuss::rehost::BitBand::kAll;  // the M7's board too, which has none
  return name.rfind("mps2-an", 0) == 0;
}

// Segments at or below the end of the first region.
bool Load(const std::string& elf, MachineImage& image) {
  if (elf.compare(0, 4, "\177ELF") != 0) return false;
  Region& code = image.regions[0];
  const uint32_t programs = Word(elf, 28);
  const uint32_t entries = Word(elf, 44) & 0xffff;
  for (uint32_t i = 0; i < entries; ++i) {
    const size_t program = programs + size_t{32} * i;
    const uint32_t offset = Word(elf, program + 4);
    const uint32_t address = Word(elf, program + 12);
    const uint32_t bytes = Word(elf, program + 16);
    if (Word(elf, program) != 1 || bytes == 0) continue;
    if (uint64_t{address} + bytes > code.size || uint64_t{offset} + bytes > elf.size())
      return false;
    if (code.bytes.size() < size_t{address} + bytes) code.bytes.resize(size_t{address} + bytes);
    code.bytes.replace(address, bytes, elf, offset, bytes);
  }
  image.initial_sp = Word(code.bytes, 0);
  image.entry = Word(code.bytes, 4);
  return true;
}

// False: the image is done.
bool Serve(Machine& machine, uint8_t number) {
  if (number != kSemihosting) return false;
  uint32_t* r = machine.core().r;
  std::array<uint32_t, 3> words{};
  if (r[0] == kOpen) {
    r[0] = 1;
    return true;
  }
  if (r[0] != kWrite || !machine.memory().Peek(r[1], words.data(), sizeof(words))) return false;
  std::string bytes(std::min<size_t>(words[2], 1U << 16), '\0');
  if (!machine.memory().Peek(words[1], bytes.data(), bytes.size())) return false;
  std::fwrite(bytes.data(), 1, bytes.size(), stdout);
  r[0] = 0;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  MachineImage image;
  if (argc != 3 || !Describe(argv[1], image)) {
    std::fputs("run_core MACHINE IMAGE.elf\n", stderr);
    return 2;
  }
  std::ifstream file(argv[2], std::ios::binary);
  const std::string elf{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!Load(elf, image)) {
    std::fputs("run_core: no such image\n", stderr);
    return 2;
  }
  percuss::rehost::MachineOptions options;
  options.faults_end = false;
  // Each case runs several times: the first one is interpreted, the others are compiled.
  options.compile_after = 1;
  Machine machine(image, options);
  machine.OnBreakpoint(Serve);
  percuss::rehost::Outcome outcome = machine.Boot();
  if (outcome.end == percuss::rehost::End::kInputUsed) {
    const std::string zeros(1U << 20, '\0');
    outcome = machine.Run(reinterpret_cast<const uint8_t*>(zeros.data()), zeros.size());
  }
  if (outcome.end == percuss::rehost::End::kBreakpoint) return 0;
  std::fprintf(stderr, "run_core: ended %d at 0x%x, cause 0x%x, 0x%x\n",
               static_cast<int>(outcome.end), outcome.pc, outcome.cause, outcome.address);
  return 1;
}

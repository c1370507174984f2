// SPDX-License-Identifier: Apache-2.0
#include <libdeflate.h>

#include "emulation/rehost/core/machine_file.h"
#include "emulation/rehost/rehost_target.h"
#include "harnesses/own/input_files.h"
#include "harnesses/own/readers.h"

namespace percuss::own {
namespace {

std::string LittleWord(uint32_t value) {
  std::string bytes;
  for (unsigned shift = 0; shift < 32; shift += 8) {
    bytes += static_cast<char>(value >> shift & 0xffU);
  }
  return bytes;
}

// What configurations name: an image with a vector table, for 0x08000000.
void PutSurroundings() {
  static const bool surroundings = [] {
    std::string bytes = LittleWord(0x20005000);
    while (bytes.size() < 64) bytes += LittleWord(0x08000041);
    PutFile("fw.bin", bytes + std::string(64, '\xbf'));
    return true;
  }();
  static_cast<void>(surroundings);
}

bool Opens(const std::filesystem::path& firmware, const std::filesystem::path& config) {
  const auto target = emulation::OpenRehost(firmware, config);
  if (!target) return false;
  static_cast<void>(target->NameOfCode(target->machine.entry));
  return true;
}

}  // namespace

bool FirmwareImage(std::string_view bytes) { return Opens(PutFile("image", bytes), {}); }

bool FuzzwareConfiguration(std::string_view bytes) {
  PutSurroundings();
  return Opens({}, PutFile("config.yml", bytes));
}

bool RehostDescription(std::string_view bytes) {
  PutSurroundings();
  return Opens({}, PutFile("rehost.json", bytes));
}

bool MachineFile(std::string_view bytes) {
  const uint32_t crc = libdeflate_crc32(0, bytes.data(), bytes.size());
  rehost::MachineImage machine;
  std::string why;
  if (!rehost::ReadMachine(std::string(bytes) + LittleWord(crc), machine, why)) return false;
  return !rehost::WriteMachine(machine).empty();
}

bool DeviceDescription(std::string_view bytes) {
  const auto file = emulation::SvdFile::Read(PutFile("device.svd", bytes));
  if (!file) return false;
  static_cast<void>(file->NameOf(0x40000000));
  return true;
}

}  // namespace percuss::own

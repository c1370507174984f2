// SPDX-License-Identifier: Apache-2.0
#include "harnesses/rehost/machine_source.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string_view>

#include "emulation/rehost/core/attached_machine.h"

namespace percuss::rehost {

namespace {

MachineImage NamedImage() {
  const char* path = std::getenv("PERCUSS_MACHINE");
  if (path == nullptr) {
    GiveUp("rehost",
           "no firmware: attach a machine to this program, which a campaign file with \"firmware\" "
           "and \"rehost\" does, or name a machine's file in PERCUSS_MACHINE");
  }
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file.is_open()) GiveUp(path, "cannot be read");
  MachineImage image;
  std::string why;
  if (!ReadMachine(bytes, image, why)) GiveUp(path, why);
  return image;
}

}  // namespace

void GiveUp(const std::string& file, const std::string& why) {
  std::fprintf(stderr, "percuss: %s: %s\n", file.c_str(), why.c_str());
  std::exit(1);
}

MachineImage FindMachine(const std::string& program) {
  MachineImage image;
  std::string why;
  switch (ReadAttachedMachine(program, image, why)) {
    case Attached::kRead:
      return image;
    case Attached::kUnreadable:
      GiveUp("the machine behind this program", why);
    case Attached::kNone:
      break;
  }
  return NamedImage();
}

bool ChangesStreams() {
  const char* inputs = std::getenv("PERCUSS_REHOST_INPUTS");
  return inputs == nullptr || std::string_view(inputs) != "flat";
}

}  // namespace percuss::rehost

// SPDX-License-Identifier: Apache-2.0
//
// percuss-confirm MACHINE INPUT: does on Unicorn what the fast core did with an input. MACHINE is a
// file of rehost::WriteMachine. A program of its own, for libunicorn is in the GPL, version 2, and
// percuss itself never links it. Prints one line; 0: confirmed, 1: not, 2: nothing to confirm with.
#include <fmt/format.h>

#include <string>

#include "common/fs.h"
#include "emulation/rehost/confirm.h"
#include "emulation/rehost/core/machine_file.h"

int main(int argc, char** argv) {
  using namespace percuss;
  if (argc != 3) {
    fmt::print(stderr, "percuss-confirm MACHINE INPUT\n");
    return 2;
  }
  const auto machine = common::ReadFile(argv[1]);
  const auto input = common::ReadFile(argv[2]);
  if (!machine || !input) {
    fmt::print(stderr, "{}\n", (machine ? input : machine).error().Text());
    return 2;
  }
  rehost::MachineImage image;
  std::string why;
  if (!rehost::ReadMachine(*machine, image, why)) {
    fmt::print(stderr, "{}: {}\n", argv[1], why);
    return 2;
  }
  const emulation::CrashConfirmation answer = emulation::ConfirmCrash(image, *input);
  fmt::print("{}\n", answer.confirmed ? answer.reason : "not confirmed: " + answer.reason);
  return answer.confirmed ? 0 : 1;
}

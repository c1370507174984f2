// SPDX-License-Identifier: Apache-2.0
//
// percuss-confirm: does on Unicorn what the fast core did with an input. A program of its own, for
// libunicorn is in the GPL, version 2, and percuss itself never links it. Prints one line; exit
// code 0: confirmed, 1: not, 64: bad usage or a bad file.
#include <fmt/format.h>

#include <string>

#include "common/fs.h"
#include "emulation/rehost/confirm.h"
#include "emulation/rehost/core/attached_machine.h"
#include "emulation/rehost/core/machine_file.h"
#include "emulation/rehost/rehost_target.h"

namespace {

using namespace percuss;

constexpr int kBadUsage = 64;
constexpr const char* kUsage =
    "percuss-confirm FIRMWARE [CONFIG] INPUT\n"
    "Runs the input on the fast core and, led by a record of that run, on Unicorn, and says "
    "whether\n"
    "a crash is one there too. FIRMWARE is an image, with or without a configuration of --rehost; "
    "a\n"
    "program that a campaign made of one (replay/.../libfuzzer in a package); or a machine's "
    "file.\n"
    "\n"
    "  percuss-confirm shipped.elf crash.bin\n"
    "  percuss-confirm shipped.bin config.yml crash.bin\n"
    "\n"
    "Exit code 0: confirmed, 1: not confirmed, with the reason, 64: bad usage or a bad file.\n";

// Of whatever kind the file is.
common::Result<rehost::MachineImage> ImageOf(const std::string& path, const std::string& config) {
  rehost::MachineImage image;
  std::string why;
  switch (rehost::ReadAttachedMachine(path, image, why)) {
    case rehost::Attached::kRead:
      return image;
    case rehost::Attached::kUnreadable:
      return common::Fail(common::ErrorCode::kBadInput, why, path);
    case rehost::Attached::kNone:
      break;
  }
  const auto bytes = common::ReadFile(path);
  if (bytes && rehost::ReadMachine(*bytes, image, why)) return image;
  auto target = emulation::OpenRehost(path, config);
  if (!target) return tl::make_unexpected(target.error());
  return std::move(target->machine);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "";
  if (first == "--help" || first == "-h") {
    fmt::print("{}", kUsage);
    return 0;
  }
  if (argc != 3 && argc != 4) {
    fmt::print(stderr, "{}", kUsage);
    return kBadUsage;
  }
  const auto image = ImageOf(first, argc == 4 ? argv[2] : "");
  if (!image) {
    fmt::print(stderr, "percuss-confirm: {}\n", image.error().Text());
    return kBadUsage;
  }
  const auto input = common::ReadFile(argv[argc - 1]);
  if (!input) {
    fmt::print(stderr, "percuss-confirm: {}\n", input.error().Text());
    return kBadUsage;
  }
  const emulation::CrashConfirmation answer = emulation::ConfirmCrash(*image, *input);
  fmt::print("{}\n", answer.confirmed ? answer.reason : "not confirmed: " + answer.reason);
  return answer.confirmed ? 0 : 1;
}

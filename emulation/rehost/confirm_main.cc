// SPDX-License-Identifier: Apache-2.0
//
// percuss-confirm: does on Unicorn what the fast core did with an input. A program of its own, for
// libunicorn is in the GPL, version 2, and percuss itself never links it. Prints one line; exit
// code 0: confirmed, 1: not, 64: bad usage or a bad file. With --json it is an object, and the exit
// code is 0 whatever it says.
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/fs.h"
#include "emulation/rehost/confirm.h"
#include "emulation/rehost/core/attached_machine.h"
#include "emulation/rehost/core/machine_file.h"
#include "emulation/rehost/rehost_target.h"

namespace {

using namespace percuss;

constexpr int kBadUsage = 64;
constexpr const char* kUsage =
    "percuss-confirm [--json] FIRMWARE [CONFIG] INPUT\n"
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
    "Exit code 0: confirmed, 1: not confirmed, with the reason, 64: bad usage or a bad file.\n"
    "--json: an object with verdict (confirmed, not_confirmed, not_run), by, reason and "
    "instructions;\n"
    "exit code 0 with any verdict.\n";

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

int Tell(const emulation::CrashConfirmation& answer, bool as_json) {
  if (!as_json) {
    fmt::print("{}\n", answer.confirmed ? answer.reason : "not confirmed: " + answer.reason);
    return answer.confirmed ? 0 : 1;
  }
  std::string verdict = answer.confirmed ? "confirmed" : "not_confirmed";
  if (!answer.ran) verdict = "not_run";
  const nlohmann::json json = {
      {"verdict", verdict},
      {"by", emulation::kOtherProcessor},
      {"reason", answer.reason},
      {"instructions", answer.ran ? static_cast<int64_t>(answer.instructions) : -1}};
  fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  return 0;
}

int Run(std::vector<std::string> words) {
  const bool as_json = !words.empty() && words.front() == "--json";
  if (as_json) words.erase(words.begin());
  if (!words.empty() && (words.front() == "--help" || words.front() == "-h")) {
    fmt::print("{}", kUsage);
    return 0;
  }
  if (words.size() != 2 && words.size() != 3) {
    fmt::print(stderr, "{}", kUsage);
    return kBadUsage;
  }
  const auto image = ImageOf(words.front(), words.size() == 3 ? words[1] : "");
  if (!image) {
    fmt::print(stderr, "percuss-confirm: {}\n", image.error().Text());
    return kBadUsage;
  }
  const auto input = common::ReadFile(words.back());
  if (!input) {
    fmt::print(stderr, "percuss-confirm: {}\n", input.error().Text());
    return kBadUsage;
  }
  return Tell(emulation::ConfirmCrash(*image, *input), as_json);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fputs("percuss-confirm: ", stderr);
    std::fputs(error.what(), stderr);
    std::fputs("\n", stderr);
    return kBadUsage;
  }
}

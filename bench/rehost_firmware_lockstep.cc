// SPDX-License-Identifier: Apache-2.0
//
// Firmware on the fast core in lockstep with Unicorn: random inputs, until so many million blocks
// of each image were compared. A line for each image; 1 where anything differs.
//
//   rehost_firmware_lockstep [--blocks MILLIONS] [--seed N] PATH...
//
// PATH: a machine file of percuss, a fuzzware config.yml, a firmware, or a folder that is searched
// for the former two.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "emulation/rehost/confirm.h"
#include "emulation/rehost/core/machine_file.h"
#include "emulation/rehost/rehost_target.h"

namespace percuss::emulation {
namespace {

constexpr uint64_t kInstructionsOfInput = 2'000'000;
constexpr uint64_t kInstructionsOfWaiting = 50'000;  // loops that wait show nothing new
constexpr size_t kLongestInput = 20'000;
constexpr uint64_t kMostInputs = 200'000;

struct Options {
  double blocks = 10e6;
  uint64_t seed = 1;
  std::vector<std::filesystem::path> files;
};

bool IsMachine(const std::filesystem::path& file) {
  return file.filename() == "config.yml" || file.extension() == ".machine";
}

void AddFiles(const std::filesystem::path& path, std::vector<std::filesystem::path>& files) {
  if (!std::filesystem::is_directory(path)) {
    files.push_back(path);
    return;
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file() && IsMachine(entry.path())) files.push_back(entry.path());
  }
}

Options ReadArguments(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--blocks" && i + 1 < argc) {
      options.blocks = std::strtod(argv[++i], nullptr) * 1e6;
    } else if (argument == "--seed" && i + 1 < argc) {
      options.seed = std::strtoull(argv[++i], nullptr, 10);
    } else {
      AddFiles(argument, options.files);
    }
  }
  std::sort(options.files.begin(), options.files.end());
  return options;
}

bool ReadImage(const std::filesystem::path& file, rehost::MachineImage& image, std::string& why) {
  if (file.extension() == ".machine") {
    std::ifstream stream(file, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(stream)), {});
    return rehost::ReadMachine(bytes, image, why);
  }
  const bool is_config = file.extension() == ".yml";
  auto target = is_config ? OpenRehost({}, file) : OpenRehost(file);
  if (!target) {
    why = target.error().Text();
    return false;
  }
  image = std::move(target->machine);
  return true;
}

// Noise, or mostly bytes of one or no bit, which status registers go on for.
std::string RandomInput(std::mt19937_64& random) {
  std::string input(64 + random() % kLongestInput, '\0');
  const uint64_t noise = random() % 4;
  for (char& byte : input) {
    const uint64_t bits = random();
    if (bits % 4 <= noise) {
      byte = static_cast<char>(bits >> 8U & 0xffU);
    } else {
      byte = static_cast<char>((bits >> 8U & 1U) << (bits >> 16U & 7U));
    }
  }
  return input;
}

bool Compare(const std::filesystem::path& file, const Options& options) {
  rehost::MachineImage image;
  std::string why;
  const std::string name = file.parent_path().filename() / file.filename();
  if (!ReadImage(file, image, why)) {
    fmt::print("{}: {}\n", name, why);
    return false;
  }
  image.limits.instructions = kInstructionsOfInput;
  image.limits.instructions_without_input = kInstructionsOfWaiting;
  auto confirmer = Confirmer::Open(image);
  if (!confirmer) {
    fmt::print("{}: {}\n", name, confirmer.error().Text());
    return false;
  }
  Recorder ending(image, {true, 8});
  Recorder handling(image, {false, 8});
  const rehost::Outcome& boot = ending.Boot();
  if (boot.end != rehost::End::kInputUsed) {
    fmt::print("{}: nothing to compare: it never wants input, and comes to {:#x} (end {})\n", name,
               boot.pc, static_cast<int>(boot.end));
    return false;
  }
  std::mt19937_64 random(options.seed);
  const auto begin = std::chrono::steady_clock::now();
  uint64_t blocks = 0;
  uint64_t instructions = 0;
  uint64_t changes = 0;
  uint64_t faults = 0;
  uint64_t seen = 0;
  uint64_t inputs = 0;
  for (; inputs < kMostInputs && static_cast<double>(blocks) < options.blocks; ++inputs) {
    const std::string input = RandomInput(random);
    const Record record = inputs % 2 == 0 ? ending.Run(input) : handling.Run(input);
    const Confirmation confirmation = (*confirmer)->Confirm(record);
    blocks += confirmation.blocks;
    instructions += confirmation.instructions;
    changes += record.changes.size();
    faults += record.outcome.end == rehost::End::kFault ? 1 : 0;
    seen += confirmation.faulted && record.outcome.end == rehost::End::kFault ? 1 : 0;
    if (confirmation.same) continue;
    fmt::print("{}: input {} of seed {} (pc {:#x} end {}): {}\n", name, inputs, options.seed,
               record.outcome.pc, static_cast<int>(record.outcome.end), confirmation.difference);
    return false;
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  fmt::print(
      "{}: same: {} inputs, {:.1f} million blocks, {:.1f} million instructions, {} exceptions "
      "taken, returned from or slept until, {} of {} final faults seen by Unicorn, {:.0f} s\n",
      name, inputs, static_cast<double>(blocks) / 1e6, static_cast<double>(instructions) / 1e6,
      changes, seen, faults, seconds.count());
  return true;
}

}  // namespace
}  // namespace percuss::emulation

int main(int argc, char** argv) {
  const auto options = percuss::emulation::ReadArguments(argc, argv);
  if (options.files.empty()) {
    fmt::print(stderr, "rehost_firmware_lockstep [--blocks MILLIONS] [--seed N] PATH...\n");
    return 64;
  }
  bool same = true;
  for (const auto& file : options.files) {
    same = percuss::emulation::Compare(file, options) && same;
    std::fflush(stdout);
  }
  return same ? 0 : 1;
}

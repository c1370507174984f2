// SPDX-License-Identifier: Apache-2.0
//
// Runs inputs on the fast core again and again, for bench/rehost_rate.py.
//
//   rehost_rate SECONDS INSTRUCTIONS_PER_BLOCK MACHINE INPUT...
//
// MACHINE is a machine's file or fuzzware's config.yml. fuzzware counts time in blocks:
// INSTRUCTIONS_PER_BLOCK is how many instructions one stands for, and where the file has no limits
// those of fuzzware hold; with 0 all is as the reader of such files has it. After one pass over the
// inputs that is not counted, passes go on until SECONDS of CPU time are used, at least one. One
// line of JSON out: inputs, cpu_s, blocks, instructions (both since the snapshot), and ends: how
// many inputs of a pass ended how. Nobody clears the map of edges, which with the peer is the
// fuzzer's work too.
#include <array>
#include <cmath>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "bench/cpu_seconds.h"
#include "common/fs.h"
#include "common/json_file.h"
#include "emulation/rehost/core/machine.h"
#include "emulation/rehost/core/machine_file.h"
#include "emulation/rehost/fuzzware_config.h"

namespace {

using percuss::bench::CpuSeconds;
using percuss::common::Json;
using percuss::rehost::Machine;
using percuss::rehost::MachineImage;

constexpr size_t kEdgeBytes = size_t{1} << 16;  // as the peer has
constexpr uint64_t kMostInputBytes = uint64_t{1} << 20;

// As End has them.
constexpr std::array kEnds = {"input used", "instructions", "without input", "interrupts",
                              "exit",       "assertion",    "fault",         "lockup",
                              "sleep",      "reset",        "breakpoint",    "stopped"};

static_assert(kEnds.size() == static_cast<size_t>(percuss::rehost::End::kStopped) + 1);

uint64_t Scaled(uint64_t instructions, double factor) {
  return static_cast<uint64_t>(std::llround(static_cast<double>(instructions) * factor));
}

// The peer's limits where a config.yml has none, in blocks.
constexpr double kMostBlocks = 3'000'000;
constexpr double kMostBlocksWithoutInput = 150'000;
constexpr uint64_t kMostInterrupts = 3000;

// What the peer counts in blocks, at another number of instructions for each.
void CountBlocksAs(double instructions_per_block, MachineImage& image) {
  const double factor =
      instructions_per_block / static_cast<double>(percuss::emulation::kInstructionsPerBlock);
  const percuss::rehost::Limits unset;
  auto& limits = image.limits;
  limits.instructions = limits.instructions == unset.instructions
                            ? Scaled(1, kMostBlocks * instructions_per_block)
                            : Scaled(limits.instructions, factor);
  limits.instructions_without_input =
      limits.instructions_without_input == unset.instructions_without_input
          ? Scaled(1, kMostBlocksWithoutInput * instructions_per_block)
          : Scaled(limits.instructions_without_input, factor);
  if (limits.interrupts == unset.interrupts) limits.interrupts = kMostInterrupts;
  for (auto& trigger : image.triggers) trigger.period = Scaled(trigger.period, factor);
}

bool Load(const std::filesystem::path& path, double instructions_per_block, MachineImage& image) {
  if (path.extension() == ".yml") {
    auto config = percuss::emulation::ReadFuzzwareConfig(path);
    if (!config) {
      std::cerr << config.error().Text() << '\n';
      return false;
    }
    image = std::move(config->machine);
    if (instructions_per_block > 0) CountBlocksAs(instructions_per_block, image);
    return true;
  }
  const auto bytes = percuss::common::ReadFile(path, uint64_t{1} << 28);
  std::string why = bytes ? "" : bytes.error().Text();
  if (bytes && percuss::rehost::ReadMachine(*bytes, image, why)) return true;
  std::cerr << path.string() << ": " << why << '\n';
  return false;
}

class Rate {
 public:
  explicit Rate(MachineImage image)
      : edges_(kEdgeBytes), machine_(std::move(image), {true, edges_.data(), edges_.size()}) {
    booted_ = machine_.Boot();
  }

  void Pass(const std::vector<std::string>& inputs) {
    ends_.clear();
    for (const auto& input : inputs) {
      const auto outcome =
          machine_.Run(reinterpret_cast<const uint8_t*>(input.data()), input.size());
      ++ends_[kEnds[static_cast<size_t>(outcome.end)]];
      instructions_ += outcome.instructions - booted_.instructions;
      blocks_ += outcome.blocks - booted_.blocks;
    }
    runs_ += inputs.size();
  }

  // Nothing that ran so far counts.
  void Start() {
    runs_ = instructions_ = blocks_ = 0;
    begun_ = CpuSeconds();
  }

  [[nodiscard]] double Spent() const { return CpuSeconds() - begun_; }

  [[nodiscard]] Json Figures(double spent) const {
    return {{"inputs", runs_},
            {"cpu_s", spent},
            {"blocks", blocks_},
            {"instructions", instructions_},
            {"ends", ends_}};
  }

 private:
  std::vector<uint8_t> edges_;
  Machine machine_;
  percuss::rehost::Outcome booted_;
  std::map<std::string, uint64_t> ends_;
  uint64_t runs_ = 0;
  uint64_t instructions_ = 0;
  uint64_t blocks_ = 0;
  double begun_ = 0;
};

int Measure(const std::filesystem::path& machine, const std::vector<std::string>& paths,
            double seconds, double instructions_per_block) {
  MachineImage image;
  if (!Load(machine, instructions_per_block, image)) return 1;
  std::vector<std::string> inputs;
  for (const auto& path : paths) {
    auto bytes = percuss::common::ReadFile(path, kMostInputBytes);
    if (!bytes) {
      std::cerr << bytes.error().Text() << '\n';
      return 1;
    }
    inputs.push_back(std::move(*bytes));
  }
  Rate rate(std::move(image));
  rate.Pass(inputs);
  rate.Start();
  double spent = 0;
  do {
    rate.Pass(inputs);
    spent = rate.Spent();
  } while (spent < seconds);
  std::cout << rate.Figures(spent).dump() << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::cerr << "usage: rehost_rate SECONDS INSTRUCTIONS_PER_BLOCK MACHINE INPUT...\n";
    return 64;
  }
  try {
    return Measure(argv[3], {argv + 4, argv + argc}, std::stod(argv[1]), std::stod(argv[2]));
  } catch (const std::exception& error) {
    std::cerr << "rehost_rate: " << error.what() << '\n';
    return 1;
  }
}

// SPDX-License-Identifier: Apache-2.0
//
// Looks for inputs with which firmware comes by given addresses in a given order, for
// bench/rehost_unit_tests.py.
//
//   rehost_reach SECONDS SEED CONFIG REQUIREMENT...
//
// CONFIG is fuzzware's config.yml; a REQUIREMENT is sequences with | between them, of which one is
// enough, and a sequence is addresses in hexadecimal with > between them.
// Random changes to inputs that showed new edges, no dictionary and no seeds: what it finds, an
// engine that is worth its name finds too. As the peer's rule has it, all addresses of a sequence
// are to be reached in the run of one input, and inputs that showed nothing new are not asked.
// Ends when all are met or SECONDS of CPU time are used. One line of JSON out: met_at (for each
// requirement the CPU seconds after which, or null), runs, cpu_s, inputs, edges, instructions.
#include <algorithm>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/cpu_seconds.h"
#include "bench/rehost_search.h"
#include "common/json_file.h"
#include "emulation/rehost/core/machine.h"
#include "emulation/rehost/fuzzware_config.h"

namespace {

using percuss::bench::CpuSeconds;
using percuss::bench::Edges;
using percuss::bench::FlatInputs;
using percuss::bench::kEdgeBytes;
using percuss::common::Json;
using percuss::rehost::End;
using percuss::rehost::Machine;
using percuss::rehost::MachineImage;
using percuss::rehost::Outcome;

constexpr size_t kMostStops = 20000;  // of one input, at addresses that are looked for

using Sequence = std::vector<uint32_t>;
using Requirement = std::vector<Sequence>;

// Runs an input with stops at every address that is looked for.
class Follower {
 public:
  Follower(const MachineImage& image, std::vector<Requirement> requirements)
      : machine_(image), requirements_(std::move(requirements)) {
    for (const auto& requirement : requirements_) {
      for (const auto& sequence : requirement) {
        for (const uint32_t address : sequence) machine_.Watch(address);
      }
    }
  }

  // Which of the requirements it meets.
  std::vector<bool> Follow(const std::string& input) {
    std::vector<bool> met(requirements_.size());
    std::vector<std::vector<size_t>> come;
    for (const auto& requirement : requirements_) come.emplace_back(requirement.size());
    machine_.Begin(reinterpret_cast<const uint8_t*>(input.data()), input.size());
    Outcome outcome = machine_.Continue();
    for (size_t stops = 0; outcome.end == End::kStopped && stops < kMostStops; ++stops) {
      for (size_t i = 0; i < met.size(); ++i) {
        if (!met[i]) met[i] = Goes(requirements_[i], outcome.pc, come[i]);
      }
      outcome = machine_.Continue();
    }
    return met;
  }

 private:
  // come: of each sequence how far. Whether one has come to its end.
  static bool Goes(const Requirement& requirement, uint32_t pc, std::vector<size_t>& come) {
    for (size_t i = 0; i < requirement.size(); ++i) {
      if (requirement[i][come[i]] == pc && ++come[i] == requirement[i].size()) return true;
    }
    return false;
  }

  Machine machine_;
  std::vector<Requirement> requirements_;
};

class Search {
 public:
  Search(const MachineImage& image, const std::vector<Requirement>& requirements, uint64_t seed)
      : machine_(image, {true, edges_.Counters(), kEdgeBytes}),
        follower_(image, requirements),
        inputs_(seed),
        met_at_(requirements.size(), nullptr) {}

  void Run(double seconds) {
    for (const auto& input : std::vector<std::string>(inputs_.Kept())) Try(input);
    while (CpuSeconds() < seconds && std::count(met_at_.begin(), met_at_.end(), nullptr)) {
      for (int times = 0; times < 32; ++times) {
        auto input = inputs_.Next();
        if (Try(input)) inputs_.Keep(std::move(input));
      }
    }
  }

  [[nodiscard]] Json Figures() const {
    return {{"met_at", met_at_},      {"runs", runs_},
            {"cpu_s", CpuSeconds()},  {"inputs", inputs_.Kept().size()},
            {"edges", edges_.Seen()}, {"instructions", instructions_}};
  }

 private:
  // Whether it showed anything new.
  bool Try(const std::string& input) {
    edges_.Clear();
    const Outcome outcome =
        machine_.Run(reinterpret_cast<const uint8_t*>(input.data()), input.size());
    ++runs_;
    instructions_ += outcome.instructions;
    const bool fresh = edges_.Note();
    if (fresh) Note(follower_.Follow(input));
    return fresh;
  }

  void Note(const std::vector<bool>& met) {
    for (size_t i = 0; i < met.size(); ++i) {
      if (met[i] && met_at_[i].is_null()) met_at_[i] = CpuSeconds();
    }
  }

  Edges edges_;
  Machine machine_;
  Follower follower_;
  FlatInputs inputs_;
  std::vector<Json> met_at_;
  uint64_t runs_ = 0;
  uint64_t instructions_ = 0;
};

Requirement ParseRequirement(const std::string& text) {
  Requirement requirement;
  std::istringstream sequences(text);
  for (std::string sequence; std::getline(sequences, sequence, '|');) {
    requirement.emplace_back();
    std::istringstream addresses(sequence);
    for (std::string address; std::getline(addresses, address, '>');) {
      requirement.back().push_back(static_cast<uint32_t>(std::stoul(address, nullptr, 16)) & ~1U);
    }
    if (requirement.back().empty()) throw std::invalid_argument("no address in " + text);
  }
  return requirement;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::cerr << "usage: rehost_reach SECONDS SEED CONFIG REQUIREMENT...\n";
    return 64;
  }
  try {
    const auto config = percuss::emulation::ReadFuzzwareConfig(argv[3]);
    if (!config) {
      std::cerr << config.error().Text() << '\n';
      return 1;
    }
    std::vector<Requirement> requirements;
    for (int i = 4; i < argc; ++i) requirements.push_back(ParseRequirement(argv[i]));
    Search search(config->machine, requirements, std::stoull(argv[2]));
    search.Run(std::stod(argv[1]));
    std::cout << search.Figures().dump() << '\n';
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "rehost_reach: " << error.what() << '\n';
    return 1;
  }
}

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
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iostream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/json_file.h"
#include "emulation/rehost/core/machine.h"
#include "emulation/rehost/fuzzware_config.h"

namespace {

using percuss::common::Json;
using percuss::rehost::End;
using percuss::rehost::Machine;
using percuss::rehost::MachineImage;
using percuss::rehost::Outcome;

constexpr size_t kEdgeBytes = size_t{1} << 16;
constexpr size_t kMostInputBytes = 16384;
constexpr size_t kMostStops = 20000;  // of one input, at addresses that are looked for

double CpuSeconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  double seconds = 0;
  for (const timeval& time : {used.ru_utime, used.ru_stime}) {
    seconds += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  }
  return seconds;
}

// One bit for each of the ranges of counts that AFL tells apart.
uint8_t Bucket(uint8_t count) {
  static constexpr std::array<uint8_t, 9> kLeast = {0, 1, 2, 3, 4, 8, 16, 32, 128};
  const auto* above = std::upper_bound(kLeast.begin(), kLeast.end(), count);
  if (count == 0) return 0;
  return static_cast<uint8_t>(1U << (above - kLeast.begin() - 2));
}

class Inputs {
 public:
  explicit Inputs(uint64_t seed) : random_(seed) {
    for (const size_t size : {64U, 512U, 4096U}) {
      kept_.push_back(Random(size));
      kept_.push_back(std::string(size, '\0'));
      kept_.push_back(std::string(size, '\xff'));
    }
  }

  std::string Next() {
    // The newest half as often as the rest: what was found last is where others have not been.
    const size_t newest =
        Below(2) == 0 ? Below(std::max<size_t>(1, kept_.size() / 2)) : Below(kept_.size());
    std::string input = kept_[kept_.size() - 1 - newest];
    for (size_t changes = size_t{1} << Below(6); changes > 0; --changes) Change(input);
    return input;
  }

  void Keep(std::string input) { kept_.push_back(std::move(input)); }
  [[nodiscard]] const std::vector<std::string>& Kept() const { return kept_; }

 private:
  size_t Below(size_t bound) { return static_cast<size_t>(random_() % bound); }

  std::string Random(size_t size) {
    std::string bytes(size, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random_());
    return bytes;
  }

  void Change(std::string& input) {
    const size_t at = Below(input.size());
    const size_t length = 1 + Below(std::min(input.size() - at, size_t{1} << Below(9)));
    switch (Below(8)) {
      case 0:
        input[at] = static_cast<char>(input[at] ^ (1 << Below(8)));
        break;
      case 1:
        input[at] = static_cast<char>(random_());
        break;
      case 2:
        input[at] = static_cast<char>(input[at] + (Below(2) == 0 ? 1 : -1));
        break;
      case 3:
        std::fill_n(input.begin() + static_cast<std::ptrdiff_t>(at), length,
                    "\0\xff\x80\x01"[Below(4)]);
        break;
      case 4:
        input.replace(at, length, Random(length));
        break;
      case 5:
        if (input.size() > length + 1) input.erase(at, length);
        break;
      case 6:
        input.insert(at, input.substr(Below(input.size()), length));
        break;
      default: {
        const std::string& other = kept_[Below(kept_.size())];
        input.resize(at + 1);
        input += other.substr(Below(other.size()));
        break;
      }
    }
    input.resize(std::min(input.size(), kMostInputBytes));
  }

  std::mt19937_64 random_;
  std::vector<std::string> kept_;
};

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
      : edges_(kEdgeBytes),
        seen_(kEdgeBytes),
        machine_(image, {true, edges_.data(), edges_.size()}),
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
    const auto edges = static_cast<size_t>(
        std::count_if(seen_.begin(), seen_.end(), [](uint8_t bits) { return bits != 0; }));
    return {{"met_at", met_at_},     {"runs", runs_},
            {"cpu_s", CpuSeconds()}, {"inputs", inputs_.Kept().size()},
            {"edges", edges},        {"instructions", instructions_}};
  }

 private:
  // Whether it showed anything new.
  bool Try(const std::string& input) {
    std::fill(edges_.begin(), edges_.end(), 0);
    const Outcome outcome =
        machine_.Run(reinterpret_cast<const uint8_t*>(input.data()), input.size());
    ++runs_;
    instructions_ += outcome.instructions;
    bool fresh = false;
    for (size_t i = 0; i < kEdgeBytes; i += sizeof(uint64_t)) {
      uint64_t word = 0;
      std::memcpy(&word, edges_.data() + i, sizeof(word));
      if (word == 0) continue;
      for (size_t j = i; j < i + sizeof(word); ++j) {
        const uint8_t bit = Bucket(edges_[j]);
        fresh = fresh || (bit & ~seen_[j]) != 0;
        seen_[j] |= bit;
      }
    }
    if (fresh) Note(follower_.Follow(input));
    return fresh;
  }

  void Note(const std::vector<bool>& met) {
    for (size_t i = 0; i < met.size(); ++i) {
      if (met[i] && met_at_[i].is_null()) met_at_[i] = CpuSeconds();
    }
  }

  std::vector<uint8_t> edges_;
  std::vector<uint8_t> seen_;
  Machine machine_;
  Follower follower_;
  Inputs inputs_;
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

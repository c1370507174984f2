// SPDX-License-Identifier: Apache-2.0
//
// Blocks that a search comes by in some CPU time, with inputs as flat bytes or as streams.
//
//   rehost_streams SECONDS SEED flat|address|place CONFIG BLOCKS
//
// CONFIG is fuzzware's config.yml, BLOCKS a file with addresses of basic blocks, in hexadecimal,
// one a line: others do not count. Both searches keep what shows new edges, choose in the same way
// and begin with the same nine inputs; flat ones are changed as those of rehost_reach, streams by
// the mutator of the fuzz targets (stream_mutator.h), whose own runs count as time, too. One line
// of JSON out: blocks (that were reached), at (how many after which part of the time), runs,
// instructions, cpu_s, inputs, edges.
#include <exception>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_set>

#include "bench/rehost_search.h"
#include "common/json_file.h"
#include "emulation/rehost/core/stream_mutator.h"
#include "emulation/rehost/fuzzware_config.h"

namespace {

using percuss::bench::CpuSeconds;
using percuss::bench::Edges;
using percuss::bench::FlatInputs;
using percuss::bench::kEdgeBytes;
using percuss::bench::kMostInputBytes;
using percuss::common::Json;
using percuss::rehost::Machine;
using percuss::rehost::MachineImage;
using percuss::rehost::StreamMutator;
using percuss::rehost::StreamsBy;

constexpr int kParts = 10;
constexpr int kTurns = 32;  // changes to one input in a row

std::unordered_set<uint32_t> ReadBlocks(const std::string& path) {
  std::unordered_set<uint32_t> blocks;
  std::ifstream file(path);
  for (std::string line; file >> line;) {
    blocks.insert(static_cast<uint32_t>(std::stoul(line, nullptr, 16)) & ~1U);
  }
  if (blocks.empty()) throw std::invalid_argument("no addresses in " + path);
  return blocks;
}

class Search {
 public:
  Search(const MachineImage& image, std::unordered_set<uint32_t> blocks, uint64_t seed)
      : machine_(image, {true, edges_.Counters(), kEdgeBytes}),
        traced_(image),
        random_(seed),
        flat_(seed),
        wanted_(std::move(blocks)) {
    traced_.TraceBlocks([this](uint32_t pc) {
      if (wanted_.erase(pc) != 0) ++reached_;
    });
    (void)traced_.Boot();
  }

  void UseStreams(const MachineImage& image, uint64_t seed, StreamsBy by) {
    streams_ = std::make_unique<StreamMutator>(image, seed, by);
  }

  void Run(double seconds) {
    for (const auto& input : flat_.Kept()) {
      (void)Try(input);
      kept_.push_back(input);
    }
    while (CpuSeconds() < seconds) {
      if (streams_) {
        TurnOfStreams();
      } else {
        for (int turn = 0; turn < kTurns; ++turn) {
          auto input = flat_.Next();
          if (Try(input)) flat_.Keep(std::move(input));
        }
      }
      while (CpuSeconds() >= seconds * static_cast<double>(at_.size() + 1) / kParts &&
             at_.size() < kParts) {
        at_.push_back(reached_);
      }
    }
  }

  [[nodiscard]] Json Figures() const {
    return {{"blocks", reached_},    {"at", at_},
            {"runs", runs_},         {"instructions", instructions_},
            {"cpu_s", CpuSeconds()}, {"inputs", streams_ ? kept_.size() : flat_.Kept().size()},
            {"edges", edges_.Seen()}};
  }

 private:
  size_t Below(size_t bound) { return static_cast<size_t>(random_() % bound); }

  // As FlatInputs has it: the newest half as often as all the rest.
  const std::string& Pick() {
    const size_t newest =
        Below(2) == 0 ? Below(std::max<size_t>(1, kept_.size() / 2)) : Below(kept_.size());
    return kept_[kept_.size() - 1 - newest];
  }

  void TurnOfStreams() {
    const std::string parent = Pick();
    for (int turn = 0; turn < kTurns; ++turn) {
      const std::string input = Below(6) == 0 ? streams_->Cross(parent, Pick(), kMostInputBytes)
                                              : streams_->Mutate(parent, kMostInputBytes);
      if (Try(input)) kept_.push_back(streams_->Sort(input, kMostInputBytes));
    }
  }

  // Whether it showed anything new.
  bool Try(const std::string& input) {
    edges_.Clear();
    const auto* bytes = reinterpret_cast<const uint8_t*>(input.data());
    instructions_ += machine_.Run(bytes, input.size()).instructions;
    ++runs_;
    const bool fresh = edges_.Note();
    if (fresh) (void)traced_.Run(bytes, input.size());
    return fresh;
  }

  Edges edges_;
  Machine machine_;
  Machine traced_;
  std::mt19937_64 random_;
  FlatInputs flat_;
  std::unique_ptr<StreamMutator> streams_;
  std::vector<std::string> kept_;
  std::unordered_set<uint32_t> wanted_;
  size_t reached_ = 0;
  std::vector<size_t> at_;
  uint64_t runs_ = 0;
  uint64_t instructions_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "usage: rehost_streams SECONDS SEED flat|address|place CONFIG BLOCKS\n";
    return 64;
  }
  try {
    const auto config = percuss::emulation::ReadFuzzwareConfig(argv[4]);
    if (!config) {
      std::cerr << config.error().Text() << '\n';
      return 1;
    }
    const uint64_t seed = std::stoull(argv[2]);
    const std::string kind = argv[3];
    Search search(config->machine, ReadBlocks(argv[5]), seed);
    if (kind == "address") search.UseStreams(config->machine, seed, StreamsBy::kAddress);
    if (kind == "place") search.UseStreams(config->machine, seed, StreamsBy::kPlace);
    search.Run(std::stod(argv[1]));
    std::cout << search.Figures().dump() << '\n';
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "rehost_streams: " << error.what() << '\n';
    return 1;
  }
}

// SPDX-License-Identifier: Apache-2.0
//
// What bench/rehost_known_bugs.py wants to know of inputs, to say which known bug they show.
//
//   rehost_crash_facts CONFIG WATCHED < PATHS        one line of JSON for each input
//   rehost_crash_facts CONFIG --machine FILE         only writes the machine's file
//   rehost_crash_facts CONFIG --blocks BLOCKS        which of the blocks the inputs come by
//
// CONFIG is fuzzware's config.yml, PATHS are of inputs, one a line. WATCHED is a JSON file:
// `stores` are instructions that store, how their address is made (`base`, `index` shifted left by
// `shift`, `offset`: numbers of registers and a number) and the object that they should stay
// `inside`; `words` are addresses. A line has how the input ended, where the pointer is from that
// it failed with, of each store the first time outside (`store`, its place in the list, `address`,
// `at` instructions), earliest first, and what the words held in the end. BLOCKS is a file with
// addresses in hexadecimal, one a line; then only one line comes out: `of` how many, and `blocks`
// that ran.
#include <algorithm>
#include <cstdint>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/json_file.h"
#include "emulation/rehost/core/crash_origin.h"
#include "emulation/rehost/core/failure_report.h"
#include "emulation/rehost/core/machine.h"
#include "emulation/rehost/core/machine_file.h"
#include "emulation/rehost/fuzzware_config.h"

namespace {

using percuss::common::Json;
using percuss::rehost::End;
using percuss::rehost::kLr;
using percuss::rehost::kSp;
using percuss::rehost::Machine;
using percuss::rehost::MachineImage;
using percuss::rehost::Outcome;

constexpr size_t kMostStops = 2'000'000;  // of one input

struct Store {
  uint32_t pc = 0;
  size_t base = 0;
  int index = -1;
  uint32_t shift = 0;
  uint32_t offset = 0;
  uint32_t inside_from = 0;
  uint32_t inside_to = 0;

  [[nodiscard]] uint32_t AddressNow(Machine& machine) const {
    uint32_t address = machine.core().r[base] + offset;
    if (index >= 0) address += machine.core().r[static_cast<size_t>(index)] << shift;
    return address;
  }
};

struct Watched {
  std::vector<Store> stores;
  std::vector<uint32_t> words;
};

std::string ReadAll(std::istream& stream) { return {std::istreambuf_iterator<char>(stream), {}}; }

std::string ReadInput(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) throw std::runtime_error(path + " cannot be read");
  return ReadAll(file);
}

Watched ReadWatched(const std::string& path) {
  const Json json = Json::parse(ReadInput(path));
  Watched watched;
  for (const Json& one : json.at("stores")) {
    Store store;
    store.pc = one.at("pc").get<uint32_t>();
    store.base = one.at("base").get<size_t>() % 15;
    store.index = one.value("index", -1) % 15;
    store.shift = one.value("shift", 0U) % 32;
    store.offset = one.value("offset", 0U);
    store.inside_from = one.at("inside").at(0).get<uint32_t>();
    store.inside_to = one.at("inside").at(1).get<uint32_t>();
    watched.stores.push_back(store);
  }
  watched.words = json.at("words").get<std::vector<uint32_t>>();
  return watched;
}

class Teller {
 public:
  Teller(const MachineImage& image, Watched watched)
      : machine_(image), watched_(std::move(watched)) {
    for (const Store& store : watched_.stores) machine_.Watch(store.pc);
  }

  Json Tell(const std::string& input) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(input.data());
    Json outside = Json::array();
    std::unordered_set<size_t> told;
    machine_.Begin(bytes, input.size());
    Outcome outcome = machine_.Continue();
    for (size_t stops = 0; outcome.end == End::kStopped && stops < kMostStops; ++stops) {
      NoteStores(outcome, told, outside);
      outcome = machine_.Continue();
    }
    Json words = Json::array();
    for (const uint32_t address : watched_.words) {
      uint32_t word = 0;
      (void)machine_.memory().Peek(address, &word, sizeof word);
      words.push_back(word);
    }
    const bool failed = percuss::rehost::IsFailure(outcome.end);
    Json json = {{"failed", failed},
                 {"end", percuss::rehost::NameOf(outcome.end)},
                 {"pc", outcome.pc},
                 {"lr", machine_.core().r[kLr]},
                 {"sp", machine_.core().r[kSp]},
                 {"address", outcome.address},
                 {"cause", outcome.cause},
                 {"instructions", outcome.instructions},
                 {"outside", outside},
                 {"words", words}};
    if (failed) AddOrigin(bytes, input.size(), outcome, json);
    return json;
  }

 private:
  void NoteStores(const Outcome& outcome, std::unordered_set<size_t>& told, Json& outside) {
    for (size_t i = 0; i < watched_.stores.size(); ++i) {
      const Store& store = watched_.stores[i];
      if (store.pc != outcome.pc || told.contains(i)) continue;
      const uint32_t address = store.AddressNow(machine_);
      if (address - store.inside_from < store.inside_to - store.inside_from) continue;
      told.insert(i);
      outside.push_back({{"store", i}, {"address", address}, {"at", outcome.instructions}});
    }
  }

  void AddOrigin(const uint8_t* bytes, size_t size, const Outcome& outcome, Json& json) {
    const auto origin = percuss::rehost::OriginOf(machine_.image(), bytes, size, outcome);
    if (!origin.known) return;
    json["origin"] = {{"value", origin.value},
                      {"loaded_at", origin.loaded_at},
                      {"address", origin.address},
                      {"to_pc", origin.to_pc}};
    if (origin.writer_known) json["origin"]["written_at"] = origin.written_at;
  }

  Machine machine_;
  Watched watched_;
};

int TellAll(const MachineImage& image, const std::string& watched) {
  Teller teller(image, ReadWatched(watched));
  for (std::string path; std::getline(std::cin, path);) {
    Json json = teller.Tell(ReadInput(path));
    json["input"] = path;
    std::cout << json.dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
  }
  return 0;
}

int TellBlocks(const MachineImage& image, const std::string& blocks) {
  std::unordered_set<uint32_t> wanted;
  std::ifstream file(blocks);
  for (std::string line; file >> line;) {
    wanted.insert(static_cast<uint32_t>(std::stoul(line, nullptr, 16)) & ~1U);
  }
  const size_t all = wanted.size();
  std::set<uint32_t> reached(wanted.begin(), wanted.end());
  Machine machine(image);
  machine.TraceBlocks([&wanted](uint32_t pc) { wanted.erase(pc); });
  (void)machine.Boot();
  for (std::string path; std::getline(std::cin, path);) {
    const std::string input = ReadInput(path);
    (void)machine.Run(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  }
  for (const uint32_t block : wanted) reached.erase(block);
  std::cout << Json({{"of", all}, {"blocks", std::vector(reached.begin(), reached.end())}}).dump()
            << '\n';
  return 0;
}

int WriteMachineFile(const MachineImage& image, const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  file << percuss::rehost::WriteMachine(image);
  if (!file.flush()) throw std::runtime_error(path + " cannot be written");
  return 0;
}

int Run(const std::vector<std::string>& words) {
  const auto config = percuss::emulation::ReadFuzzwareConfig(words[0]);
  if (!config) throw std::runtime_error(config.error().Text());
  if (words.size() == 3 && words[1] == "--machine") {
    return WriteMachineFile(config->machine, words[2]);
  }
  if (words.size() == 3 && words[1] == "--blocks") return TellBlocks(config->machine, words[2]);
  return TellAll(config->machine, words[1]);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    std::cerr << "usage: rehost_crash_facts CONFIG WATCHED|--machine FILE|--blocks FILE < PATHS\n";
    return 64;
  }
  try {
    return Run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "rehost_crash_facts: " << error.what() << '\n';
    return 1;
  }
}

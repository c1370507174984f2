// SPDX-License-Identifier: Apache-2.0
//
// Blocks of firmware that are found without running it, against capstone and against lists of
// blocks that others found. A line of JSON for each image; 1 where capstone objects.
//
//   rehost_blocks [--show N] PATH...
//
// PATH: a firmware's image, or a folder: each fuzzware config.yml below it, as it is and once more
// with the symbols of an ELF file beside it. valid_basic_blocks.txt beside it has one address a
// line, in hexadecimal: `recall` is the share of these that are found, `precision` the share of
// those found that are in it.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/json_file.h"
#include "emulation/rehost/block_finder.h"
#include "emulation/rehost/capstone_blocks.h"
#include "emulation/rehost/rehost_target.h"

namespace percuss::emulation {
namespace {

namespace stdfs = std::filesystem;

size_t shown = 0;  // of each list of differences

std::set<uint32_t> ListedIn(const stdfs::path& file) {
  std::set<uint32_t> blocks;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) blocks.insert(static_cast<uint32_t>(std::stoul(line, nullptr, 16)) & ~1U);
  }
  return blocks;
}

stdfs::path ElfBeside(const stdfs::path& config) {
  for (const auto& entry : stdfs::directory_iterator(config.parent_path())) {
    if (entry.path().extension() == ".elf") return entry.path();
  }
  return {};
}

void Show(const char* what, const std::set<uint32_t>& some, const std::set<uint32_t>& others) {
  size_t left = shown;
  for (const uint32_t address : some) {
    if (left == 0) return;
    if (others.contains(address)) continue;
    fmt::print(stderr, "  {} {:#x}\n", what, address);
    --left;
  }
}

common::Json Compared(const FoundCode& found, const std::set<uint32_t>& listed) {
  std::set<uint32_t> begins;
  for (const FoundBlock& block : found.blocks) begins.insert(block.begin);
  size_t both = 0;
  for (const uint32_t address : listed) both += begins.count(address);
  Show("listed, not found:", listed, begins);
  Show("found, not listed:", begins, listed);
  const auto share = [both](size_t of) {
    return of == 0 ? 0.0 : static_cast<double>(both) / static_cast<double>(of);
  };
  return {{"listed", listed.size()},
          {"both", both},
          {"recall", share(listed.size())},
          {"precision", share(begins.size())}};
}

// Whether capstone has nothing against it. config: may be empty.
bool Measure(const stdfs::path& config, const stdfs::path& elf) {
  auto target = OpenRehost(elf, config);
  if (!target) throw std::runtime_error(target.error().Text());
  const auto began = std::chrono::steady_clock::now();
  const FoundCode found = FindBlocks(target->machine);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  const auto objections = CapstoneBlocks(target->machine).Objections(found);
  common::Json line = {{"image", (config.empty() ? elf : config.parent_path()).filename().string()},
                       {"symbols", target->machine.symbols.size()},
                       {"functions", found.functions.size()},
                       {"blocks", found.blocks.size()},
                       {"code_bytes", found.code_bytes},
                       {"data_bytes", found.data_bytes},
                       {"unresolved", found.unresolved.size()},
                       {"conflicts", found.conflicts.size()},
                       {"seconds", took.count()},
                       {"capstone_objects", objections.size()}};
  const auto listed = config.empty() ? std::set<uint32_t>()
                                     : ListedIn(config.parent_path() / "valid_basic_blocks.txt");
  if (!listed.empty()) line.update(Compared(found, listed));
  std::cout << line.dump() << std::endl;
  for (size_t i = 0; i < std::min(shown, objections.size()); ++i) {
    std::cerr << "  " << objections[i] << '\n';
  }
  return objections.empty();
}

int Run(const std::vector<std::string>& arguments) {
  bool agreed = true;
  size_t images = 0;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--show" && i + 1 < arguments.size()) {
      shown = std::stoul(arguments[++i]);
      continue;
    }
    if (!stdfs::is_directory(arguments[i])) {
      ++images;
      agreed = Measure({}, arguments[i]) && agreed;
      continue;
    }
    std::set<stdfs::path> configs;
    for (const auto& entry : stdfs::recursive_directory_iterator(arguments[i])) {
      if (entry.path().filename() == "config.yml") configs.insert(entry.path());
    }
    for (const stdfs::path& config : configs) {
      ++images;
      agreed = Measure(config, {}) && agreed;
      const stdfs::path elf = ElfBeside(config);
      if (!elf.empty()) agreed = Measure(config, elf) && agreed;
    }
  }
  if (images > 0) return agreed ? 0 : 1;
  std::cerr
      << "usage: rehost_blocks [--show N] PATH... (images, folders with a config.yml in it)\n";
  return 64;
}

}  // namespace
}  // namespace percuss::emulation

int main(int argc, char** argv) {
  try {
    return percuss::emulation::Run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "rehost_blocks: " << error.what() << '\n';
    return 1;
  }
}

// SPDX-License-Identifier: Apache-2.0
#include <libdeflate.h>

#include <cstdio>
#include <cstdlib>
#include <span>

#include "emulation/rehost/block_finder.h"
#include "emulation/rehost/core/input_streams.h"
#include "emulation/rehost/core/line_input.h"
#include "emulation/rehost/core/machine_file.h"
#include "harnesses/own/readers.h"
#include "harnesses/sdk/percuss_harness.h"

namespace percuss::own {
namespace {

bool HasBytes(const rehost::MachineImage& image, uint32_t begin, uint32_t size) {
  for (const rehost::Region& region : image.regions) {
    const uint64_t at = uint64_t{begin} - region.begin;
    if (begin >= region.begin && at + size <= region.bytes.size()) return true;
  }
  return false;
}

bool Ascends(const std::vector<uint32_t>& places) {
  for (size_t i = 1; i < places.size(); ++i) {
    if (places[i] <= places[i - 1]) return false;
  }
  return true;
}

// That a run takes each byte of its streams and then of the rest, and none twice.
bool RunTakesAll(std::string_view bytes, const rehost::StreamSet& set) {
  rehost::InputStreams run;
  run.Set(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  std::string taken;
  const auto take = [&run, &taken](const rehost::StreamKey& key) {
    const uint8_t* from = run.Take(key, 1);
    if (from != nullptr) taken += static_cast<char>(*from);
    return from != nullptr;
  };
  std::string all;
  for (const rehost::Stream& stream : set.streams) {
    for (size_t i = 0; i < stream.bytes.size(); ++i) {
      if (!take(stream.key)) return false;
    }
    all += stream.bytes;
  }
  while (take({0, 0})) {
  }
  return taken == all + set.rest && run.Used() == run.Bytes();
}

bool Within(std::span<const uint8_t> part, std::string_view whole) {
  const auto* begin = reinterpret_cast<const uint8_t*>(whole.data());
  return part.empty() || (part.data() >= begin && part.size() <= whole.size() &&
                          static_cast<size_t>(part.data() - begin) <= whole.size() - part.size());
}

}  // namespace

bool BlocksOfCode(std::string_view bytes) {
  const uint32_t crc = libdeflate_crc32(0, bytes.data(), bytes.size());
  std::string file(bytes);
  for (unsigned shift = 0; shift < 32; shift += 8) file += static_cast<char>(crc >> shift & 0xffU);
  rehost::MachineImage machine;
  std::string why;
  if (!rehost::ReadMachine(file, machine, why)) return false;
  const emulation::FoundCode found = emulation::FindBlocks(machine);
  uint64_t end = 0;
  for (const emulation::FoundBlock& block : found.blocks) {
    PERCUSS_PROPERTY(block.begin >= end && block.size > 0, "BLOCKS", "blocks are not apart");
    PERCUSS_PROPERTY(block.function < found.functions.size(), "BLOCKS", "a block of no function");
    PERCUSS_PROPERTY(HasBytes(machine, block.begin, block.size), "BLOCKS", "a block of no bytes");
    end = uint64_t{block.begin} + block.size;
  }
  PERCUSS_PROPERTY(Ascends(found.unresolved) && Ascends(found.conflicts), "BLOCKS", "no order");
  return found.whole && !found.blocks.empty();
}

bool InputAsStreams(std::string_view bytes) {
  rehost::StreamSet set;
  const bool has_streams = rehost::ReadStreams(bytes, set);
  const std::string written = rehost::WriteStreams(set);
  rehost::StreamSet again;
  PERCUSS_PROPERTY(rehost::ReadStreams(written, again) && again == set, "STREAMS",
                   "what is written is not read again");
  PERCUSS_PROPERTY(written.size() == rehost::WrittenBytes(set), "STREAMS", "another size");
  PERCUSS_PROPERTY(RunTakesAll(bytes, set), "STREAMS", "a run does not take what is there");
  rehost::InputLine line;
  line.data = 0x40004000;
  std::vector<rehost::InputLine> lines(2, line);
  lines[1].data = 0x40005000;
  const std::span input(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  const rehost::LineInput split = rehost::SplitLineInput(input, lines);
  for (const auto& message : split.messages) {
    PERCUSS_PROPERTY(Within(message, bytes), "STREAMS", "a message is outside of the input");
  }
  return has_streams && !set.streams.empty();
}

}  // namespace percuss::own

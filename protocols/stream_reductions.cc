// SPDX-License-Identifier: Apache-2.0
#include "protocols/stream_reductions.h"

#include <algorithm>
#include <string_view>

#include "emulation/rehost/core/stream_table.h"

namespace percuss::protocols {

namespace {

using rehost::StreamPlaces;
namespace table = rehost::stream_table;

// A part of an input's bytes; of the rest, stream is the number of streams.
struct Block {
  size_t stream = 0;
  size_t at = 0;
  size_t size = 0;
};

Bytes Without(std::span<const uint8_t> input, size_t at, size_t size) {
  Bytes made(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(at));
  const auto behind = input.subspan(at + size);
  made.insert(made.end(), behind.begin(), behind.end());
  return made;
}

void PutNumber(Bytes& bytes, size_t at, size_t number, size_t width) {
  for (size_t i = 0; i < width; ++i) bytes[at + i] = static_cast<uint8_t>(number >> (8 * i));
}

Reduction WithoutStream(std::span<const uint8_t> input, const StreamPlaces& places, size_t stream) {
  const StreamPlaces::Place& place = places.streams[stream];
  const size_t entry = table::kHeadBytes + stream * table::kEntryBytes;
  Reduction reduction{entry, table::kEntryBytes, Without(input, place.at, place.bytes), place.at,
                      place.bytes};
  reduction.result = Without(reduction.result, entry, table::kEntryBytes);
  PutNumber(reduction.result, table::kMagic.size(), places.streams.size() - 1, 2);
  return reduction;
}

Reduction WithoutBlock(std::span<const uint8_t> input, const StreamPlaces& places,
                       const Block& block) {
  Reduction reduction{block.at, block.size, Without(input, block.at, block.size)};
  if (block.stream < places.streams.size()) {
    const StreamPlaces::Place& place = places.streams[block.stream];
    PutNumber(reduction.result, place.size_at, place.bytes - block.size, 4);
  }
  return reduction;
}

}  // namespace

std::vector<Reduction> StreamReductions(std::span<const uint8_t> input, size_t most) {
  StreamPlaces places;
  std::vector<Reduction> reductions;
  if (!rehost::FindStreams({reinterpret_cast<const char*>(input.data()), input.size()}, places)) {
    return reductions;
  }
  std::vector<Block> wholes;
  for (size_t i = 0; i < places.streams.size(); ++i) {
    wholes.push_back({i, places.streams[i].at, places.streams[i].bytes});
  }
  const auto bigger = [](const Block& one, const Block& other) { return one.size > other.size; };
  std::stable_sort(wholes.begin(), wholes.end(), bigger);
  for (const Block& whole : wholes) {
    if (reductions.size() >= most) return reductions;
    reductions.push_back(WithoutStream(input, places, whole.stream));
  }
  wholes.push_back({places.streams.size(), places.rest, input.size() - places.rest});
  if (wholes.back().size > 0 && reductions.size() < most) {
    reductions.push_back(WithoutBlock(input, places, wholes.back()));
  }
  for (size_t parts = 2; !wholes.empty() && reductions.size() < most; parts *= 2) {
    std::erase_if(wholes, [parts](const Block& whole) { return whole.size < parts; });
    for (const Block& whole : wholes) {
      const size_t size = whole.size / parts;
      for (size_t end = whole.size; end > 0 && reductions.size() < most;
           end -= std::min(end, size)) {
        const size_t block = std::min(end, size);
        reductions.push_back(
            WithoutBlock(input, places, {whole.stream, whole.at + end - block, block}));
      }
    }
  }
  return reductions;
}

}  // namespace percuss::protocols

// SPDX-License-Identifier: Apache-2.0
//
// An input as several streams of bytes, one for each register that is read, so that a change to
// what one device says leaves what the others say as it was (multi-stream inputs: Hoedur,
// Scharnowski et al., USENIX Security 2023; streams by address: MultiFuzz, Chesser et al., USENIX
// Security 2024). As bytes:
//
//   "pstream" and the byte 1
//   16 bits: how many streams, kMostStreams at most
//   of each: 32 bits address, 32 bits pc (kEveryPlace: of loads anywhere), 32 bits size; ascending
//   by address, then by pc, no two alike
//   the bytes of each, in the same order
//   to the end: the rest
//
// Integers are little-endian. Streams that the end cuts off have the bytes that are there. All
// other bytes are one flat input, which is a rest alone: everything takes from it in turn.
//
// Of the C++ library alone and without a source of its own: the core, and what changes inputs
// along a protocol's model, read and write the same (protocols/, ADR 51). Pure,
// thread-safe.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace percuss::rehost {

struct StreamKey {
  static constexpr uint32_t kEveryPlace = 0xffffffff;
  uint32_t address = 0;
  uint32_t pc = kEveryPlace;
  [[nodiscard]] auto operator<=>(const StreamKey& other) const = default;
};

constexpr size_t kMostStreams = 1024;

struct Stream {
  StreamKey key;
  std::string bytes;
  [[nodiscard]] bool operator==(const Stream& other) const = default;
};

struct StreamSet {
  std::vector<Stream> streams;  // ascending by key, no two alike
  std::string rest;
  [[nodiscard]] bool operator==(const StreamSet& other) const = default;
};

// Where the streams of an input stand in it.
struct StreamPlaces {
  struct Place {
    StreamKey key;
    size_t at = 0;
    size_t bytes = 0;    // that are there
    size_t size_at = 0;  // of the 32 bits that say how many there should be
  };
  std::vector<Place> streams;
  size_t rest = 0;  // from here to the end
};

namespace stream_table {

constexpr std::string_view kMagic("pstream\1", 8);
constexpr size_t kHeadBytes = 10;
constexpr size_t kEntryBytes = 12;
constexpr size_t kSizeInEntry = 8;

[[nodiscard]] inline uint32_t NumberAt(std::string_view input, size_t at, size_t bytes) {
  uint32_t number = 0;
  for (size_t i = 0; i < bytes; ++i) {
    number |= uint32_t{static_cast<uint8_t>(input[at + i])} << (8 * i);
  }
  return number;
}

inline void Append(std::string& to, uint64_t number, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) to += static_cast<char>(number >> (8 * i) & 0xffU);
}

[[nodiscard]] inline StreamKey KeyAt(std::string_view input, size_t index) {
  const size_t at = kHeadBytes + index * kEntryBytes;
  return {NumberAt(input, at, 4), NumberAt(input, at + 4, 4)};
}

// How many streams there are; none: it is flat.
[[nodiscard]] inline std::optional<size_t> CountOf(std::string_view input) {
  if (input.size() < kHeadBytes || !input.starts_with(kMagic)) return std::nullopt;
  const size_t count = NumberAt(input, kMagic.size(), 2);
  if (count > kMostStreams || input.size() - kHeadBytes < count * kEntryBytes) return std::nullopt;
  for (size_t i = 1; i < count; ++i) {
    if (KeyAt(input, i) <= KeyAt(input, i - 1)) return std::nullopt;
  }
  return count;
}

}  // namespace stream_table

// False: it is a flat input, all of it the rest.
inline bool FindStreams(std::string_view input, StreamPlaces& places) {
  using namespace stream_table;
  places.streams.clear();
  places.rest = 0;
  const std::optional<size_t> count = CountOf(input);
  if (!count) return false;
  places.rest = kHeadBytes + *count * kEntryBytes;
  for (size_t i = 0; i < *count; ++i) {
    const size_t size_at = kHeadBytes + i * kEntryBytes + kSizeInEntry;
    const size_t there = std::min<size_t>(NumberAt(input, size_at, 4), input.size() - places.rest);
    places.streams.push_back({KeyAt(input, i), places.rest, there, size_at});
    places.rest += there;
  }
  return true;
}

// False: it is a flat input, which is set.rest then.
inline bool ReadStreams(std::string_view input, StreamSet& set) {
  StreamPlaces places;
  const bool has_streams = FindStreams(input, places);
  set = {};
  for (const StreamPlaces::Place& place : places.streams) {
    set.streams.push_back({place.key, std::string(input.substr(place.at, place.bytes))});
  }
  set.rest = input.substr(places.rest);
  return has_streams;
}

// How many bytes WriteStreams makes of one.
[[nodiscard]] inline size_t WrittenBytes(const StreamSet& set) {
  size_t bytes = stream_table::kHeadBytes + set.rest.size();
  for (const Stream& stream : set.streams) {
    bytes += stream_table::kEntryBytes + stream.bytes.size();
  }
  return bytes;
}

// Where there are too many streams, or they are not in order: those that can be written.
[[nodiscard]] inline std::string WriteStreams(const StreamSet& set) {
  using stream_table::Append;
  std::vector<const Stream*> written;
  for (const Stream& stream : set.streams) {
    if (written.size() == kMostStreams) break;
    if (written.empty() || written.back()->key < stream.key) written.push_back(&stream);
  }
  std::string bytes(stream_table::kMagic);
  bytes.reserve(WrittenBytes(set));
  Append(bytes, written.size(), 2);
  for (const Stream* stream : written) {
    Append(bytes, stream->key.address, 4);
    Append(bytes, stream->key.pc, 4);
    Append(bytes, stream->bytes.size(), 4);
  }
  for (const Stream* stream : written) bytes += stream->bytes;
  return bytes += set.rest;
}

}  // namespace percuss::rehost

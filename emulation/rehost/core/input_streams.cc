// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/input_streams.h"

#include <algorithm>
#include <cstring>

namespace percuss::rehost {

namespace {

constexpr std::string_view kMagic("pstream\1", 8);
constexpr size_t kHeadBytes = 10;
constexpr size_t kEntryBytes = 12;
constexpr size_t kNone = ~size_t{0};

uint32_t IntegerAt(const uint8_t* from, size_t bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < bytes; ++i) value |= uint32_t{from[i]} << (8 * i);
  return value;
}

void Append(std::string& to, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) to += static_cast<char>(value >> (8 * i) & 0xffU);
}

struct Entry {
  StreamKey key;
  size_t size = 0;
};

Entry EntryAt(const uint8_t* bytes, size_t index) {
  const uint8_t* from = bytes + kHeadBytes + index * kEntryBytes;
  return {{IntegerAt(from, 4), IntegerAt(from + 4, 4)}, IntegerAt(from + 8, 4)};
}

// How many streams there are; kNone: it is flat.
size_t CountOf(const uint8_t* bytes, size_t size) {
  if (size < kHeadBytes || std::memcmp(bytes, kMagic.data(), kMagic.size()) != 0) return kNone;
  const size_t count = IntegerAt(bytes + kMagic.size(), 2);
  if (count > kMostStreams || size - kHeadBytes < count * kEntryBytes) return kNone;
  for (size_t i = 1; i < count; ++i) {
    if (EntryAt(bytes, i).key <= EntryAt(bytes, i - 1).key) return kNone;
  }
  return count;
}

}  // namespace

bool FindStreams(std::string_view input, StreamPlaces& places) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(input.data());
  const size_t count = CountOf(bytes, input.size());
  places.streams.clear();
  places.rest = 0;
  if (count == kNone) return false;
  places.rest = kHeadBytes + count * kEntryBytes;
  for (size_t i = 0; i < count; ++i) {
    const Entry entry = EntryAt(bytes, i);
    const size_t there = std::min(entry.size, input.size() - places.rest);
    places.streams.push_back({entry.key, places.rest, there});
    places.rest += there;
  }
  return true;
}

bool ReadStreams(std::string_view input, StreamSet& set) {
  StreamPlaces places;
  const bool has_streams = FindStreams(input, places);
  set = {};
  for (const auto& [key, at, bytes] : places.streams) {
    set.streams.push_back({key, std::string(input.substr(at, bytes))});
  }
  set.rest = input.substr(places.rest);
  return has_streams;
}

size_t WrittenBytes(const StreamSet& set) {
  size_t bytes = kHeadBytes + set.rest.size();
  for (const Stream& stream : set.streams) bytes += kEntryBytes + stream.bytes.size();
  return bytes;
}

std::string WriteStreams(const StreamSet& set) {
  std::vector<const Stream*> written;
  for (const Stream& stream : set.streams) {
    if (written.size() == kMostStreams) break;
    if (written.empty() || written.back()->key < stream.key) written.push_back(&stream);
  }
  std::string bytes(kMagic);
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

void InputStreams::Set(const uint8_t* bytes, size_t size) {
  input_ = bytes;
  end_ = bytes + size;
  used_ = 0;
  noted_.clear();
  starved_ = {};
  starved_bytes_ = 0;
  const bool has_streams = FindStreams({reinterpret_cast<const char*>(bytes), size}, places_) &&
                           !places_.streams.empty();
  bytes_ = size - (places_.streams.empty() ? places_.rest : places_.streams.front().at);
  streams_.clear();
  for (const auto& [key, at, there] : places_.streams) streams_.push_back({key, at, there});
  if (has_streams && ++generation_ == 0) {
    sites_.assign(kSites, {});
    generation_ = 1;
  }
  rest_begin_ = rest_ = bytes + places_.rest;
  by_key_ = has_streams || noting_;
}

size_t InputStreams::Search(const StreamKey& key) const {
  const auto at = std::lower_bound(
      streams_.begin(), streams_.end(), key,
      [](const Cursor& cursor, const StreamKey& wanted) { return cursor.key < wanted; });
  if (at == streams_.end() || at->key != key) return kNone;
  return static_cast<size_t>(at - streams_.begin());
}

size_t InputStreams::Find(const StreamKey& context) {
  if (streams_.empty()) return kNone;
  Site& site = sites_[(context.pc * 0x9e3779b1U ^ context.address * 0x85ebca6bU) >> 24U];
  if (site.generation != generation_ || site.context != context) {
    size_t found = Search(context);
    if (found == kNone) found = Search({context.address, StreamKey::kEveryPlace});
    site = {context, generation_, found};
  }
  return site.stream;
}

const uint8_t* InputStreams::TakeByKey(const StreamKey& context, uint32_t bytes) {
  const size_t index = Find(context);
  const uint8_t* from = nullptr;
  if (index != kNone) {
    Cursor& cursor = streams_[index];
    if (bytes <= cursor.left) {
      from = input_ + cursor.at;
      cursor.at += bytes;
      cursor.left -= bytes;
      used_ += bytes;
    } else {
      cursor.left = 0;
    }
  }
  if (from == nullptr) from = TakeRest(bytes);
  if (from == nullptr) {
    starved_ = context;
    starved_bytes_ = bytes;
  } else if (noting_) {
    noted_.push_back({context, static_cast<size_t>(from - input_), bytes});
  }
  return from;
}

}  // namespace percuss::rehost

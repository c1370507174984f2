// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/input_streams.h"

#include <algorithm>
#include <string_view>

namespace percuss::rehost {

namespace {

constexpr size_t kNone = ~size_t{0};

}  // namespace

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
  for (const StreamPlaces::Place& place : places_.streams) {
    streams_.push_back({place.key, place.at, place.bytes});
  }
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

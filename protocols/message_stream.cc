// SPDX-License-Identifier: Apache-2.0
#include "protocols/message_stream.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "emulation/rehost/core/stream_table.h"

namespace percuss::protocols {

namespace {

// Of the changes: few firmwares ask much of other peripherals.
constexpr uint64_t kChangesOfOthers = 16;
constexpr size_t kMostNewOthers = 256;

std::string_view TextOf(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void Append(Bytes& bytes, std::span<const uint8_t> more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

}  // namespace

MessagePlace FindMessage(std::span<const uint8_t> input, uint32_t address) {
  rehost::StreamPlaces places;
  if (!rehost::FindStreams(TextOf(input), places)) {
    return {true, 0, input.size(), input.size(), 0};
  }
  MessagePlace place;
  place.found = false;
  for (const rehost::StreamPlaces::Place& stream : places.streams) {
    if (stream.key == rehost::StreamKey{address}) {
      place = {true, stream.at, stream.bytes, 0, stream.size_at};
    }
  }
  place.others = places.rest;
  return place;
}

Bytes WithMessage(std::span<const uint8_t> input, const MessagePlace& place,
                  std::span<const uint8_t> message) {
  Bytes made(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(place.begin));
  Append(made, message);
  Append(made, input.subspan(place.begin + place.size));
  for (size_t i = 0; i < sizeof(uint32_t) && place.size_at != 0; ++i) {
    made[place.size_at + i] = static_cast<uint8_t>(message.size() >> (8 * i));
  }
  return made;
}

MessageMutator::MessageMutator(Mutator& mutator, std::optional<uint32_t> address, uint64_t seed,
                               ByteMutation engine)
    : mutator_(mutator), address_(address), random_(seed), engine_(std::move(engine)) {}

const Bytes& MessageMutator::ChangeAll(std::span<const uint8_t> input, size_t most) {
  result_.assign(input.begin(), input.end());
  result_.resize(most);
  result_.resize(engine_(result_.data(), std::min(input.size(), most), most));
  return result_;
}

// They are asked for from the first on, so that new ones are put at the end.
const Bytes& MessageMutator::ChangeOthers(std::span<const uint8_t> input, const MessagePlace& place,
                                          size_t most) {
  Bytes made;
  size_t others = place.others;
  if (place.size_at == 0) {
    const std::string table =
        rehost::WriteStreams({{{{*address_}, std::string(TextOf(input))}}, ""});
    made.assign(table.begin(), table.end());
    others = made.size();
  } else {
    made.assign(input.begin(), input.end());
  }
  if (made.size() > most) return ChangeAll(input, most);
  if (others == made.size() || random_.OneIn(2)) {
    const size_t more = std::min<size_t>(1 + random_.Below(kMostNewOthers), most - made.size());
    const bool zeros = random_.OneIn(2);
    for (size_t i = 0; i < more; ++i) {
      made.push_back(zeros ? uint8_t{0} : static_cast<uint8_t>(random_.Below(256)));
    }
  } else {
    const size_t size = made.size() - others;
    made.resize(most);
    made.resize(others + engine_(made.data() + others, size, most - others));
  }
  result_ = std::move(made);
  return result_;
}

const Bytes& MessageMutator::Mutate(std::span<const uint8_t> input, size_t most) {
  if (!address_) return mutator_.Mutate(input, most);
  const MessagePlace place = FindMessage(input, *address_);
  const size_t around = input.size() - place.size;
  if (!place.found || around >= most) return ChangeAll(input, most);
  if (random_.OneIn(kChangesOfOthers)) return ChangeOthers(input, place, most);
  const Bytes& message = mutator_.Mutate(input.subspan(place.begin, place.size), most - around);
  result_ = WithMessage(input, place, message);
  return result_;
}

const Bytes& MessageMutator::Cross(std::span<const uint8_t> input, std::span<const uint8_t> other,
                                   size_t most) {
  if (!address_) return mutator_.Cross(input, other, most);
  const MessagePlace place = FindMessage(input, *address_);
  const MessagePlace theirs = FindMessage(other, *address_);
  const size_t around = input.size() - place.size;
  if (!place.found || !theirs.found || around >= most) return ChangeAll(input, most);
  const Bytes& message = mutator_.Cross(input.subspan(place.begin, place.size),
                                        other.subspan(theirs.begin, theirs.size), most - around);
  result_ = WithMessage(input, place, message);
  return result_;
}

std::optional<uint32_t> NamedStream() {
  const char* const text = std::getenv("PERCUSS_MODEL_STREAM");
  if (text == nullptr || *text == '\0') return std::nullopt;
  return static_cast<uint32_t>(std::strtoul(text, nullptr, 0));
}

}  // namespace percuss::protocols

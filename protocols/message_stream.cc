// SPDX-License-Identifier: Apache-2.0
#include "protocols/message_stream.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

namespace percuss::protocols {

namespace {

constexpr std::string_view kMark("pstream\1", 8);
constexpr size_t kMostStreams = 1024;
constexpr size_t kCountBytes = 2;
constexpr size_t kWord = 4;
constexpr size_t kEntryBytes = 3 * kWord;
constexpr uint32_t kEveryPlace = 0xffffffff;
// Of the changes: few firmwares ask much of other peripherals.
constexpr uint64_t kChangesOfOthers = 16;
constexpr size_t kMostNewOthers = 256;

uint32_t NumberAt(std::span<const uint8_t> bytes, size_t at, size_t size) {
  uint32_t number = 0;
  for (size_t i = 0; i < size; ++i) number |= uint32_t{bytes[at + i]} << (8 * i);
  return number;
}

void Append(Bytes& bytes, size_t number, size_t size) {
  for (size_t i = 0; i < size; ++i) bytes.push_back(static_cast<uint8_t>(number >> (8 * i)));
}

void Append(Bytes& bytes, std::span<const uint8_t> more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

}  // namespace

MessagePlace FindMessage(std::span<const uint8_t> input, uint32_t address) {
  const MessagePlace all = {true, 0, input.size(), input.size(), 0};
  const size_t fixed = kMark.size() + kCountBytes;
  if (input.size() < fixed || std::memcmp(input.data(), kMark.data(), kMark.size()) != 0) {
    return all;
  }
  const size_t count = NumberAt(input, kMark.size(), kCountBytes);
  size_t at = fixed + count * kEntryBytes;
  if (count > kMostStreams || at > input.size()) return all;
  MessagePlace place;
  place.found = false;
  uint64_t last = 0;  // address and pc of the entry before
  for (size_t entry = fixed; entry < fixed + count * kEntryBytes; entry += kEntryBytes) {
    const uint64_t key =
        uint64_t{NumberAt(input, entry, kWord)} << 32U | NumberAt(input, entry + kWord, kWord);
    if (entry != fixed && key <= last) return all;
    last = key;
    const size_t size_at = entry + 2 * kWord;
    const size_t size = std::min<size_t>(NumberAt(input, size_at, kWord), input.size() - at);
    if (NumberAt(input, entry, kWord) == address &&
        NumberAt(input, entry + kWord, kWord) == kEveryPlace) {
      place = {true, at, size, 0, size_at};
    }
    at += size;
  }
  place.others = at;
  return place;
}

Bytes WithMessage(std::span<const uint8_t> input, const MessagePlace& place,
                  std::span<const uint8_t> message) {
  Bytes made(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(place.begin));
  Append(made, message);
  Append(made, input.subspan(place.begin + place.size));
  for (size_t i = 0; i < kWord && place.size_at != 0; ++i) {
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
    Append(made, {reinterpret_cast<const uint8_t*>(kMark.data()), kMark.size()});
    Append(made, 1, kCountBytes);
    Append(made, *address_, kWord);
    Append(made, kEveryPlace, kWord);
    Append(made, place.size, kWord);
    others += made.size();
  }
  Append(made, input);
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

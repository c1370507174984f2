// SPDX-License-Identifier: Apache-2.0
#include "campaign/mutate/small_steps.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

namespace percuss::campaign {
namespace {

constexpr size_t kStepsOfTurn = 384;
constexpr size_t kRandomOfTurn = 128;
constexpr size_t kMostChangedBytes = 4096;
constexpr size_t kMostFields = 48;
constexpr size_t kChangesOfByte = 6;
constexpr size_t kJoins = 24;
constexpr size_t kMostAtOnce = 3;
// A guess is left out now and then, lest a wrong one spoils each change.
constexpr size_t kOneLeftOutOf = 8;

enum PartChange : size_t {
  kLonger,
  kMuchLonger,
  kShorter,
  kHalf,
  kEmptied,
  kTwice,
  kGone,
  kFromOther,
  kOtherBehind,
  kPartChanges
};

}  // namespace

size_t SmallSteps::Below(size_t bound) { return bound == 0 ? 0 : random_() % bound; }

size_t SmallSteps::Steps() const {
  return changed_bytes_ * kChangesOfByte + fields_.size() * kPartChanges + kJoins;
}

size_t SmallSteps::Begin(std::span<const uint8_t> input) {
  const std::string_view text(reinterpret_cast<const char*>(input.data()), input.size());
  hash_ = std::hash<std::string_view>()(text);
  changed_bytes_ = std::min(input.size(), kMostChangedBytes);
  fields_ = FindLengthFields(input, kMostFields);
  const size_t taken = taken_[hash_];
  return taken >= Steps() ? kRandomOfTurn : std::min(Steps() - taken, kStepsOfTurn);
}

std::span<const uint8_t> SmallSteps::Next(std::span<const uint8_t> input,
                                          std::span<const uint8_t> other, size_t most_bytes) {
  output_.assign(input.begin(), input.end());
  const size_t steps = Steps();
  size_t& taken = taken_[hash_];
  if (taken < steps) {
    // Each once, but not in order: neighbours are alike.
    size_t stride = steps * 5 / 8 | 1;
    while (std::gcd(stride, steps) != 1) stride += 2;
    TakeStep((hash_ % steps + taken * stride) % steps, other);
    ++taken;
  } else {
    const size_t count = 2 + Below(kMostAtOnce - 1);
    for (size_t i = 0; i < count; ++i) {
      if (i != 0) fields_ = FindLengthFields(output_, kMostFields);
      changed_bytes_ = std::min(output_.size(), kMostChangedBytes);
      TakeStep(Below(Steps()), other);
    }
    fields_ = FindLengthFields(input, kMostFields);
    changed_bytes_ = std::min(input.size(), kMostChangedBytes);
  }
  if (output_.empty()) output_.push_back(0);
  if (output_.size() > most_bytes) output_.resize(most_bytes);
  return output_;
}

void SmallSteps::TakeStep(size_t step, std::span<const uint8_t> other) {
  if (step < changed_bytes_ * kChangesOfByte) {
    ChangeByte(step);
    return;
  }
  step -= changed_bytes_ * kChangesOfByte;
  if (step < fields_.size() * kPartChanges) {
    const LengthField field = fields_[step / kPartChanges];
    ChangePart(field, step % kPartChanges, other);
  } else {
    Join(step, other);
  }
}

void SmallSteps::ChangeByte(size_t step) {
  uint8_t& byte = output_[step / kChangesOfByte];
  const std::array<uint8_t, kChangesOfByte> values = {
      static_cast<uint8_t>(byte + 1), static_cast<uint8_t>(byte - 1), 0, 0xff,
      static_cast<uint8_t>(random_()), static_cast<uint8_t>(random_())};
  byte = values[step % kChangesOfByte];
}

void SmallSteps::ChangePart(const LengthField& field, size_t change,
                            std::span<const uint8_t> other) {
  const size_t size = field.end - field.begin;
  const size_t header = field.begin - field.at;
  // A type, or whatever else is before the number, belongs to the part: how much of it is a guess.
  const size_t begin = field.at - std::min(field.at, Below(5));
  const std::vector<uint8_t> part(output_.begin() + static_cast<ptrdiff_t>(begin),
                                  output_.begin() + static_cast<ptrdiff_t>(field.end));
  const auto content = std::span(part).last(size);
  std::vector<uint8_t> bytes;
  std::vector<LengthField> theirs;
  if (change == kFromOther || change == kOtherBehind) theirs = FindLengthFields(other, kMostFields);
  std::erase_if(theirs, [&](const auto& it) { return it.width != field.width; });
  switch (change) {
    case kLonger:
      Replace(field.end, 0, content.last(std::min<size_t>(size, 1 + Below(2))));
      break;
    case kMuchLonger:
      for (size_t i = 0; i < 4 + Below(29); ++i) bytes.push_back(content[i % size]);
      Replace(field.end, 0, bytes);
      break;
    case kShorter: {
      const size_t less = std::min<size_t>(size, 1 + Below(2));
      Replace(field.end - less, less, {});
      break;
    }
    case kHalf:
      Replace(field.begin + size / 2, size - size / 2, {});
      break;
    case kEmptied:
      Replace(field.begin, size, {});
      break;
    case kTwice:
      Replace(field.end, 0, part);
      break;
    case kGone:
      Replace(begin, field.end - begin, {});
      break;
    default: {
      if (theirs.empty()) return ChangeByte(Below(changed_bytes_ * kChangesOfByte));
      const LengthField& taken = theirs[Below(theirs.size())];
      const size_t from = taken.at - std::min(taken.at, field.at - begin);
      const bool behind = change == kOtherBehind;
      const size_t at = behind ? field.end : begin;
      (void)header;
      Replace(at, behind ? 0 : field.end - begin, other.subspan(from, taken.end - from));
    }
  }
}

void SmallSteps::Join(size_t step, std::span<const uint8_t> other) {
  const size_t size = output_.size();
  const auto behind = output_.end();
  const auto before = output_.begin();
  switch (step % 3) {
    case 0:
      output_.insert(behind, other.begin(), other.end());
      break;
    case 1:
      output_.insert(before, other.begin(), other.end());
      break;
    default: {  // its own parts again
      const std::vector<uint8_t> own(output_);
      const size_t from = fields_.empty() ? Below(size) : fields_[Below(fields_.size())].at;
      output_.insert(behind, own.begin() + static_cast<ptrdiff_t>(from), own.end());
    }
  }
}

void SmallSteps::Replace(size_t at, size_t count, std::span<const uint8_t> by) {
  for (const LengthField& field : fields_) {
    const bool around = field.begin <= at && at + count <= field.end;
    if (!around || Below(kOneLeftOutOf) == 0) continue;
    const uint32_t value = ReadNumber(output_, field.at, field.width, field.big_endian);
    WriteNumber(output_, field, value + static_cast<uint32_t>(by.size() - count));
  }
  const auto place = output_.begin() + static_cast<ptrdiff_t>(at);
  const auto rest = output_.erase(place, place + static_cast<ptrdiff_t>(count));
  output_.insert(rest, by.begin(), by.end());
}

}  // namespace percuss::campaign

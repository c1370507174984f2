// SPDX-License-Identifier: Apache-2.0
#include "campaign/mutate/small_steps.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>
#include <utility>

namespace percuss::campaign {
namespace {

constexpr size_t kStepsOfTurn = 32;
constexpr size_t kTurnsInAll = 4;
constexpr size_t kMeanOfSeveral = 3;
constexpr size_t kRecent = 32;
constexpr size_t kMostCopied = 64;
// Joined inputs are joined again: without an end to it, most of the time would go to long ones.
constexpr size_t kMostJoinedBytes = 4096;
constexpr size_t kMostKeptBytes = size_t{64} << 20;
constexpr size_t kMostChangedBytes = 4096;
constexpr size_t kMostFields = 48;
constexpr size_t kMostTextNumbers = 128;
constexpr std::array<std::string_view, 9> kTextNumbers = {
    "0", "1", "-1", "10", "100", "255", "1000", "65535", "4294967295"};
// Of a byte, in the first round and in all others.
constexpr size_t kLikelyChanges = 10;
constexpr size_t kOtherChanges = 15;
constexpr size_t kThoroughRounds = 2;  // until then seeds have half of the turns
constexpr size_t kJoins = 24;
constexpr size_t kMostBeforeNumber = 4;  // bytes of a part
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
  kSmallNumber,
  kGreatNumber,
  kSameAsAnother,
  kFromOther,
  kOtherBehind,
  kPartChanges
};

bool IsDigit(uint8_t byte) { return byte >= '0' && byte <= '9'; }

// Coprime to the number of steps: each is taken once, and neighbours, which are alike, far apart.
size_t StrideOf(size_t steps) {
  size_t stride = steps * 5 / 8 | 1;
  while (std::gcd(stride, steps) != 1) stride += 2;
  return stride;
}

// Steps by number: first those of bytes, then the few others. In turns of both as long as there are
// both: the few change more.
size_t StepAt(size_t first, size_t taken, size_t few, size_t all) {
  const size_t many = all - few;
  const size_t both = std::min(few, many);
  const bool of_few = taken < 2 * both ? taken % 2 == 0 : few > many;
  const size_t at = taken < 2 * both ? taken / 2 : taken - both;
  const size_t group = of_few ? few : many;
  return (of_few ? many : 0) + (first + at * StrideOf(group)) % group;
}

}  // namespace

size_t SmallSteps::Below(size_t bound) { return bound == 0 ? 0 : random_() % bound; }

size_t SmallSteps::FewSteps() const {
  return fields_.size() * kPartChanges + kJoins + numbers_.size() * kTextNumbers.size();
}

size_t SmallSteps::ByteSteps(const Input& input) const {
  return changed_bytes_ * (input.round == 0 ? kLikelyChanges : kOtherChanges);
}

void SmallSteps::Add(std::span<const uint8_t> input, bool is_seed) {
  if (input.empty() || input.size() > kMostKeptBytes - kept_bytes_) return;
  kept_bytes_ += input.size();
  (is_seed ? seeds_ : found_).push_back({{input.begin(), input.end()}, random_()});
  left_of_turn_ = 0;  // what it pointed at has moved
}

SmallSteps::Input* SmallSteps::Rested(std::vector<Input>& inputs) {
  const auto rested =
      std::min_element(inputs.begin(), inputs.end(), [](const Input& one, const Input& other) {
        return std::pair(one.round, one.taken) < std::pair(other.round, other.taken);
      });
  return rested == inputs.end() ? nullptr : &*rested;
}

void SmallSteps::Look(std::span<const uint8_t> bytes) {
  changed_bytes_ = std::min(bytes.size(), kMostChangedBytes);
  fields_ = FindLengthFields(bytes, kMostFields);
  numbers_.clear();
  for (size_t at = 0; at < changed_bytes_ && numbers_.size() < kMostTextNumbers; ++at) {
    if (!IsDigit(bytes[at]) || (at != 0 && IsDigit(bytes[at - 1]))) continue;
    const bool with_sign = at != 0 && (bytes[at - 1] == '+' || bytes[at - 1] == '-');
    numbers_.push_back(with_sign ? at - 1 : at);
  }
}

// turn_of_ is then whose steps are to be taken; NULL: several changes at once.
void SmallSteps::BeginTurn() {
  const size_t turn = turns_++ % kTurnsInAll;
  left_of_turn_ = kStepsOfTurn;
  turn_of_ = nullptr;
  if (turn == 0) turn_of_ = Rested(seeds_);
  if (turn == 1) turn_of_ = Rested(found_);
  if (turn == 2) {
    Input* const seed = Rested(seeds_);
    turn_of_ = seed != nullptr && seed->round < kThoroughRounds ? seed : nullptr;
  }
  if (turn_of_ == nullptr) return;
  Look(turn_of_->bytes);
  left_of_turn_ = std::min(kStepsOfTurn, ByteSteps(*turn_of_) + FewSteps() - turn_of_->taken);
}

// What was found last is where something new may be near.
const SmallSteps::Input& SmallSteps::Any() {
  const size_t recent = std::min(found_.size(), kRecent);
  if (recent != 0 && Below(2) == 0) return found_[found_.size() - 1 - Below(recent)];
  const size_t at = Below(seeds_.size() + found_.size());
  return at < seeds_.size() ? seeds_[at] : found_[at - seeds_.size()];
}

std::span<const uint8_t> SmallSteps::Next(size_t most_bytes) {
  if (left_of_turn_ == 0) BeginTurn();
  --left_of_turn_;
  if (turn_of_ != nullptr) {
    TakeNextStepOf(*turn_of_);
  } else {
    ChangeSeveral();
  }
  if (output_.empty()) output_.push_back(0);
  if (output_.size() > most_bytes) output_.resize(most_bytes);
  return output_;
}

void SmallSteps::AddWord(std::span<const uint8_t> word) {
  if (!word.empty()) words_.emplace_back(word.begin(), word.end());
}

void SmallSteps::ChangeSeveral() {
  output_ = Any().bytes;
  do {
    Look(output_);
    ChangeOneOfSeveral();
  } while (!output_.empty() && Below(kMeanOfSeveral) != 0);
}

void SmallSteps::ChangeOneOfSeveral() {
  switch (Below(8)) {
    case 0:
      return ChangeNumber();
    case 1:
    case 2:
      return PutWord();
    case 3:
      if (!numbers_.empty() && Below(2) == 0) {
        return ChangeTextNumber(Below(numbers_.size() * kTextNumbers.size()));
      }
      return CopyWithin();
    case 4:
      if (Below(2) == 0) return Join(Below(kJoins));
      [[fallthrough]];
    case 5:
      if (!fields_.empty()) {
        const LengthField field = fields_[Below(fields_.size())];
        return ChangePart(field, Below(kPartChanges));
      }
      [[fallthrough]];
    default:
      return ChangeByte(Below(changed_bytes_), Below(kLikelyChanges + kOtherChanges));
  }
}

// Limits of numbers, and a little more or less than there is.
void SmallSteps::ChangeNumber() {
  LengthField number;
  number.width = size_t{1} << Below(3);
  if (number.width > output_.size()) return;
  number.at = Below(output_.size() - number.width + 1);
  number.big_endian = Below(2) == 0;
  const uint32_t value = ReadNumber(output_, number.at, number.width, number.big_endian);
  const uint32_t little = 1 + static_cast<uint32_t>(Below(16));
  const auto bit = static_cast<uint32_t>(Below(number.width * 8));
  const std::array<uint32_t, 5> values = {value + little, value - little, 1u << bit,
                                          (1u << bit) - 1, ~uint32_t{0} << bit};
  WriteNumber(output_, number, values[Below(values.size())]);
}

void SmallSteps::PutWord() {
  if (words_.empty()) return CopyWithin();
  const std::vector<uint8_t>& word = words_[Below(words_.size())];
  const size_t at = Below(output_.size() + 1);
  const bool instead = Below(2) == 0;
  Replace(at, instead ? std::min(word.size(), output_.size() - at) : 0, word);
}

void SmallSteps::CopyWithin() {
  const size_t from = Below(output_.size());
  const size_t count = 1 + Below(std::min(output_.size() - from, kMostCopied));
  const std::vector<uint8_t> copied(output_.begin() + static_cast<ptrdiff_t>(from),
                                    output_.begin() + static_cast<ptrdiff_t>(from + count));
  const size_t at = Below(output_.size() + 1);
  switch (Below(3)) {
    case 0:
      return Replace(at, 0, copied);
    case 1:
      return Replace(at, std::min(count, output_.size() - at), copied);
    default:
      return Replace(from, count, {});
  }
}

void SmallSteps::TakeNextStepOf(Input& input) {
  output_ = input.bytes;
  const size_t of_bytes = ByteSteps(input);
  const size_t step = StepAt(input.first, input.taken, FewSteps(), of_bytes + FewSteps());
  const bool first_round = input.round == 0;
  if (++input.taken == of_bytes + FewSteps()) {
    input.taken = 0;
    ++input.round;
  }
  if (step >= of_bytes) return TakeFewStep(step - of_bytes);
  const size_t changes = first_round ? kLikelyChanges : kOtherChanges;
  ChangeByte(step / changes, step % changes + (first_round ? 0 : kLikelyChanges));
}

void SmallSteps::TakeFewStep(size_t step) {
  if (step < fields_.size() * kPartChanges) {
    const LengthField field = fields_[step / kPartChanges];
    ChangePart(field, step % kPartChanges);
    return;
  }
  step -= fields_.size() * kPartChanges;
  if (step < kJoins) {
    Join(step);
  } else {
    ChangeTextNumber(step - kJoins);
  }
}

void SmallSteps::ChangeByte(size_t at, size_t change) {
  uint8_t& byte = output_[at];
  const auto flipped = [&](size_t bit) { return static_cast<uint8_t>(byte ^ 1u << bit); };
  // As sizes are.
  const auto power = [](size_t bit) { return static_cast<uint8_t>(1u << bit); };
  if (change >= kLikelyChanges) {
    change -= kLikelyChanges;
    byte = change < 8 ? flipped(change) : power(change - 8);
    return;
  }
  // The last is what another byte has, as a reference to it would.
  const std::array<uint8_t, kLikelyChanges - 2> values = {static_cast<uint8_t>(byte + 1),
                                                          static_cast<uint8_t>(byte - 1),
                                                          0,
                                                          0xff,
                                                          flipped(7),
                                                          flipped(Below(7)),
                                                          power(Below(7)),
                                                          output_[Below(output_.size())]};
  if (change < values.size()) {
    byte = values[change];
  } else if (change == values.size()) {  // twice: of text that counts, a greater number
    const uint8_t same = byte;
    Replace(at, 0, std::span(&same, 1));
  } else {
    Replace(at, 1, {});
  }
}

void SmallSteps::ChangeTextNumber(size_t step) {
  const size_t at = numbers_[step / kTextNumbers.size()];
  size_t end = at + 1;  // behind a sign, or the first digit
  while (end < output_.size() && IsDigit(output_[end])) ++end;
  const std::string_view number = kTextNumbers[step % kTextNumbers.size()];
  Replace(at, end - at, std::vector<uint8_t>(number.begin(), number.end()));
}

void SmallSteps::ChangePart(const LengthField& field, size_t change) {
  const size_t size = field.end - field.begin;
  // A type, or whatever else is before the number, belongs to the part: how much of it is a guess.
  const size_t begin = field.at - std::min(field.at, Below(kMostBeforeNumber + 1));
  const std::vector<uint8_t> part(output_.begin() + static_cast<ptrdiff_t>(begin),
                                  output_.begin() + static_cast<ptrdiff_t>(field.end));
  const auto content = std::span(part).last(size);
  const size_t little = std::min<size_t>(size, 1 + Below(2));
  std::vector<uint8_t> bytes;
  switch (change) {
    case kLonger:
      return Replace(field.end, 0, content.last(little));
    case kMuchLonger:
      bytes.resize(4 + Below(29));
      for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = content[i % size];
      return Replace(field.end, 0, bytes);
    case kShorter:
      return Replace(field.end - little, little, {});
    case kHalf:
      return Replace(field.begin + size / 2, size - size / 2, {});
    case kEmptied:
      return Replace(field.begin, size, {});
    case kTwice:
      return Replace(field.end, 0, part);
    case kGone:
      return Replace(begin, field.end - begin, {});
    case kSmallNumber:
      return ChangeContent(field, 1 + static_cast<uint32_t>(Below(255)));
    case kGreatNumber:
      return ChangeContent(field, ~uint32_t{0} >> (32 - 8 * std::min<size_t>(size, 4) + Below(8)));
    case kSameAsAnother:
      return RepeatContent(field);
    default:
      return PutTheirs(field, begin, change == kOtherBehind);
  }
}

// What has the size of a number is one.
void SmallSteps::ChangeContent(const LengthField& field, uint32_t value) {
  LengthField number = field;
  number.at = field.begin;
  number.width = field.end - field.begin;
  if (number.width != 2 && number.width != 4) number.width = 1;
  WriteNumber(output_, number, value);
}

// What another part of this size has: a reference to what another refers to.
void SmallSteps::RepeatContent(const LengthField& field) {
  const size_t size = field.end - field.begin;
  auto others = fields_;
  std::erase_if(others, [&](const LengthField& other) {
    return other.end - other.begin != size || other.begin == field.begin;
  });
  if (others.empty()) return ChangeContent(field, 1 + static_cast<uint32_t>(Below(255)));
  const LengthField& other = others[Below(others.size())];
  std::copy_n(output_.begin() + static_cast<ptrdiff_t>(other.begin), size,
              output_.begin() + static_cast<ptrdiff_t>(field.begin));
}

// A part of any input, in the place of this one or behind it.
void SmallSteps::PutTheirs(const LengthField& field, size_t begin, bool behind) {
  const Input& other = Any();
  auto theirs = FindLengthFields(other.bytes, kMostFields);
  std::erase_if(theirs, [&](const auto& it) { return it.width != field.width; });
  if (theirs.empty()) return ChangeByte(Below(changed_bytes_), Below(kLikelyChanges));
  const LengthField& taken = theirs[Below(theirs.size())];
  const size_t from = taken.at - std::min(taken.at, field.at - begin);
  const auto part = std::span(other.bytes).subspan(from, taken.end - from);
  Replace(behind ? field.end : begin, behind ? 0 : field.end - begin, part);
}

void SmallSteps::Join(size_t step) {
  const std::vector<uint8_t>& other = Any().bytes;
  const size_t added = step % 3 == 2 ? output_.size() : other.size();
  if (output_.size() + added > kMostJoinedBytes) return ChangeNumber();
  switch (step % 3) {
    case 0:
      output_.insert(output_.end(), other.begin(), other.end());
      break;
    case 1:
      output_.insert(output_.begin(), other.begin(), other.end());
      break;
    default: {  // its own last parts again
      const std::vector<uint8_t> own(output_);
      const size_t from = fields_.empty() ? Below(own.size()) : fields_[Below(fields_.size())].at;
      output_.insert(output_.end(), own.begin() + static_cast<ptrdiff_t>(from), own.end());
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

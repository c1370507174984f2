// SPDX-License-Identifier: Apache-2.0
#include "campaign/mutate/length_fields.h"

#include <algorithm>
#include <array>

namespace percuss::campaign {
namespace {

constexpr size_t kMostPlaces = 1024;
constexpr size_t kMostParts = 32;  // of a row that are followed
constexpr size_t kMostGap = 4;     // bytes between a part and the next one's number
constexpr size_t kRounds = 3;      // of parts within parts
// A byte is a length by chance much more often than a wider number is.
constexpr size_t kLeastScoreOfByte = 4;
constexpr size_t kLeastScore = 2;
// Lengths of parts within parts often end at one place.
constexpr size_t kMostSharing = 4;

struct Form {
  size_t width;
  bool big_endian;
};
constexpr std::array<Form, 5> kForms = {{{1, false}, {2, true}, {2, false}, {4, true}, {4, false}}};

class Search {
 public:
  explicit Search(std::span<const uint8_t> input) : input_(input), is_end_(input_.size() + 1) {
    is_end_[input_.size()] = true;
  }

  std::vector<LengthField> Run() {
    std::vector<LengthField> found;
    for (size_t round = 0; round < kRounds; ++round) {
      found = FindAll();
      size_t new_ends = 0;
      for (const LengthField& field : found) {
        if (field.width > 1 && !is_end_[field.end]) {
          is_end_[field.end] = true;
          ++new_ends;
        }
      }
      if (new_ends == 0) break;
    }
    AddSharing(found);
    return found;
  }

 private:
  void AddSharing(std::vector<LengthField>& found) const {
    std::vector<size_t> sharing(is_end_.size());
    for (const LengthField& field : found) {
      if (field.counted_from == field.at + field.width) ++sharing[field.end];
    }
    for (LengthField& field : found) field.score += std::min(sharing[field.end], kMostSharing);
  }

  std::vector<LengthField> FindAll() const {
    std::vector<LengthField> found;
    for (size_t at = 0; at < std::min(input_.size(), kMostPlaces); ++at) {
      for (const Form& form : kForms) {
        if (form.width > input_.size() - at) continue;
        for (const size_t skipped : {form.width, size_t{0}, form.width + 1}) {
          LengthField field{at, form.width, form.big_endian, at + skipped};
          if (!Span(field)) continue;
          field.score = ScoreOf(field, skipped);
          const size_t least = form.width == 1 ? kLeastScoreOfByte : kLeastScore;
          if (field.score >= least) found.push_back(field);
        }
      }
    }
    return found;
  }

  // Where the part lies; false where that is no part of the input.
  bool Span(LengthField& field) const {
    const uint32_t value = ReadNumber(input_, field.at, field.width, field.big_endian);
    field.begin = std::max(field.counted_from, field.at + field.width);
    if (field.counted_from > input_.size() || value > input_.size() - field.counted_from) {
      return false;
    }
    field.end = field.counted_from + value;
    return field.end > field.begin;
  }

  size_t ScoreOf(const LengthField& field, size_t skipped) const {
    size_t score = is_end_[field.end] ? 1 + field.width : 0;
    for (size_t gap = 0; gap <= kMostGap; ++gap) {
      LengthField part = field;
      size_t parts = 1;
      while (parts < kMostParts && !is_end_[part.end] &&
             part.end + gap + part.width <= input_.size()) {
        part.at = part.end + gap;
        part.counted_from = part.at + skipped;
        if (!Span(part)) break;
        ++parts;
      }
      if (parts > 1 && is_end_[part.end]) score = std::max(score, parts + field.width);
    }
    return score;
  }

  std::span<const uint8_t> input_;
  std::vector<bool> is_end_;
};

}  // namespace

uint32_t ReadNumber(std::span<const uint8_t> input, size_t at, size_t width, bool big_endian) {
  uint32_t value = 0;
  for (size_t i = 0; i < width; ++i) {
    value = value << 8 | input[big_endian ? at + i : at + width - 1 - i];
  }
  return value;
}

void WriteNumber(std::span<uint8_t> input, const LengthField& field, uint32_t value) {
  for (size_t i = 0; i < field.width; ++i) {
    const size_t place = field.big_endian ? field.at + field.width - 1 - i : field.at + i;
    input[place] = static_cast<uint8_t>(value >> (8 * i));
  }
}

std::vector<LengthField> FindLengthFields(std::span<const uint8_t> input, size_t most) {
  std::vector<LengthField> found = Search(input).Run();
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  if (found.size() > most) found.resize(most);
  return found;
}

}  // namespace percuss::campaign

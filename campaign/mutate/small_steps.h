// SPDX-License-Identifier: Apache-2.0
//
// Changes of an input that differ from it in one respect only: one byte, one part with its length
// put right in all that is around it, or another input behind it. A fuzzer's usual mutations come
// several at a time, and of those in a format of parts within parts one nearly always spoils the
// rest. Where an input costs milliseconds that is dear; one step at a time, each once, is not.
//
// It takes turns among all inputs that it was told of. A byte's likely changes come first; in a
// second round all bits and powers of two, and with further rounds whatever is drawn by lot is
// drawn anew. Seeds, which somebody chose, have half of the turns for two rounds, and each fourth
// turn changes several things at once, which later is every other. One object for one fuzzer; not
// thread-safe. The same calls give the same changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "campaign/mutate/length_fields.h"

namespace percuss::campaign {

class SmallSteps {
 public:
  explicit SmallSteps(uint32_t seed) : random_(seed) {}

  // Inputs beyond 64 MiB in all are not kept; empty ones neither.
  void Add(std::span<const uint8_t> input, bool is_seed);
  [[nodiscard]] bool HasInputs() const { return !seeds_.empty() || !found_.empty(); }

  // Words of the format, for changes of several things. Empty ones are not kept.
  void AddWord(std::span<const uint8_t> word);

  // An input that has changed by the next step, or by several. Wants HasInputs(). Never empty, at
  // most most_bytes (at least 1), valid until the next call.
  std::span<const uint8_t> Next(size_t most_bytes);

 private:
  struct Input {
    std::vector<uint8_t> bytes;
    size_t first = 0;  // step: fuzzers side by side take others
    size_t round = 0;
    size_t taken = 0;  // steps of this round
  };

  // The one that has taken the fewest steps; NULL when there is none.
  static Input* Rested(std::vector<Input>& inputs);
  void BeginTurn();
  void Look(std::span<const uint8_t> bytes);
  const Input& Any();
  void TakeNextStepOf(Input& input);
  void TakeFewStep(size_t step);
  void ChangeByte(size_t at, size_t change);
  void ChangeTextNumber(size_t step);
  void ChangePart(const LengthField& field, size_t change);
  void ChangeContent(const LengthField& field, uint32_t value);
  void RepeatContent(const LengthField& field);
  void PutTheirs(const LengthField& field, size_t begin, bool behind);
  void Join(size_t step);
  void ChangeSeveral();
  void ChangeOneOfSeveral();
  void ChangeNumber();
  void PutWord();
  void CopyWithin();
  // Takes `count` bytes out at `at`, puts others there, and puts lengths around them right.
  void Replace(size_t at, size_t count, std::span<const uint8_t> by);
  // Of parts, numbers in text and joins; and of bytes.
  size_t FewSteps() const;
  size_t ByteSteps(const Input& input) const;
  size_t Below(size_t bound);

  std::mt19937 random_;
  std::vector<Input> seeds_;
  std::vector<Input> found_;
  size_t kept_bytes_ = 0;
  Input* turn_of_ = nullptr;
  size_t left_of_turn_ = 0;
  size_t turns_ = 0;
  std::vector<std::vector<uint8_t>> words_;
  size_t changed_bytes_ = 0;  // from the first on, steps change these
  std::vector<LengthField> fields_;
  std::vector<size_t> numbers_;  // in text: where they begin
  std::vector<uint8_t> output_;
};

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
//
// Changes of an input that differ from it in one respect only: one byte, one part with its length
// put right in all that is around it, or another input behind it. A fuzzer's usual mutations come
// several at a time, and of those in a format of parts within parts one nearly always spoils the
// rest. Where an input costs milliseconds that is dear; one step at a time, each once, is not.
//
// One object for one fuzzer; not thread-safe. The same calls give the same changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <unordered_map>
#include <vector>

#include "campaign/mutate/length_fields.h"

namespace percuss::campaign {

class SmallSteps {
 public:
  explicit SmallSteps(uint32_t seed) : random_(seed) {}

  // An input's turn begins: how many changes of it to ask for. At its later turns it goes on where
  // the last one ended; once every step was taken, what follows are two or three random ones.
  size_t Begin(std::span<const uint8_t> input);

  // The next change of that input. other: any other input, or empty. The result is never empty, has
  // at most most_bytes (which is at least 1), and is valid until the next call.
  std::span<const uint8_t> Next(std::span<const uint8_t> input, std::span<const uint8_t> other,
                                size_t most_bytes);

 private:
  void TakeStep(size_t step, std::span<const uint8_t> other);
  void ChangeByte(size_t step);
  void ChangePart(const LengthField& field, size_t change, std::span<const uint8_t> other);
  void Join(size_t step, std::span<const uint8_t> other);
  // Takes `count` bytes out at `at`, puts others there, and puts lengths around them right.
  void Replace(size_t at, size_t count, std::span<const uint8_t> by);
  size_t Steps() const;
  size_t Below(size_t bound);

  std::mt19937 random_;
  std::unordered_map<uint64_t, size_t> taken_;  // steps, by an input's hash
  uint64_t hash_ = 0;
  size_t changed_bytes_ = 0;  // from the first on, steps change these
  std::vector<LengthField> fields_;
  std::vector<uint8_t> output_;
};

}  // namespace percuss::campaign

// SPDX-License-Identifier: Apache-2.0
//
// SmallSteps as a custom mutator of AFL++ (docs/custom_mutators.md of AFL++ 4.04c), loaded into
// afl-fuzz. Declared here is what it asks for; its state is not looked into.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "campaign/mutate/small_steps.h"

#define AFL_CALLED extern "C" __attribute__((visibility("default")))

// NOLINTBEGIN(readability-identifier-naming,readability-function-size): AFL++ names and shapes them
using percuss::campaign::SmallSteps;

AFL_CALLED void* afl_custom_init(void* /*afl*/, unsigned int seed) {
  return std::make_unique<SmallSteps>(seed).release();
}

AFL_CALLED void afl_custom_deinit(void* steps) {
  const std::unique_ptr<SmallSteps> owned(static_cast<SmallSteps*>(steps));
}

AFL_CALLED unsigned int afl_custom_fuzz_count(void* steps, const uint8_t* bytes, size_t size) {
  return static_cast<unsigned int>(static_cast<SmallSteps*>(steps)->Begin({bytes, size}));
}

AFL_CALLED size_t afl_custom_fuzz(void* steps, uint8_t* bytes, size_t size, uint8_t** result,
                                  uint8_t* other, size_t other_size, size_t most_bytes) {
  const auto changed = static_cast<SmallSteps*>(steps)->Next(
      {bytes, size}, {other, other == nullptr ? 0 : other_size}, std::max<size_t>(most_bytes, 1));
  *result = const_cast<uint8_t*>(changed.data());  // read only, by its documentation
  return changed.size();
}
// NOLINTEND(readability-identifier-naming,readability-function-size)

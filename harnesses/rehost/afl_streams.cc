// SPDX-License-Identifier: Apache-2.0
//
// Mutator for AFL++ (docs/custom_mutators.md of AFL++ 4.04c), loaded into afl-fuzz in place of its
// own stages: inputs are changed as streams (stream_mutator.h), on a machine of its own, which is
// behind the program that PERCUSS_REHOST_PROGRAM names.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "emulation/rehost/core/stream_mutator.h"
#include "harnesses/rehost/machine_source.h"

#define AFL_CALLED extern "C" __attribute__((visibility("default")))

namespace {

using percuss::rehost::StreamMutator;

constexpr size_t kCrossings = 6;  // one of so many
constexpr unsigned int kChangesForTurnOfFuzzer = 256;

struct Loaded {
  Loaded(percuss::rehost::MachineImage image, unsigned int seed)
      : mutator(std::move(image), seed) {}

  StreamMutator mutator;
  size_t turns = 0;
};

std::string_view TextOf(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming,readability-function-size): AFL++ names and shapes them
AFL_CALLED void* afl_custom_init(void* /*afl*/, unsigned int seed) {
  const char* const program = std::getenv("PERCUSS_REHOST_PROGRAM");
  auto image = percuss::rehost::FindMachine(program == nullptr ? "/dev/null" : program);
  return std::make_unique<Loaded>(std::move(image), seed).release();
}

AFL_CALLED void afl_custom_deinit(void* loaded) { delete static_cast<Loaded*>(loaded); }

AFL_CALLED unsigned int afl_custom_fuzz_count(void* /*loaded*/, const uint8_t* /*bytes*/,
                                              size_t /*size*/) {
  return kChangesForTurnOfFuzzer;
}

AFL_CALLED size_t afl_custom_fuzz(void* state, uint8_t* bytes, size_t size, uint8_t** result,
                                  uint8_t* other, size_t other_size, size_t most_bytes) {
  Loaded& loaded = *static_cast<Loaded*>(state);
  const bool crosses = other != nullptr && other_size > 0 && ++loaded.turns % kCrossings == 0;
  const std::string& made =
      crosses ? loaded.mutator.Cross(TextOf(bytes, size), TextOf(other, other_size), most_bytes)
              : loaded.mutator.Mutate(TextOf(bytes, size), most_bytes);
  *result = reinterpret_cast<uint8_t*>(const_cast<char*>(made.data()));  // read only
  return made.size();
}
// NOLINTEND(readability-identifier-naming,readability-function-size)

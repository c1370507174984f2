// SPDX-License-Identifier: Apache-2.0
//
// Mutator for libFuzzer: messages along the model that PERCUSS_MODEL names (protocols/), other
// inputs as streams (stream_mutator.h), on a machine beside the one that is fuzzed. Two of its runs
// with the same seed make the same inputs.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "emulation/rehost/core/stream_mutator.h"
#include "harnesses/rehost/machine_source.h"

// NOLINTBEGIN(readability-identifier-naming): libFuzzer names them
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed);
extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* data1, size_t size1,
                                            const uint8_t* data2, size_t size2, uint8_t* out,
                                            size_t max_out_size, unsigned int seed);
// What protocols/libfuzzer_mutator.cc has under the names above.
extern "C" size_t PercussModelMutator(uint8_t* data, size_t size, size_t max_size,
                                      unsigned int seed);
extern "C" size_t PercussModelCrossOver(const uint8_t* data1, size_t size1, const uint8_t* data2,
                                        size_t size2, uint8_t* out, size_t max_out_size,
                                        unsigned int seed);

namespace {

using percuss::rehost::StreamMutator;
using percuss::rehost::StreamsBy;

std::unique_ptr<StreamMutator> Make(unsigned int seed) {
  const char* const model = std::getenv("PERCUSS_MODEL");
  if ((model != nullptr && *model != '\0') || !percuss::rehost::ChangesStreams()) return nullptr;
  percuss::rehost::MachineImage image = percuss::rehost::FindMachine("/proc/self/exe");
  if (!image.lines.empty()) return nullptr;  // The input is a message.
  return std::make_unique<StreamMutator>(std::move(image), seed, StreamsBy::kAddress,
                                         LLVMFuzzerMutate);
}

// nullptr: inputs are messages, or flat.
StreamMutator* Get(unsigned int seed) {
  static const std::unique_ptr<StreamMutator> mutator = Make(seed);
  if (mutator) mutator->Seed(seed);
  return mutator.get();
}

std::string_view TextOf(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

size_t Give(const std::string& from, uint8_t* data, size_t most) {
  const size_t size = std::min(from.size(), most);
  std::memcpy(data, from.data(), size);
  return size;
}

}  // namespace

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {
  StreamMutator* const mutator = Get(seed);
  if (mutator == nullptr) return PercussModelMutator(data, size, max_size, seed);
  return Give(mutator->Mutate(TextOf(data, size), max_size), data, max_size);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t* data1, size_t size1, const uint8_t* data2,
                                 size_t size2, uint8_t* out, size_t max_out_size,
                                 unsigned int seed) {
  StreamMutator* const mutator = Get(seed);
  if (mutator == nullptr) {
    return PercussModelCrossOver(data1, size1, data2, size2, out, max_out_size, seed);
  }
  // libFuzzer takes this for every second change.
  constexpr unsigned int kCrossings = 4;
  const std::string& made =
      seed % kCrossings == 0
          ? mutator->Cross(TextOf(data1, size1), TextOf(data2, size2), max_out_size)
          : mutator->Mutate(TextOf(data1, size1), max_out_size);
  return Give(made, out, max_out_size);
}
// NOLINTEND(readability-identifier-naming)

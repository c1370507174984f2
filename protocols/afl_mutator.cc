// SPDX-License-Identifier: Apache-2.0
//
// Mutator for AFL++ (docs/custom_mutators.md of AFL++ 4.04c), loaded into afl-fuzz beside its own
// stages. The description is the file that PERCUSS_MODEL names; PERCUSS_MODEL_STREAM is the address
// of the stream that the messages are.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "protocols/byte_havoc.h"
#include "protocols/message_stream.h"
#include "protocols/model_reader.h"
#include "protocols/mutator.h"

#define AFL_CALLED extern "C" __attribute__((visibility("default")))

namespace {

using percuss::protocols::ByteHavoc;
using percuss::protocols::MessageMutator;
using percuss::protocols::Model;
using percuss::protocols::Mutator;

constexpr size_t kCrossings = 4;  // one of so many

struct Loaded {
  Loaded(Model read, unsigned int seed)
      : model(std::move(read)),
        havoc(seed, percuss::protocols::WordsOf(model)),
        by_model(model, seed, Havoc()),
        mutator(by_model, percuss::protocols::NamedStream(), seed, Havoc()) {}

  percuss::protocols::ByteMutation Havoc() {
    return [this](uint8_t* bytes, size_t size, size_t most) {
      return havoc.Change(bytes, size, most);
    };
  }

  Model model;
  ByteHavoc havoc;
  Mutator by_model;
  MessageMutator mutator;
  size_t turns = 0;
};

}  // namespace

// NOLINTBEGIN(readability-identifier-naming,readability-function-size): AFL++ names and shapes them
// nullptr ends afl-fuzz.
AFL_CALLED void* afl_custom_init(void* /*afl*/, unsigned int seed) {
  const char* const path = std::getenv("PERCUSS_MODEL");
  auto model = percuss::protocols::ReadModelFile(path == nullptr ? "" : path);
  if (!model) {
    std::fprintf(stderr, "percuss: PERCUSS_MODEL: %s\n",
                 model.error().Text(path == nullptr ? "" : path).c_str());
    return nullptr;
  }
  return std::make_unique<Loaded>(std::move(*model), seed).release();
}

AFL_CALLED void afl_custom_deinit(void* loaded) { delete static_cast<Loaded*>(loaded); }

AFL_CALLED size_t afl_custom_fuzz(void* state, uint8_t* bytes, size_t size, uint8_t** result,
                                  uint8_t* other, size_t other_size, size_t most_bytes) {
  Loaded& loaded = *static_cast<Loaded*>(state);
  const bool crosses = other != nullptr && other_size > 0 && ++loaded.turns % kCrossings == 0;
  const auto& changed = crosses
                            ? loaded.mutator.Cross({bytes, size}, {other, other_size}, most_bytes)
                            : loaded.mutator.Mutate({bytes, size}, most_bytes);
  *result = const_cast<uint8_t*>(changed.data());  // read only, by its documentation
  return changed.size();
}
// NOLINTEND(readability-identifier-naming,readability-function-size)

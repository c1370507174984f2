// SPDX-License-Identifier: Apache-2.0
//
// Mutator for libFuzzer, linked into harnesses. The description is the file that PERCUSS_MODEL
// names; without it libFuzzer goes on as if this were not there. PERCUSS_MODEL_STREAM: the address
// of the stream that the messages are.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "protocols/message_stream.h"
#include "protocols/model_reader.h"
#include "protocols/mutator.h"

// NOLINTBEGIN(readability-identifier-naming): libFuzzer names them
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

using percuss::protocols::Bytes;
using percuss::protocols::MessageMutator;
using percuss::protocols::Model;
using percuss::protocols::Mutator;

constexpr int kUsage = 64;

struct Loaded {
  Model model;
  std::unique_ptr<Mutator> mutator;
  std::unique_ptr<MessageMutator> streams;
};

std::unique_ptr<Loaded> Load(unsigned seed) {
  const char* const path = std::getenv("PERCUSS_MODEL");
  if (path == nullptr || *path == '\0') return nullptr;
  auto model = percuss::protocols::ReadModelFile(path);
  if (!model) {
    std::fprintf(stderr, "percuss: PERCUSS_MODEL: %s\n", model.error().Text(path).c_str());
    std::_Exit(kUsage);
  }
  auto loaded = std::make_unique<Loaded>();
  loaded->model = std::move(*model);
  loaded->mutator = std::make_unique<Mutator>(loaded->model, seed, LLVMFuzzerMutate);
  loaded->streams = std::make_unique<MessageMutator>(
      *loaded->mutator, percuss::protocols::NamedStream(), seed, LLVMFuzzerMutate);
  return loaded;
}

// Once in a process, from its first seed on.
MessageMutator* Get(unsigned seed) {
  static const std::unique_ptr<Loaded> loaded = Load(seed);
  return loaded ? loaded->streams.get() : nullptr;
}

size_t Give(const Bytes& from, uint8_t* data, size_t most) {
  const size_t size = std::min(from.size(), most);
  std::memcpy(data, from.data(), size);
  return size;
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  MessageMutator* const mutator = Get(seed);
  if (mutator == nullptr) return LLVMFuzzerMutate(data, size, max_size);
  return Give(mutator->Mutate({data, size}, max_size), data, max_size);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* data1, size_t size1,
                                            const uint8_t* data2, size_t size2, uint8_t* out,
                                            size_t max_out_size, unsigned int seed) {
  MessageMutator* const mutator = Get(seed);
  if (mutator == nullptr) {
    const size_t size = std::min(size1, max_out_size);
    std::memcpy(out, data1, size);
    return LLVMFuzzerMutate(out, size, max_out_size);
  }
  // libFuzzer takes this for every second change, where its own mutators cross every thirteenth
  // time.
  constexpr unsigned int kCrossings = 6;
  const Bytes& made = seed % kCrossings == 0
                          ? mutator->Cross({data1, size1}, {data2, size2}, max_out_size)
                          : mutator->Mutate({data1, size1}, max_out_size);
  return Give(made, out, max_out_size);
}
// NOLINTEND(readability-identifier-naming)

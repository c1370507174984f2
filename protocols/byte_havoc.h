// SPDX-License-Identifier: Apache-2.0
//
// Changes to bytes that know nothing of their meaning, for engines that have none to call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "protocols/model.h"
#include "protocols/random.h"

namespace percuss::protocols {

class ByteHavoc {
 public:
  // `words` of the protocol are put in now and then.
  ByteHavoc(uint64_t seed, std::vector<Bytes> words) : random_(seed), words_(std::move(words)) {}

  // The new size of `size` bytes in a buffer of `most`.
  size_t Change(uint8_t* bytes, size_t size, size_t most);

 private:
  size_t Once(std::span<uint8_t> buffer, size_t size);

  Random random_;
  std::vector<Bytes> words_;
};

// What a protocol's messages are made of: its literals, the texts and values that it names.
[[nodiscard]] std::vector<Bytes> WordsOf(const Model& model);

}  // namespace percuss::protocols

// SPDX-License-Identifier: Apache-2.0
//
// Changes inputs of firmware in which a protocol's messages are one of several streams
// (emulation/rehost/core/line_input.h says which): the messages along their description, and
// now and then, as bytes, what other peripherals answer. An input without streams is the messages.
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "protocols/mutator.h"
#include "protocols/random.h"

namespace percuss::protocols {

// Where in an input the messages are that are loaded at `address`.
struct MessagePlace {
  bool found = true;
  size_t begin = 0;
  size_t size = 0;
  size_t others = 0;   // where what other peripherals answer begins
  size_t size_at = 0;  // of the number that says how long the messages are; 0: there is none
};
[[nodiscard]] MessagePlace FindMessage(std::span<const uint8_t> input, uint32_t address);
// The input with other messages in their place.
[[nodiscard]] Bytes WithMessage(std::span<const uint8_t> input, const MessagePlace& place,
                                std::span<const uint8_t> message);

class MessageMutator {
 public:
  // No address: inputs are messages and nothing else. `mutator` outlives this.
  MessageMutator(Mutator& mutator, std::optional<uint32_t> address, uint64_t seed,
                 ByteMutation engine);

  // As of Mutator.
  [[nodiscard]] const Bytes& Mutate(std::span<const uint8_t> input, size_t most);
  [[nodiscard]] const Bytes& Cross(std::span<const uint8_t> input, std::span<const uint8_t> other,
                                   size_t most);

 private:
  const Bytes& ChangeOthers(std::span<const uint8_t> input, const MessagePlace& place, size_t most);
  const Bytes& ChangeAll(std::span<const uint8_t> input, size_t most);

  Mutator& mutator_;
  std::optional<uint32_t> address_;
  Random random_;
  ByteMutation engine_;
  Bytes result_;
};

// What PERCUSS_MODEL_STREAM says, for adapters: an address; none where it is not set.
[[nodiscard]] std::optional<uint32_t> NamedStream();

}  // namespace percuss::protocols

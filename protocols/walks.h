// SPDX-License-Identifier: Apache-2.0
//
// Goes through the single changes of inputs, one input after the other, each change once: what
// another input had in the same place has been tried already.
//
// Not thread-safe. The same calls give the same results.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_set>
#include <vector>

#include "protocols/random.h"
#include "protocols/single_changes.h"
#include "protocols/tree.h"

namespace percuss::protocols {

class Walks {
 public:
  explicit Walks(const Model& model);

  // An input to go through, unless it was here before. Long ones are left out.
  void Add(std::span<const uint8_t> input);
  // A change that was not tried yet, and its input in `tree`; none: all were.
  [[nodiscard]] std::optional<SingleChange> Next(Tree& tree, Random& random);

 private:
  struct Walk {
    Bytes input;
    size_t step = 0;
  };
  bool Turn(Random& random);
  bool IsNew(const SingleChange& change);

  std::vector<Walk> walks_;
  size_t now_ = 0;   // place in walks_ of the one whose turn it is
  size_t left_ = 0;  // steps until it is another's turn
  size_t stride_ = 1;
  Tree tree_;  // of that
  std::vector<SingleChange> changes_;
  std::unordered_set<uint64_t> known_;  // digests of inputs
  std::vector<uint8_t> tried_;          // how often, by the digest of a change
};

}  // namespace percuss::protocols

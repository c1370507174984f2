// SPDX-License-Identifier: Apache-2.0
//
// Goes through the single changes of inputs, one input after the other, each change once: what
// another input had in the same place has been tried already. Each sort of changes goes through
// them on its own, so that the few that break readers most often do not wait for the others.
//
// Not thread-safe. The same calls give the same results.
#pragma once

#include <array>
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

  // An input to go through, unless it was here before. Long ones are left out, and those that come
  // while too many wait.
  void Add(std::span<const uint8_t> input);
  // A change that was not tried yet, and its input in `tree`; none: all were.
  [[nodiscard]] std::optional<SingleChange> Next(Tree& tree, Random& random);

 private:
  struct Walk {
    Bytes input;
    size_t step = 0;
  };
  // Of the changes of one sort.
  struct Queue {
    Queue(const Model& model, SingleChange::Sort which) : sort(which), tree(model) {}

    SingleChange::Sort sort;
    std::vector<Walk> walks;
    size_t now = 0;   // place in walks of the one whose turn it is
    size_t left = 0;  // steps until it is another's turn
    size_t stride = 1;
    Tree tree;  // of that
    std::vector<SingleChange> changes;
    std::unordered_set<uint64_t> known;  // digests of inputs
  };
  [[nodiscard]] std::optional<SingleChange> NextOf(Queue& queue, Tree& tree, Random& random);
  static bool Turn(Queue& queue, Random& random);
  bool IsNew(const SingleChange& change);

  std::array<Queue, 3> queues_;
  std::vector<uint8_t> tried_;  // how often, by the digest of a change
};

}  // namespace percuss::protocols

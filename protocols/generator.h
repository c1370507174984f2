// SPDX-License-Identifier: Apache-2.0
//
// Makes up parts of messages that go with a description. Lengths, counts and checksums are left to
// Repair. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "protocols/random.h"
#include "protocols/tree.h"

namespace percuss::protocols {

class Generator {
 public:
  Generator(const Model& model, Random& random);

  // All of a message, or of a stream of them. At most `most_nodes`, about.
  void Whole(Tree& tree, size_t most_nodes = 2000);

  // A field as the child before another, or as the last one.
  void MakeField(Tree& tree, NodeId parent, const Field& field, NodeId before = kNoNode);
  // One element of an array; kNoNode where it comes to nothing.
  NodeId MakeElement(Tree& tree, NodeId array, NodeId before = kNoNode);
  // An element of which a part is the struct `message`, where the description has a way to it.
  NodeId MakeMessage(Tree& tree, NodeId array, int message, NodeId before = kNoNode);

  [[nodiscard]] uint64_t NumberFor(const Tree& tree, const Field& field, NodeId scope);
  [[nodiscard]] Bytes BytesFor(const Tree& tree, const Field& field, NodeId scope);

 private:
  // What a field has to be so that a switch takes a certain case.
  struct Wish {
    int name = kNothing;
    NumberRange number;
    Bytes text;
    bool is_text = false;
  };
  void One(Tree& tree, NodeId parent, const Field& field, NodeId before);
  void Fill(Tree& tree, NodeId id);
  bool WayTo(int from, int message, int depth, std::vector<Wish>& way) const;
  [[nodiscard]] const Wish* WishOf(int name) const;
  [[nodiscard]] Bytes RandomBytes(size_t size, bool text);

  const Model& model_;
  Random& random_;
  std::map<int, std::vector<Wish>> choices_;  // by the name of a selector
  std::vector<Wish> wishes_;
  bool plain_ = false;                                     // arrays have no elements
  std::map<std::pair<int, int>, std::vector<Wish>> ways_;  // from one struct to another
  size_t most_nodes_ = 20000;
  int level_ = 0;
};

// Between the elements of an array stands what its description says, and only there.
void Delimit(Tree& tree, NodeId array);

}  // namespace percuss::protocols

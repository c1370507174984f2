// SPDX-License-Identifier: Apache-2.0
//
// Changes inputs along the lines of their protocol's description, for engines. What follows from
// other fields is made right again, but for now and then, on purpose.
//
// Not thread-safe. The same seed and the same calls give the same results.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "protocols/generator.h"
#include "protocols/random.h"
#include "protocols/single_changes.h"
#include "protocols/tree.h"
#include "protocols/walks.h"

namespace percuss::protocols {

// An engine's own way to change `size` bytes of a buffer that has room for `most`; the new size.
using ByteMutation = std::function<size_t(uint8_t* bytes, size_t size, size_t most)>;

class Mutator {
 public:
  Mutator(const Model& model, uint64_t seed, ByteMutation engine);

  // At most `most` bytes, which live until the next call. Inputs of more than 64 KiB are changed as
  // bytes only.
  [[nodiscard]] const Bytes& Mutate(std::span<const uint8_t> input, size_t most);
  // One input with parts of another.
  [[nodiscard]] const Bytes& Cross(std::span<const uint8_t> input, std::span<const uint8_t> other,
                                   size_t most);

 private:
  struct Places {
    // following: numbers that others say.
    std::vector<NodeId> numbers, following, texts, arrays, switches, groups;
  };
  // Parts of inputs seen before, nodes of pool_.
  struct Memory {
    std::map<const Field*, std::vector<NodeId>> parts;
    std::map<const Field*, std::vector<NodeId>> arrays;
    std::map<int, std::vector<NodeId>> messages;  // by the struct that the session names
    std::map<const Field*, std::vector<uint64_t>> numbers;
  };
  void Collect();
  void CollectBelow(NodeId id);
  void Take(std::span<const uint8_t> input);
  bool IsKnown(std::span<const uint8_t> input);
  void Remember();
  void RememberNumbers();
  void RememberSession();
  bool ChangeOnce();
  bool ChangePart(uint64_t what);
  NodeId Pick(const std::vector<NodeId>& places);
  uint64_t SizeAround(NodeId id);
  uint64_t Otherwise(NodeId id);
  void Lie(NodeId id);
  void ChangeNumber(NodeId id);
  uint64_t NumberLike(NodeId id);
  uint64_t SomeSize();
  void ChangeText(NodeId id);
  void CutOrRepeat(Bytes& bytes);
  void Stretch(Bytes& bytes);
  void ChangeArray(NodeId id);
  void AddElement(NodeId array, NodeId before);
  [[nodiscard]] std::vector<NodeId> ElementsOf(const Tree& tree, NodeId array) const;
  void InsertAgain(NodeId array, std::span<const NodeId> run, uint64_t times, NodeId before);
  void RepeatRun(NodeId array, const std::vector<NodeId>& elements);
  bool AddRun(NodeId array, const std::vector<NodeId>& elements);
  void Delimited(NodeId array);
  bool Step(size_t most);
  void Make(const SingleChange& change);
  bool ChangeDialogue(NodeId array);
  bool Say(NodeId array, uint64_t count);
  void SayOne(NodeId array, int message, NodeId before);
  void ChangeSwitch(NodeId id);
  void MakeAnew(const Node& node);
  void Replace(NodeId id);
  bool AddSpare(NodeId id);
  void Reconcile(NodeId id);
  [[nodiscard]] NodeId Behind(NodeId id, const Field& field) const;
  [[nodiscard]] size_t RoomFor(size_t size, size_t most);
  void Shorten(size_t most);
  void PutRight();
  const Bytes& Finish(size_t most);
  const Bytes& AsBytes(std::span<const uint8_t> input, size_t most);

  const Model& model_;
  Random random_;
  ByteMutation engine_;
  Generator generator_;
  Tree tree_;
  Tree pool_;
  Memory memory_;
  Places places_;                       // of tree_
  NodeId near_ = kNoNode;               // what was changed last in this input
  std::vector<uint64_t> once_, twice_;  // digests of inputs that came so often
  Walks walks_;                         // of inputs that others made
  Bytes result_;
  bool is_result_ = false;  // what tree_ says is result_
  bool follows_ = false;    // some field is there only as a computed number says
};

}  // namespace percuss::protocols

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
#include <unordered_set>
#include <vector>

#include "protocols/generator.h"
#include "protocols/random.h"
#include "protocols/tree.h"

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
    std::vector<NodeId> numbers, texts, arrays, switches, groups;
  };
  void Collect(NodeId id, Places& places) const;
  void Take(std::span<const uint8_t> input);
  void Remember(const Places& places);
  bool ChangeOnce(const Places& places);
  void ChangeNumber(NodeId id, const std::vector<NodeId>& numbers);
  uint64_t NumberLike(NodeId id, const std::vector<NodeId>& numbers);
  void ChangeText(NodeId id);
  void CutOrRepeat(Bytes& bytes);
  void ChangeArray(NodeId id);
  void AddElement(NodeId array, NodeId before);
  bool SayNext(NodeId array);
  void ChangeSwitch(NodeId id);
  void MakeAnew(const Node& node);
  void Replace(NodeId id);
  bool AddSpare(NodeId id);
  void Reconcile(NodeId id);
  [[nodiscard]] NodeId Behind(NodeId id, const Field& field) const;
  [[nodiscard]] int MessageOf(NodeId id) const;
  const Bytes& Finish(size_t most);
  const Bytes& AsBytes(std::span<const uint8_t> input, size_t most);

  const Model& model_;
  Random random_;
  ByteMutation engine_;
  Generator generator_;
  Tree tree_;
  Tree pool_;  // parts of inputs seen before
  std::map<const Field*, std::vector<NodeId>> remembered_;
  std::unordered_set<uint64_t> seen_;
  Bytes result_;
  bool follows_ = false;  // some field is there only as a computed number says
};

}  // namespace percuss::protocols

// SPDX-License-Identifier: Apache-2.0
#include "protocols/reductions.h"

#include <algorithm>
#include <utility>

#include "protocols/consistency.h"
#include "protocols/dissector.h"
#include "protocols/tree.h"

namespace percuss::protocols {
namespace {

constexpr size_t kMostBytes = 65536;

struct Part {
  NodeId id = kNoNode;
  NodeId delimiter = kNoNode;  // goes with it
  size_t at = 0;
  size_t size = 0;
};

bool CanBeEmpty(const Node& node) {
  if (node.role == Role::kRaw) return true;
  if (node.role != Role::kLeaf || IsNumber(node)) return false;
  return node.field->kind == Kind::kBytes || node.field->kind == Kind::kText ||
         node.field->kind == Kind::kSwitch;
}

class Parts {
 public:
  explicit Parts(const Tree& tree) : tree_(tree) { Collect(Tree::Root()); }

  std::vector<Part> BiggestFirst(size_t most) {
    std::stable_sort(parts_.begin(), parts_.end(),
                     [](const Part& one, const Part& other) { return one.size > other.size; });
    if (parts_.size() > most) parts_.resize(most);
    return std::move(parts_);
  }

 private:
  // What is decoded has no place of its own in the input, and goes as a whole or not at all.
  void Collect(NodeId id) {
    const bool array = tree_.At(id).role == Role::kArray;
    for (NodeId child = tree_.At(id).first; child != kNoNode; child = tree_.At(child).next) {
      const Node& node = tree_.At(child);
      const bool optional = node.field != nullptr && node.field->condition != kNothing;
      if ((array && node.role != Role::kDelimiter) || CanBeEmpty(node) || optional) Add(child);
      if (node.first != kNoNode && node.role != Role::kCoded) Collect(child);
    }
  }

  void Add(NodeId id) {
    const Node& node = tree_.At(id);
    Part part{id, kNoNode, tree_.OffsetOf(id), tree_.SizeOf(id)};
    const auto is_delimiter = [&](NodeId other) {
      return other != kNoNode && tree_.At(other).role == Role::kDelimiter;
    };
    if (is_delimiter(node.next)) {
      part.delimiter = node.next;
      part.size += tree_.SizeOf(node.next);
    } else if (is_delimiter(node.previous)) {
      part.delimiter = node.previous;
      part.at -= tree_.SizeOf(node.previous);
      part.size += tree_.SizeOf(node.previous);
    }
    if (part.size > 0) parts_.push_back(part);
  }

  const Tree& tree_;
  std::vector<Part> parts_;
};

}  // namespace

std::vector<Reduction> Reductions(const Model& model, std::span<const uint8_t> input, size_t most) {
  std::vector<Reduction> reductions;
  if (input.size() > kMostBytes) return reductions;
  Tree tree(model);
  Dissect(input, tree);
  const std::vector<NodeId> wrong = WrongNumbers(tree);
  for (const Part& part : Parts(tree).BiggestFirst(most)) {
    Dissect(input, tree);  // the same nodes again
    for (const NodeId id : wrong) tree.At(id).pinned = true;
    tree.Remove(part.id);
    if (part.delimiter != kNoNode) tree.Remove(part.delimiter);
    Repair(tree);
    Reduction reduction{part.at, part.size, tree.Print()};
    // A number that got shorter itself would move what is behind it.
    if (reduction.result.size() + part.size == input.size()) {
      reductions.push_back(std::move(reduction));
    }
  }
  return reductions;
}

}  // namespace percuss::protocols

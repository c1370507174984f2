// SPDX-License-Identifier: Apache-2.0
//
// An input as its protocol's description sees it. Each byte is in one leaf: printing a tree that
// was not changed gives the input back, whatever it was.
//
// Not thread-safe. Nodes are named by numbers, which stay theirs until the tree is cleared. The
// model must outlive the tree.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "protocols/model.h"

namespace percuss::protocols {

using NodeId = uint32_t;
inline constexpr NodeId kNoNode = UINT32_MAX;

enum class Role : uint8_t {
  kStruct,
  kArray,
  kCoded,  // its one child is what the bytes mean once decoded
  kLeaf,
  kDelimiter,  // between elements of an array
  kRaw,        // bytes that the description does not explain
};

struct Node {
  Role role = Role::kLeaf;
  const Field* field = nullptr;  // nullptr: of the root, of delimiters and of raw bytes
  int structure = kNothing;      // of kStruct
  int branch = kNothing;         // which case, of a switch
  NodeId parent = kNoNode, first = kNoNode, last = kNoNode, next = kNoNode, previous = kNoNode;
  uint32_t begin = 0, size = 0;  // of a leaf's bytes; none of bits
  uint64_t value = 0;            // of a number
  bool broken = false;           // ends before the description does
  bool pinned = false;           // its value stays as it is
};

[[nodiscard]] inline bool IsNumber(const Node& node) {
  if (node.role != Role::kLeaf || node.field == nullptr) return false;
  const Kind kind = node.field->kind;
  return kind == Kind::kInteger || kind == Kind::kBits || kind == Kind::kVariable ||
         kind == Kind::kDigits;
}

// How many bits a number of the field has, about, where its bytes do not say it; at most 64.
[[nodiscard]] inline unsigned NumberBits(const Field& field) {
  if (field.kind == Kind::kBits) return std::min(field.width, 64U);
  if (field.kind == Kind::kInteger) return std::min(field.width * 8, 64U);
  return field.kind == Kind::kDigits ? std::min(3 * std::max(field.width, 3U), 64U) : 28;
}

// The largest number of so many bits.
[[nodiscard]] inline uint64_t MostOf(const Field& field) {
  const unsigned bits = NumberBits(field);
  return bits == 64 ? ~0ULL : (1ULL << bits) - 1;
}

class Tree {
 public:
  explicit Tree(const Model& model) : model_(model) { Clear({}); }

  // To a root without children; `input` is kept for its leaves from 0 on.
  void Clear(std::span<const uint8_t> input);

  // What another tree of the same model is.
  void Become(const Tree& other) {
    nodes_ = other.nodes_;
    store_ = other.store_;
  }

  [[nodiscard]] const Model& GetModel() const { return model_; }
  [[nodiscard]] static NodeId Root() { return 0; }
  [[nodiscard]] size_t Count() const { return nodes_.size(); }
  [[nodiscard]] Node& At(NodeId id) { return nodes_[id]; }
  [[nodiscard]] const Node& At(NodeId id) const { return nodes_[id]; }

  // As the last child.
  NodeId Append(NodeId parent, Node node);
  // A node that has no parent, as a child before `before`, or as the last one.
  void Insert(NodeId parent, NodeId id, NodeId before);
  // Out of its parent; it may be inserted again.
  void Remove(NodeId id);
  // Takes back the newest nodes, down to so many; those that stay have none of them below.
  void Forget(size_t count) { nodes_.resize(count); }
  // A node of a tree of the same model with all below it, without a parent.
  NodeId Copy(const Tree& from, NodeId id);

  [[nodiscard]] std::span<const uint8_t> BytesOf(NodeId leaf) const;
  void SetBytes(NodeId leaf, std::span<const uint8_t> bytes);
  // What does not fit is cut.
  void SetNumber(NodeId leaf, uint64_t value);
  // After the bytes of an integer were set.
  void RereadNumber(NodeId leaf);

  // Bytes that leaves may refer to. A decoded part lies behind the input.
  [[nodiscard]] std::span<const uint8_t> Store() const { return store_; }
  uint32_t Keep(std::span<const uint8_t> bytes);

  [[nodiscard]] Bytes Print() const;
  void Print(NodeId id, Bytes& out) const;
  // The children from one to another, which may be kNoNode for the last.
  void PrintRange(NodeId first, NodeId last, Bytes& out) const;
  [[nodiscard]] size_t SizeOf(NodeId id) const;

  [[nodiscard]] const Structure& StructureOf(NodeId id) const {
    return model_.structures[static_cast<size_t>(nodes_[id].structure)];
  }
  // The child that is the field, or kNoNode.
  [[nodiscard]] NodeId Child(NodeId id, int name) const;

  // The value of an expression as it stands in the struct `scope`, or nothing where a field is
  // missing or a number is divided by zero. Arithmetic is of 64 bits, without a sign.
  [[nodiscard]] std::optional<uint64_t> Evaluate(int expression, NodeId scope) const;
  // The node that a field's name means in `scope`: its own, or one of those around it.
  // `element` as of an expression.
  [[nodiscard]] NodeId Find(const std::vector<int>& path, NodeId scope,
                            int element = kNothing) const;
  // From the begin of the whole, or of the coded part that it is in.
  [[nodiscard]] size_t OffsetOf(NodeId id) const;

 private:
  struct Range {
    NodeId first = kNoNode, last = kNoNode;  // none: it is empty
    bool known = false;
  };
  [[nodiscard]] NodeId ElementOf(NodeId array, int element, NodeId scope) const;
  [[nodiscard]] size_t SizeOfRange(NodeId first, NodeId last) const;
  [[nodiscard]] Range RangeOf(const Expression& node, NodeId scope) const;
  [[nodiscard]] std::optional<uint64_t> OfFields(const Expression& node, NodeId scope) const;

  const Model& model_;
  std::vector<Node> nodes_;
  Bytes store_;
  mutable Bytes scratch_;  // what a checksum is over
};

// The first message of the session (a struct of the model) that is within the node, or kNothing.
[[nodiscard]] int MessageOf(const Tree& tree, NodeId id);
// The array of the session's messages, or kNoNode: also where the session has no states.
[[nodiscard]] NodeId DialogueOf(const Tree& tree);
// The state of the session (of the model's states) behind a message. What the model does not allow
// changes nothing.
[[nodiscard]] size_t StateBehind(const Model& model, size_t state, int message);

}  // namespace percuss::protocols

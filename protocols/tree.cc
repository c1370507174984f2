// SPDX-License-Identifier: Apache-2.0
#include "protocols/tree.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "protocols/checksums.h"
#include "protocols/codings.h"

namespace percuss::protocols {
namespace {

using Op = Expression::Op;

bool IsBits(const Node& node) {
  return node.role == Role::kLeaf && node.field != nullptr && node.field->kind == Kind::kBits;
}

uint64_t MaskOf(unsigned bits) { return bits >= 64 ? ~0ULL : (1ULL << bits) - 1; }

// Bits of neighbours, until they fill whole bytes.
class BitPacker {
 public:
  void Add(const Node& node, Bytes& out) {
    const unsigned width = node.field->width;
    const uint64_t value = node.value & MaskOf(width);
    if (node.field->big_endian) {
      bits_ = width >= 64 ? value : bits_ << width | value;
    } else {
      bits_ |= value << count_;
    }
    count_ += width;
    if (count_ % 8 != 0) return;
    const size_t at = out.size();
    out.resize(at + count_ / 8);
    WriteInteger(bits_, node.field->big_endian, std::span(out).subspan(at));
    bits_ = 0;
    count_ = 0;
  }

 private:
  uint64_t bits_ = 0;
  unsigned count_ = 0;
};

std::optional<uint64_t> Arithmetic(Op op, uint64_t left, uint64_t right) {
  switch (op) {
    case Op::kAdd:
      return left + right;
    case Op::kSubtract:
      return left - right;
    case Op::kMultiply:
      return left * right;
    case Op::kDivide:
      return right == 0 ? std::nullopt : std::optional(left / right);
    case Op::kRemainder:
      return right == 0 ? std::nullopt : std::optional(left % right);
    case Op::kShiftLeft:
      return right > 63 ? 0 : left << right;
    case Op::kShiftRight:
      return right > 63 ? 0 : left >> right;
    case Op::kBitAnd:
      return left & right;
    case Op::kBitOr:
      return left | right;
    case Op::kBitXor:
      return left ^ right;
    case Op::kEqual:
      return left == right ? 1 : 0;
    case Op::kUnequal:
      return left != right ? 1 : 0;
    case Op::kLess:
      return left < right ? 1 : 0;
    case Op::kLessEqual:
      return left <= right ? 1 : 0;
    case Op::kGreater:
      return left > right ? 1 : 0;
    case Op::kGreaterEqual:
      return left >= right ? 1 : 0;
    case Op::kAnd:
      return left != 0 && right != 0 ? 1 : 0;
    case Op::kOr:
      return left != 0 || right != 0 ? 1 : 0;
    default:
      return std::nullopt;
  }
}

}  // namespace

void Tree::Clear(std::span<const uint8_t> input) {
  nodes_.clear();
  store_.assign(input.begin(), input.end());
  Node root;
  root.role = Role::kStruct;
  root.structure = model_.root;
  nodes_.push_back(root);
}

NodeId Tree::Append(NodeId parent, Node node) {
  const auto id = static_cast<NodeId>(nodes_.size());
  node.parent = node.first = node.last = node.next = node.previous = kNoNode;
  nodes_.push_back(node);
  if (parent != kNoNode) Insert(parent, id, kNoNode);
  return id;
}

void Tree::Insert(NodeId parent, NodeId id, NodeId before) {
  Node& node = nodes_[id];
  Node& above = nodes_[parent];
  node.parent = parent;
  node.next = before;
  node.previous = before == kNoNode ? above.last : nodes_[before].previous;
  (node.previous == kNoNode ? above.first : nodes_[node.previous].next) = id;
  (before == kNoNode ? above.last : nodes_[before].previous) = id;
}

void Tree::Remove(NodeId id) {
  Node& node = nodes_[id];
  Node& above = nodes_[node.parent];
  (node.previous == kNoNode ? above.first : nodes_[node.previous].next) = node.next;
  (node.next == kNoNode ? above.last : nodes_[node.next].previous) = node.previous;
  node.parent = node.next = node.previous = kNoNode;
}

NodeId Tree::Copy(const Tree& from, NodeId id) {
  Node node = from.nodes_[id];
  if (node.size > 0) node.begin = Keep(from.BytesOf(id));
  const NodeId first = node.first;
  const NodeId copy = Append(kNoNode, node);
  for (NodeId child = first; child != kNoNode;) {
    const NodeId next = from.nodes_[child].next;  // `from` may be this, which grows
    const NodeId below = Copy(from, child);
    Insert(copy, below, kNoNode);
    child = next;
  }
  return copy;
}

std::span<const uint8_t> Tree::BytesOf(NodeId leaf) const {
  const Node& node = nodes_[leaf];
  return std::span(store_).subspan(node.begin, node.size);
}

uint32_t Tree::Keep(std::span<const uint8_t> bytes) {
  const size_t begin = store_.size();
  // They may be of the store, which moves.
  const std::less<const uint8_t*> before;
  const bool own = !bytes.empty() && !before(bytes.data(), store_.data()) &&
                   before(bytes.data(), store_.data() + begin);
  const size_t from = own ? static_cast<size_t>(bytes.data() - store_.data()) : 0;
  store_.resize(begin + bytes.size());
  const uint8_t* const source = own ? store_.data() + from : bytes.data();
  std::copy_n(source, bytes.size(), store_.data() + begin);
  return static_cast<uint32_t>(begin);
}

void Tree::SetBytes(NodeId leaf, std::span<const uint8_t> bytes) {
  Node& node = nodes_[leaf];
  node.begin = Keep(bytes);
  node.size = static_cast<uint32_t>(bytes.size());
}

void Tree::SetNumber(NodeId leaf, uint64_t value) {
  Node& node = nodes_[leaf];
  const Field& field = *node.field;
  Bytes bytes;
  switch (field.kind) {
    case Kind::kBits:
      node.value = value & MaskOf(field.width);
      return;
    case Kind::kInteger: {
      node.value = value & MaskOf(field.width * 8);
      std::array<uint8_t, sizeof(uint64_t)> integer{};
      const auto written = std::span(integer).first(field.width);
      WriteInteger(value, field.big_endian, written);
      SetBytes(leaf, written);
      return;
    }
    case Kind::kVariable:
      VariableNumbers()[field.coding].encode(value, bytes);
      VariableNumbers()[field.coding].decode(bytes, node.value);
      break;
    default:
      bytes = WriteDigits(value, field);
      node.value = ReadDigits(bytes, field.base).value_or(0);
      break;
  }
  SetBytes(leaf, bytes);
}

void Tree::RereadNumber(NodeId leaf) {
  nodes_[leaf].value = ReadInteger(BytesOf(leaf), nodes_[leaf].field->big_endian);
}

Bytes Tree::Print() const {
  Bytes out;
  Print(Root(), out);
  return out;
}

void Tree::Print(NodeId id, Bytes& out) const {
  const Node& node = nodes_[id];
  if (node.role == Role::kCoded) {
    Bytes inner;
    PrintRange(node.first, kNoNode, inner);
    Transforms()[static_cast<size_t>(node.field->transform)].encode(inner, out);
  } else if (node.role == Role::kStruct || node.role == Role::kArray) {
    PrintRange(node.first, kNoNode, out);
  } else if (IsBits(node)) {
    BitPacker().Add(node, out);  // its neighbours' bits are theirs
  } else {
    const auto bytes = BytesOf(id);
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
}

void Tree::PrintRange(NodeId first, NodeId last, Bytes& out) const {
  BitPacker packer;
  for (NodeId child = first; child != kNoNode; child = nodes_[child].next) {
    if (IsBits(nodes_[child])) {
      packer.Add(nodes_[child], out);
    } else {
      Print(child, out);
    }
    if (child == last) return;
  }
}

size_t Tree::SizeOf(NodeId id) const {
  const Node& node = nodes_[id];
  if (node.role == Role::kCoded) {
    Bytes out;
    Print(id, out);
    return out.size();
  }
  if (node.role != Role::kStruct && node.role != Role::kArray) return node.size;
  return SizeOfRange(node.first, kNoNode);
}

size_t Tree::SizeOfRange(NodeId first, NodeId last) const {
  size_t bytes = 0;
  size_t bits = 0;
  for (NodeId child = first; child != kNoNode; child = nodes_[child].next) {
    if (IsBits(nodes_[child])) {
      bits += nodes_[child].field->width;
    } else {
      bytes += SizeOf(child);
    }
    if (child == last) break;
  }
  return bytes + bits / 8;
}

NodeId Tree::Child(NodeId id, int name) const {
  for (NodeId child = nodes_[id].first; child != kNoNode; child = nodes_[child].next) {
    if (nodes_[child].field != nullptr && nodes_[child].field->name == name) return child;
  }
  return kNoNode;
}

NodeId Tree::ElementOf(NodeId array, int element, NodeId scope) const {
  if (nodes_[array].role != Role::kArray) return kNoNode;
  size_t place = 0;
  uint64_t key = 0;
  if (element == kSamePlace) {
    NodeId at = scope;
    while (at != kNoNode && nodes_[at].parent != kNoNode &&
           nodes_[nodes_[at].parent].role != Role::kArray) {
      at = nodes_[at].parent;
    }
    if (at == kNoNode || nodes_[at].parent == kNoNode) return kNoNode;
    for (at = nodes_[at].previous; at != kNoNode; at = nodes_[at].previous) {
      if (nodes_[at].field != nullptr) ++place;
    }
  } else {
    const NodeId here = Find({element}, scope);
    if (here == kNoNode) return kNoNode;
    key = nodes_[here].value;
  }
  for (NodeId child = nodes_[array].first; child != kNoNode; child = nodes_[child].next) {
    if (nodes_[child].field == nullptr) continue;
    if (element == kSamePlace) {
      if (place-- == 0) return child;
    } else if (const NodeId there = Child(child, element);
               there != kNoNode && nodes_[there].value == key) {
      return child;
    }
  }
  return kNoNode;
}

NodeId Tree::Find(const std::vector<int>& path, NodeId scope, int element) const {
  NodeId found = kNoNode;
  for (NodeId around = scope; around != kNoNode && found == kNoNode;
       around = nodes_[around].parent) {
    if (nodes_[around].role == Role::kStruct) found = Child(around, path.front());
  }
  if (element != kNothing && found != kNoNode) found = ElementOf(found, element, scope);
  for (size_t i = 1; i < path.size() && found != kNoNode; ++i) {
    while (nodes_[found].role == Role::kArray || nodes_[found].role == Role::kCoded) {
      if (nodes_[found].first == kNoNode) return kNoNode;
      found = nodes_[found].first;
    }
    found = nodes_[found].role == Role::kStruct ? Child(found, path[i]) : kNoNode;
  }
  return found;
}

size_t Tree::OffsetOf(NodeId id) const {
  size_t offset = 0;
  for (NodeId at = id; nodes_[at].parent != kNoNode; at = nodes_[at].parent) {
    if (nodes_[nodes_[at].parent].role == Role::kCoded) break;
    size_t bits = 0;
    for (NodeId before = nodes_[at].previous; before != kNoNode; before = nodes_[before].previous) {
      if (IsBits(nodes_[before])) {
        bits += nodes_[before].field->width;
      } else {
        offset += SizeOf(before);
      }
    }
    offset += bits / 8;
  }
  return offset;
}

// Of fields of the struct `scope`, or of the first around it that has the first of them.
Tree::Range Tree::RangeOf(const Expression& node, NodeId scope) const {
  Range range;
  if (node.path.size() > 1 || node.element != kNothing) {
    range.first = range.last = Find(node.path, scope, node.element);
    range.known = range.first != kNoNode;
    return range;
  }
  const auto place = [this](NodeId id, int name) {
    const std::vector<Field>& fields = StructureOf(id).fields;
    const auto found = std::find_if(fields.begin(), fields.end(),
                                    [&](const Field& field) { return field.name == name; });
    return found == fields.end() ? nullptr : &*found;
  };
  const Field* first = nullptr;
  for (; scope != kNoNode && first == nullptr; scope = nodes_[scope].parent) {
    if (nodes_[scope].role == Role::kStruct) first = place(scope, node.path.front());
    if (first != nullptr) break;
  }
  if (first == nullptr) return range;
  const Field* const last = node.until.empty() ? first : place(scope, node.until.front());
  if (last == nullptr || last < first) return range;
  range.known = true;
  for (NodeId child = nodes_[scope].first; child != kNoNode; child = nodes_[child].next) {
    const Field* const field = nodes_[child].field;
    if (field == nullptr || field < first || field > last) continue;
    if (range.first == kNoNode) range.first = child;
    range.last = child;
  }
  return range;
}

std::optional<uint64_t> Tree::OfFields(const Expression& node, NodeId scope) const {
  if (node.op == Op::kSize || node.op == Op::kCheck) {
    const Range range = RangeOf(node, scope);
    if (!range.known) return std::nullopt;
    if (node.op == Op::kSize) {
      return range.first == kNoNode ? 0 : SizeOfRange(range.first, range.last);
    }
    scratch_.clear();
    if (range.first != kNoNode) PrintRange(range.first, range.last, scratch_);
    return Checksums()[node.number].compute(scratch_);
  }
  const NodeId found = Find(node.path, scope, node.element);
  if (found == kNoNode) return std::nullopt;
  if (node.op == Op::kOffset) {
    const NodeId from = node.until.empty() ? Root() : Find(node.until, scope);
    if (from == kNoNode) return std::nullopt;
    return OffsetOf(found) - OffsetOf(from);
  }
  if (node.op == Op::kCount) {
    uint64_t count = 0;
    for (NodeId child = nodes_[found].first; child != kNoNode; child = nodes_[child].next) {
      if (nodes_[child].field != nullptr) ++count;
    }
    return count;
  }
  if (!IsNumber(nodes_[found])) return std::nullopt;
  return nodes_[found].value;
}

std::optional<uint64_t> Tree::Evaluate(int expression, NodeId scope) const {
  const Expression& node = model_.expressions[static_cast<size_t>(expression)];
  if (node.op == Op::kNumber) return node.number;
  if (!node.path.empty()) return OfFields(node, scope);
  const auto left = Evaluate(node.left, scope);
  if (!left) return std::nullopt;
  if (node.op == Op::kNot) return *left == 0 ? 1U : 0U;
  if ((node.op == Op::kAnd && *left == 0) || (node.op == Op::kOr && *left != 0)) {
    return *left != 0 ? 1U : 0U;
  }
  if (node.op == Op::kChoice) {
    const Expression& both = model_.expressions[static_cast<size_t>(node.right)];
    return Evaluate(*left != 0 ? both.left : both.right, scope);
  }
  const auto right = Evaluate(node.right, scope);
  return right ? Arithmetic(node.op, *left, *right) : std::nullopt;
}

int MessageOf(const Tree& tree, NodeId id) {
  const Node& node = tree.At(id);
  if (node.role == Role::kStruct) {
    for (const State& state : tree.GetModel().session.states) {
      for (const Transition& transition : state.transitions) {
        if (transition.message == node.structure) return node.structure;
      }
    }
  }
  for (NodeId child = node.first; child != kNoNode; child = tree.At(child).next) {
    if (const int found = MessageOf(tree, child); found != kNothing) return found;
  }
  return kNothing;
}

NodeId DialogueOf(const Tree& tree) {
  const Session& session = tree.GetModel().session;
  if (session.states.empty()) return kNoNode;
  const NodeId array = tree.Child(Tree::Root(), session.field);
  return array != kNoNode && tree.At(array).role == Role::kArray ? array : kNoNode;
}

size_t StateBehind(const Model& model, size_t state, int message) {
  for (const Transition& transition : model.session.states[state].transitions) {
    if (transition.message == message) return static_cast<size_t>(transition.next);
  }
  return state;
}

}  // namespace percuss::protocols

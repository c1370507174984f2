// SPDX-License-Identifier: Apache-2.0
#include "protocols/consistency.h"

#include "protocols/codings.h"

namespace percuss::protocols {
namespace {

constexpr int kMostRounds = 4;
constexpr size_t kUsual = 128;  // numbers that follow, of an input

bool IsComputed(const Node& node) { return IsNumber(node) && node.field->computed; }

uint64_t CutTo(const Field& field, uint64_t value) {
  unsigned bits = 64;
  if (field.kind == Kind::kInteger) bits = field.width * 8;
  if (field.kind == Kind::kBits) bits = field.width;
  if (bits < 64) return value & ((1ULL << bits) - 1);
  if (field.kind == Kind::kVariable) {
    Bytes bytes;
    VariableNumbers()[field.coding].encode(value, bytes);
    VariableNumbers()[field.coding].decode(bytes, value);
  } else if (field.kind == Kind::kDigits && field.width != 0) {
    return ReadDigits(WriteDigits(value, field), field.base).value_or(0);
  }
  return value;
}

// Those that were computed, in the order in which what is inside comes first.
void Collect(const Tree& tree, NodeId id, std::vector<NodeId>& computed) {
  for (NodeId child = tree.At(id).first; child != kNoNode; child = tree.At(child).next) {
    if (tree.At(child).first != kNoNode) Collect(tree, child, computed);
  }
  for (NodeId child = tree.At(id).first; child != kNoNode; child = tree.At(child).next) {
    if (IsComputed(tree.At(child))) computed.push_back(child);
  }
}

bool Set(Tree& tree, NodeId id) {
  const auto expected = ExpectedValue(tree, id);
  if (!expected || *expected == tree.At(id).value) return false;
  tree.SetNumber(id, *expected);
  return true;
}

}  // namespace

std::optional<uint64_t> ExpectedValue(const Tree& tree, NodeId id) {
  const Node& node = tree.At(id);
  if (!IsComputed(node)) return std::nullopt;
  const auto value = tree.Evaluate(node.field->value, node.parent);
  return value ? std::optional(CutTo(*node.field, *value)) : std::nullopt;
}

std::vector<NodeId> WrongNumbers(const Tree& tree) {
  std::vector<NodeId> computed;
  computed.reserve(kUsual);
  Collect(tree, Tree::Root(), computed);
  std::erase_if(computed, [&](NodeId id) {
    const auto expected = ExpectedValue(tree, id);
    return !expected || *expected == tree.At(id).value;
  });
  return computed;
}

void Repair(Tree& tree) {
  std::vector<NodeId> computed;
  computed.reserve(kUsual);
  Collect(tree, Tree::Root(), computed);
  std::erase_if(computed, [&](NodeId id) { return tree.At(id).pinned; });
  const auto set_all = [&](bool checksums) {
    bool changed = false;
    for (const NodeId id : computed) {
      if (tree.At(id).field->checksum == checksums) changed |= Set(tree, id);
    }
    return changed;
  };
  for (int round = 0; round < kMostRounds && set_all(false); ++round) {
  }
  set_all(true);
}

}  // namespace percuss::protocols

// SPDX-License-Identifier: Apache-2.0
#include "protocols/generator.h"

#include <algorithm>
#include <array>

#include "protocols/codings.h"
#include "protocols/dissector.h"
#include "protocols/expression_reader.h"

namespace percuss::protocols {
namespace {

constexpr int kMostDepth = 20;  // of what is made up
constexpr int kDeep = 13;       // from here on as little as possible
constexpr int kHalfDeep = 6;    // from here on as many parts as there were above them
constexpr int kMostWay = 6;     // switches on the way to a message

bool HasFixedSize(const Model& model, const Field& field) {
  return field.size != kNothing && !DependsOnFields(model, field.size);
}

Bytes Digits(uint64_t number) {
  Field field;
  field.kind = Kind::kDigits;
  return WriteDigits(number, field);
}

}  // namespace

Generator::Generator(const Model& model, Random& random) : model_(model), random_(random) {
  for (const Structure& structure : model.structures) {
    for (const Field& field : structure.fields) {
      if (field.kind != Kind::kSwitch || field.selector == kNothing) continue;
      const Expression& selector = model.expressions[static_cast<size_t>(field.selector)];
      if (selector.op != Expression::Op::kField) continue;
      std::vector<Wish>& choices = choices_[selector.path.back()];
      for (const Case& branch : field.cases) {
        for (const NumberRange range : branch.numbers)
          choices.push_back({kNothing, range, {}, false});
        for (const Bytes& text : branch.texts) choices.push_back({kNothing, {}, text, true});
      }
    }
  }
}

void Generator::Whole(Tree& tree, size_t most_nodes) {
  tree.Clear({});
  most_nodes_ = most_nodes;
  Fill(tree, Tree::Root());
  most_nodes_ = kMostNodes;
}

void Generator::Fill(Tree& tree, NodeId id) {
  if (++level_ < kMostDepth) {
    for (const Field& field : tree.StructureOf(id).fields) {
      if (tree.Count() >= most_nodes_) break;
      if (field.condition != kNothing && tree.Evaluate(field.condition, id).value_or(0) == 0)
        continue;
      MakeField(tree, id, field);
    }
  }
  --level_;
}

void Generator::MakeField(Tree& tree, NodeId parent, const Field& field, NodeId before) {
  Node node;
  node.field = &field;
  if (field.transform != kNothing) {
    node.role = Role::kCoded;
    const NodeId id = tree.Append(kNoNode, node);
    tree.Insert(parent, id, before);
    One(tree, id, field, kNoNode);
    return;
  }
  if (field.repeat == Repeat::kOnce) {
    One(tree, parent, field, before);
    return;
  }
  node.role = Role::kArray;
  const NodeId id = tree.Append(kNoNode, node);
  tree.Insert(parent, id, before);
  uint64_t count = random_.Below(level_ > kHalfDeep ? 3 : 4);
  if (field.repeat == Repeat::kCounted && !DependsOnFields(model_, field.count)) {
    count = std::min<uint64_t>(tree.Evaluate(field.count, parent).value_or(0), kMostNodes);
  }
  if (level_ > kDeep || (plain_ && field.repeat != Repeat::kCounted)) count = 0;
  for (uint64_t i = 0; i < count && tree.Count() < most_nodes_; ++i) {
    const NodeId element = MakeElement(tree, id);
    if (element == kNoNode) break;
    if (field.last != kNothing && tree.Evaluate(field.last, element).value_or(0) != 0) break;
  }
  Delimit(tree, id);
}

NodeId Generator::MakeElement(Tree& tree, NodeId array, NodeId before) {
  const NodeId old = before == kNoNode ? tree.At(array).last : tree.At(before).previous;
  One(tree, array, *tree.At(array).field, before);
  const NodeId made = before == kNoNode ? tree.At(array).last : tree.At(before).previous;
  return made == old ? kNoNode : made;
}

NodeId Generator::MakeMessage(Tree& tree, NodeId array, int message, NodeId before) {
  const Field& field = *tree.At(array).field;
  if (field.kind == Kind::kStruct) {
    const auto [way, first] = ways_.try_emplace({field.structure, message});
    if (first && !WayTo(field.structure, message, 0, way->second)) way->second.clear();
    wishes_ = way->second;
  }
  plain_ = random_.OneIn(2);
  const NodeId made = MakeElement(tree, array, before);
  plain_ = false;
  wishes_.clear();
  return made;
}

// Depth first; the wishes of the first way that there is.
bool Generator::WayTo(int from, int message, int depth, std::vector<Wish>& way) const {
  if (from == message) return true;
  if (depth == kMostWay) return false;
  for (const Field& field : model_.structures[static_cast<size_t>(from)].fields) {
    if (field.kind == Kind::kStruct && WayTo(field.structure, message, depth + 1, way)) return true;
    if (field.kind != Kind::kSwitch || field.selector == kNothing) continue;
    const Expression& selector = model_.expressions[static_cast<size_t>(field.selector)];
    if (selector.op != Expression::Op::kField) continue;
    for (const Case& branch : field.cases) {
      if (branch.kind != Kind::kStruct || (branch.numbers.empty() && branch.texts.empty()))
        continue;
      Wish wish;
      wish.name = selector.path.back();
      wish.is_text = branch.numbers.empty();
      if (wish.is_text) {
        wish.text = branch.texts.front();
      } else {
        wish.number = branch.numbers.front();
      }
      way.push_back(wish);
      if (WayTo(branch.structure, message, depth + 1, way)) return true;
      way.pop_back();
    }
  }
  return false;
}

const Generator::Wish* Generator::WishOf(int name) const {
  const auto found = std::find_if(wishes_.begin(), wishes_.end(),
                                  [&](const Wish& wish) { return wish.name == name; });
  return found == wishes_.end() ? nullptr : &*found;
}

void Generator::One(Tree& tree, NodeId parent, const Field& field, NodeId before) {
  Node node;
  node.field = &field;
  node.structure = field.structure;
  bool is_struct = field.kind == Kind::kStruct;
  if (field.kind == Kind::kSwitch) {
    node.branch = field.selector == kNothing ? static_cast<int>(random_.Below(field.cases.size()))
                                             : ChooseCase(tree, field, parent);
    if (node.branch != kNothing) {
      const Case& branch = field.cases[static_cast<size_t>(node.branch)];
      node.structure = branch.structure;
      is_struct = branch.kind == Kind::kStruct;
    }
  }
  if (is_struct) {
    node.role = Role::kStruct;
    const NodeId id = tree.Append(kNoNode, node);
    tree.Insert(parent, id, before);
    Fill(tree, id);
    return;
  }
  const NodeId id = tree.Append(kNoNode, node);
  tree.Insert(parent, id, before);
  if (IsNumber(tree.At(id))) {
    tree.SetNumber(id, NumberFor(tree, field, parent));
  } else if (field.kind == Kind::kPadding) {
    const size_t at = tree.OffsetOf(id) - tree.OffsetOf(parent);
    tree.SetBytes(id, Bytes((field.width - at % field.width) % field.width, field.literal.front()));
  } else {
    tree.SetBytes(id, BytesFor(tree, field, parent));
  }
}

uint64_t Generator::NumberFor(const Tree& tree, const Field& field, NodeId scope) {
  if (const Wish* wish = WishOf(field.name); wish != nullptr && !wish->is_text) {
    const uint64_t others = wish->number.most - wish->number.least;
    return wish->number.least + (others == UINT64_MAX ? random_.Next() : random_.Below(others + 1));
  }
  if (field.computed) return 0;
  if (field.value != kNothing && !random_.OneIn(12)) {
    return tree.Evaluate(field.value, scope).value_or(0);
  }
  if (field.enumeration != kNothing && !random_.OneIn(8)) {
    const auto& values = model_.enumerations[static_cast<size_t>(field.enumeration)].values;
    if (!values.empty()) return random_.Of(values).first;
  }
  const auto choices = choices_.find(field.name);
  if (choices != choices_.end() && !random_.OneIn(8)) {
    const Wish& choice = random_.Of(choices->second);
    if (!choice.is_text) return choice.number.least;
  }
  const unsigned bits = NumberBits(field);
  const uint64_t most = MostOf(field);
  switch (random_.Below(8)) {
    case 0:
      return most - random_.Below(4);
    case 1:
      return (most >> 1) + random_.Below(3) - 1;
    case 2:
      return ((1 + random_.Below(16)) << random_.Below(bits)) & most;
    case 5:
      return ((1ULL << random_.Below(bits)) + random_.Below(33) - 16) & most;
    case 3:
      return random_.Next() & most;
    case 4:
      return random_.Below(256) & most;
    default:
      return random_.Below(17) & most;
  }
}

Bytes Generator::RandomBytes(size_t size, bool text) {
  Bytes bytes(size);
  const bool one_byte = random_.OneIn(3);
  const uint64_t same = random_.Next();
  for (uint8_t& byte : bytes) {
    const uint64_t drawn = (one_byte ? same : random_.Next()) >> 16;
    byte = static_cast<uint8_t>(text ? 0x20 + drawn % 0x5f : drawn);
  }
  return bytes;
}

Bytes Generator::BytesFor(const Tree& tree, const Field& field, NodeId scope) {
  if (field.kind == Kind::kLiteral) {
    const bool other = !field.may_end && !field.words.empty() && random_.OneIn(2);
    return other ? random_.Of(field.words) : field.literal;
  }
  if (const Wish* wish = WishOf(field.name); wish != nullptr && wish->is_text) return wish->text;
  if (!field.words.empty() && !random_.OneIn(6)) return random_.Of(field.words);
  const auto choices = choices_.find(field.name);
  if (choices != choices_.end() && !random_.OneIn(8)) {
    const Wish& choice = random_.Of(choices->second);
    if (choice.is_text) return choice.text;
  }
  if (HasFixedSize(model_, field)) {
    const uint64_t size = tree.Evaluate(field.size, scope).value_or(0);
    return RandomBytes(std::min<uint64_t>(size, 65536), field.kind == Kind::kText);
  }
  static constexpr std::array<size_t, 8> kSizes = {0, 1, 2, 4, 8, 16, 40, 300};
  const size_t size = kSizes[random_.Below(random_.OneIn(4) ? kSizes.size() : kSizes.size() - 2)];
  if (field.kind == Kind::kText && random_.OneIn(3)) return Digits(random_.Below(1000));
  return RandomBytes(size, field.kind == Kind::kText);
}

void Delimit(Tree& tree, NodeId array) {
  const Field& field = *tree.At(array).field;
  if (field.repeat != Repeat::kSeparated && field.repeat != Repeat::kTerminated) return;
  bool after_element = false;
  for (NodeId child = tree.At(array).first; child != kNoNode;) {
    const NodeId next = tree.At(child).next;
    const bool delimiter = tree.At(child).role == Role::kDelimiter;
    const bool element = tree.At(child).field != nullptr;
    if (delimiter) {
      tree.Remove(child);
    } else if (element && after_element) {
      const NodeId added = tree.Append(kNoNode, Node{});
      tree.At(added).role = Role::kDelimiter;
      tree.SetBytes(added, field.delimiters.front());
      tree.Insert(array, added, child);
    }
    if (element) after_element = true;
    child = next;
  }
  if (after_element && field.repeat == Repeat::kTerminated) {
    const NodeId added = tree.Append(kNoNode, Node{});
    tree.At(added).role = Role::kDelimiter;
    tree.SetBytes(added, field.delimiters.front());
    tree.Insert(array, added, kNoNode);
  }
}

}  // namespace percuss::protocols

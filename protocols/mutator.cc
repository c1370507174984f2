// SPDX-License-Identifier: Apache-2.0
#include "protocols/mutator.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "protocols/consistency.h"
#include "protocols/dissector.h"

namespace percuss::protocols {
namespace {

constexpr size_t kMostDissected = 65536;
constexpr size_t kMostRemembered = 20000;  // nodes
constexpr size_t kMostOfAField = 16;
constexpr size_t kKeptOfAnInput = 24;
constexpr size_t kLongest = 4096;  // of one field that grows

uint64_t Digest(std::span<const uint8_t> bytes) {
  return std::hash<std::string_view>()({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

bool IsSeparated(const Field& field) {
  return field.repeat == Repeat::kSeparated || field.repeat == Repeat::kTerminated;
}

// Of a field whose value follows from others.
bool NamesComputed(const Model& model, int expression) {
  return AnyPart(model, expression, [&](const Expression& part) {
    if (part.op != Expression::Op::kField) return false;
    return std::any_of(model.structures.begin(), model.structures.end(), [&](const auto& one) {
      return std::any_of(one.fields.begin(), one.fields.end(), [&](const Field& field) {
        return field.computed && field.name == part.path.back();
      });
    });
  });
}

}  // namespace

Mutator::Mutator(const Model& model, uint64_t seed, ByteMutation engine)
    : model_(model),
      random_(seed),
      engine_(std::move(engine)),
      generator_(model, random_),
      tree_(model),
      pool_(model) {
  for (const Structure& structure : model.structures) {
    for (const Field& field : structure.fields) follows_ |= NamesComputed(model, field.condition);
  }
}

void Mutator::Collect(NodeId id, Places& places) const {
  for (NodeId child = tree_.At(id).first; child != kNoNode; child = tree_.At(child).next) {
    const Node& node = tree_.At(child);
    if (node.role == Role::kArray) {
      places.arrays.push_back(child);
    } else if (node.role == Role::kStruct) {
      places.groups.push_back(child);
    } else if (IsNumber(node)) {
      places.numbers.push_back(child);
    } else if (node.role == Role::kRaw || node.role == Role::kLeaf) {
      const bool fixed = node.field != nullptr &&
                         (node.field->kind == Kind::kLiteral || node.field->kind == Kind::kPadding);
      if (!fixed) places.texts.push_back(child);
    }
    if (node.field != nullptr && node.field->kind == Kind::kSwitch)
      places.switches.push_back(child);
    Collect(child, places);
  }
}

void Mutator::Take(std::span<const uint8_t> input) {
  Dissect(input, tree_);
  // What was wrong may be what the input is for.
  if (random_.OneIn(2)) return;
  for (const NodeId id : WrongNumbers(tree_)) tree_.At(id).pinned = true;
}

// Parts of what was seen, for other inputs. When there are too many, all begins anew.
void Mutator::Remember(const Places& places) {
  if (pool_.Count() > kMostRemembered) {
    pool_.Clear({});
    remembered_.clear();
    seen_.clear();
  }
  for (size_t i = 0; i < kKeptOfAnInput; ++i) {
    const std::vector<NodeId>& from = random_.OneIn(3) ? places.texts : places.groups;
    if (from.empty()) continue;
    const NodeId id = random_.Of(from);
    const Field* const field = tree_.At(id).field;
    if (field == nullptr) continue;
    std::vector<NodeId>& kept = remembered_[field];
    const NodeId copy = pool_.Copy(tree_, id);
    if (kept.size() < kMostOfAField) {
      kept.push_back(copy);
    } else {
      random_.Of(kept) = copy;
    }
  }
}

const Bytes& Mutator::Mutate(std::span<const uint8_t> input, size_t most) {
  if (input.size() > kMostDissected || (!input.empty() && random_.OneIn(2))) {
    return AsBytes(input, most);
  }
  if (input.empty()) {
    generator_.Whole(tree_);
    return Finish(most);
  }
  Take(input);
  Places places;
  Collect(Tree::Root(), places);
  if (seen_.insert(Digest(input)).second) Remember(places);
  do {
    if (!ChangeOnce(places)) break;
    places = {};
    Collect(Tree::Root(), places);
  } while (random_.OneIn(4) && tree_.Count() < kMostNodes);
  return Finish(most);
}

bool Mutator::ChangeOnce(const Places& places) {
  for (int tries = 0; tries < 8; ++tries) {
    const uint64_t what = random_.Below(16);
    if (what < 4 && !places.numbers.empty()) {
      ChangeNumber(random_.Of(places.numbers), places.numbers);
    } else if (what < 8 && !places.texts.empty()) {
      ChangeText(random_.Of(places.texts));
    } else if (what < 12 && !places.arrays.empty()) {
      ChangeArray(random_.Of(places.arrays));
    } else if (what == 12 && !places.switches.empty()) {
      ChangeSwitch(random_.Of(places.switches));
    } else if (what == 13 && !places.groups.empty()) {
      const NodeId group = random_.Of(places.groups);
      if (!random_.OneIn(4) || !AddSpare(group)) Replace(group);
    } else if (what == 14 && !places.texts.empty()) {
      Replace(random_.Of(places.texts));
    } else if (what == 15 && model_.session.field != kNothing) {
      const NodeId array = tree_.Child(Tree::Root(), model_.session.field);
      if (array == kNoNode || !SayNext(array)) continue;
    } else {
      continue;
    }
    return true;
  }
  return false;
}

// What another one of the same field says, or any: links, handles and limits meet in this way.
uint64_t Mutator::NumberLike(NodeId id, const std::vector<NodeId>& numbers) {
  NodeId other = random_.Of(numbers);
  for (int tries = 0; tries < 16 && tree_.At(other).field != tree_.At(id).field; ++tries) {
    other = random_.Of(numbers);
  }
  return tree_.At(other).value;
}

void Mutator::ChangeNumber(NodeId id, const std::vector<NodeId>& numbers) {
  Node& node = tree_.At(id);
  // What follows from others is left wrong on purpose now and then.
  if (node.field->computed) {
    if (random_.OneIn(2)) return;
    node.pinned = true;
  }
  const uint64_t value = node.value;
  switch (random_.Below(7)) {
    case 0:
      tree_.SetNumber(id, value + 1 + random_.Below(8));
      break;
    case 1:
      tree_.SetNumber(id, value - 1 - random_.Below(8));
      break;
    case 2:
      tree_.SetNumber(
          id, value ^ 1ULL << random_.Below(node.field->kind == Kind::kBits
                                                ? node.field->width
                                                : 8 * std::clamp(node.field->width, 1U, 8U)));
      break;
    case 3:
      if (node.size > 0 && node.field->kind == Kind::kInteger) {
        Bytes bytes(tree_.BytesOf(id).begin(), tree_.BytesOf(id).end());
        if (engine_(bytes.data(), bytes.size(), bytes.size()) == bytes.size()) {
          tree_.SetBytes(id, bytes);
          tree_.RereadNumber(id);
          break;
        }
      }
      [[fallthrough]];
    case 4:
      tree_.SetNumber(id, NumberLike(id, numbers));
      break;
    default:
      tree_.SetNumber(id, generator_.NumberFor(tree_, *node.field, node.parent));
      break;
  }
  if (!random_.OneIn(4)) Reconcile(Tree::Root());
}

void Mutator::CutOrRepeat(Bytes& bytes) {
  if (bytes.empty()) return;
  const size_t at = random_.Below(bytes.size());
  const size_t count = 1 + random_.Below(bytes.size() - at);
  const auto begin = bytes.begin() + static_cast<ptrdiff_t>(at);
  const auto end = begin + static_cast<ptrdiff_t>(count);
  if (random_.OneIn(2)) {
    bytes.erase(begin, end);
    return;
  }
  const Bytes chunk(begin, end);
  const uint64_t times = random_.OneIn(4) ? 1 + random_.Below(64) : 1;
  for (uint64_t i = 0; i < times && bytes.size() + count <= kLongest; ++i) {
    bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(at), chunk.begin(), chunk.end());
  }
}

void Mutator::ChangeText(NodeId id) {
  const Node& node = tree_.At(id);
  Bytes bytes(tree_.BytesOf(id).begin(), tree_.BytesOf(id).end());
  const bool explained = node.field != nullptr;
  switch (random_.Below(explained ? 6 : 4)) {
    case 0:
      CutOrRepeat(bytes);
      break;
    case 1:
    case 2:
    case 3: {
      const size_t size = bytes.size();
      bytes.resize(std::min(size * 2 + 16, std::max(size, kLongest)));
      bytes.resize(engine_(bytes.data(), size, bytes.size()));
      break;
    }
    default:
      bytes = generator_.BytesFor(tree_, *node.field, node.parent);
      break;
  }
  tree_.SetBytes(id, bytes);
  if (!random_.OneIn(4)) Reconcile(Tree::Root());
}

void Mutator::AddElement(NodeId array, NodeId before) {
  const auto kept = remembered_.find(tree_.At(array).field);
  if (kept != remembered_.end() && random_.OneIn(2)) {
    tree_.Insert(array, tree_.Copy(pool_, random_.Of(kept->second)), before);
  } else {
    generator_.MakeElement(tree_, array, before);
  }
}

void Mutator::ChangeArray(NodeId id) {
  std::vector<NodeId> elements;
  for (NodeId child = tree_.At(id).first; child != kNoNode; child = tree_.At(child).next) {
    if (tree_.At(child).role != Role::kDelimiter) elements.push_back(child);
  }
  const uint64_t what = elements.empty() ? 0 : random_.Below(8);
  const NodeId chosen = elements.empty() ? kNoNode : random_.Of(elements);
  if (what <= 1) {
    AddElement(id, random_.OneIn(3) ? kNoNode : chosen);
  } else if (what == 2) {
    tree_.Remove(chosen);
  } else if (what <= 4) {
    const uint64_t times = random_.OneIn(5) ? 1 + random_.Below(40) : 1;
    for (uint64_t i = 0; i < times && tree_.Count() < kMostNodes; ++i) {
      tree_.Insert(id, tree_.Copy(tree_, chosen), chosen);
    }
  } else if (what == 5) {
    const NodeId other = random_.Of(elements);
    if (other != chosen) {
      tree_.Remove(chosen);
      tree_.Insert(id, chosen, other);
    }
  } else if (what == 6) {
    const size_t first = random_.Below(elements.size());
    for (size_t i = first; i < elements.size(); ++i) tree_.Remove(elements[i]);
  } else {
    // As it says with other values.
    const NodeId next = tree_.At(chosen).next;
    tree_.Remove(chosen);
    generator_.MakeElement(tree_, id, next);
  }
  if (IsSeparated(*tree_.At(id).field)) Delimit(tree_, id);
}

// The first message of the session that is within this one.
int Mutator::MessageOf(NodeId id) const {
  const Node& node = tree_.At(id);
  if (node.role == Role::kStruct) {
    for (const State& state : model_.session.states) {
      for (const Transition& transition : state.transitions) {
        if (transition.message == node.structure) return node.structure;
      }
    }
  }
  for (NodeId child = node.first; child != kNoNode; child = tree_.At(child).next) {
    if (const int found = MessageOf(child); found != kNothing) return found;
  }
  return kNothing;
}

// Inserts a message where the session allows it.
bool Mutator::SayNext(NodeId array) {
  std::vector<std::pair<NodeId, size_t>> places;  // before which message, in which state
  size_t state = 0;
  for (NodeId child = tree_.At(array).first; child != kNoNode; child = tree_.At(child).next) {
    places.emplace_back(child, state);
    const int message = MessageOf(child);
    for (const Transition& transition : model_.session.states[state].transitions) {
      if (transition.message != message) continue;
      state = static_cast<size_t>(transition.next);
      break;
    }
  }
  places.emplace_back(kNoNode, state);
  const auto& [before, now] = random_.OneIn(2) ? places.back() : random_.Of(places);
  const std::vector<Transition>& allowed = model_.session.states[now].transitions;
  if (allowed.empty()) return false;
  generator_.MakeMessage(tree_, array, random_.Of(allowed).message, before);
  if (IsSeparated(*tree_.At(array).field)) Delimit(tree_, array);
  return true;
}

void Mutator::ChangeSwitch(NodeId id) {
  const Node node = tree_.At(id);
  const int by = node.field->selector;
  if (by != kNothing && model_.expressions[static_cast<size_t>(by)].op == Expression::Op::kField) {
    const Expression& selector = model_.expressions[static_cast<size_t>(by)];
    const NodeId named = tree_.Find(selector.path, node.parent, selector.element);
    const Case& wanted = random_.Of(node.field->cases);
    if (named != kNoNode && IsNumber(tree_.At(named)) && !wanted.numbers.empty()) {
      tree_.SetNumber(named, random_.Of(wanted.numbers).least);
    } else if (named != kNoNode && !wanted.texts.empty() && !IsNumber(tree_.At(named))) {
      tree_.SetBytes(named, random_.Of(wanted.texts));
    }
  }
  tree_.Remove(id);
  MakeAnew(node);
  Reconcile(Tree::Root());
}

// Another one where a node, now removed, was.
void Mutator::MakeAnew(const Node& node) {
  const Role above = tree_.At(node.parent).role;
  if (above == Role::kArray || above == Role::kCoded) {
    generator_.MakeElement(tree_, node.parent, node.next);
  } else {
    generator_.MakeField(tree_, node.parent, *node.field, node.next);
  }
}

void Mutator::Replace(NodeId id) {
  const Node node = tree_.At(id);
  const auto kept = remembered_.find(node.field);
  if (node.field == nullptr) return;
  tree_.Remove(id);
  if (kept != remembered_.end() && !random_.OneIn(4)) {
    tree_.Insert(node.parent, tree_.Copy(pool_, random_.Of(kept->second)), node.next);
  } else {
    MakeAnew(node);
  }
}

// Bytes behind a part that something else says the end of: it is longer than it should be.
bool Mutator::AddSpare(NodeId id) {
  const Field* const field = tree_.At(id).field;
  if (field == nullptr || (field->size == kNothing && field->leaving == kNothing)) return false;
  Bytes bytes(1 + random_.Below(16));
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random_.Next() >> 32);
  Node node;
  node.role = Role::kRaw;
  const NodeId spare = tree_.Append(kNoNode, node);
  tree_.SetBytes(spare, bytes);
  tree_.Insert(id, spare, kNoNode);
  return true;
}

// What is there only on a condition comes and goes with it; a switch follows its selector.
void Mutator::Reconcile(NodeId id) {
  if (tree_.At(id).role == Role::kStruct && !tree_.At(id).broken) {
    for (const Field& field : tree_.StructureOf(id).fields) {
      const NodeId there = tree_.Child(id, field.name);
      if (field.condition != kNothing) {
        const bool wanted = tree_.Evaluate(field.condition, id).value_or(0) != 0;
        if (!wanted && there != kNoNode && tree_.At(there).field == &field) tree_.Remove(there);
        if (wanted && there == kNoNode) generator_.MakeField(tree_, id, field, Behind(id, field));
      } else if (field.kind == Kind::kSwitch && field.selector != kNothing &&
                 field.repeat == Repeat::kOnce && field.transform == kNothing && there != kNoNode &&
                 tree_.At(there).field == &field &&
                 ChooseCase(tree_, field, id) != tree_.At(there).branch && !random_.OneIn(4)) {
        const NodeId next = tree_.At(there).next;
        tree_.Remove(there);
        generator_.MakeField(tree_, id, field, next);
      }
    }
  }
  for (NodeId child = tree_.At(id).first; child != kNoNode; child = tree_.At(child).next) {
    if (tree_.At(child).first != kNoNode) Reconcile(child);
  }
}

// The first child that comes behind the field.
NodeId Mutator::Behind(NodeId id, const Field& field) const {
  for (NodeId child = tree_.At(id).first; child != kNoNode; child = tree_.At(child).next) {
    const Field* const other = tree_.At(child).field;
    if (other == nullptr || other > &field) return child;
  }
  return kNoNode;
}

const Bytes& Mutator::Cross(std::span<const uint8_t> input, std::span<const uint8_t> other,
                            size_t most) {
  if (input.size() > kMostDissected || other.size() > kMostDissected) return AsBytes(input, most);
  Dissect(other, tree_);
  Places places;
  Collect(Tree::Root(), places);
  Remember(places);
  Take(input);
  places = {};
  Collect(Tree::Root(), places);
  const uint64_t times = 1 + random_.Below(3);
  for (uint64_t i = 0; i < times; ++i) {
    if (random_.OneIn(2) && !places.arrays.empty()) {
      const NodeId array = random_.Of(places.arrays);
      AddElement(array, random_.OneIn(2) ? kNoNode : tree_.At(array).first);
      if (IsSeparated(*tree_.At(array).field)) Delimit(tree_, array);
    } else if (!places.groups.empty()) {
      Replace(random_.Of(places.groups));
    }
    places = {};
    Collect(Tree::Root(), places);
  }
  return Finish(most);
}

const Bytes& Mutator::AsBytes(std::span<const uint8_t> input, size_t most) {
  result_.assign(input.begin(), input.end());
  result_.resize(std::max(most, input.size()));
  result_.resize(std::min(engine_(result_.data(), std::min(input.size(), most), most), most));
  // Some of them so that what was changed is believed.
  if (result_.size() > kMostDissected || !random_.OneIn(4)) return result_;
  Dissect(result_, tree_);
  return Finish(most);
}

const Bytes& Mutator::Finish(size_t most) {
  if (!random_.OneIn(24)) {
    Repair(tree_);
    if (follows_) {
      Reconcile(Tree::Root());
      Repair(tree_);
    }
  }
  result_.clear();
  tree_.Print(Tree::Root(), result_);
  if (result_.size() > most) result_.resize(most);
  if (result_.empty() && most > 0) result_.push_back(static_cast<uint8_t>(random_.Next() >> 32));
  return result_;
}

}  // namespace percuss::protocols

// SPDX-License-Identifier: Apache-2.0
#include "protocols/mutator.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "protocols/consistency.h"
#include "protocols/dissector.h"

namespace percuss::protocols {
namespace {

constexpr size_t kMostDissected = 65536;
constexpr size_t kLongest = 4096;   // of one field that grows
constexpr size_t kDigests = 4096;   // of inputs, at most
constexpr size_t kMostGone = 3000;  // nodes of a tree that is taken on from one change to the next
constexpr size_t kShort = 512;      // an input that may grow
constexpr uint64_t kAsBytes = 3;    // one change of so many is the engine's own, of the bytes

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
      pool_(model),
      once_(kDigests),
      twice_(kDigests),
      walks_(model) {
  for (const Structure& structure : model.structures) {
    for (const Field& field : structure.fields) follows_ |= NamesComputed(model, field.condition);
  }
}

void Mutator::Collect() {
  for (auto* const places : {&places_.numbers, &places_.following, &places_.texts, &places_.arrays,
                             &places_.switches, &places_.groups}) {
    places->clear();
  }
  CollectBelow(Tree::Root());
}

void Mutator::CollectBelow(NodeId id) {
  for (NodeId child = tree_.At(id).first; child != kNoNode; child = tree_.At(child).next) {
    const Node& node = tree_.At(child);
    if (node.role == Role::kArray) {
      places_.arrays.push_back(child);
    } else if (node.role == Role::kStruct) {
      places_.groups.push_back(child);
    } else if (IsNumber(node)) {
      (node.field->computed ? places_.following : places_.numbers).push_back(child);
    } else if (node.role == Role::kRaw || node.role == Role::kLeaf) {
      const bool fixed = node.field != nullptr &&
                         (node.field->kind == Kind::kLiteral || node.field->kind == Kind::kPadding);
      if (!fixed) places_.texts.push_back(child);
    }
    if (node.field != nullptr && node.field->kind == Kind::kSwitch)
      places_.switches.push_back(child);
    if (node.first != kNoNode) CollectBelow(child);
  }
}

// Engines change what they just got once more, and so on: then the tree is there already.
void Mutator::Take(std::span<const uint8_t> input) {
  const bool again = is_result_ && tree_.Count() < kMostGone &&
                     tree_.Store().size() < kMostDissected &&
                     std::equal(input.begin(), input.end(), result_.begin(), result_.end());
  is_result_ = false;
  if (again) return;
  Dissect(input, tree_);
  // What was wrong may be what the input is for.
  if (random_.OneIn(2)) return;
  for (const NodeId id : WrongNumbers(tree_)) tree_.At(id).pinned = true;
}

// True once, when it comes the second time: what only leads to the next change does not come again.
bool Mutator::IsKnown(std::span<const uint8_t> input) {
  const uint64_t digest = Digest(input);
  const size_t at = digest % kDigests;
  if (std::exchange(once_[at], digest) != digest) return false;
  return std::exchange(twice_[at], digest) != digest;
}

// The next single change of any input, until there are no more.
bool Mutator::Step(size_t most) {
  const std::optional<SingleChange> change = walks_.Next(tree_, random_);
  if (!change) return false;
  Make(*change);
  Finish(most);
  return true;
}

void Mutator::Make(const SingleChange& change) {
  const Node node = tree_.At(change.node);
  switch (change.kind) {
    case SingleChange::Kind::kLie:
      tree_.At(change.node).pinned = true;
      tree_.SetNumber(change.node, change.value);
      break;
    case SingleChange::Kind::kNumber:
      tree_.SetNumber(change.node, change.value);
      Reconcile(Tree::Root());
      break;
    case SingleChange::Kind::kWord:
      tree_.SetBytes(change.node, node.field->words[change.value]);
      break;
    case SingleChange::Kind::kRemove:
      tree_.Remove(change.node);
      Delimited(node.parent);
      break;
    case SingleChange::Kind::kRepeat: {
      if (change.flag != kNoNode) {
        tree_.SetNumber(change.flag, 1 - tree_.At(change.flag).value);
        Reconcile(Tree::Root());
      }
      const std::vector<NodeId> elements = ElementsOf(tree_, node.parent);
      const auto first = std::find(elements.begin(), elements.end(), change.node);
      InsertAgain(node.parent, {&*first, change.run}, change.value, change.node);
      Delimited(node.parent);
      break;
    }
    case SingleChange::Kind::kAlike:
      for (NodeId id = 0; id < tree_.Count(); ++id) {
        if (tree_.At(id).field == node.field && IsNumber(tree_.At(id))) {
          tree_.SetNumber(id, change.value);
        }
      }
      Reconcile(Tree::Root());
      break;
    case SingleChange::Kind::kSay:
    case SingleChange::Kind::kGoOn: {
      const bool first = node.role == Role::kArray;
      const NodeId array = first ? change.node : node.parent;
      SayOne(array, static_cast<int>(change.value), first ? node.first : node.next);
      Delimited(array);
      break;
    }
  }
}

const Bytes& Mutator::Mutate(std::span<const uint8_t> input, size_t most) {
  if (!std::equal(input.begin(), input.end(), result_.begin(), result_.end())) {
    walks_.Add(input);
  }
  if (!random_.OneIn(3) && Step(most)) return result_;
  most = RoomFor(input.size(), most);
  if (input.size() > kMostDissected || (!input.empty() && random_.OneIn(kAsBytes))) {
    return AsBytes(input, most);
  }
  if (input.empty()) {
    is_result_ = false;
    generator_.Whole(tree_);
    return Finish(most);
  }
  Take(input);
  near_ = kNoNode;
  Collect();
  if (IsKnown(input)) Remember();
  while (ChangeOnce() && random_.OneIn(2) && tree_.Count() < kMostNodes) Collect();
  return Finish(most);
}

// Where there is a dialogue, a third of the changes are of it.
bool Mutator::ChangeOnce() {
  const NodeId dialogue = DialogueOf(tree_);
  if (dialogue != kNoNode && random_.OneIn(3) && ChangeDialogue(dialogue)) return true;
  for (int tries = 0; tries < 8; ++tries) {
    if (ChangePart(random_.Below(17))) return true;
  }
  return false;
}

// One of them: now and then the one whose field is the rarest here, or which is next to what was
// changed last. What belongs together (rows and columns) often takes effect together only.
NodeId Mutator::Pick(const std::vector<NodeId>& places) {
  NodeId picked = random_.Of(places);
  const uint64_t how = random_.Below(3);
  const auto worth = [&](NodeId id) {
    if (how == 1 && near_ != kNoNode) return id > near_ ? id - near_ : near_ - id;
    const Field* const field = tree_.At(id).field;
    return static_cast<NodeId>(std::count_if(places.begin(), places.end(), [&](NodeId other) {
      return tree_.At(other).field == field;
    }));
  };
  for (int tries = 0; how != 0 && tries < 3; ++tries) {
    const NodeId other = random_.Of(places);
    if (worth(other) < worth(picked)) picked = other;
  }
  near_ = picked;
  return picked;
}

// False: there is nothing of that kind.
bool Mutator::ChangePart(uint64_t what) {
  if (what < 4 && !places_.numbers.empty()) {
    ChangeNumber(Pick(places_.numbers));
  } else if (what >= 4 && what < 8 && !places_.texts.empty()) {
    ChangeText(Pick(places_.texts));
  } else if (what >= 8 && what < 12 && !places_.arrays.empty()) {
    ChangeArray(Pick(places_.arrays));
  } else if (what == 12 && !places_.switches.empty()) {
    ChangeSwitch(Pick(places_.switches));
  } else if (what == 13 && !places_.groups.empty()) {
    const NodeId group = Pick(places_.groups);
    if (!random_.OneIn(4) || !AddSpare(group)) Replace(group);
  } else if (what == 14 && !places_.texts.empty()) {
    Replace(Pick(places_.texts));
  } else if (what > 14 && !places_.following.empty()) {
    Lie(Pick(places_.following));
  } else {
    return false;
  }
  return true;
}

// What another one of the same field says, here or in another input, or any: links, handles and
// limits meet in this way.
uint64_t Mutator::NumberLike(NodeId id) {
  const auto seen = memory_.numbers.find(tree_.At(id).field);
  if (seen != memory_.numbers.end() && random_.OneIn(2)) return random_.Of(seen->second);
  NodeId other = random_.Of(places_.numbers);
  for (int tries = 0; tries < 16 && tree_.At(other).field != tree_.At(id).field; ++tries) {
    other = random_.Of(places_.numbers);
  }
  return tree_.At(other).value;
}

// How many or how long something is: an index is past the end by as much as that.
uint64_t Mutator::SomeSize() {
  if (!places_.arrays.empty() && random_.OneIn(2)) {
    return ElementsOf(tree_, random_.Of(places_.arrays)).size();
  }
  return places_.texts.empty() ? tree_.SizeOf(Tree::Root())
                               : tree_.At(random_.Of(places_.texts)).size;
}

// The size of what a node lies in: of a few levels, or of all.
uint64_t Mutator::SizeAround(NodeId id) {
  for (uint64_t levels = 1 + random_.Below(4); levels > 0 && id != Tree::Root(); --levels) {
    id = tree_.At(id).parent;
  }
  return tree_.SizeOf(random_.OneIn(4) ? Tree::Root() : id);
}

// What a length, count or checksum may say instead. Past the end of what it lies in readers go on
// in what is not theirs.
uint64_t Mutator::Otherwise(NodeId id) {
  const uint64_t value = tree_.At(id).value;
  switch (random_.Below(9)) {
    case 0:
      return value + 1 + random_.Below(8);
    case 1:
      return value - 1 - random_.Below(8);
    case 2:
      return value / 2 + random_.Below(2);
    case 3:
      return value * 2;
    case 4:
      return SomeSize();
    case 5:
      return random_.Below(17) - random_.Below(2) * 17;  // few, or as many as there can be
    case 6:
    case 7:
      return SizeAround(id) + random_.Below(5);
    default:
      return random_.Next();
  }
}

// What follows from others is left wrong on purpose. Of checksums seldom: what is behind them is
// what the input is for.
void Mutator::Lie(NodeId id) {
  for (int tries = 0; tries < 3 && tree_.At(id).field->checksum; ++tries) {
    id = Pick(places_.following);
  }
  tree_.At(id).pinned = true;
  tree_.SetNumber(id, Otherwise(id));
}

void Mutator::ChangeNumber(NodeId id) {
  const Node& node = tree_.At(id);
  const uint64_t value = node.value;
  switch (random_.Below(9)) {
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
    case 5:
      tree_.SetNumber(id, NumberLike(id) + (random_.OneIn(4) ? random_.Below(3) - 1 : 0));
      break;
    case 6:
      tree_.SetNumber(id, SomeSize() + random_.Below(3) - 1);
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

// To a length at which buffers end.
void Mutator::Stretch(Bytes& bytes) {
  const size_t size = (size_t{4} << random_.Below(8)) + random_.Below(3) - 1;
  if (bytes.empty()) bytes.push_back(static_cast<uint8_t>(random_.Next() >> 32));
  const size_t period = bytes.size();
  while (bytes.size() < size) bytes.push_back(bytes[bytes.size() - period]);
  bytes.resize(size);
}

void Mutator::ChangeText(NodeId id) {
  const Node& node = tree_.At(id);
  Bytes bytes(tree_.BytesOf(id).begin(), tree_.BytesOf(id).end());
  const bool explained = node.field != nullptr;
  switch (random_.Below(explained ? 7 : 5)) {
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
    case 4:
      Stretch(bytes);
      break;
    default:
      bytes = generator_.BytesFor(tree_, *node.field, node.parent);
      break;
  }
  tree_.SetBytes(id, bytes);
  if (!random_.OneIn(4)) Reconcile(Tree::Root());
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
  const auto kept = memory_.parts.find(node.field);
  if (node.field == nullptr) return;
  tree_.Remove(id);
  if (kept != memory_.parts.end() && !random_.OneIn(4)) {
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
  most = RoomFor(std::max(input.size(), other.size()), most);
  if (input.size() > kMostDissected || other.size() > kMostDissected) return AsBytes(input, most);
  is_result_ = false;
  Dissect(other, tree_);
  Collect();
  Remember();
  Take(input);
  Collect();
  for (uint64_t times = 1 + random_.Below(3); times > 0; --times) {
    if (!places_.arrays.empty() && !random_.OneIn(3)) {
      const NodeId array = random_.Of(places_.arrays);
      if (!random_.OneIn(2) || !AddRun(array, ElementsOf(tree_, array))) {
        AddElement(array, random_.OneIn(2) ? kNoNode : tree_.At(array).first);
      }
      Delimited(array);
    } else if (!places_.groups.empty()) {
      Replace(random_.Of(places_.groups));
    }
    if (times > 1) Collect();
  }
  return Finish(most);
}

const Bytes& Mutator::AsBytes(std::span<const uint8_t> input, size_t most) {
  is_result_ = false;
  result_.assign(input.begin(), input.end());
  result_.resize(std::max(most, input.size()));
  result_.resize(std::min(engine_(result_.data(), std::min(input.size(), most), most), most));
  // Some of them so that what was changed is believed.
  if (result_.size() > kMostDissected || !random_.OneIn(3)) return result_;
  Dissect(result_, tree_);
  return Finish(most);
}

// Long inputs cost the target time and seldom say more: they seldom grow beyond what is short.
size_t Mutator::RoomFor(size_t size, size_t most) {
  const uint64_t drawn = random_.Below(64);
  if (drawn == 0) return most;
  return std::min(most, std::max(kShort, size + (drawn < 8 ? size / 2 : 64)));
}

// What is too long loses elements of its dialogue or of an array rather than its end.
void Mutator::Shorten(size_t most) {
  for (int tries = 0; tries < 16 && tree_.SizeOf(Tree::Root()) > most; ++tries) {
    Collect();
    if (places_.arrays.empty()) return;
    const NodeId dialogue = DialogueOf(tree_);
    const NodeId array =
        dialogue != kNoNode && random_.OneIn(2) ? dialogue : random_.Of(places_.arrays);
    const std::vector<NodeId> elements = ElementsOf(tree_, array);
    if (elements.size() < 2) continue;
    const size_t first = random_.Below(elements.size());
    const size_t count = 1 + random_.Below(elements.size() - first);
    for (size_t i = first; i < first + count; ++i) tree_.Remove(elements[i]);
    Delimited(array);
  }
}

void Mutator::PutRight() {
  Repair(tree_);
  if (!follows_) return;
  Reconcile(Tree::Root());
  Repair(tree_);
}

const Bytes& Mutator::Finish(size_t most) {
  const bool right = !random_.OneIn(24);
  const auto print = [&] {
    if (right) PutRight();
    result_.clear();
    tree_.Print(Tree::Root(), result_);
  };
  print();
  if (result_.size() > most) {
    Shorten(most);
    print();
  }
  is_result_ = !result_.empty() && result_.size() <= most;
  if (result_.size() > most) result_.resize(most);
  if (result_.empty() && most > 0) result_.push_back(static_cast<uint8_t>(random_.Next() >> 32));
  return result_;
}

}  // namespace percuss::protocols

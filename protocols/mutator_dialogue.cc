// SPDX-License-Identifier: Apache-2.0
//
// What a Mutator does to arrays and to the dialogue of a session, and what it remembers of inputs.
#include <algorithm>
#include <utility>

#include "protocols/dissector.h"
#include "protocols/mutator.h"

namespace percuss::protocols {
namespace {

constexpr size_t kMostRemembered = 30000;  // nodes
constexpr size_t kMostOfAField = 16;
constexpr size_t kMostNumbersOfAField = 64;
constexpr size_t kKeptOfAnInput = 12;
constexpr size_t kArraysOfAnInput = 2;
constexpr size_t kLongestRun = 12;  // elements

bool IsSeparated(const Field& field) {
  return field.repeat == Repeat::kSeparated || field.repeat == Repeat::kTerminated;
}

template <typename Value>
void Keep(std::vector<Value>& kept, Value value, size_t most, Random& random) {
  if (kept.size() < most) {
    kept.push_back(value);
  } else {
    random.Of(kept) = value;
  }
}

}  // namespace

// Parts of what was seen, for other inputs. When there are too many, all begins anew.
void Mutator::Remember() {
  if (pool_.Count() > kMostRemembered) {
    pool_.Clear({});
    memory_ = {};
    std::fill(twice_.begin(), twice_.end(), 0);
  }
  for (size_t i = 0; i < kKeptOfAnInput; ++i) {
    const std::vector<NodeId>& from = random_.OneIn(3) ? places_.texts : places_.groups;
    if (from.empty()) continue;
    const NodeId id = random_.Of(from);
    const Field* const field = tree_.At(id).field;
    if (field == nullptr) continue;
    Keep(memory_.parts[field], pool_.Copy(tree_, id), kMostOfAField, random_);
  }
  for (size_t i = 0; i < kArraysOfAnInput && !places_.arrays.empty(); ++i) {
    const NodeId id = random_.Of(places_.arrays);
    Keep(memory_.arrays[tree_.At(id).field], pool_.Copy(tree_, id), kMostOfAField, random_);
  }
  RememberNumbers();
  RememberSession();
}

void Mutator::RememberNumbers() {
  for (const NodeId id : places_.numbers) {
    const Node& node = tree_.At(id);
    std::vector<uint64_t>& kept = memory_.numbers[node.field];
    if (std::find(kept.begin(), kept.end(), node.value) != kept.end()) continue;
    Keep(kept, node.value, kMostNumbersOfAField, random_);
  }
}

void Mutator::RememberSession() {
  const NodeId dialogue = DialogueOf(tree_);
  if (dialogue == kNoNode) return;
  for (const NodeId id : ElementsOf(tree_, dialogue)) {
    const int message = MessageOf(tree_, id);
    if (message == kNothing || !random_.OneIn(2)) continue;
    Keep(memory_.messages[message], pool_.Copy(tree_, id), kMostOfAField, random_);
  }
}

std::vector<NodeId> Mutator::ElementsOf(const Tree& tree, NodeId array) const {
  std::vector<NodeId> elements;
  for (NodeId child = tree.At(array).first; child != kNoNode; child = tree.At(child).next) {
    if (tree.At(child).role != Role::kDelimiter) elements.push_back(child);
  }
  return elements;
}

void Mutator::Delimited(NodeId array) {
  if (IsSeparated(*tree_.At(array).field)) Delimit(tree_, array);
}

void Mutator::AddElement(NodeId array, NodeId before) {
  const auto kept = memory_.parts.find(tree_.At(array).field);
  if (kept != memory_.parts.end() && random_.OneIn(2)) {
    tree_.Insert(array, tree_.Copy(pool_, random_.Of(kept->second)), before);
  } else {
    generator_.MakeElement(tree_, array, before);
  }
}

void Mutator::InsertAgain(NodeId array, std::span<const NodeId> run, uint64_t times,
                          NodeId before) {
  for (uint64_t i = 0; i < times * run.size() && tree_.Count() < kMostNodes; ++i) {
    tree_.Insert(array, tree_.Copy(tree_, run[i % run.size()]), before);
  }
}

// Neighbours again, elsewhere or in their place.
void Mutator::RepeatRun(NodeId array, const std::vector<NodeId>& elements) {
  const size_t first = random_.Below(elements.size());
  const size_t most = std::min(elements.size() - first, kLongestRun);
  const size_t count = 1 + random_.Below(most);
  const NodeId before = random_.OneIn(2) ? kNoNode : random_.Of(elements);
  const uint64_t times = random_.OneIn(6) ? 1 + random_.Below(8) : 1;
  InsertAgain(array, std::span(elements).subspan(first, count), times, before);
}

// Neighbours of the same array of another input, between those that are there or instead of the
// last ones.
bool Mutator::AddRun(NodeId array, const std::vector<NodeId>& elements) {
  const auto kept = memory_.arrays.find(tree_.At(array).field);
  if (kept == memory_.arrays.end()) return false;
  const std::vector<NodeId> others = ElementsOf(pool_, random_.Of(kept->second));
  if (others.empty()) return false;
  const size_t at = random_.Below(elements.size() + 1);
  const NodeId before = at == elements.size() ? kNoNode : elements[at];
  const bool instead = random_.OneIn(3);
  const size_t first = random_.OneIn(2) ? 0 : random_.Below(others.size());
  const size_t most = others.size() - first;
  const size_t count = instead || random_.OneIn(3) ? most : 1 + random_.Below(most);
  for (size_t i = first; i < first + count && tree_.Count() < kMostNodes; ++i) {
    tree_.Insert(array, tree_.Copy(pool_, others[i]), before);
  }
  for (size_t i = at; instead && i < elements.size(); ++i) tree_.Remove(elements[i]);
  return true;
}

void Mutator::ChangeArray(NodeId id) {
  const std::vector<NodeId> elements = ElementsOf(tree_, id);
  const uint64_t what = elements.empty() ? 0 : random_.Below(10);
  const NodeId chosen = elements.empty() ? kNoNode : random_.Of(elements);
  if (what <= 1) {
    AddElement(id, random_.OneIn(3) ? kNoNode : chosen);
  } else if (what == 2) {
    tree_.Remove(chosen);
  } else if (what == 3) {
    const uint64_t times = random_.OneIn(4) ? 1 + random_.Below(40) : 1;
    InsertAgain(id, {&chosen, 1}, times, chosen);
  } else if (what == 4) {
    RepeatRun(id, elements);
  } else if (what == 5) {
    const NodeId other = random_.Of(elements);
    if (other != chosen) {
      tree_.Remove(chosen);
      tree_.Insert(id, chosen, other);
    }
  } else if (what == 6) {
    const size_t first = random_.Below(elements.size());
    const size_t count = 1 + random_.Below(elements.size() - first);
    for (size_t i = first; i < first + count; ++i) tree_.Remove(elements[i]);
  } else if (what <= 8) {
    // As it says with other values.
    const NodeId next = tree_.At(chosen).next;
    tree_.Remove(chosen);
    generator_.MakeElement(tree_, id, next);
  } else {
    AddRun(id, elements);
  }
  Delimited(id);
}

bool Mutator::ChangeDialogue(NodeId array) {
  const std::vector<NodeId> elements = ElementsOf(tree_, array);
  const uint64_t what = random_.Below(8);
  bool changed = true;
  if (what <= 2 || elements.empty()) {
    changed = Say(array, 1);
  } else if (what <= 4) {
    changed = Say(array, 2 + random_.Below(5));
  } else if (what == 5) {
    RepeatRun(array, elements);
  } else if (what == 6) {
    changed = AddRun(array, elements);
  } else {
    const size_t first = random_.Below(elements.size());
    for (size_t i = first; i < elements.size(); ++i) tree_.Remove(elements[i]);
    Say(array, 1 + random_.Below(5));
  }
  Delimited(array);
  return changed;
}

// Inserts messages, one after the other, where and as the session allows it.
bool Mutator::Say(NodeId array, uint64_t count) {
  std::vector<std::pair<NodeId, size_t>> places;  // before which message, in which state
  size_t state = 0;
  for (const NodeId child : ElementsOf(tree_, array)) {
    places.emplace_back(child, state);
    state = StateBehind(model_, state, MessageOf(tree_, child));
  }
  places.emplace_back(kNoNode, state);
  auto [before, now] = random_.OneIn(2) ? places.back() : random_.Of(places);
  bool said = false;
  for (; count > 0 && tree_.Count() < kMostNodes; --count) {
    const std::vector<Transition>& allowed = model_.session.states[now].transitions;
    if (allowed.empty()) break;
    const Transition& chosen = random_.Of(allowed);
    SayOne(array, chosen.message, before);
    now = static_cast<size_t>(chosen.next);
    said = true;
  }
  return said;
}

// As it was said before, or with values of its own.
void Mutator::SayOne(NodeId array, int message, NodeId before) {
  const auto kept = memory_.messages.find(message);
  if (kept != memory_.messages.end() && random_.OneIn(2)) {
    tree_.Insert(array, tree_.Copy(pool_, random_.Of(kept->second)), before);
  } else {
    generator_.MakeMessage(tree_, array, message, before);
  }
}

}  // namespace percuss::protocols

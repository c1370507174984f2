// SPDX-License-Identifier: Apache-2.0
#include "protocols/single_changes.h"

#include <algorithm>
#include <map>
#include <utility>

namespace percuss::protocols {
namespace {

constexpr size_t kMostOfAField = 12;  // values that others of the same field say
constexpr size_t kMostSizes = 8;

struct Repetition {
  uint64_t run, times;
};
constexpr Repetition kRepetitions[] = {{1, 1}, {1, 7}, {1, 31}, {2, 1}, {2, 4}};

uint64_t Mixed(uint64_t place, uint64_t with) {
  place = (place ^ with) * 0x9e3779b97f4a7c15ULL;
  return place ^ place >> 29;
}

// Where the field stands in its description: the same in every run.
uint64_t Mixed(uint64_t place, const Field* field) {
  if (field == nullptr) return Mixed(place, uint64_t{0});
  return Mixed(Mixed(place, static_cast<uint64_t>(field->name)),
               static_cast<uint64_t>(field->line));
}

class Lister {
 public:
  explicit Lister(const Tree& tree) : tree_(tree) { Survey(Tree::Root(), 0); }

  std::vector<SingleChange> List() {
    for (const auto& [id, place] : leaves_) OfLeaf(id, place);
    for (const auto& [id, place] : arrays_) OfArray(id, place);
    return std::move(changes_);
  }

 private:
  // `place` tells the node; what comes below it is told by the numbers with names before it and,
  // of a dialogue, by the messages.
  void Survey(NodeId id, uint64_t place) {
    const Field* const field = tree_.At(id).field;
    const bool dialogue = field != nullptr && field->name == tree_.GetModel().session.field;
    for (NodeId child = tree_.At(id).first; child != kNoNode; child = tree_.At(child).next) {
      const Node& node = tree_.At(child);
      const uint64_t here = Mixed(Mixed(place, node.field), static_cast<uint64_t>(node.branch));
      if (node.role == Role::kLeaf) {
        leaves_.emplace_back(child, here);
        if (IsNumber(node) && !node.field->computed) AddOnce(said_[node.field], node.value);
        if (!IsNumber(node)) AddSize(node.size);
        if (IsNumber(node) && node.field->enumeration != kNothing) place = Mixed(place, node.value);
      } else if (node.role == Role::kArray) {
        arrays_.emplace_back(child, here);
        size_t count = 0;
        ForElements(child, [&](NodeId) { ++count; });
        AddSize(count);
      }
      Survey(child, here);
      if (dialogue) place = Mixed(place, static_cast<uint64_t>(MessageOf(tree_, child)));
    }
  }

  template <typename Do>
  void ForElements(NodeId array, const Do& what) const {
    for (NodeId child = tree_.At(array).first; child != kNoNode; child = tree_.At(child).next) {
      if (tree_.At(child).role != Role::kDelimiter) what(child);
    }
  }

  static void AddOnce(std::vector<uint64_t>& values, uint64_t value) {
    if (values.size() < kMostOfAField &&
        std::find(values.begin(), values.end(), value) == values.end()) {
      values.push_back(value);
    }
  }

  void AddSize(uint64_t size) {
    if (size > 1 && sizes_.size() < kMostSizes) AddOnce(sizes_, size);
  }

  void OfLeaf(NodeId id, uint64_t place) {
    const Node& node = tree_.At(id);
    if (node.field == nullptr) return;
    if (!IsNumber(node)) {
      if (node.field->kind == Kind::kLiteral || node.field->kind == Kind::kPadding) return;
      for (size_t i = 0; i < node.field->words.size(); ++i) {
        Add(SingleChange::Kind::kWord, id, i, place);
      }
    } else if (!node.field->checksum) {
      OfNumber(id, place);
    }
  }

  void OfNumber(NodeId id, uint64_t place) {
    const Node& node = tree_.At(id);
    const Field& field = *node.field;
    const unsigned bits = NumberBits(field);
    const uint64_t most = bits == 64 ? ~0ULL : (1ULL << bits) - 1;
    values_.clear();
    const auto add = [&](uint64_t value) {
      value &= most;
      if (value != node.value) values_.push_back(value);
    };
    for (const uint64_t value : {node.value + 1, node.value - 1, uint64_t{0}, most}) add(value);
    const bool named = AddNamed(field, add);
    // What always says the same is asked whether it does, and no more.
    if (field.computed || field.value == kNothing) {
      for (const uint64_t value :
           {node.value + 2, node.value * 2, node.value / 2, uint64_t{1}, most >> 1}) {
        add(value);
      }
      if (field.computed) {
        AddAround(id, add);
      } else {
        for (const uint64_t value : said_[&field]) add(value);
        if (!named) AddLimits(bits, add);
      }
    }
    std::sort(values_.begin(), values_.end());
    values_.erase(std::unique(values_.begin(), values_.end()), values_.end());
    const auto kind = field.computed ? SingleChange::Kind::kLie : SingleChange::Kind::kNumber;
    for (const uint64_t value : values_) Add(kind, id, value, place);
  }

  // False: its values have no names.
  template <typename Add>
  bool AddNamed(const Field& field, const Add& add) const {
    if (field.enumeration == kNothing) return false;
    const auto& enumeration = tree_.GetModel().enumerations[static_cast<size_t>(field.enumeration)];
    for (const auto& [value, name] : enumeration.values) add(value);
    return true;
  }

  template <typename Add>
  void AddLimits(unsigned bits, const Add& add) const {
    for (const uint64_t size : sizes_) add(size);
    for (unsigned bit = 2; bit < bits; ++bit) add(1ULL << bit);
    for (const unsigned bit : {7U, 8U, 15U, 16U, 31U, 32U, 63U}) {
      if (bit >= bits) break;
      for (const uint64_t value : {(1ULL << bit) - 1, (1ULL << bit) + 1}) add(value);
    }
  }

  // A length past the end of what it lies in.
  template <typename Add>
  void AddAround(NodeId id, const Add& add) const {
    for (int level = 0; level < 5 && id != Tree::Root(); ++level) {
      id = tree_.At(id).parent;
      for (const size_t more : {0U, 1U, 4U}) add(tree_.SizeOf(id) + more);
    }
  }

  void OfArray(NodeId id, uint64_t place) {
    std::vector<NodeId> elements;
    std::vector<uint64_t> numbers;
    ForElements(id, [&](NodeId element) {
      elements.push_back(element);
      numbers.push_back(NumbersBelow(element, 0));
    });
    for (size_t i = 0; i < elements.size(); ++i) {
      place = Mixed(place, static_cast<uint64_t>(MessageOf(tree_, elements[i])));
      Add(SingleChange::Kind::kRemove, elements[i], 0, place);
      for (const Repetition& one : kRepetitions) {
        if (i + one.run > elements.size()) continue;
        uint64_t said = Mixed(place, one.run);
        for (size_t k = i; k < i + one.run; ++k) said = Mixed(said, numbers[k]);
        Add(SingleChange::Kind::kRepeat, elements[i], one.times, said);
        changes_.back().run = one.run;
      }
    }
  }

  uint64_t NumbersBelow(NodeId id, uint64_t said) const {
    const Node& node = tree_.At(id);
    if (IsNumber(node) && !node.field->computed) said = Mixed(said, node.value);
    for (NodeId child = node.first; child != kNoNode; child = tree_.At(child).next) {
      said = NumbersBelow(child, said);
    }
    return said;
  }

  void Add(SingleChange::Kind kind, NodeId node, uint64_t value, uint64_t place) {
    SingleChange& change = changes_.emplace_back();
    change.kind = kind;
    change.node = node;
    change.value = value;
    change.place = place;
  }

  const Tree& tree_;
  std::vector<std::pair<NodeId, uint64_t>> leaves_, arrays_;  // and their places
  std::map<const Field*, std::vector<uint64_t>> said_;
  std::vector<uint64_t> sizes_, values_;
  std::vector<SingleChange> changes_;
};

}  // namespace

std::vector<SingleChange> SingleChanges(const Tree& tree, size_t most) {
  std::vector<SingleChange> changes = Lister(tree).List();
  if (changes.size() <= most) return changes;
  std::vector<SingleChange> some;
  some.reserve(most);
  for (size_t i = 0; i < most; ++i) some.push_back(changes[i * changes.size() / most]);
  return some;
}

}  // namespace percuss::protocols

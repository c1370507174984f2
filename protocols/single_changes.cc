// SPDX-License-Identifier: Apache-2.0
#include "protocols/single_changes.h"

#include <algorithm>
#include <bit>
#include <map>
#include <set>
#include <utility>

namespace percuss::protocols {
namespace {

constexpr size_t kMostOfAField = 12;  // values that others of the same field say
constexpr size_t kMostSizes = 8;
constexpr uint64_t kSmall = 32;
constexpr size_t kGoingOn = 8;  // tries at the end of a dialogue, at least

struct Repetition {
  uint64_t run, times;
};
constexpr Repetition kRepetitions[] = {{1, 1}, {1, 7}, {1, 63}, {2, 1}, {2, 4}};

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

// Follows from no other.
bool IsFree(const Node& node) { return IsNumber(node) && !node.field->computed; }

bool IsNamed(const Node& node) { return IsNumber(node) && node.field->enumeration != kNothing; }

// The messages that came before: their kinds in any order, and the last one.
class Past {
 public:
  void Add(int message) {
    last_ = static_cast<uint64_t>(message);
    if (kinds_.insert(message).second) all_ += Mixed(1, last_);
  }
  uint64_t Kinds() const { return all_; }
  uint64_t In(uint64_t place) const { return Mixed(Mixed(place, all_), last_); }

 private:
  std::set<int> kinds_;
  uint64_t all_ = 0, last_ = 0;
};

// The most, or no small number and next to a power of two.
bool IsLimit(uint64_t value, uint64_t most) {
  if (value == most) return true;
  return value > kSmall && (std::has_single_bit(value) || std::has_single_bit(value - 1) ||
                            std::has_single_bit(value + 1));
}

class Lister {
 public:
  explicit Lister(const Tree& tree) : tree_(tree), dialogue_(DialogueOf(tree)) {
    Survey(Tree::Root(), 0);
  }

  std::vector<SingleChange> List() {
    for (const auto& [id, place] : leaves_) OfLeaf(id, place);
    for (const auto& [id, place] : arrays_) OfArray(id, place);
    OfFields();
    return std::move(changes_);
  }

 private:
  // `place` tells the node; what comes below it is told by the numbers with names before it and in
  // the same element, and, of a dialogue, by the messages.
  void Survey(NodeId id, uint64_t place) {
    const uint64_t above = place;
    Past past;
    for (NodeId child = tree_.At(id).first; child != kNoNode; child = tree_.At(child).next) {
      const Node& node = tree_.At(child);
      uint64_t here = Mixed(Mixed(place, node.field), static_cast<uint64_t>(node.branch));
      if (tree_.At(id).role == Role::kArray) here = NumbersBelow(child, here, IsNamed);
      if (node.role == Role::kLeaf) {
        leaves_.emplace_back(child, here);
        if (IsFree(node)) AddOnce(said_[node.field], node.value);
        if (IsFree(node) && !IsNamed(node)) TellNeighbours(child);
        if (!IsNumber(node)) AddSize(node.size);
        if (IsNamed(node)) place = Mixed(place, node.value);
      } else if (node.role == Role::kArray) {
        arrays_.emplace_back(child, here);
        size_t count = 0;
        ForElements(child, [&](NodeId) { ++count; });
        AddSize(count);
      }
      Survey(child, here);
      if (id != dialogue_) continue;
      last_.clear();
      const int message = MessageOf(tree_, child);
      past.Add(message);
      place = past.In(above);
      kinds_ = past.Kinds();
    }
  }

  // In the same message: a limit of rows is one thing beside few columns and another beside many.
  void TellNeighbours(NodeId id) {
    const Node& node = tree_.At(id);
    const auto [before, is_first] = last_.try_emplace(node.field, id);
    if (is_first) return;
    TellNeighbour(id, before->second);
    TellNeighbour(before->second, id);
    before->second = id;
  }

  void TellNeighbour(NodeId id, NodeId neighbour) {
    const auto bits = static_cast<uint64_t>(std::bit_width(tree_.At(neighbour).value));
    neighbours_[id] = Mixed(neighbours_[id], bits);
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

  // What all of a kind say: one of them alone often has no effect.
  void OfFields() {
    std::map<const Field*, size_t> counts;
    for (const auto& [id, place] : leaves_) {
      const Node& node = tree_.At(id);
      if (IsFree(node)) ++counts[node.field];
    }
    for (const auto& [id, place] : leaves_) {
      const auto counted = counts.find(tree_.At(id).field);
      if (counted == counts.end() || counted->second < 2) continue;
      const auto [field, count] = *counted;
      counts.erase(counted);
      values_ = said_[field];
      values_.insert(values_.end(), {0, MostOf(*field)});
      AddAll(SingleChange::Kind::kAlike, id,
             Mixed(Mixed(kinds_, field), static_cast<uint64_t>(std::bit_width(count))));
    }
  }

  void OfNumber(NodeId id, uint64_t place) {
    const Node& node = tree_.At(id);
    const Field& field = *node.field;
    values_ = {node.value + 1, node.value - 1, 0, MostOf(field)};
    const auto add = [&](uint64_t value) { values_.push_back(value); };
    const bool named = AddNamed(field, add);
    // What always says the same is asked whether it does, and no more.
    if (field.computed || field.value == kNothing) AddMultiples(id, add);
    if (field.computed) {
      AddAround(id, add);
      AddLies(id, place);
      return;
    }
    if (field.value == kNothing) {
      for (const uint64_t value : said_[&field]) add(value);
      if (!named) AddLimits(NumberBits(field), add);
    }
    AddAll(SingleChange::Kind::kNumber, id, place);
  }

  // What a lie does depends on how far it is from the truth, and hardly on the truth itself.
  void AddLies(NodeId id, uint64_t place) {
    const uint64_t truth = tree_.At(id).value;
    const uint64_t most = MostOf(*tree_.At(id).field);
    const uint64_t like = Mixed(place, static_cast<uint64_t>(std::bit_width(truth)));
    for (size_t i = 0; i < values_.size(); ++i) {
      values_[i] &= most;
      const auto end = values_.begin() + static_cast<ptrdiff_t>(i);
      if (values_[i] == truth || std::find(values_.begin(), end, values_[i]) != end) continue;
      const uint64_t distance = values_[i] > truth ? values_[i] - truth : truth - values_[i];
      const auto bits = static_cast<uint64_t>(std::bit_width(distance));
      Add(SingleChange::Kind::kLie, id, values_[i], Mixed(Mixed(like, i), bits));
    }
  }

  // Each of values_ once.
  void AddAll(SingleChange::Kind kind, NodeId id, uint64_t place) {
    const uint64_t most = MostOf(*tree_.At(id).field);
    for (uint64_t& value : values_) value &= most;
    std::sort(values_.begin(), values_.end());
    values_.erase(std::unique(values_.begin(), values_.end()), values_.end());
    for (const uint64_t value : values_) {
      const bool alike = kind == SingleChange::Kind::kAlike;
      if (!alike && value == tree_.At(id).value) continue;
      Add(kind, id, value, place);
      SingleChange& change = changes_.back();
      if (alike) {
        change.sort = SingleChange::Sort::kWide;
      } else if (!IsNamed(tree_.At(id)) && IsLimit(value, most)) {
        change.sort = SingleChange::Sort::kLimit;
        change.place = Mixed(place, neighbours_[id]);
      }
    }
  }

  template <typename Add>
  void AddMultiples(NodeId id, const Add& add) const {
    const uint64_t value = tree_.At(id).value;
    for (const uint64_t other :
         {value + 2, value * 2, value / 2, uint64_t{1}, MostOf(*tree_.At(id).field) >> 1}) {
      add(other);
    }
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
    Past past;
    ForElements(id, [&](NodeId element) {
      elements.push_back(element);
      numbers.push_back(NumbersBelow(element, 0, IsFree));
    });
    for (size_t i = 0; i < elements.size(); ++i) {
      if (id == dialogue_) past.Add(MessageOf(tree_, elements[i]));
      const uint64_t here = id == dialogue_ ? past.In(place) : Mixed(place, i);
      Add(SingleChange::Kind::kRemove, elements[i], 0, here);
      for (const Repetition& one : kRepetitions) {
        if (i + one.run > elements.size()) continue;
        uint64_t said = Mixed(here, one.run);
        for (size_t k = i; k < i + one.run; ++k) said = Mixed(said, numbers[k]);
        Add(SingleChange::Kind::kRepeat, elements[i], one.times, said);
        changes_.back().run = one.run;
        if (one.run < 2 || one.times < 2) continue;
        changes_.back().sort = SingleChange::Sort::kWide;
        const SingleChange plain = changes_.back();
        uint64_t flags = 0;
        for (size_t k = i; k < i + one.run; ++k) AddFlagged(plain, elements[k], flags);
      }
    }
    if (id == dialogue_) OfDialogue(elements, place);
  }

  // What is asked for and counted only if a flag does not say otherwise; `flags` are those before.
  void AddFlagged(const SingleChange& repeat, NodeId id, uint64_t& flags) {
    const Node& node = tree_.At(id);
    if (IsFree(node) && NumberBits(*node.field) == 1) {
      changes_.push_back(repeat);
      changes_.back().flag = id;
      changes_.back().place = Mixed(Mixed(repeat.place, ++flags), node.field);
    }
    for (NodeId child = node.first; child != kNoNode; child = tree_.At(child).next) {
      AddFlagged(repeat, child, flags);
    }
  }

  // One message more, as the session allows it: before the first one and behind each.
  void OfDialogue(const std::vector<NodeId>& messages, uint64_t place) {
    AddSaying(0, dialogue_, place);
    size_t state = 0;
    Past past;
    for (const NodeId id : messages) {
      const int message = MessageOf(tree_, id);
      past.Add(message);
      state = StateBehind(tree_.GetModel(), state, message);
      if (id == messages.back()) {
        AddGoingOn(state, id, past.In(place));
      } else {
        AddSaying(state, id, past.In(place));
      }
    }
  }

  const std::vector<Transition>& Allowed(size_t state) const {
    return tree_.GetModel().session.states[state].transitions;
  }

  void AddSaying(size_t state, NodeId behind, uint64_t place) {
    for (const Transition& allowed : Allowed(state)) {
      Add(SingleChange::Kind::kSay, behind, static_cast<uint64_t>(allowed.message), place);
    }
  }

  // Worth more tries, as what is in a message is drawn, and for all that the last one says.
  void AddGoingOn(size_t state, NodeId last, uint64_t place) {
    const std::vector<Transition>& allowed = Allowed(state);
    const uint64_t said = NumbersBelow(last, place, IsNumber);
    for (uint64_t i = 0; i < std::max(kGoingOn, allowed.size()) && !allowed.empty(); ++i) {
      Add(SingleChange::Kind::kGoOn, last,
          static_cast<uint64_t>(allowed[i % allowed.size()].message), Mixed(said, i));
    }
  }

  template <typename Wanted>
  uint64_t NumbersBelow(NodeId id, uint64_t said, const Wanted& wanted) const {
    const Node& node = tree_.At(id);
    if (wanted(node)) said = Mixed(said, node.value);
    for (NodeId child = node.first; child != kNoNode; child = tree_.At(child).next) {
      said = NumbersBelow(child, said, wanted);
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
  const NodeId dialogue_;
  std::vector<std::pair<NodeId, uint64_t>> leaves_, arrays_;  // and their places
  std::map<const Field*, std::vector<uint64_t>> said_;
  std::map<const Field*, NodeId> last_;    // of a field in the message
  std::map<NodeId, uint64_t> neighbours_;  // how large the numbers of the same field are
  std::vector<uint64_t> sizes_, values_;
  uint64_t kinds_ = 0;  // of the messages of the dialogue
  std::vector<SingleChange> changes_;
};

}  // namespace

std::vector<SingleChange> SingleChanges(const Tree& tree, SingleChange::Sort sort, size_t most) {
  std::vector<SingleChange> changes = Lister(tree).List();
  std::erase_if(changes, [&](const SingleChange& change) { return change.sort != sort; });
  if (changes.size() <= most) return changes;
  for (size_t i = 0; i < most; ++i) changes[i] = changes[i * changes.size() / most];
  changes.resize(most);
  return changes;
}

}  // namespace percuss::protocols

// SPDX-License-Identifier: Apache-2.0
#include "protocols/dissector.h"

#include <algorithm>
#include <optional>

#include "protocols/codings.h"

namespace percuss::protocols {
namespace {

constexpr size_t kMostSteps = 10 * kMostNodes;

bool IsBounded(const Field& field) {
  return field.size != kNothing || field.leaving != kNothing || !field.until.empty();
}

class Dissector {
 public:
  explicit Dissector(Tree& tree) : tree_(tree) {}

  void Whole(size_t end) {
    size_t at = 0;
    Struct(Tree::Root(), at, end);
    Raw(Tree::Root(), at, end);
  }

 private:
  // The functions below move `at` up to `end` at most. False: something is missing, or is not as it
  // should be, and where the next part begins is not known.

  bool Struct(NodeId id, size_t& at, size_t end) {
    const std::vector<Field>& fields = tree_.StructureOf(id).fields;
    const size_t begin = at;
    ++level_;
    bool good = level_ < kMostLevels;
    for (size_t i = 0; i < fields.size() && good; ++i) {
      if (fields[i].kind == Kind::kBits) {
        good = Bits(id, fields, i, {begin, end}, at);
      } else if (fields[i].may_end && at == end) {
        break;
      } else {
        struct_begin_ = begin;
        good = FieldOf(id, fields[i], at, end);
      }
    }
    --level_;
    tree_.At(id).broken = !good;
    return good;
  }

  struct Span {
    size_t begin = 0, end = 0;
  };

  // A group of neighbours from field `i` on, which is left at the last of them.
  bool Bits(NodeId id, const std::vector<Field>& fields, size_t& i, Span span, size_t& at) {
    const size_t first = i;
    unsigned width = fields[i].width;
    while (width % 8 != 0) width += fields[++i].width;
    const size_t bytes = width / 8;
    if (span.end - at < bytes) return false;
    const bool big = fields[first].big_endian;
    const uint64_t all = ReadInteger(tree_.Store().subspan(at, bytes), big);
    unsigned below = big ? width : 0;
    for (size_t k = first; k <= i; ++k) {
      if (big) below -= fields[k].width;
      Node node;
      node.field = &fields[k];
      node.value = below < 64 ? all >> below : 0;
      if (fields[k].width < 64) node.value &= (1ULL << fields[k].width) - 1;
      if (!big) below += fields[k].width;
      tree_.Append(id, node);
    }
    at += bytes;
    return true;
  }

  bool FieldOf(NodeId parent, const Field& field, size_t& at, size_t end) {
    if (field.condition != kNothing && tree_.Evaluate(field.condition, parent).value_or(0) == 0) {
      return true;
    }
    size_t limit = end;
    if (field.leaving != kNothing) {
      const auto left = tree_.Evaluate(field.leaving, parent);
      if (!left) return false;
      limit = end - std::min<uint64_t>(*left, end - at);
    }
    if (field.size != kNothing) {
      const auto size = tree_.Evaluate(field.size, parent);
      if (!size) return false;
      missing_ += *size > limit - at ? std::min<uint64_t>(*size - (limit - at), UINT32_MAX) : 0;
      limit = at + std::min<uint64_t>(*size, limit - at);
    }
    if (!field.until.empty()) limit = FindFirst(field.until, at, limit).begin;
    const bool bounded = IsBounded(field);
    bool good = false;
    if (field.transform != kNothing) {
      good = Coded(parent, field, at, limit);
    } else if (field.repeat == Repeat::kOnce) {
      good = One(parent, field, at, limit);
    } else {
      good = Array(parent, field, at, limit);
    }
    if (!bounded) return good;
    const NodeId last = tree_.At(parent).last;
    const bool inside =
        last != kNoNode && tree_.At(last).field == &field && tree_.At(last).role == Role::kStruct;
    Raw(inside ? last : parent, at, limit);
    return true;
  }

  bool Coded(NodeId parent, const Field& field, size_t& at, size_t limit) {
    const Transform& transform = Transforms()[static_cast<size_t>(field.transform)];
    const auto input = tree_.Store().subspan(at, limit - at);
    Bytes decoded;
    Bytes again;
    const bool good = transform.decode(input, decoded);
    if (good) transform.encode(decoded, again);
    // What would not be the same again is left as it is.
    if (!good || !std::equal(again.begin(), again.end(), input.begin(), input.end())) {
      Raw(parent, at, limit);
      return true;
    }
    Node node;
    node.role = Role::kCoded;
    node.field = &field;
    const NodeId id = tree_.Append(parent, node);
    size_t inner = tree_.Keep(decoded);
    const size_t end = inner + decoded.size();
    One(id, field, inner, end);
    const NodeId below = tree_.At(id).first;
    Raw(below != kNoNode && tree_.At(below).role == Role::kStruct ? below : id, inner, end);
    at = limit;
    return true;
  }

  bool Array(NodeId parent, const Field& field, size_t& at, size_t limit) {
    Node node;
    node.role = Role::kArray;
    node.field = &field;
    const NodeId id = tree_.Append(parent, node);
    switch (field.repeat) {
      case Repeat::kCounted:
        return Counted(id, field, at, limit);
      case Repeat::kSeparated:
      case Repeat::kTerminated:
        return Delimited(id, field, at, limit);
      default:
        return ToEnd(id, field, at, limit);
    }
  }

  bool IsLast(NodeId array, const Field& field) const {
    if (field.last == kNothing) return false;
    return tree_.Evaluate(field.last, tree_.At(array).last).value_or(0) != 0;
  }

  bool ToEnd(NodeId id, const Field& field, size_t& at, size_t limit) {
    while (at < limit) {
      if (!BeginsAs(field.begins, at, limit)) return true;
      const size_t before = at;
      const bool good = One(id, field, at, limit);
      if (at > before) {
        if (good && IsLast(id, field)) return true;
        continue;
      }
      if (field.last != kNothing) return false;
      const auto next = NextStart(field, at, limit);
      Raw(id, at, next.value_or(limit));
    }
    return field.last == kNothing;
  }

  bool Counted(NodeId id, const Field& field, size_t& at, size_t limit) {
    const auto count = tree_.Evaluate(field.count, tree_.At(id).parent);
    if (!count) return false;
    for (uint64_t i = 0; i < *count; ++i) {
      const size_t before = at;
      const bool good = One(id, field, at, limit);
      if (!good || at == before) return good;  // elements without bytes are not counted out
    }
    return true;
  }

  bool Delimited(NodeId id, const Field& field, size_t& at, size_t limit) {
    for (;;) {
      const Span found = FindFirst(field.delimiters, at, limit);
      const bool first = tree_.At(id).first == kNoNode;
      if (at == limit && (first || field.repeat == Repeat::kTerminated)) return true;
      const size_t end = found.begin;
      One(id, field, at, end);
      const NodeId last = tree_.At(id).last;
      const bool inside = last != kNoNode && tree_.At(last).role == Role::kStruct;
      Raw(inside ? last : id, at, end);
      if (found.begin == found.end || Full()) return true;
      Node delimiter;
      delimiter.role = Role::kDelimiter;
      Leaf(id, delimiter, at, found.end - found.begin);
    }
  }

  bool One(NodeId parent, const Field& field, size_t& at, size_t end) {
    if (Full()) return false;
    ++steps_;
    Node node;
    node.field = &field;
    const auto input = tree_.Store().subspan(at, end - at);
    size_t size = input.size();
    switch (field.kind) {
      case Kind::kInteger:
        size = field.width;
        if (size > input.size()) return false;
        node.value = ReadInteger(input.first(size), field.big_endian);
        break;
      case Kind::kVariable:
        size = VariableNumbers()[field.coding].decode(input, node.value);
        if (size == 0) return false;
        break;
      case Kind::kDigits:
        return Digits(parent, field, at, end);
      case Kind::kLiteral:
        size = LiteralAt(field, input);
        if (size == 0) return false;
        break;
      case Kind::kPadding:
        size = (field.width - (at - struct_begin_) % field.width) % field.width;
        size = std::min(size, input.size());
        break;
      case Kind::kStruct:
        node.structure = field.structure;
        return Below(parent, node, at, end);
      case Kind::kSwitch:
        return Switch(parent, node, at, end);
      default:
        break;
    }
    Leaf(parent, node, at, size);
    return true;
  }

  bool Digits(NodeId parent, const Field& field, size_t& at, size_t end) {
    const auto input = tree_.Store().subspan(at, end - at);
    size_t size = field.width;
    if (size == 0) {
      while (size < input.size() &&
             (IsBounded(field) || ReadDigits(input.subspan(size, 1), field.base))) {
        ++size;
      }
    }
    if (size == 0 || size > input.size()) return false;
    Node node;
    node.field = &field;
    const auto value = ReadDigits(input.first(size), field.base);
    node.value = value.value_or(0);
    node.broken = !value;
    Leaf(parent, node, at, size);
    return true;
  }

  bool Below(NodeId parent, Node node, size_t& at, size_t end) {
    node.role = Role::kStruct;
    const NodeId id = tree_.Append(parent, node);
    const size_t before = at;
    const bool good = Struct(id, at, end);
    if (!good && at == before && tree_.At(id).first == kNoNode) tree_.Remove(id);
    return good;
  }

  // Raw bytes and broken structs.
  size_t NotExplained(NodeId id) const {
    const Node& node = tree_.At(id);
    size_t sum = node.role == Role::kRaw ? node.size : node.broken ? 1 : 0;
    for (NodeId child = node.first; child != kNoNode; child = tree_.At(child).next) {
      sum += NotExplained(child);
    }
    return sum;
  }

  // Tries one case after the other, and takes the first of those that leave and miss least.
  bool Either(NodeId parent, Node node, size_t& at, size_t end) {
    const size_t begin = at;
    const uint64_t missing = missing_;
    uint64_t least = UINT64_MAX;
    size_t best = 0;
    for (size_t i = 0; i <= node.field->cases.size(); ++i) {
      const bool again = i == node.field->cases.size();
      node.branch = static_cast<int>(again ? best : i);
      node.structure = node.field->cases[again ? best : i].structure;
      const NodeId before = tree_.At(parent).last;
      const size_t count = tree_.Count();
      missing_ = missing;
      at = begin;
      const bool good = Below(parent, node, at, end);
      const NodeId made = tree_.At(parent).last;
      const uint64_t left =
          end - at + (made == before ? 0 : NotExplained(made)) + (missing_ - missing);
      if (again || left == 0) return good;
      if (left < least) best = i;
      least = std::min(least, left);
      if (made != before) tree_.Remove(made);
      tree_.Forget(count);
    }
    return false;
  }

  bool Switch(NodeId parent, Node node, size_t& at, size_t end) {
    if (node.field->selector == kNothing) return Either(parent, node, at, end);
    node.branch = ChooseCase(tree_, *node.field, parent);
    const Case* const chosen =
        node.branch == kNothing ? nullptr : &node.field->cases[static_cast<size_t>(node.branch)];
    if (chosen == nullptr || chosen->kind != Kind::kStruct) {
      Leaf(parent, node, at, end - at);
      return true;
    }
    node.structure = chosen->structure;
    return Below(parent, node, at, end);
  }

  void Leaf(NodeId parent, Node node, size_t& at, size_t size) {
    node.begin = static_cast<uint32_t>(at);
    node.size = static_cast<uint32_t>(size);
    tree_.Append(parent, node);
    at += size;
  }

  void Raw(NodeId parent, size_t& at, size_t end) {
    if (at >= end) return;
    Node node;
    node.role = Role::kRaw;
    Leaf(parent, node, at, end - at);
  }

  std::optional<size_t> FindBytes(const Bytes& what, size_t at, size_t end) const {
    const auto store = tree_.Store();
    const auto begin = store.begin() + static_cast<ptrdiff_t>(at);
    const auto stop = store.begin() + static_cast<ptrdiff_t>(end);
    const auto found = std::search(begin, stop, what.begin(), what.end());
    if (found == stop) return std::nullopt;
    return static_cast<size_t>(found - store.begin());
  }

  // Which of them is there first, of those the longest; none: an empty span at the end.
  Span FindFirst(const std::vector<Bytes>& what, size_t at, size_t end) const {
    Span first{end, end};
    for (const Bytes& delimiter : what) {
      const size_t most = std::min(end, first.begin + delimiter.size());
      const auto found = FindBytes(delimiter, at, most);
      if (!found) continue;
      const size_t behind = *found + delimiter.size();
      if (*found < first.begin || behind > first.end) first = {*found, behind};
    }
    return first;
  }

  bool BeginsAs(const std::vector<Bytes>& begins, size_t at, size_t end) const {
    return begins.empty() || std::any_of(begins.begin(), begins.end(), [&](const Bytes& begin) {
             return begin.size() <= end - at && FindBytes(begin, at, at + begin.size());
           });
  }

  // How many bytes at the begin are the literal, or the longest of the others.
  static size_t LiteralAt(const Field& field, std::span<const uint8_t> input) {
    size_t size = 0;
    const auto take = [&](const Bytes& literal) {
      if (literal.size() <= size || literal.size() > input.size()) return;
      if (std::equal(literal.begin(), literal.end(), input.begin())) size = literal.size();
    };
    take(field.literal);
    for (const Bytes& other : field.words) take(other);
    return size;
  }

  // Where the next element may begin, when each begins with a literal.
  std::optional<size_t> NextStart(const Field& field, size_t at, size_t end) const {
    if (field.kind != Kind::kStruct || Full()) return std::nullopt;
    const auto& fields = tree_.GetModel().structures[static_cast<size_t>(field.structure)].fields;
    if (fields.empty() || fields.front().kind != Kind::kLiteral) return std::nullopt;
    return at < end ? FindBytes(fields.front().literal, at + 1, end) : std::nullopt;
  }

  // Trying cases one after the other makes nodes that are forgotten again.
  bool Full() const { return tree_.Count() >= kMostNodes || steps_ >= kMostSteps; }

  Tree& tree_;
  int level_ = 0;
  size_t steps_ = 0;
  uint64_t missing_ = 0;  // bytes that sizes ask for and that are not there
  size_t struct_begin_ = 0;
};

}  // namespace

int ChooseCase(const Tree& tree, const Field& field, NodeId scope) {
  const Expression& selector = tree.GetModel().expressions[static_cast<size_t>(field.selector)];
  const NodeId named = selector.op == Expression::Op::kField
                           ? tree.Find(selector.path, scope, selector.element)
                           : kNoNode;
  const bool is_text = named != kNoNode && !IsNumber(tree.At(named));
  const auto evaluated = is_text ? std::nullopt : tree.Evaluate(field.selector, scope);
  const uint64_t number = evaluated.value_or(0);
  for (size_t i = 0; i < field.cases.size(); ++i) {
    const Case& branch = field.cases[i];
    const bool by_number =
        evaluated &&
        std::any_of(branch.numbers.begin(), branch.numbers.end(), [&](NumberRange range) {
          return range.least <= number && number <= range.most;
        });
    const bool by_text =
        is_text && std::any_of(branch.texts.begin(), branch.texts.end(), [&](const Bytes& text) {
          const auto bytes = tree.BytesOf(named);
          return std::equal(text.begin(), text.end(), bytes.begin(), bytes.end());
        });
    if (by_number || by_text || branch.otherwise) return static_cast<int>(i);
  }
  return kNothing;
}

void Dissect(std::span<const uint8_t> input, Tree& tree) {
  tree.Clear(input);
  Dissector(tree).Whole(input.size());
}

}  // namespace percuss::protocols

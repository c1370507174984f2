// SPDX-License-Identifier: Apache-2.0
//
// What a protocol's description says: structs of fields, in the order of their bytes. The language
// is in docs/protocol-models.md; model_reader.h reads it. Nothing here is changed once it is read,
// so any number of threads may use one model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace percuss::protocols {

using Bytes = std::vector<uint8_t>;

inline constexpr int kNothing = -1;  // in place of an index
inline constexpr int kSamePlace = -2;

struct Expression {
  enum class Op : uint8_t {
    kNumber,
    kField,   // of this struct or of one around it
    kSize,    // bytes from the first to the last of two fields of this struct
    kCount,   // elements of an array
    kOffset,  // bytes from the begin of the whole to a field, or from a second field to it
    kCheck,   // a checksum from the first to the last of two fields, see checksums.h
    kNot,
    kAdd,
    kSubtract,
    kMultiply,
    kDivide,
    kRemainder,
    kShiftLeft,
    kShiftRight,
    kBitAnd,
    kBitOr,
    kBitXor,
    kEqual,
    kUnequal,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kAnd,
    kOr,
    kChoice,        // left: the condition; right: what is kAlternatives
    kAlternatives,  // left: if the condition holds; right: if it does not
  };
  Op op = Op::kNumber;
  uint64_t number = 0;  // of kNumber; of kCheck: the place of the checksum in Checksums()
  int left = kNothing;  // operands, places in Model::expressions
  int right = kNothing;
  std::vector<int> path;  // names, from the outside in: `header.length`
  // Of an array, which is the first in `path`, one element: that in the place which the element
  // that we are in has in its array (kSamePlace), or the first whose field of this name has the
  // value that the name has here.
  int element = kNothing;
  std::vector<int> until;  // the second field
};

struct NumberRange {
  uint64_t least = 0;
  uint64_t most = 0;
};

struct Enumeration {
  std::string name;
  std::vector<std::pair<uint64_t, std::string>> values;

  // nullptr where the value has no name.
  [[nodiscard]] const std::string* NameOf(uint64_t value) const {
    for (const auto& [number, text] : values) {
      if (number == value) return &text;
    }
    return nullptr;
  }
};

enum class Kind : uint8_t {
  kInteger,
  kBits,      // some of the bits of the bytes that it shares with its neighbours
  kVariable,  // a number whose bytes say how many they are, see codings.h
  kDigits,    // a number in ASCII
  kBytes,
  kText,
  kLiteral,
  kStruct,
  kSwitch,
  kPadding,  // up to a multiple of so many bytes from the begin of the struct
};

enum class Repeat : uint8_t { kOnce, kToEnd, kCounted, kSeparated, kTerminated };

struct Case {
  std::vector<NumberRange> numbers;
  std::vector<Bytes> texts;
  bool otherwise = false;    // `else`
  Kind kind = Kind::kBytes;  // kStruct, kBytes, kText
  int structure = kNothing;
};

struct Field {
  int name = kNothing;  // place in Model::names
  Kind kind = Kind::kBytes;
  bool big_endian = true;
  bool is_signed = false;
  unsigned width = 0;   // bytes of kInteger, digits of kDigits (0: as many as there are), bits of
                        // kBits, the multiple of kPadding
  unsigned base = 10;   // of kDigits
  bool blanks = false;  // of kDigits: blanks behind them up to `width`, not zeros before them
  size_t coding = 0;    // of kVariable: place in VariableNumbers()
  int transform = kNothing;    // how its bytes are coded: place in Transforms()
  Bytes literal;               // of kLiteral; of kPadding its one byte
  bool may_end = false;        // of kLiteral: the struct may end in its place
  int structure = kNothing;    // of kStruct
  int selector = kNothing;     // of kSwitch, an expression; none: the case that explains most
  std::vector<Case> cases;     // of kSwitch
  int size = kNothing;         // `sized`, an expression
  int leaving = kNothing;      // ends so many bytes before the end of what is around it
  std::vector<Bytes> until;    // ends before the first of these
  int condition = kNothing;    // `if`
  int value = kNothing;        // `=`
  bool computed = false;       // its value depends on other fields
  bool checksum = false;       // and one of the functions in it is a checksum
  int enumeration = kNothing;  // place in Model::enumerations
  std::vector<Bytes> words;    // what it may be, for who makes one up; of kLiteral: or these
  Repeat repeat = Repeat::kOnce;
  int count = kNothing;           // of kCounted
  std::vector<Bytes> delimiters;  // of kSeparated and kTerminated; the first is what is made up
  std::vector<Bytes> begins;      // of kToEnd: only elements that begin with one of these
  int last = kNothing;            // an expression within an element: it is the last one
  int line = 0;                   // of the description
};

struct Structure {
  std::string name;
  std::vector<Field> fields;
  int line = 0;
};

// Which kinds of messages may follow each other.
struct Transition {
  int message = kNothing;  // a struct
  int next = kNothing;     // place in Session::states
};
struct State {
  std::string name;
  std::vector<Transition> transitions;
};
struct Session {
  int field = kNothing;  // name of the array of messages, a field of the root
  std::vector<State> states;
};

struct Model {
  std::string name;
  std::string title;
  std::vector<std::string> sources;  // the standards that it follows
  int root = kNothing;
  std::vector<Structure> structures;
  std::vector<Enumeration> enumerations;
  std::vector<Expression> expressions;
  std::vector<std::string> names;
  Session session;
};

// True when `wanted` holds of an expression or of a part of it: all that asks what an expression is
// made of goes through here. kNothing has no parts.
template <typename Wanted>
[[nodiscard]] bool AnyPart(const Model& model, int expression, const Wanted& wanted) {
  if (expression == kNothing) return false;
  const Expression& part = model.expressions[static_cast<size_t>(expression)];
  return wanted(part) || AnyPart(model, part.left, wanted) || AnyPart(model, part.right, wanted);
}

}  // namespace percuss::protocols

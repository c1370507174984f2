// SPDX-License-Identifier: Apache-2.0
#include "protocols/expression_reader.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "protocols/checksums.h"

namespace percuss::protocols {
namespace {

using Op = Expression::Op;

struct Operator {
  std::string_view sign;
  Op op;
  int precedence;
};
constexpr std::array kOperators = {
    Operator{"||", Op::kOr, 1},         Operator{"&&", Op::kAnd, 2},
    Operator{"==", Op::kEqual, 3},      Operator{"!=", Op::kUnequal, 3},
    Operator{"<", Op::kLess, 3},        Operator{"<=", Op::kLessEqual, 3},
    Operator{">", Op::kGreater, 3},     Operator{">=", Op::kGreaterEqual, 3},
    Operator{"|", Op::kBitOr, 4},       Operator{"^", Op::kBitXor, 5},
    Operator{"&", Op::kBitAnd, 6},      Operator{"<<", Op::kShiftLeft, 7},
    Operator{">>", Op::kShiftRight, 7}, Operator{"+", Op::kAdd, 8},
    Operator{"-", Op::kSubtract, 8},    Operator{"*", Op::kMultiply, 9},
    Operator{"/", Op::kDivide, 9},      Operator{"%", Op::kRemainder, 9},
};
constexpr int kMostDepth = 32;

class Reader {
 public:
  Reader(DescriptionLine& line, Model& model) : line_(line), model_(model) {}

  int Whole() {
    if (++depth_ > kMostDepth) throw DescriptionMistake("an expression is nested too deeply");
    int whole = Read(1);
    if (line_.TakeSign("?")) {
      Expression choice;
      choice.op = Op::kChoice;
      choice.left = whole;
      Expression alternatives;
      alternatives.op = Op::kAlternatives;
      alternatives.left = Whole();
      line_.ExpectSign(":");
      alternatives.right = Whole();
      choice.right = Add(std::move(alternatives));
      whole = Add(std::move(choice));
    }
    --depth_;
    return whole;
  }

 private:
  int Read(int least_precedence) {
    if (++depth_ > kMostDepth) throw DescriptionMistake("an expression is nested too deeply");
    int left = Operand();
    for (const Operator* next = Peek(); next != nullptr && next->precedence >= least_precedence;
         next = Peek()) {
      line_.TakeSign(next->sign);
      const int right = Read(next->precedence + 1);
      Expression both;
      both.op = next->op;
      both.left = left;
      both.right = right;
      left = Add(std::move(both));
    }
    --depth_;
    return left;
  }

  const Operator* Peek() const {
    const auto* const found =
        std::find_if(kOperators.begin(), kOperators.end(),
                     [&](const Operator& candidate) { return line_.PeekSign(candidate.sign); });
    return found == kOperators.end() ? nullptr : &*found;
  }

  int Add(Expression expression) {
    model_.expressions.push_back(std::move(expression));
    return static_cast<int>(model_.expressions.size()) - 1;
  }

  std::vector<int> Path(const std::string& first, int& element) {
    std::vector<int> path = {Intern(model_, first)};
    if (line_.TakeSign("@")) {
      const bool here = line_.TakeName("here");
      element = here ? kSamePlace : Intern(model_, line_.ExpectName("here, or a field"));
    }
    while (line_.TakeSign(".")) path.push_back(Intern(model_, line_.ExpectName("a field")));
    return path;
  }

  int Operand() {
    Expression expression;
    if (line_.TakeSign("(")) {
      const int inner = Whole();
      line_.ExpectSign(")");
      return inner;
    }
    if (line_.TakeSign("!")) {
      if (++depth_ > kMostDepth) throw DescriptionMistake("an expression is nested too deeply");
      expression.op = Op::kNot;
      expression.left = Operand();
      --depth_;
      return Add(std::move(expression));
    }
    if (line_.Peek().kind == Token::Kind::kNumber) {
      expression.number = line_.ExpectNumber("a number");
      return Add(std::move(expression));
    }
    const std::string name = line_.ExpectName("a number, a field or a function");
    if (line_.PeekSign("(")) return Function(name);
    expression.op = Op::kField;
    expression.path = Path(name, expression.element);
    return Add(std::move(expression));
  }

  int Function(const std::string& name) {
    Expression expression;
    if (name == "size") {
      expression.op = Op::kSize;
    } else if (name == "count") {
      expression.op = Op::kCount;
    } else if (name == "offset") {
      expression.op = Op::kOffset;
    } else {
      const auto checksums = Checksums();
      const auto found =
          std::find_if(checksums.begin(), checksums.end(),
                       [&](const Checksum& checksum) { return checksum.name == name; });
      if (found == checksums.end()) {
        throw DescriptionMistake("'" + name +
                                 "' is no function: there are size, count, offset "
                                 "and the checksums");
      }
      expression.op = Op::kCheck;
      expression.number = static_cast<uint64_t>(found - checksums.begin());
    }
    int none = kNothing;  // a range is of whole fields
    line_.ExpectSign("(");
    expression.path = Path(line_.ExpectName("a field"), expression.element);
    const bool range = expression.op == Op::kSize || expression.op == Op::kCheck;
    if (range && line_.TakeSign("..")) expression.until = Path(line_.ExpectName("a field"), none);
    if (expression.op == Op::kOffset && line_.TakeSign(",")) {
      expression.until = Path(line_.ExpectName("a field"), none);
    }
    line_.ExpectSign(")");
    return Add(std::move(expression));
  }

  DescriptionLine& line_;
  Model& model_;
  int depth_ = 0;
};

}  // namespace

int Intern(Model& model, const std::string& name) {
  const auto found = std::find(model.names.begin(), model.names.end(), name);
  if (found != model.names.end()) return static_cast<int>(found - model.names.begin());
  model.names.push_back(name);
  return static_cast<int>(model.names.size()) - 1;
}

int ReadExpression(DescriptionLine& line, Model& model) { return Reader(line, model).Whole(); }

bool DependsOnFields(const Model& model, int expression) {
  return AnyPart(model, expression, [](const Expression& part) { return !part.path.empty(); });
}

}  // namespace percuss::protocols

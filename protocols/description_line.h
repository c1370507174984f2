// SPDX-License-Identifier: Apache-2.0
//
// One line of a protocol's description, cut into words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/model.h"

namespace percuss::protocols {

// Thrown by the reader of descriptions within itself; ReadModel catches it.
struct DescriptionMistake : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Token {
  enum class Kind : uint8_t { kName, kNumber, kString, kSign, kEnd };
  Kind kind = Kind::kEnd;
  std::string text;  // of a name or a sign
  uint64_t number = 0;
  Bytes bytes;  // of a string
};

// The words of a line, read one after the other.
class DescriptionLine {
 public:
  // What is behind # is a comment.
  explicit DescriptionLine(std::string_view line);

  [[nodiscard]] bool Indented() const { return indented_; }
  [[nodiscard]] bool AtEnd() const { return Peek().kind == Token::Kind::kEnd; }
  [[nodiscard]] const Token& Peek() const { return tokens_[at_]; }
  [[nodiscard]] bool PeekSign(std::string_view sign) const;
  [[nodiscard]] bool PeekName(std::string_view name) const;

  void Skip() { ++at_; }  // not at the end

  bool TakeSign(std::string_view sign);  // false, and stays, when there is something else
  bool TakeName(std::string_view name);

  std::string ExpectName(std::string_view what);
  uint64_t ExpectNumber(std::string_view what);
  Bytes ExpectString(std::string_view what);
  std::string ExpectText(std::string_view what);  // a string, as text
  void ExpectSign(std::string_view sign);
  void ExpectEnd();

 private:
  [[noreturn]] void Complain(std::string_view expected) const;

  std::vector<Token> tokens_;
  size_t at_ = 0;
  bool indented_ = false;
};

}  // namespace percuss::protocols

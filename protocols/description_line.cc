// SPDX-License-Identifier: Apache-2.0
#include "protocols/description_line.h"

#include <array>
#include <cctype>

namespace percuss::protocols {
namespace {

bool IsNameStart(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

class Lexer {
 public:
  explicit Lexer(std::string_view line) : line_(line) {}

  Token Next() {
    while (at_ < line_.size() && (line_[at_] == ' ' || line_[at_] == '\t' || line_[at_] == '\r')) {
      ++at_;
    }
    if (at_ == line_.size() || line_[at_] == '#') return {};
    const char c = line_[at_];
    if (IsNameStart(c)) return Name();
    if (IsDigit(c)) return Number();
    if (c == '"') return String();
    return Sign();
  }

 private:
  Token Name() {
    const size_t begin = at_;
    while (at_ < line_.size() && (IsNameStart(line_[at_]) || IsDigit(line_[at_]))) ++at_;
    return {Token::Kind::kName, std::string(line_.substr(begin, at_ - begin)), 0, {}};
  }

  Token Number() {
    const bool hex = line_.substr(at_).starts_with("0x");
    if (hex) at_ += 2;
    const unsigned base = hex ? 16 : 10;
    const size_t begin = at_;
    uint64_t value = 0;
    for (; at_ < line_.size() && HexDigit(line_[at_]) >= 0 && (hex || IsDigit(line_[at_])); ++at_) {
      const auto digit = static_cast<unsigned>(HexDigit(line_[at_]));
      if (value > (UINT64_MAX - digit) / base) throw DescriptionMistake("a number is too big");
      value = value * base + digit;
    }
    if (at_ == begin || (at_ < line_.size() && IsNameStart(line_[at_]))) {
      throw DescriptionMistake("a number is followed by what does not belong to it");
    }
    return {Token::Kind::kNumber, {}, value, {}};
  }

  Token String() {
    Token token{Token::Kind::kString, {}, 0, {}};
    for (++at_; at_ < line_.size() && line_[at_] != '"'; ++at_) {
      token.bytes.push_back(line_[at_] == '\\' ? Escaped() : static_cast<uint8_t>(line_[at_]));
    }
    if (at_ == line_.size()) throw DescriptionMistake("a string has no end");
    ++at_;
    return token;
  }

  uint8_t Escaped() {
    if (++at_ == line_.size()) throw DescriptionMistake("a string has no end");
    switch (line_[at_]) {
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case '"':
      case '\\':
        return static_cast<uint8_t>(line_[at_]);
      case 'x':
        if (at_ + 2 < line_.size() && HexDigit(line_[at_ + 1]) >= 0 &&
            HexDigit(line_[at_ + 2]) >= 0) {
          at_ += 2;
          return static_cast<uint8_t>(HexDigit(line_[at_ - 1]) * 16 + HexDigit(line_[at_]));
        }
        [[fallthrough]];
      default:
        throw DescriptionMistake(R"(a string may have \n, \r, \t, \", \\ and \x with two digits)");
    }
  }

  Token Sign() {
    static constexpr std::array<std::string_view, 11> kLong = {
        "..", "<<", ">>", "==", "!=", "<=", ">=", "&&", "||", "->", "[]"};
    for (const std::string_view sign : kLong) {
      if (!line_.substr(at_).starts_with(sign)) continue;
      at_ += sign.size();
      return {Token::Kind::kSign, std::string(sign), 0, {}};
    }
    if (std::string_view("()[],:.+-*/%&|^<>=!?@").find(line_[at_]) == std::string_view::npos) {
      throw DescriptionMistake(std::string("'") + line_[at_] + "' means nothing here");
    }
    return {Token::Kind::kSign, std::string(1, line_[at_++]), 0, {}};
  }

  std::string_view line_;
  size_t at_ = 0;
};

std::string Shown(const Token& token) {
  switch (token.kind) {
    case Token::Kind::kName:
    case Token::Kind::kSign:
      return "'" + token.text + "'";
    case Token::Kind::kNumber:
      return std::to_string(token.number);
    case Token::Kind::kString:
      return "a string";
    case Token::Kind::kEnd:
      break;
  }
  return "the end of the line";
}

}  // namespace

DescriptionLine::DescriptionLine(std::string_view line) {
  indented_ = !line.empty() && (line.front() == ' ' || line.front() == '\t');
  Lexer lexer(line);
  do {
    tokens_.push_back(lexer.Next());
  } while (tokens_.back().kind != Token::Kind::kEnd);
}

bool DescriptionLine::PeekSign(std::string_view sign) const {
  return Peek().kind == Token::Kind::kSign && Peek().text == sign;
}

bool DescriptionLine::PeekName(std::string_view name) const {
  return Peek().kind == Token::Kind::kName && Peek().text == name;
}

bool DescriptionLine::TakeSign(std::string_view sign) {
  if (!PeekSign(sign)) return false;
  ++at_;
  return true;
}

bool DescriptionLine::TakeName(std::string_view name) {
  if (!PeekName(name)) return false;
  ++at_;
  return true;
}

std::string DescriptionLine::ExpectName(std::string_view what) {
  if (Peek().kind != Token::Kind::kName) Complain(what);
  return tokens_[at_++].text;
}

uint64_t DescriptionLine::ExpectNumber(std::string_view what) {
  if (Peek().kind != Token::Kind::kNumber) Complain(what);
  return tokens_[at_++].number;
}

Bytes DescriptionLine::ExpectString(std::string_view what) {
  if (Peek().kind != Token::Kind::kString) Complain(what);
  return tokens_[at_++].bytes;
}

std::string DescriptionLine::ExpectText(std::string_view what) {
  const Bytes bytes = ExpectString(what);
  return {bytes.begin(), bytes.end()};
}

void DescriptionLine::ExpectSign(std::string_view sign) {
  if (!TakeSign(sign)) Complain("'" + std::string(sign) + "'");
}

void DescriptionLine::ExpectEnd() {
  if (!AtEnd()) Complain("the end of the line");
}

void DescriptionLine::Complain(std::string_view expected) const {
  throw DescriptionMistake("expected " + std::string(expected) + ", found " + Shown(Peek()));
}

}  // namespace percuss::protocols

// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/located_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <istream>
#include <nlohmann/json.hpp>
#include <streambuf>

namespace percuss::reports {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxDepth = 32;
constexpr size_t kMaxMembers = 64;

// Hands out the text a line at a time, and so knows at which line its reader is.
class LineBuffer : public std::streambuf {
 public:
  explicit LineBuffer(std::string_view text) : rest_(text) {}
  [[nodiscard]] int Line() const { return line_; }

 protected:
  int_type underflow() override {
    if (rest_.empty()) return traits_type::eof();
    const size_t newline = rest_.find('\n');
    const size_t length = newline == std::string_view::npos ? rest_.size() : newline + 1;
    // A streambuf wants a pointer to bytes that it may write; nobody puts anything back here.
    char* start = const_cast<char*>(rest_.data());
    setg(start, start, start + length);
    rest_.remove_prefix(length);
    ++line_;
    return traits_type::to_int_type(*start);
  }

 private:
  std::string_view rest_;
  int line_ = 0;
};

class TreeBuilder : public nlohmann::json_sax<Json> {
 public:
  TreeBuilder(const LineBuffer& buffer, const std::string& file, std::vector<Problem>& problems)
      : buffer_(buffer), file_(file), problems_(problems) {}

  LocatedValue Take() { return std::move(root_); }

  bool null() override { return Scalar(); }
  bool boolean(bool) override { return Scalar(); }
  bool number_integer(number_integer_t value) override {
    return Number(static_cast<double>(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return Number(static_cast<double>(value));
  }
  bool number_float(number_float_t value, const string_t&) override { return Number(value); }
  bool binary(binary_t&) override { return Scalar(); }
  bool string(string_t& text) override {
    LocatedValue& value = Add(LocatedValue::Kind::kText);
    value.text = std::move(text);
    return true;
  }
  bool start_object(std::size_t) override { return Open(LocatedValue::Kind::kObject); }
  bool start_array(std::size_t) override { return Open(LocatedValue::Kind::kList); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(string_t& name) override {
    LocatedValue& object = *open_.back();
    if (object.names.size() == kMaxMembers) {
      return Refuse(fmt::format("an object has more than {} members", kMaxMembers));
    }
    if (std::find(object.names.begin(), object.names.end(), name) != object.names.end()) {
      Refuse(fmt::format("the member \"{}\" is there twice", name));
    }
    object.names.push_back(std::move(name));
    member_line_ = buffer_.Line();
    return true;
  }
  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::detail::exception& error) override {
    std::string what = error.what();
    if (const size_t colon = what.find(": "); colon != std::string::npos) what.erase(0, colon + 2);
    return Refuse("not valid JSON: " + what);
  }

 private:
  bool Refuse(const std::string& what) {
    problems_.push_back({file_, std::max(buffer_.Line(), 1), what});
    return false;
  }
  bool Scalar() {
    Add(LocatedValue::Kind::kOther);
    return true;
  }
  bool Number(double number) {
    Add(LocatedValue::Kind::kNumber).number = number;
    return true;
  }
  LocatedValue& Add(LocatedValue::Kind kind) {
    LocatedValue* value = &root_;
    int line = buffer_.Line();
    if (!open_.empty()) {
      if (open_.back()->kind == LocatedValue::Kind::kObject) line = member_line_;
      value = &open_.back()->items.emplace_back();
    }
    value->kind = kind;
    value->line = line;
    return *value;
  }
  bool Open(LocatedValue::Kind kind) {
    LocatedValue& value = Add(kind);
    open_.push_back(&value);
    if (open_.size() <= kMaxDepth) return true;
    return Refuse(fmt::format("nested deeper than {} levels", kMaxDepth));
  }
  bool Close() {
    open_.pop_back();
    return true;
  }

  const LineBuffer& buffer_;
  const std::string& file_;
  std::vector<Problem>& problems_;
  LocatedValue root_;
  std::vector<LocatedValue*> open_;  // stays valid: only the innermost one's items grow
  int member_line_ = 0;
};

}  // namespace

std::string Problem::Text() const {
  return line > 0 ? fmt::format("{}:{}: {}", file, line, what) : fmt::format("{}: {}", file, what);
}

LocatedValue ParseLocated(std::string_view text, const std::string& file,
                          std::vector<Problem>& problems) {
  LineBuffer buffer(text);
  std::istream stream(&buffer);
  TreeBuilder builder(buffer, file, problems);
  Json::sax_parse(stream, &builder);
  return builder.Take();
}

}  // namespace percuss::reports

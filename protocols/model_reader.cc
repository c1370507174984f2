// SPDX-License-Identifier: Apache-2.0
#include "protocols/model_reader.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "protocols/codings.h"
#include "protocols/description_line.h"
#include "protocols/expression_reader.h"

namespace percuss::protocols {
namespace {

constexpr size_t kMostBytes = 1U << 20;
constexpr size_t kMostUsed = 16;

template <typename Table>
std::optional<size_t> Find(const Table& table, std::string_view name) {
  for (size_t i = 0; i < table.size(); ++i) {
    if (table[i].name == name) return i;
  }
  return std::nullopt;
}

// The first byte too many comes with what is too long.
std::optional<std::string> ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string text(kMostBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.fail() && !file.eof())) return std::nullopt;
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

class Reader {
 public:
  explicit Reader(const FindDescription& find) : find_(find) {}

  void Lines(std::string_view text) {
    line_number_ = 0;
    if (text.size() > kMostBytes) throw DescriptionMistake("is bigger than a megabyte");
    int number = 0;
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      Line(text.substr(0, end), ++number);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  void Line(std::string_view text, int number) {
    line_number_ = number;
    DescriptionLine line(text);
    if (line.AtEnd()) return;
    if (!line.Indented()) {
      TopLine(line);
    } else if (section_ == Section::kStructure) {
      StructureLine(line);
    } else if (section_ == Section::kEnumeration) {
      EnumerationLine(line);
    } else if (section_ == Section::kSession) {
      SessionLine(line);
    } else if (section_ == Section::kSkipped) {
      Skip(line);
    } else {
      throw DescriptionMistake("an indented line belongs to an enum, a struct or the session");
    }
    line.ExpectEnd();
  }

  Model Finish() {
    line_number_ = 0;
    if (model_.name.empty()) throw DescriptionMistake("it has no line 'protocol NAME \"title\"'");
    if (root_.empty()) throw DescriptionMistake("it has no line 'root STRUCT'");
    model_.root = StructureNamed(root_);
    for (const Reference& reference : references_) Resolve(reference);
    for (const auto& [field, at] : enumerations_used_) {
      line_number_ = FieldAt(at).line;
      const auto found = Find(model_.enumerations, field);
      if (!found) throw DescriptionMistake("there is no enum '" + field + "'");
      FieldAt(at).enumeration = static_cast<int>(*found);
    }
    for (const Structure& structure : model_.structures) CheckStructure(structure);
    line_number_ = 0;
    FinishSession();
    return std::move(model_);
  }

  [[nodiscard]] int LineNumber() const { return line_number_; }

 private:
  enum class Section : uint8_t { kNone, kStructure, kEnumeration, kSession, kSkipped };
  struct Place {
    size_t structure = 0;
    size_t field = 0;
  };
  struct Reference {
    std::string name;
    Place place;
    int of_case = kNothing;
    int line = 0;
  };
  struct NamedTransition {
    size_t state = 0;
    std::string message, next;
    int line = 0;
  };

  static void Skip(DescriptionLine& line) {
    while (!line.AtEnd()) line.Skip();
  }

  void TopLine(DescriptionLine& line) {
    const std::string word =
        line.ExpectName("protocol, source, endian, root, enum, struct or session");
    section_ = Section::kNone;
    if (inside_ &&
        (word == "protocol" || word == "source" || word == "root" || word == "session")) {
      Skip(line);  // what a description that is used says of itself
      section_ = Section::kSkipped;
    } else if (word == "use") {
      Use(line.ExpectName("a protocol"));
    } else if (word == "protocol") {
      model_.name = line.ExpectName("the protocol's name");
      model_.title = line.ExpectText("its title");
    } else if (word == "source") {
      model_.sources.push_back(line.ExpectText("a standard, with its clause"));
    } else if (word == "endian") {
      big_endian_ = line.TakeName("big");
      if (!big_endian_ && !line.TakeName("little")) {
        throw DescriptionMistake("endian is big or little");
      }
    } else if (word == "root") {
      root_ = line.ExpectName("a struct");
    } else if (word == "enum") {
      const std::string name = line.ExpectName("its name");
      if (Find(model_.enumerations, name))
        throw DescriptionMistake("enum '" + name + "' is there already");
      model_.enumerations.push_back({name, {}});
      section_ = Section::kEnumeration;
    } else if (word == "struct") {
      const std::string name = line.ExpectName("its name");
      if (Find(model_.structures, name))
        throw DescriptionMistake("struct '" + name + "' is there already");
      model_.structures.push_back({name, {}, line_number_});
      section_ = Section::kStructure;
    } else if (word == "session") {
      model_.session.field = Intern(model_, line.ExpectName("the array of messages"));
      section_ = Section::kSession;
    } else {
      throw DescriptionMistake("'" + word +
                               "' begins no line: there are protocol, source, endian, "
                               "root, use, enum, struct and session");
    }
  }

  void Use(const std::string& name) {
    if (std::find(used_.begin(), used_.end(), name) != used_.end()) return;
    if (used_.size() == kMostUsed) throw DescriptionMistake("too many others are used");
    used_.push_back(name);
    const auto text = find_ ? find_(name) : std::nullopt;
    if (!text)
      throw DescriptionMistake("there is no " + name + ".model beside it that can be read");
    const int here = line_number_;
    const bool endian = big_endian_;
    const bool inside = std::exchange(inside_, true);
    try {
      Lines(*text);
    } catch (const DescriptionMistake& mistake) {
      const int there = std::exchange(line_number_, here);
      throw DescriptionMistake(name + ".model:" + std::to_string(there) + ": " + mistake.what());
    }
    inside_ = inside;
    line_number_ = here;
    big_endian_ = endian;
    section_ = Section::kNone;
  }

  void EnumerationLine(DescriptionLine& line) {
    const uint64_t number = line.ExpectNumber("a value");
    model_.enumerations.back().values.emplace_back(number, line.ExpectName("the value's name"));
  }

  // STATE: MESSAGE -> STATE, ...
  void SessionLine(DescriptionLine& line) {
    const std::string name = line.ExpectName("a state");
    if (Find(model_.session.states, name))
      throw DescriptionMistake("state '" + name + "' is there already");
    model_.session.states.push_back({name, {}});
    line.ExpectSign(":");
    do {
      std::string message = line.ExpectName("a struct");
      line.ExpectSign("->");
      transitions_.push_back({model_.session.states.size() - 1, std::move(message),
                              line.ExpectName("a state"), line_number_});
    } while (line.TakeSign(","));
  }

  void StructureLine(DescriptionLine& line) {
    std::vector<Field>& fields = model_.structures.back().fields;
    if (line.PeekName("case") || line.PeekName("else") || line.PeekName("or")) {
      if (fields.empty() || fields.back().kind != Kind::kSwitch) {
        throw DescriptionMistake("a case belongs below a switch");
      }
      CaseLine(line, fields.back());
      return;
    }
    Field field;
    field.line = line_number_;
    field.name = Intern(model_, line.ExpectName("a field's name"));
    field.big_endian = big_endian_;
    fields.emplace_back();  // so that references know their place
    Type(line, field);
    while (!line.AtEnd()) Modifier(line, field);
    CheckField(field);
    fields.back() = field;
    if (std::exchange(then_, false)) AddDelimiter(field);
  }

  void CaseLine(DescriptionLine& line, Field& field) {
    Case branch;
    const bool either = field.selector == kNothing;
    if (line.PeekName("or") != either) {
      throw DescriptionMistake("a switch has lines 'case' and 'else', either has lines 'or'");
    }
    if (line.TakeName("else")) {
      branch.otherwise = true;
    } else if (!line.TakeName("or")) {
      line.TakeName("case");
      do {
        if (line.Peek().kind == Token::Kind::kString) {
          branch.texts.push_back(line.ExpectString("a text"));
          continue;
        }
        NumberRange range;
        range.least = line.ExpectNumber("a value");
        range.most = line.TakeSign("..") ? line.ExpectNumber("a value") : range.least;
        if (range.most < range.least) throw DescriptionMistake("a range ends before it begins");
        branch.numbers.push_back(range);
      } while (line.TakeSign(","));
    }
    line.ExpectSign(":");
    const std::string type = line.ExpectName("a struct, bytes or text");
    if (either && (type == "bytes" || type == "text")) {
      throw DescriptionMistake("either has structs: bytes would explain all");
    }
    if (type == "bytes" || type == "text") {
      branch.kind = type == "bytes" ? Kind::kBytes : Kind::kText;
    } else {
      branch.kind = Kind::kStruct;
      references_.push_back({type, Here(), static_cast<int>(field.cases.size()), line_number_});
    }
    field.cases.push_back(std::move(branch));
  }

  // u16, i8, u32le
  static bool Integer(std::string_view word, Field& field) {
    if (word.size() < 2 || (word[0] != 'u' && word[0] != 'i')) return false;
    unsigned bits = 0;
    const auto [end, error] = std::from_chars(word.data() + 1, word.data() + word.size(), bits);
    const std::string_view rest(end, static_cast<size_t>(word.data() + word.size() - end));
    if (error != std::errc() || bits == 0 || bits > 64 || bits % 8 != 0) return false;
    if (!rest.empty() && rest != "le" && rest != "be") return false;
    field.kind = Kind::kInteger;
    field.width = bits / 8;
    field.is_signed = word[0] == 'i';
    if (!rest.empty()) field.big_endian = rest == "be";
    return true;
  }

  void Type(DescriptionLine& line, Field& field) {
    if (line.Peek().kind == Token::Kind::kString) {
      field.kind = Kind::kLiteral;
      field.literal = line.ExpectString("a literal");
      while (line.Peek().kind == Token::Kind::kString) {
        field.words.push_back(line.ExpectString("a literal"));
      }
      return;
    }
    const std::string word = line.ExpectName("a type");
    if (Integer(word, field)) return;
    if (word == "bytes" || word == "text") {
      field.kind = word == "bytes" ? Kind::kBytes : Kind::kText;
    } else if (word == "bits") {
      field.kind = Kind::kBits;
      field.width = Number(line, "how many bits", 1, 64);
    } else if (word == "dec" || word == "hex") {
      field.kind = Kind::kDigits;
      field.base = word == "dec" ? 10 : 16;
      if (line.Peek().kind == Token::Kind::kNumber)
        field.width = Number(line, "how many digits", 1, 32);
      field.blanks = line.TakeName("blanks");
    } else if (word == "pad") {
      field.kind = Kind::kPadding;
      field.width = Number(line, "a multiple of how many bytes", 1, 65536);
      field.literal = line.TakeName("with") ? line.ExpectString("the byte to pad with") : Bytes{0};
      if (field.literal.size() != 1) throw DescriptionMistake("padding is with one byte");
    } else if (word == "either") {
      field.kind = Kind::kSwitch;
    } else if (word == "switch") {
      field.kind = Kind::kSwitch;
      field.selector = ReadExpression(line, model_);
    } else if (const auto coding = Find(VariableNumbers(), word)) {
      field.kind = Kind::kVariable;
      field.coding = *coding;
    } else {
      field.kind = Kind::kStruct;
      references_.push_back({word, Here(), kNothing, line_number_});
    }
  }

  static unsigned Number(DescriptionLine& line, std::string_view what, uint64_t least,
                         uint64_t most) {
    const uint64_t number = line.ExpectNumber(what);
    if (number < least || number > most) {
      throw DescriptionMistake(std::string(what) + ": from " + std::to_string(least) + " to " +
                               std::to_string(most));
    }
    return static_cast<unsigned>(number);
  }

  void Modifier(DescriptionLine& line, Field& field) {
    if (line.TakeSign("[]")) {
      Repeated(field, Repeat::kToEnd);
    } else if (line.TakeSign("[")) {
      Repeated(field, Repeat::kCounted);
      field.count = ReadExpression(line, model_);
      line.ExpectSign("]");
    } else if (line.TakeSign("=")) {
      field.value = ReadExpression(line, model_);
      field.computed = DependsOnFields(model_, field.value);
      field.checksum = AnyPart(model_, field.value, [](const Expression& part) {
        return part.op == Expression::Op::kCheck;
      });
    } else if (line.TakeName("sized")) {
      field.size = ReadExpression(line, model_);
    } else if (line.TakeName("leaving")) {
      field.leaving = ReadExpression(line, model_);
    } else if (line.TakeName("until")) {
      field.until = Delimiters(line);
    } else if (line.TakeName("then")) {
      field.until = Delimiters(line);
      then_ = true;
    } else if (line.TakeName("separated")) {
      Repeated(field, Repeat::kSeparated);
      field.delimiters = Delimiters(line);
    } else if (line.TakeName("terminated")) {
      Repeated(field, Repeat::kTerminated);
      field.delimiters = Delimiters(line);
    } else if (line.TakeName("if")) {
      field.condition = ReadExpression(line, model_);
    } else if (line.TakeName("while")) {
      field.begins = Delimiters(line);
    } else if (line.TakeName("last")) {
      field.last = ReadExpression(line, model_);
    } else if (line.TakeName("in")) {
      enumerations_used_.emplace_back(line.ExpectName("an enum"), Here());
    } else if (line.TakeName("coded")) {
      const std::string name = line.ExpectName("a transform");
      const auto found = Find(Transforms(), name);
      if (!found) throw DescriptionMistake("there is no transform '" + name + "'");
      field.transform = static_cast<int>(*found);
    } else if (line.TakeName("one_of")) {
      do {
        field.words.push_back(line.ExpectString("a text"));
      } while (line.Peek().kind == Token::Kind::kString);
    } else {
      throw DescriptionMistake(
          "after a type come [], [COUNT], sized, leaving, until, then, separated, terminated, "
          "while, last, if, in, coded, one_of or =");
    }
  }

  static void Repeated(Field& field, Repeat how) {
    if (field.repeat != Repeat::kOnce) throw DescriptionMistake("a field is repeated in one way");
    field.repeat = how;
  }

  static std::vector<Bytes> Delimiters(DescriptionLine& line) {
    std::vector<Bytes> delimiters;
    do {
      delimiters.push_back(line.ExpectString("a delimiter"));
      if (delimiters.back().empty()) throw DescriptionMistake("a delimiter has a byte at least");
    } while (line.Peek().kind == Token::Kind::kString);
    return delimiters;
  }

  // What `then` says is a field of its own.
  void AddDelimiter(const Field& field) {
    if (field.kind == Kind::kSwitch) throw DescriptionMistake("put a switch with then in a struct");
    Field delimiter;
    delimiter.line = line_number_;
    delimiter.name = Intern(model_, "then");
    delimiter.kind = Kind::kLiteral;
    delimiter.literal = field.until.front();
    delimiter.words.assign(field.until.begin() + 1, field.until.end());
    delimiter.condition = field.condition;
    delimiter.may_end = true;
    model_.structures.back().fields.push_back(std::move(delimiter));
  }

  static void CheckField(const Field& field) {
    const bool number = field.kind == Kind::kInteger || field.kind == Kind::kBits ||
                        field.kind == Kind::kVariable || field.kind == Kind::kDigits;
    if (field.value != kNothing && !number) throw DescriptionMistake("only a number has a value");
    if (field.kind == Kind::kBits &&
        (field.repeat != Repeat::kOnce || field.condition != kNothing)) {
      throw DescriptionMistake("bits are neither repeated nor left out");
    }
    if (field.kind == Kind::kLiteral && field.literal.empty()) {
      throw DescriptionMistake("a literal has a byte at least");
    }
    if (!field.begins.empty() && field.repeat != Repeat::kToEnd) {
      throw DescriptionMistake("while goes with []");
    }
    if (field.transform != kNothing && field.repeat != Repeat::kOnce) {
      throw DescriptionMistake("a coded field is not repeated: put it into a struct");
    }
    const bool text =
        field.kind == Kind::kBytes || field.kind == Kind::kText || field.kind == Kind::kLiteral;
    if (!field.words.empty() && !text) throw DescriptionMistake("one_of is for bytes and text");
  }

  // Bits fill whole bytes, a switch has cases.
  void CheckStructure(const Structure& structure) {
    unsigned bits = 0;
    for (const Field& field : structure.fields) {
      line_number_ = field.line;
      if (field.kind != Kind::kBits && bits % 8 != 0) {
        throw DescriptionMistake("the bits before this field do not fill their last byte");
      }
      bits = field.kind == Kind::kBits ? bits + field.width : 0;
      if (bits > 64) throw DescriptionMistake("at most 64 bits stand together");
      if (bits % 8 == 0) bits = 0;
      if (field.kind == Kind::kSwitch && field.cases.empty()) {
        throw DescriptionMistake("a switch has a case at least");
      }
      for (const int expression : {field.selector, field.size, field.leaving, field.condition,
                                   field.value, field.count, field.last}) {
        CheckNames(expression);
      }
    }
    line_number_ = structure.line;
    if (bits % 8 != 0) throw DescriptionMistake("its last bits do not fill their byte");
  }

  void CheckNames(int expression) const {
    if (expression == kNothing) return;
    const Expression& node = model_.expressions[static_cast<size_t>(expression)];
    for (const int name : node.path) CheckName(name);
    for (const int name : node.until) CheckName(name);
    if (node.element >= 0) CheckName(node.element);
    CheckNames(node.left);
    CheckNames(node.right);
  }

  void CheckName(int name) const {
    const bool known = std::any_of(
        model_.structures.begin(), model_.structures.end(), [&](const Structure& structure) {
          return std::any_of(structure.fields.begin(), structure.fields.end(),
                             [&](const Field& field) { return field.name == name; });
        });
    if (known) return;
    throw DescriptionMistake("there is no field '" + model_.names[static_cast<size_t>(name)] + "'");
  }

  void Resolve(const Reference& reference) {
    line_number_ = reference.line;
    const int structure = StructureNamed(reference.name);
    Field& field = FieldAt(reference.place);
    if (reference.of_case == kNothing) {
      field.structure = structure;
    } else {
      field.cases[static_cast<size_t>(reference.of_case)].structure = structure;
    }
  }

  void FinishSession() {
    const auto& root = model_.structures[static_cast<size_t>(model_.root)].fields;
    const int name = model_.session.field;
    if (name != kNothing && std::none_of(root.begin(), root.end(), [&](const Field& field) {
          return field.name == name && field.repeat != Repeat::kOnce;
        })) {
      throw DescriptionMistake("the session is of an array of the root");
    }
    for (const NamedTransition& transition : transitions_) {
      line_number_ = transition.line;
      const auto next = Find(model_.session.states, transition.next);
      if (!next) throw DescriptionMistake("there is no state '" + transition.next + "'");
      model_.session.states[transition.state].transitions.push_back(
          {StructureNamed(transition.message), static_cast<int>(*next)});
    }
  }

  [[nodiscard]] Place Here() const {
    return {model_.structures.size() - 1, model_.structures.back().fields.size() - 1};
  }
  Field& FieldAt(const Place& place) {
    return model_.structures[place.structure].fields[place.field];
  }

  [[nodiscard]] int StructureNamed(const std::string& name) const {
    const auto found = Find(model_.structures, name);
    if (!found) throw DescriptionMistake("there is no struct '" + name + "'");
    return static_cast<int>(*found);
  }

  const FindDescription& find_;
  Model model_;
  bool inside_ = false;  // a description that is used
  std::vector<std::string> used_;
  Section section_ = Section::kNone;
  bool big_endian_ = true;
  bool then_ = false;  // the field that is read is followed by its delimiter
  std::string root_;
  std::vector<Reference> references_;
  std::vector<std::pair<std::string, Place>> enumerations_used_;
  std::vector<NamedTransition> transitions_;
  int line_number_ = 0;
};

}  // namespace

tl::expected<Model, DescriptionError> ReadModel(std::string_view description,
                                                const FindDescription& find) {
  Reader reader(find);
  try {
    reader.Lines(description);
    return reader.Finish();
  } catch (const DescriptionMistake& mistake) {
    return tl::make_unexpected(DescriptionError{reader.LineNumber(), mistake.what()});
  }
}

tl::expected<Model, DescriptionError> ReadModelFile(const std::string& path,
                                                    std::vector<std::string>* texts) {
  const auto read = [&](const std::string& file) {
    auto text = ReadText(file);
    if (text && texts != nullptr) texts->push_back(*text);
    return text;
  };
  const auto text = read(path);
  if (!text) return tl::make_unexpected(DescriptionError{0, "cannot be read"});
  const std::string folder = path.substr(0, path.find_last_of('/') + 1);
  return ReadModel(*text, [&](const std::string& name) { return read(folder + name + ".model"); });
}

}  // namespace percuss::protocols

// SPDX-License-Identifier: Apache-2.0
#include "protocols/dump.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "emulation/rehost/core/stream_table.h"
#include "protocols/codings.h"
#include "protocols/consistency.h"

namespace percuss::protocols {
namespace {

std::string Hex(uint64_t value, int width) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%0*llx", width, static_cast<unsigned long long>(value));
  return text.data();
}

// Printable ASCII in quotes, else hexadecimal.
std::string ShownBytes(std::span<const uint8_t> bytes, size_t most) {
  const auto shown = bytes.first(std::min(bytes.size(), most));
  const bool printable = std::all_of(shown.begin(), shown.end(),
                                     [](uint8_t byte) { return byte >= 0x20 && byte < 0x7f; });
  std::string text;
  if (printable) {
    text = "\"";
    for (const uint8_t byte : shown) {
      if (byte == '"' || byte == '\\') text += '\\';
      text += static_cast<char>(byte);
    }
    text += "\"";
  } else {
    for (const uint8_t byte : shown) text += (text.empty() ? "" : " ") + Hex(byte, 2);
  }
  if (shown.size() < bytes.size()) text += " ... of " + std::to_string(bytes.size()) + " bytes";
  return text;
}

class Dumper {
 public:
  Dumper(const Tree& tree, const DumpLimits& limits) : tree_(tree), limits_(limits) {}

  std::string Whole() {
    Children(Tree::Root(), 0);
    if (left_out_ > 0) text_ += "... " + std::to_string(left_out_) + " more parts\n";
    return std::move(text_);
  }

 private:
  void Children(NodeId id, int level) {
    size_t place = 0;
    size_t bits = 0;
    for (NodeId child = tree_.At(id).first; child != kNoNode; child = tree_.At(child).next) {
      const Node& node = tree_.At(child);
      const bool element = tree_.At(id).role == Role::kArray && node.field != nullptr;
      const bool delimits =
          node.role == Role::kDelimiter || (node.field != nullptr && node.field->may_end);
      if (!delimits) One(child, element ? place++ : SIZE_MAX, level);
      if (node.role == Role::kLeaf && node.field->kind == Kind::kBits) {
        bits += node.field->width;
        offset_ += bits / 8;
        bits %= 8;
      } else if (node.first == kNoNode) {
        offset_ += node.size;
      }
    }
  }

  void One(NodeId id, size_t place, int level) {
    const Node& node = tree_.At(id);
    if (lines_ == limits_.lines) {
      ++left_out_;
    } else {
      ++lines_;
      const std::string at = Hex(offset_, 4);
      text_ += coded_ > 0 ? "(" + at + ")" : " " + at + " ";
      text_ += "  " + std::string(static_cast<size_t>(level) * 2, ' ') + Name(node, place);
      text_ += Value(id) + "\n";
    }
    if (node.role == Role::kCoded) {
      const size_t outside = offset_;
      offset_ = 0;
      ++coded_;
      Children(id, level + 1);
      --coded_;
      offset_ = outside + tree_.SizeOf(id);
    } else if (node.first != kNoNode) {
      Children(id, level + 1);
    }
  }

  std::string Name(const Node& node, size_t place) const {
    if (node.role == Role::kRaw) return "(not explained)";
    if (place != SIZE_MAX) return "[" + std::to_string(place) + "]";
    return tree_.GetModel().names[static_cast<size_t>(node.field->name)];
  }

  std::string Value(NodeId id) const {
    const Node& node = tree_.At(id);
    std::string text;
    if (IsNumber(node)) {
      text = ": " + Number(id);
    } else if (node.role == Role::kStruct) {
      text = " " + tree_.StructureOf(id).name + (node.broken ? " (incomplete)" : "");
    } else if (node.role == Role::kCoded) {
      text =
          " (" + std::string(Transforms()[static_cast<size_t>(node.field->transform)].name) + ")";
    } else if (node.role != Role::kArray) {
      text = ": " + Shown(id);
    }
    return text;
  }

  static std::string Digits(const Field& field, uint64_t value) {
    if (field.kind == Kind::kVariable && VariableNumbers()[field.coding].show != nullptr) {
      return VariableNumbers()[field.coding].show(value);
    }
    return std::to_string(value) + (value > 9 ? " (0x" + Hex(value, 1) + ")" : "");
  }

  std::string Number(NodeId id) const {
    const Node& node = tree_.At(id);
    if (node.field->kind == Kind::kDigits && node.broken) return Shown(id) + " (no number)";
    std::string text = Digits(*node.field, node.value);
    if (node.field->enumeration != kNothing) {
      const auto& names =
          tree_.GetModel().enumerations[static_cast<size_t>(node.field->enumeration)];
      const std::string* const name = names.NameOf(node.value);
      text += name != nullptr ? " " + *name : " (not of " + names.name + ")";
    }
    const auto expected = ExpectedValue(tree_, id);
    if (expected && *expected != node.value) {
      text += " (wrong: " + Digits(*node.field, *expected) + " by the other fields)";
    }
    return text;
  }

  std::string Shown(NodeId id) const { return ShownBytes(tree_.BytesOf(id), limits_.bytes_shown); }

  const Tree& tree_;
  const DumpLimits& limits_;
  std::string text_;
  size_t lines_ = 0, left_out_ = 0;
  size_t offset_ = 0;
  int coded_ = 0;
};

}  // namespace

std::string Dump(const Tree& tree, const DumpLimits& limits) {
  return Dumper(tree, limits).Whole();
}

std::string DumpStreams(std::span<const uint8_t> input, const DumpLimits& limits) {
  rehost::StreamPlaces places;
  if (!rehost::FindStreams({reinterpret_cast<const char*>(input.data()), input.size()}, places)) {
    return "";
  }
  std::string text;
  const auto add = [&](size_t at, const std::string& name, size_t size) {
    text += " " + Hex(at, 4) + "   " + name + ": " + std::to_string(size) +
            (size == 1 ? " byte" : " bytes");
    if (size > 0) text += ": " + ShownBytes(input.subspan(at, size), limits.bytes_shown);
    text += "\n";
  };
  for (const rehost::StreamPlaces::Place& place : places.streams) {
    std::string name = "stream 0x" + Hex(place.key.address, 8);
    if (place.key.pc != rehost::StreamKey::kEveryPlace) name += " at 0x" + Hex(place.key.pc, 8);
    add(place.at, name, place.bytes);
  }
  add(places.rest, "rest", input.size() - places.rest);
  return text;
}

}  // namespace percuss::protocols

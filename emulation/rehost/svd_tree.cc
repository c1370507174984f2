// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/svd_tree.h"

#include <fmt/format.h>
#include <libxml/xmlreader.h>

#include <array>
#include <memory>

#include "common/fs.h"

namespace percuss::emulation {
namespace {

using common::ErrorCode;
using common::Fail;

constexpr uint64_t kMostBytes = uint64_t{32} << 20;  // makers' largest have about ten
constexpr int kMostDepth = 32;
constexpr size_t kMostNodes = 200'000;
constexpr size_t kLongestText = 256;

bool IsNode(std::string_view name) {
  return name == "device" || name == "peripheral" || name == "cluster" || name == "register" ||
         name == "addressBlock";
}

bool IsWanted(std::string_view name) {
  constexpr std::array<std::string_view, 10> kWanted = {
      "name",   "baseAddress", "addressOffset", "offset",       "size",
      "access", "readAction",  "dim",           "dimIncrement", "dimIndex"};
  for (const std::string_view wanted : kWanted) {
    if (name == wanted) return true;
  }
  return false;
}

std::string Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

std::string_view Text(const xmlChar* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

class TreeReader {
 public:
  TreeReader(xmlTextReaderPtr reader, std::string file) : reader_(reader), file_(std::move(file)) {}

  common::Result<SvdNode> Read() {
    int more = xmlTextReaderRead(reader_);
    for (; more == 1; more = xmlTextReaderRead(reader_)) {
      if (auto taken = Take(); !taken) return tl::make_unexpected(taken.error());
    }
    if (more != 0) {
      const xmlError* error = xmlGetLastError();
      const bool told = error != nullptr && error->message != nullptr;
      return Fail(ErrorCode::kBadInput,
                  "not well-formed XML: " + (told ? Trimmed(error->message) : "no document"), file_,
                  told ? error->line : 0);
    }
    if (root_.kind != "device") {
      return Fail(ErrorCode::kBadInput, "is no CMSIS-SVD file: its root is not \"device\"", file_,
                  1);
    }
    return std::move(root_);
  }

 private:
  common::Status Refuse(const std::string& what) {
    return Fail(ErrorCode::kBadInput, what, file_, xmlTextReaderGetParserLineNumber(reader_));
  }

  common::Status Take() {
    switch (xmlTextReaderNodeType(reader_)) {
      case XML_READER_TYPE_DOCUMENT_TYPE:
        return Refuse("a document type declaration is refused");
      case XML_READER_TYPE_ENTITY_REFERENCE:
        return Refuse("a reference to an entity is refused");
      case XML_READER_TYPE_ELEMENT:
        return Begin();
      case XML_READER_TYPE_END_ELEMENT:
        End();
        return {};
      case XML_READER_TYPE_TEXT:
      case XML_READER_TYPE_CDATA:
        return AddText();
      default:
        return {};
    }
  }

  // open_ has an entry for each open element: a node, or nullptr where it is none or is skipped.
  common::Status Begin() {
    const std::string name(Text(xmlTextReaderConstLocalName(reader_)));
    if (names_.size() >= kMostDepth) return Refuse("is nested deeper than 32 levels");
    const bool empty = xmlTextReaderIsEmptyElement(reader_) == 1;
    const bool skipped =
        skip_ > 0 || name == "fields" || name == "interrupt" || name == "vendorExtensions";
    if (skipped) {
      if (!empty) {
        ++skip_;
        names_.push_back(name);
      }
      return {};
    }
    if (IsNode(name)) {
      if (++count_ > kMostNodes) {
        return Refuse(fmt::format("has more than {} peripherals and registers", kMostNodes));
      }
      SvdNode node;
      node.kind = name;
      node.line = xmlTextReaderGetParserLineNumber(reader_);
      xmlChar* from =
          xmlTextReaderGetAttribute(reader_, reinterpret_cast<const xmlChar*>("derivedFrom"));
      node.derived_from = Text(from).substr(0, kLongestText);
      xmlFree(from);
      nodes_.push_back(std::move(node));
    }
    names_.push_back(name);
    if (empty) End();
    return {};
  }

  void End() {
    const std::string name = names_.back();
    names_.pop_back();
    if (skip_ > 0) {
      --skip_;
      return;
    }
    if (!IsNode(name)) return;
    SvdNode node = std::move(nodes_.back());
    nodes_.pop_back();
    if (nodes_.empty()) {
      root_ = std::move(node);
    } else {
      nodes_.back().children.push_back(std::move(node));
    }
  }

  // A text of the node itself, not of something within it that has another name.
  common::Status AddText() {
    if (nodes_.empty() || names_.size() < 2) return {};
    const std::string& name = names_.back();
    if (skip_ > 0) {  // what reading one field does, reading the register does
      if (name == "readAction") nodes_.back().texts.emplace(name, "modify");
      return {};
    }
    if (!IsWanted(name) || names_[names_.size() - 2] != nodes_.back().kind) return {};
    std::string text = Trimmed(Text(xmlTextReaderConstValue(reader_)));
    if (text.size() > kLongestText) {
      return Refuse(fmt::format("{} has more than {} bytes", name, kLongestText));
    }
    if (!text.empty()) nodes_.back().texts.emplace(name, std::move(text));
    return {};
  }

  xmlTextReaderPtr reader_;
  std::string file_;
  SvdNode root_;
  std::vector<SvdNode> nodes_;      // open ones
  std::vector<std::string> names_;  // of open elements
  size_t skip_ = 0;                 // how many of these are within one that is not wanted
  size_t count_ = 0;
};

}  // namespace

const std::string& SvdNode::Text(const std::string& name) const {
  static const std::string empty;
  const auto found = texts.find(name);
  return found == texts.end() ? empty : found->second;
}

common::Result<SvdNode> ReadSvdTree(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) {
    return Fail(ErrorCode::kBadInput, "no such SVD file", path.string());
  }
  const auto text = common::ReadFile(path, kMostBytes);
  if (!text) return tl::make_unexpected(text.error());
  constexpr int kOptions = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
  const std::unique_ptr<xmlTextReader, decltype(&xmlFreeTextReader)> reader(
      xmlReaderForMemory(text->data(), static_cast<int>(text->size()), nullptr, nullptr, kOptions),
      &xmlFreeTextReader);
  if (reader == nullptr) return Fail(ErrorCode::kInternal, "out of memory", path.string());
  return TreeReader(reader.get(), path.string()).Read();
}

}  // namespace percuss::emulation

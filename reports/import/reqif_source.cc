// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "common/fs.h"
#include "common/memory_budget.h"
#include "reports/evidence/archive_source.h"
#include "reports/export/text.h"
#include "reports/import/source_items.h"
#include "reports/import/xml_tree.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using common::Result;

constexpr size_t kQuotedBytes = 60;

// XHTML (ReqIF 1.2, 10.8.20) as text: what a browser would put on a line of its own is on one.
class PlainText {
 public:
  // NOLINTNEXTLINE(misc-no-recursion): as deep as the tree, which ParseXml bounds
  void Add(const XmlNode& node) {
    for (const char c : node.text) {
      const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
      if (!space) {
        if (pending_ && !text_.empty() && text_.back() != '\n') text_ += ' ';
        text_ += c;
      }
      pending_ = space;
    }
    static const char* const kBlocks[] = {"p",  "div", "li", "ul", "ol", "table", "tr", "pre",
                                          "h1", "h2",  "h3", "h4", "h5", "h6",    "br"};
    const bool block =
        std::find(std::begin(kBlocks), std::end(kBlocks), node.name) != std::end(kBlocks);
    if (block) Break();
    for (const XmlNode& child : node.children) Add(child);
    if (block) Break();
  }
  std::string Take() {
    while (!text_.empty() && text_.back() == '\n') text_.pop_back();
    return std::move(text_);
  }

 private:
  void Break() {
    if (!text_.empty() && text_.back() != '\n') text_ += '\n';
    pending_ = false;
  }
  std::string text_;
  bool pending_ = false;
};

bool BeginsWith(const std::string& text, std::string_view start) {
  return text.compare(0, start.size(), start) == 0;
}

// LONG-NAME is what people see; without one the identifier is all there is.
std::string NameOf(const XmlNode& node) {
  const std::string name = node.Attribute("LONG-NAME");
  return name.empty() ? node.Attribute("IDENTIFIER") : name;
}

// The text of the one reference below `node`'s child: <TYPE><X-REF>id</X-REF></TYPE>.
std::string Reference(const XmlNode& node, std::string_view child) {
  const XmlNode* holder = node.Find(child);
  return holder == nullptr ? "" : holder->AllText();
}

class ReqifReader {
 public:
  ReqifReader(const XmlNode& root, const std::string& file, common::MemoryBudget& budget,
              SourceItems& source)
      : file_(file), budget_(budget), source_(source) {
    const XmlNode* core = root.name == "REQ-IF" ? root.Find("CORE-CONTENT") : nullptr;
    content_ = core == nullptr ? nullptr : core->Find("REQ-IF-CONTENT");
    if (content_ == nullptr) {
      source.problems.push_back({file, root.line, "is no ReqIF file with REQ-IF-CONTENT"});
    }
  }

  void Read() {
    if (content_ == nullptr) return;
    CollectNames();
    const size_t first = source_.items.size();
    if (const XmlNode* objects = content_->Find("SPEC-OBJECTS")) {
      for (const XmlNode& object : objects->children) {
        if (object.name == "SPEC-OBJECT") ReadObject(object);
      }
    }
    for (size_t i = first; i < source_.items.size(); ++i) by_key_[source_.items[i].key] = i;
    if (const XmlNode* relations = content_->Find("SPEC-RELATIONS")) {
      for (const XmlNode& relation : relations->children) {
        if (relation.name == "SPEC-RELATION") ReadRelation(relation);
      }
    }
  }

 private:
  void Blame(const XmlNode& node, const std::string& what) {
    source_.problems.push_back({file_, node.line, what});
  }

  // Names of types, attributes and words stand in the file once and in the items often.
  bool Fits(size_t bytes, const XmlNode& node) {
    if (budget_.Take(bytes)) return true;
    if (!std::exchange(too_much_, true)) Blame(node, common::kBudgetSpent);
    return false;
  }

  void CollectNames() {
    if (const XmlNode* types = content_->Find("SPEC-TYPES")) {
      for (const XmlNode& type : types->children) {
        if (type.name.empty()) continue;
        types_[type.Attribute("IDENTIFIER")] = NameOf(type);
        const XmlNode* attributes = type.Find("SPEC-ATTRIBUTES");
        if (attributes == nullptr) continue;
        for (const XmlNode& attribute : attributes->children) {
          if (!attribute.name.empty())
            names_[attribute.Attribute("IDENTIFIER")] = NameOf(attribute);
        }
      }
    }
    const XmlNode* datatypes = content_->Find("DATATYPES");
    if (datatypes == nullptr) return;
    for (const XmlNode& datatype : datatypes->children) {
      const XmlNode* values = datatype.Find("SPECIFIED-VALUES");
      if (values == nullptr) continue;
      for (const XmlNode& value : values->children) {
        if (value.name == "ENUM-VALUE") words_[value.Attribute("IDENTIFIER")] = NameOf(value);
      }
    }
  }

  void ReadObject(const XmlNode& object) {
    SourceItem item;
    item.file = file_;
    item.line = object.line;
    item.key = object.Attribute("IDENTIFIER");
    const std::string type = Reference(object, "TYPE");
    const auto known = types_.find(type);
    if (item.key.empty() || known == types_.end()) {
      return Blame(object, item.key.empty() ? "an object has no IDENTIFIER"
                                            : fmt::format("there is no object type \"{}\"",
                                                          ClippedText(type, kQuotedBytes)));
    }
    if (!Fits(sizeof item + file_.size() + known->second.size(), object)) return;
    item.type = known->second;
    item.fields.push_back({"identifier", {item.key}, false});
    if (const XmlNode* values = object.Find("VALUES")) {
      for (const XmlNode& value : values->children) {
        if (BeginsWith(value.name, "ATTRIBUTE-VALUE-")) ReadValue(value, item);
      }
    }
    source_.items.push_back(std::move(item));
  }

  void ReadValue(const XmlNode& value, SourceItem& item) {
    const std::string definition = Reference(value, "DEFINITION");
    const auto name = names_.find(definition);
    if (name == names_.end()) {
      return Blame(value, fmt::format("there is no attribute \"{}\"",
                                      ClippedText(definition, kQuotedBytes)));
    }
    if (!Fits(sizeof(SourceField) + name->second.size(), value)) return;
    SourceField field{name->second, {}, false};
    if (value.name == "ATTRIBUTE-VALUE-ENUMERATION") {
      if (const XmlNode* values = value.Find("VALUES")) {
        for (const XmlNode& reference : values->children) {
          if (reference.name.empty()) continue;
          const auto word = words_.find(reference.AllText());
          if (word == words_.end()) return Blame(reference, "there is no such enumerated value");
          if (!Fits(sizeof(std::string) + word->second.size(), reference)) return;
          field.values.push_back(word->second);
        }
      }
      field.is_list = field.values.size() > 1;
    } else if (value.name == "ATTRIBUTE-VALUE-XHTML") {
      PlainText text;
      if (const XmlNode* content = value.Find("THE-VALUE")) text.Add(*content);
      field.values = {text.Take()};
    } else {
      field.values = {value.Attribute("THE-VALUE")};
    }
    if (field.values.empty()) field.values = {""};
    item.fields.push_back(std::move(field));
  }

  void ReadRelation(const XmlNode& relation) {
    const auto from = by_key_.find(Reference(relation, "SOURCE"));
    const std::string target = Reference(relation, "TARGET");
    if (from == by_key_.end() || by_key_.count(target) == 0) {
      return Blame(relation, fmt::format("a relation's {} is not in the file",
                                         from == by_key_.end() ? "source" : "target"));
    }
    const auto type = types_.find(Reference(relation, "TYPE"));
    const std::string name = type == types_.end() || type->second.empty() ? "links" : type->second;
    std::vector<SourceField>& fields = source_.items[from->second].fields;
    const auto [link, is_new] = links_.emplace(std::pair(from->second, name), fields.size());
    if (is_new) {
      if (!Fits(2 * (sizeof(SourceField) + name.size()), relation)) return;
      fields.push_back({name, {}, true, true});
    }
    if (link->second < fields.size()) fields[link->second].values.push_back(target);
  }

  const std::string& file_;
  common::MemoryBudget& budget_;  // of all the files of an archive
  SourceItems& source_;
  const XmlNode* content_ = nullptr;
  std::map<std::string, std::string> types_;
  std::map<std::string, std::string> names_;
  std::map<std::string, std::string> words_;
  std::map<std::string, size_t> by_key_;
  std::map<std::pair<size_t, std::string>, size_t> links_;  // item and name to field
  bool too_much_ = false;
};

void ReadOne(std::string_view text, const std::string& file, common::MemoryBudget& budget,
             SourceItems& source) {
  const size_t before = source.problems.size();
  const XmlNode root = ParseXml(text, file, source.problems);
  if (source.problems.size() == before) ReqifReader(root, file, budget, source).Read();
}

bool IsReqif(const std::string& path) { return stdfs::path(path).extension() == ".reqif"; }

}  // namespace

Result<SourceItems> ReadReqifItems(const stdfs::path& path) {
  SourceItems source;
  common::MemoryBudget budget;
  if (path.extension() != ".reqifz") {
    const auto text = common::ReadFile(path, kLargestSource);
    if (!text) return tl::make_unexpected(text.error());
    ReadOne(*text, path.string(), budget, source);
    return source;
  }
  PackageLimits limits;
  limits.file_bytes = kLargestSource;
  limits.total_bytes = kLargestSource;
  size_t files = 0;
  std::string content;
  PackageVisitor visitor;
  visitor.wants = IsReqif;
  visitor.piece = [&](std::string_view bytes) -> common::Status {
    content += bytes;
    return {};
  };
  visitor.end = [&](const std::string& inner, uint64_t,
                    const std::string& damage) -> common::Status {
    ++files;
    const std::string name = path.string() + "/" + inner;
    const std::string text = std::exchange(content, {});
    if (damage.empty()) {
      ReadOne(text, name, budget, source);
    } else {
      source.problems.push_back({name, 0, damage});
    }
    return {};
  };
  const auto walked = WalkZip(path, limits, visitor);
  if (!walked) {
    if (walked.error().code != common::ErrorCode::kCorrupt) {
      return tl::make_unexpected(walked.error());
    }
    source.problems.push_back({path.string(), 0, walked.error().message});
  } else if (files == 0) {
    source.problems.push_back({path.string(), 0, "holds no .reqif file"});
  }
  return source;
}

}  // namespace percuss::reports

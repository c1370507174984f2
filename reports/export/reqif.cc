// SPDX-License-Identifier: Apache-2.0
#include "reports/export/reqif.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "reports/export/identifiers.h"
#include "reports/export/text.h"

namespace percuss::reports {
namespace {

constexpr size_t kTextBytes = 20'000;
constexpr const char* kText = "ReqIF.Text";
constexpr const char* kId = "ReqIF.ForeignID";

// In an attribute, where a reader would make spaces of line ends and tabs.
std::string Attribute(std::string_view text) {
  std::string escaped;
  for (const char c : EscapeMarkup(ClippedText(text, kTextBytes))) {
    if (c == '\n') {
      escaped += "&#10;";
    } else if (c == '\t') {
      escaped += "&#9;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string ListText(const ItemField& field) {
  std::string text;
  for (const std::string& value : field.values) text += (text.empty() ? "" : "; ") + value;
  return text;
}

class ReqifWriter {
 public:
  ReqifWriter(const std::vector<Item>& items, const ReqifHeader& header,
              const std::map<std::string, std::string>& relations)
      : items_(items), header_(header), relations_(relations) {
    if (!IsTimestamp(header_.time)) header_.time = "1970-01-01T00:00:00Z";
    for (size_t i = 0; i < items.size(); ++i) {
      const Item& item = items[i];
      identifiers_.push_back(
          "_" + NameUuid(header.name_space, fmt::format("item {} {} {}", i, item.type, item.id)));
      by_id_.emplace(std::pair(item.type, item.id), i);
      std::vector<std::string>& names = types_[item.type];
      if (names.empty()) names = {kId, kText};
      for (const ItemField& field : item.fields) {
        if (std::find(names.begin(), names.end(), field.name) == names.end()) {
          names.push_back(field.name);
        }
      }
    }
  }

  std::string Document() {
    const std::string relations = Relations();
    std::string xml = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<REQ-IF xmlns=\"http://www.omg.org/spec/ReqIF/20110401/reqif.xsd\">\n"
        " <THE-HEADER>\n  <REQ-IF-HEADER IDENTIFIER=\"{}\">\n"
        "   <CREATION-TIME>{}</CREATION-TIME>\n   <REQ-IF-TOOL-ID>percuss</REQ-IF-TOOL-ID>\n"
        "   <REQ-IF-VERSION>1.0</REQ-IF-VERSION>\n   <SOURCE-TOOL-ID>percuss</SOURCE-TOOL-ID>\n"
        "   <TITLE>{}</TITLE>\n  </REQ-IF-HEADER>\n </THE-HEADER>\n"
        " <CORE-CONTENT>\n  <REQ-IF-CONTENT>\n",
        Uuid("header"), header_.time, EscapeMarkup(ClippedText(header_.title, kTextBytes)));
    xml += fmt::format(
        "   <DATATYPES>\n    <DATATYPE-DEFINITION-STRING IDENTIFIER=\"{}\" {} "
        "LONG-NAME=\"text\" MAX-LENGTH=\"1000000\"/>\n   </DATATYPES>\n   <SPEC-TYPES>\n",
        Uuid("text"), Changed());
    for (const auto& [type, names] : types_) xml += ObjectType(type, names);
    for (const std::string& name : relation_types_) {
      xml += fmt::format("    <SPEC-RELATION-TYPE IDENTIFIER=\"{}\" {} LONG-NAME=\"{}\"/>\n",
                         Uuid("relation " + name), Changed(), Attribute(name));
    }
    xml += fmt::format(
        "    <SPECIFICATION-TYPE IDENTIFIER=\"{}\" {} LONG-NAME=\"list\"/>\n   </SPEC-TYPES>\n"
        "   <SPEC-OBJECTS>\n",
        Uuid("list"), Changed());
    for (size_t i = 0; i < items_.size(); ++i) xml += Object(i);
    xml += "   </SPEC-OBJECTS>\n   <SPEC-RELATIONS>\n" + relations + "   </SPEC-RELATIONS>\n";
    return xml + Specification() + "  </REQ-IF-CONTENT>\n </CORE-CONTENT>\n</REQ-IF>\n";
  }

 private:
  // An xsd:ID begins with a letter or an underline.
  [[nodiscard]] std::string Uuid(const std::string& name) const {
    return "_" + NameUuid(header_.name_space, name);
  }
  [[nodiscard]] std::string Changed() const {
    return fmt::format("LAST-CHANGE=\"{}\"", header_.time);
  }

  [[nodiscard]] std::string ObjectType(const std::string& type,
                                       const std::vector<std::string>& names) const {
    std::string xml = fmt::format(
        "    <SPEC-OBJECT-TYPE IDENTIFIER=\"{}\" {} LONG-NAME=\"{}\">\n     <SPEC-ATTRIBUTES>\n",
        Uuid("type " + type), Changed(), Attribute(type));
    for (const std::string& name : names) {
      xml += fmt::format(
          "      <ATTRIBUTE-DEFINITION-STRING IDENTIFIER=\"{}\" {} LONG-NAME=\"{}\">\n"
          "       "
          "<TYPE><DATATYPE-DEFINITION-STRING-REF>{}</DATATYPE-DEFINITION-STRING-REF></TYPE>\n"
          "      </ATTRIBUTE-DEFINITION-STRING>\n",
          Definition(type, name), Changed(), Attribute(name), Uuid("text"));
    }
    return xml + "     </SPEC-ATTRIBUTES>\n    </SPEC-OBJECT-TYPE>\n";
  }

  [[nodiscard]] std::string Definition(const std::string& type, const std::string& name) const {
    return Uuid("attribute " + type + " " + name);
  }

  [[nodiscard]] std::string Value(const std::string& type, const std::string& name,
                                  const std::string& text) const {
    return fmt::format(
        "      <ATTRIBUTE-VALUE-STRING THE-VALUE=\"{}\">\n"
        "       <DEFINITION><ATTRIBUTE-DEFINITION-STRING-REF>{}</ATTRIBUTE-DEFINITION-STRING-REF>"
        "</DEFINITION>\n      </ATTRIBUTE-VALUE-STRING>\n",
        Attribute(text), Definition(type, name));
  }

  [[nodiscard]] std::string Object(size_t number) const {
    const Item& item = items_[number];
    std::string xml =
        fmt::format("    <SPEC-OBJECT IDENTIFIER=\"{}\" {} LONG-NAME=\"{}\">\n     <VALUES>\n",
                    identifiers_[number], Changed(), Attribute(item.id));
    xml += Value(item.type, kId, item.id) + Value(item.type, kText, item.text);
    for (const ItemField& field : item.fields) xml += Value(item.type, field.name, ListText(field));
    return xml + fmt::format(
                     "     </VALUES>\n     <TYPE><SPEC-OBJECT-TYPE-REF>{}</SPEC-OBJECT-TYPE-REF>"
                     "</TYPE>\n    </SPEC-OBJECT>\n",
                     Uuid("type " + item.type));
  }

  std::string Relations() {
    std::string xml;
    for (size_t i = 0; i < items_.size(); ++i) {
      for (const ItemField& field : items_[i].fields) {
        const auto type = relations_.find(field.name);
        if (type == relations_.end()) continue;
        for (const std::string& value : field.values) {
          const auto at = by_id_.find({type->second, value});
          if (at == by_id_.end()) continue;
          relation_types_.insert(field.name);
          xml += fmt::format(
              "    <SPEC-RELATION IDENTIFIER=\"{}\" {}>\n"
              "     <TARGET><SPEC-OBJECT-REF>{}</SPEC-OBJECT-REF></TARGET>\n"
              "     <SOURCE><SPEC-OBJECT-REF>{}</SPEC-OBJECT-REF></SOURCE>\n"
              "     <TYPE><SPEC-RELATION-TYPE-REF>{}</SPEC-RELATION-TYPE-REF></TYPE>\n"
              "    </SPEC-RELATION>\n",
              Uuid(fmt::format("relation {} {} {}", i, field.name, at->second)), Changed(),
              identifiers_[at->second], identifiers_[i], Uuid("relation " + field.name));
        }
      }
    }
    return xml;
  }

  [[nodiscard]] std::string Specification() const {
    std::string xml = fmt::format(
        "   <SPECIFICATIONS>\n    <SPECIFICATION IDENTIFIER=\"{}\" {} LONG-NAME=\"{}\">\n"
        "     <TYPE><SPECIFICATION-TYPE-REF>{}</SPECIFICATION-TYPE-REF></TYPE>\n     <CHILDREN>\n",
        Uuid("specification"), Changed(), Attribute(header_.title), Uuid("list"));
    for (size_t i = 0; i < items_.size(); ++i) {
      xml += fmt::format(
          "      <SPEC-HIERARCHY IDENTIFIER=\"{}\" {}>\n"
          "       <OBJECT><SPEC-OBJECT-REF>{}</SPEC-OBJECT-REF></OBJECT>\n"
          "      </SPEC-HIERARCHY>\n",
          Uuid(fmt::format("place {}", i)), Changed(), identifiers_[i]);
    }
    return xml + "     </CHILDREN>\n    </SPECIFICATION>\n   </SPECIFICATIONS>\n";
  }

  const std::vector<Item>& items_;
  ReqifHeader header_;
  const std::map<std::string, std::string>& relations_;
  std::vector<std::string> identifiers_;
  std::map<std::pair<std::string, std::string>, size_t> by_id_;
  std::map<std::string, std::vector<std::string>> types_;
  std::set<std::string> relation_types_;
};

}  // namespace

std::string ReqifText(const std::vector<Item>& items, const ReqifHeader& header,
                      const std::map<std::string, std::string>& relations) {
  return ReqifWriter(items, header, relations).Document();
}

common::Result<std::string> WriteReqif(const common::RunRecord& record,
                                       const PackageFacts& package) {
  return ReqifText(RecordItems(record, package),
                   {"percuss: " + record.campaign.name, package.package_id, package.created_at},
                   {{"target", "target"}, {"interface", "interface"}});
}

}  // namespace percuss::reports

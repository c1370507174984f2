// SPDX-License-Identifier: Apache-2.0
#include "reports/export/doorstop.h"

#include <fmt/format.h>

#include <cctype>
#include <set>

#include "common/json_file.h"
#include "reports/export/text.h"

namespace percuss::reports {
namespace {

constexpr size_t kTextBytes = 20'000;
constexpr size_t kUidBytes = 80;

std::string Quoted(const std::string& text) {
  return common::Json(ClippedText(text, kTextBytes))
      .dump(-1, ' ', false, common::Json::error_handler_t::replace);
}

std::string ListText(const ItemField& field, const std::string& margin) {
  if (field.values.empty()) return " []\n";
  std::string text = "\n";
  for (const std::string& value : field.values) text += margin + "- " + Quoted(value) + "\n";
  return text;
}

std::string UidOf(const Item& item, std::set<std::string>& taken) {
  std::string name;
  for (const char c : item.type + item.id) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && std::isalnum(byte) != 0 && name.size() < kUidBytes) name += c;
  }
  std::string uid = "PERCUSS-" + name;
  // A letter before the number, or two different names could end as the same one.
  for (int i = 2; !taken.insert(uid).second; ++i) uid = fmt::format("PERCUSS-{}n{}", name, i);
  return uid;
}

}  // namespace

std::string DoorstopItemText(const Item& item, size_t number, const std::string& links,
                             size_t indent) {
  const std::string margin(indent, ' ');
  std::string linked = " []\n";
  std::string own;
  for (const ItemField& field : item.fields) {
    if (!links.empty() && field.name == links) {
      linked = ListText(field, margin);
    } else if (field.is_list) {
      own += fmt::format("{}{}:{}", margin, field.name, ListText(field, margin));
    } else {
      own += fmt::format("{}{}: {}\n", margin, field.name, Quoted(field.values[0]));
    }
  }
  return fmt::format(
      "{0}active: true\n{0}derived: false\n{0}header: \"\"\n{0}level: \"1.{1}\"\n{0}links:{2}"
      "{0}normative: true\n{0}ref: \"\"\n{0}reviewed: null\n{0}text: {3}\n{4}",
      margin, number, linked, Quoted(item.text), own);
}

common::Result<std::string> WriteDoorstop(const common::RunRecord& record,
                                          const PackageFacts& package) {
  std::string text;
  std::set<std::string> taken;
  size_t number = 0;
  for (Item& item : RecordItems(record, package)) {
    text += UidOf(item, taken) + ":\n";
    item.fields.insert(item.fields.begin(),
                       {{"kind", {item.type}, false}, {"id", {item.id}, false}});
    text += DoorstopItemText(item, ++number, "", 2);
  }
  return text;
}

}  // namespace percuss::reports

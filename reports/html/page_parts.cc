// SPDX-License-Identifier: Apache-2.0
#include "reports/html/page_parts.h"

#include <cctype>
#include <cstddef>

#include "reports/export/text.h"
#include "reports/html/templates.h"

namespace percuss::reports {
namespace {

constexpr size_t kValueBytes = 4'000;
constexpr size_t kCellBytes = 600;

bool IsBadge(const std::string& style) {
  return style == "pass" || style == "fail" || style == "unsure" || style == "infra" ||
         style == "plain";
}

Data CellData(const Cell& cell, bool first) {
  Data data;
  data["text"] = ClippedText(cell.text, kCellBytes);
  data["style"] = IsBadge(cell.style) ? std::string("tag") : cell.style;
  data["first"] = first;
  data["other"] = !first;
  if (IsBadge(cell.style)) {
    data["badge"] = cell.style;
  } else if (!cell.link.empty()) {
    data["link"] = cell.link;
  } else {
    data["plain_text"] = true;
  }
  return data;
}

}  // namespace

std::string Renderer::Fill(std::string_view template_text, const Data& data) {
  kainjow::mustache::mustache page{std::string(template_text)};
  page.set_custom_escape(
      [](const std::string& text) { return EscapeMarkup(ClippedText(text, kValueBytes)); });
  std::string html = page.is_valid() ? page.render(data) : std::string();
  if (!page.is_valid() && error_.empty()) error_ = page.error_message();
  return html;
}

std::string Renderer::TableHtml(const Table& table) {
  if (table.rows.empty()) return {};
  Data columns{Data::type::list};
  for (const Column& column : table.columns) {
    Data data;
    data["name"] = column.name;
    data["style"] = std::string(column.number ? "num" : "");
    columns.push_back(data);
  }
  Data rows{Data::type::list};
  for (const std::vector<Cell>& row : table.rows) {
    Data cells{Data::type::list};
    for (size_t i = 0; i < row.size(); ++i) cells.push_back(CellData(row[i], i == 0));
    Data data;
    data["cells"] = std::move(cells);
    rows.push_back(data);
  }
  Data data;
  data["caption"] = table.caption;
  data["columns"] = std::move(columns);
  data["rows"] = std::move(rows);
  data["has_note"] = !table.note.empty();
  data["note"] = table.note;
  return Fill(kTableTemplate, data);
}

Data FactsData(const Facts& facts) {
  Data list{Data::type::list};
  for (const auto& [name, value] : facts) {
    if (value.empty()) continue;
    Data data;
    data["name"] = name;
    data["value"] = value;
    list.push_back(data);
  }
  return list;
}

Data TextsData(const std::vector<std::string>& texts) {
  Data list{Data::type::list};
  for (const std::string& text : texts) {
    Data data;
    data["text"] = text.empty() ? std::string("(no text recorded)") : text;
    list.push_back(data);
  }
  return list;
}

std::string VerdictStyle(common::Verdict verdict) {
  switch (verdict) {
    case common::Verdict::kPass:
      return "pass";
    case common::Verdict::kFail:
      return "fail";
    case common::Verdict::kInconclusive:
      return "unsure";
    case common::Verdict::kInfrastructureError:
      break;
  }
  return "infra";
}

Cell VerdictCell(common::Verdict verdict) {
  return {VerdictWord(verdict), VerdictStyle(verdict), ""};
}

std::string AnchorId(std::string_view text) {
  std::string id = "f-";
  for (const char c : text.substr(0, 64)) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-';
    if (static_cast<unsigned char>(c) < 0x80) id += plain ? c : '_';
  }
  return id;
}

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
#include "reports/export/csv.h"

#include <map>
#include <string_view>

#include "reports/export/text.h"

namespace percuss::reports {
namespace {

// What spreadsheets hold in a cell at most.
constexpr size_t kCellBytes = 32'000;

std::string CellOf(const ItemField& field) {
  std::string cell;
  for (const std::string& value : field.values) cell += (cell.empty() ? "" : ";") + value;
  return ClippedText(cell, kCellBytes);
}

}  // namespace

std::string CsvRow(const std::vector<std::string>& cells) {
  std::string text;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) text += ',';
    text += CsvCell(cells[i]);
  }
  return text + "\r\n";
}

std::string CsvCell(const std::string& text) {
  std::string cell = VisibleText(text);
  constexpr std::string_view kFormula = "=+-@\t\r\n";
  // An apostrophe of the text's own before such a character would be taken for ours.
  const size_t first = cell.size() > 1 && cell[0] == '\'' ? 1 : 0;
  if (!cell.empty() && kFormula.find(cell[first]) != std::string_view::npos)
    cell.insert(0, 1, '\'');
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string quoted = "\"";
  for (const char c : cell) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string ItemsCsv(const std::vector<Item>& items, const std::string& text_column,
                     bool with_kind) {
  std::vector<std::string> columns;
  if (with_kind) columns.emplace_back("kind");
  columns.emplace_back("id");
  const size_t fixed = columns.size();
  std::map<std::string, size_t> places;
  for (const Item& item : items) {
    for (const ItemField& field : item.fields) {
      if (places.emplace(field.name, columns.size()).second) columns.push_back(field.name);
    }
  }
  columns.push_back(text_column);
  std::string text;
  text += CsvRow(columns);
  for (const Item& item : items) {
    std::vector<std::string> cells(columns.size());
    if (with_kind) cells[0] = item.type;
    cells[fixed - 1] = ClippedText(item.id, kCellBytes);
    for (const ItemField& field : item.fields) cells[places[field.name]] = CellOf(field);
    cells.back() = ClippedText(item.text, kCellBytes);
    text += CsvRow(cells);
  }
  return text;
}

common::Result<std::string> WriteCsv(const common::RunRecord& record, const PackageFacts& package) {
  return ItemsCsv(RecordItems(record, package), "text", true);
}

}  // namespace percuss::reports

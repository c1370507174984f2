// SPDX-License-Identifier: Apache-2.0
//
// What the report's chapters are built of: templates filled through one renderer that escapes every
// value, and tables. Not thread safe; one Renderer serves one page.
#pragma once

#include <kainjow/mustache.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/model/run_record.h"
#include "reports/html/html_report.h"

namespace percuss::reports {

using Data = kainjow::mustache::data;

struct Cell {
  std::string text;
  std::string style;  // num | mono | wide, or a badge: pass | fail | unsure | infra | plain
  std::string link;   // id in this page, empty for none
};

struct Column {
  std::string name;
  bool number = false;
};

struct Table {
  std::string caption;
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  // the first cell of each names the row
  std::string note;                     // below the table: what was left out, and where it is
};

struct Chapter {
  std::string id;
  std::string title;
  std::string body;  // HTML
};

// Fills templates. A template that the library refuses leaves its message in Failure().
class Renderer {
 public:
  [[nodiscard]] std::string Fill(std::string_view template_text, const Data& data);
  // Empty when there are no rows.
  [[nodiscard]] std::string TableHtml(const Table& table);
  [[nodiscard]] const std::string& Failure() const { return error_; }

 private:
  std::string error_;
};

// A list of {name, value} for the template's definition lists; pairs with an empty value are left
// out.
using Facts = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] Data FactsData(const Facts& facts);
[[nodiscard]] Data TextsData(const std::vector<std::string>& texts);

// "v-fail" and so on: the style class of a verdict.
[[nodiscard]] std::string VerdictStyle(common::Verdict verdict);
[[nodiscard]] Cell VerdictCell(common::Verdict verdict);
// A letter and hex digits or dashes only, whatever the text was: for ids and links in the page.
[[nodiscard]] std::string AnchorId(std::string_view text);

// The chapters, each from its part of the record.
[[nodiscard]] std::string VerdictChapter(Renderer& renderer, const common::RunRecord& record);
[[nodiscard]] std::string ScopeChapter(Renderer& renderer, const common::RunRecord& record);
[[nodiscard]] std::string FindingsChapter(Renderer& renderer, const common::RunRecord& record,
                                          const HtmlOptions& options);
[[nodiscard]] std::string ProgressChapter(Renderer& renderer, const common::RunRecord& record);
[[nodiscard]] std::string FunctionsChapter(Renderer& renderer, const common::RunRecord& record,
                                           const HtmlOptions& options);
[[nodiscard]] std::string TimingChapter(Renderer& renderer, const common::RunRecord& record);
[[nodiscard]] std::string NegativeChapter(Renderer& renderer, const common::RunRecord& record);
[[nodiscard]] std::string AcceptanceChapter(Renderer& renderer, const common::RunRecord& record);
[[nodiscard]] std::string SelfCheckChapter(Renderer& renderer, const common::RunRecord& record);
[[nodiscard]] std::string ConductChapter(Renderer& renderer, const common::RunRecord& record);
[[nodiscard]] std::string SbomChapter(Renderer& renderer, const common::RunRecord& record,
                                      const HtmlOptions& options);
// Of what `percuss trace`, `comply` or `metrics` shows as a page; tables are cut as there.
[[nodiscard]] std::string TablesChapter(Renderer& renderer, const SectionChapter& chapter,
                                        size_t max_rows);
[[nodiscard]] std::string SignaturesChapter(Renderer& renderer, const PackageFacts& package);

}  // namespace percuss::reports

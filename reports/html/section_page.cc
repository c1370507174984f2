// SPDX-License-Identifier: Apache-2.0
#include "reports/html/section_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "reports/export/text.h"
#include "reports/html/page_parts.h"
#include "reports/html/templates.h"

namespace percuss::reports {
namespace {

std::string ResultStyle(const std::string& result) {
  if (result == "pass" || result == "met" || result == "satisfied") return "pass";
  for (const char* bad : {"fail", "open", "not met", "missing"}) {
    if (result == bad) return "fail";
  }
  for (const char* unsure : {"not run", "inconclusive", "cannot tell", "too young"}) {
    if (result == unsure) return "unsure";
  }
  if (result == "infrastructure_error") return "infra";
  return "plain";
}

Table SectionTable(const TraceSection& section, size_t max_rows) {
  Table table;
  table.caption = section.title;
  for (const std::string& column : section.columns) table.columns.push_back({column, false});
  const auto result = std::find(section.columns.begin(), section.columns.end(), "result");
  const auto result_column = static_cast<size_t>(result - section.columns.begin());
  size_t left_out = section.left_out;
  for (const auto& texts : section.rows) {
    if (table.rows.size() == max_rows) {
      ++left_out;
      continue;
    }
    auto& row = table.rows.emplace_back();
    for (size_t i = 0; i < texts.size(); ++i) {
      const bool last = i + 1 == texts.size();
      row.push_back({texts[i],
                     i == result_column ? ResultStyle(texts[i])
                     : last             ? "wide"
                                        : "",
                     ""});
    }
  }
  if (left_out > 0) {
    table.note = fmt::format("{} more rows are in the JSON and CSV forms.",
                             CountText(static_cast<int64_t>(left_out)));
  }
  return table;
}

// For a template: each section's id, number, chapter_title and body.
Data SectionsData(Renderer& renderer, const SectionPage& content, const std::string& id_prefix,
                  size_t max_rows) {
  Data sections{Data::type::list};
  int number = 0;
  for (const TraceSection& section : content.sections) {
    Data data;
    data["id"] = id_prefix + section.id;
    data["number"] = std::to_string(++number);
    data["chapter_title"] =
        fmt::format("{} ({})", section.title, section.rows.size() + section.left_out);
    data["body"] = section.rows.empty() ? "<p>" + EscapeMarkup(content.when_empty) + "</p>"
                                        : renderer.TableHtml(SectionTable(section, max_rows));
    sections.push_back(data);
  }
  return sections;
}

std::string Render(const SectionPage& content, Renderer& renderer) {
  Data page;
  page["kind"] = content.kind;
  page["summary"] = content.summary;
  page["colophon"] = content.colophon;
  page["style"] = std::string(kStyle);
  page["chapters"] = SectionsData(renderer, content, "", kMaxPageRows);
  return renderer.Fill(kSectionsTemplate, page);
}

}  // namespace

common::Result<std::string> RenderSectionsHtml(const SectionPage& page) {
  try {
    Renderer renderer;
    std::string html = Render(page, renderer);
    if (renderer.Failure().empty()) return html;
    return common::Fail(common::ErrorCode::kInternal,
                        "the template of a page is wrong: " + renderer.Failure());
  } catch (const std::exception& error) {
    return common::Fail(common::ErrorCode::kInternal,
                        std::string("rendering a page: ") + error.what());
  }
}

std::string TablesChapter(Renderer& renderer, const SectionChapter& chapter, size_t max_rows) {
  Data data;
  if (!chapter.why_not.empty()) {
    data["why_not"] = TextsData({chapter.why_not});
    return renderer.Fill(kTablesTemplate, data);
  }
  Data content;
  content["summary"] = chapter.page.summary;
  content["colophon"] = chapter.page.colophon;
  content["note"] = chapter.note;
  content["sections"] = SectionsData(renderer, chapter.page, chapter.id + "-", max_rows);
  Data contents{Data::type::list};
  contents.push_back(content);
  data["content"] = std::move(contents);
  return renderer.Fill(kTablesTemplate, data);
}

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
#include "reports/html/trace_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "reports/export/text.h"
#include "reports/html/page_parts.h"
#include "reports/html/templates.h"
#include "reports/validation/trace_text.h"

namespace percuss::reports {
namespace {

constexpr size_t kMaxRows = 2000;  // of one table of a trace

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

Table SectionTable(const TraceSection& section) {
  Table table;
  table.caption = section.title;
  for (const std::string& column : section.columns) table.columns.push_back({column, false});
  const auto result = std::find(section.columns.begin(), section.columns.end(), "result");
  const auto result_column = static_cast<size_t>(result - section.columns.begin());
  for (const auto& texts : section.rows) {
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
  if (section.left_out > 0) {
    table.note = fmt::format("{} more rows are in the JSON and CSV forms.",
                             CountText(static_cast<int64_t>(section.left_out)));
  }
  return table;
}

std::string Render(const SectionPage& content, Renderer& renderer) {
  Data chapters{Data::type::list};
  int number = 0;
  for (const TraceSection& section : content.sections) {
    Data data;
    data["id"] = section.id;
    data["number"] = std::to_string(++number);
    data["chapter_title"] =
        fmt::format("{} ({})", section.title, section.rows.size() + section.left_out);
    data["body"] = section.rows.empty() ? "<p>" + EscapeMarkup(content.when_empty) + "</p>"
                                        : renderer.TableHtml(SectionTable(section));
    chapters.push_back(data);
  }
  Data page;
  page["kind"] = content.kind;
  page["summary"] = content.summary;
  page["colophon"] = content.colophon;
  page["style"] = std::string(kStyle);
  page["chapters"] = std::move(chapters);
  return renderer.Fill(kTraceTemplate, page);
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

common::Result<std::string> RenderTraceHtml(const Trace& trace) {
  return RenderSectionsHtml(
      {"Traceability", TraceSummary(trace), "No gap was found.",
       "Made by percuss trace. A result is the worst of an item's campaign targets, each by its "
       "latest campaign. \"No gap\" says that the links are there and that something was run, not "
       "that it suffices.",
       TraceSections(trace, kMaxRows)});
}

}  // namespace percuss::reports

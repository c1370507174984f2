// SPDX-License-Identifier: Apache-2.0
#include "reports/html/html_report.h"

#include <fmt/format.h>

#include <cctype>
#include <exception>

#include "reports/export/text.h"
#include "reports/html/page_parts.h"
#include "reports/html/templates.h"

namespace percuss::reports {
namespace {

std::vector<Chapter> Chapters(Renderer& renderer, const common::RunRecord& record,
                              const HtmlOptions& options) {
  std::vector<Chapter> chapters = {
      {"verdict", "Verdict", VerdictChapter(renderer, record)},
      {"scope", "Scope, and what was not tested", ScopeChapter(renderer, record)},
      {"findings", "Findings", FindingsChapter(renderer, record, options)},
      {"progress", "Coverage and rate over time", ProgressChapter(renderer, record)},
      {"functions", "Coverage per function", FunctionsChapter(renderer, record, options)},
      {"timing", "Timing", TimingChapter(renderer, record)},
      {"negative", "Nothing found", NegativeChapter(renderer, record)},
      {"acceptance", "Acceptance criteria", AcceptanceChapter(renderer, record)},
      {"self-check", "Self-check of the oracle", SelfCheckChapter(renderer, record)},
      {"conduct", "Campaign, host and tools", ConductChapter(renderer, record)},
      {"sbom", "Bill of materials", SbomChapter(renderer, record, options)},
  };
  for (const SectionChapter& section : options.sections) {
    chapters.push_back(
        {section.id, section.title, TablesChapter(renderer, section, options.max_section_rows)});
  }
  chapters.push_back(
      {"signatures", "Seal and signatures", SignaturesChapter(renderer, options.package)});
  return chapters;
}

// For a string in the style sheet, where no reference is decoded: nothing but what a UUID may hold.
std::string PageId(const std::string& package_id) {
  std::string id;
  for (const char c : package_id.substr(0, 64)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && (std::isalnum(byte) != 0 || c == '-')) id += c;
  }
  return id;
}

Facts MetaFacts(const common::RunRecord& record, const PackageFacts& package) {
  return {{"Package", package.package_id},
          {"Campaign", record.campaign.name},
          {"Software version", record.device.software_version},
          {"Tested", record.campaign.started_at},
          {"Report made", package.created_at}};
}

std::string Render(const common::RunRecord& record, const HtmlOptions& options,
                   Renderer& renderer) {
  Data chapters{Data::type::list};
  int number = 0;
  for (const Chapter& chapter : Chapters(renderer, record, options)) {
    Data data;
    data["id"] = chapter.id;
    data["number"] = std::to_string(++number);
    data["chapter_title"] = chapter.title;
    data["body"] = chapter.body;
    chapters.push_back(data);
  }
  std::string title = record.device.name.empty() ? record.campaign.name : record.device.name;
  if (!record.device.model.empty()) title += " " + record.device.model;
  Data page;
  page["title"] = title.empty() ? std::string("Unnamed campaign") : ClippedText(title, 200);
  page["verdict_word"] = VerdictWord(record.verdict);
  page["package_id"] = options.package.package_id;
  page["page_id"] = PageId(options.package.package_id);
  page["tool_version"] = record.tool_version;
  page["file_name"] =
      options.package.file_name.empty() ? std::string("PACKAGE") : options.package.file_name;
  page["style"] = std::string(kStyle);
  page["meta"] = FactsData(MetaFacts(record, options.package));
  page["chapters"] = std::move(chapters);
  return renderer.Fill(kPageTemplate, page);
}

}  // namespace

common::Result<std::string> RenderHtml(const common::RunRecord& record,
                                       const HtmlOptions& options) {
  try {
    Renderer renderer;
    std::string html = Render(record, options, renderer);
    if (!renderer.Failure().empty()) {
      return common::Fail(common::ErrorCode::kInternal,
                          "a template of the HTML report is wrong: " + renderer.Failure());
    }
    return html;
  } catch (const std::exception& error) {
    return common::Fail(common::ErrorCode::kInternal,
                        std::string("rendering the HTML report: ") + error.what());
  }
}

}  // namespace percuss::reports

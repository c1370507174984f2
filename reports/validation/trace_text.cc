// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/trace_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <unordered_map>

#include "common/json_file.h"
#include "common/words.h"
#include "reports/export/csv.h"
#include "reports/export/text.h"

namespace percuss::reports {
namespace {

constexpr size_t kCellBytes = 60;
constexpr size_t kMaxListed = 12;

constexpr std::array<TraceKind, kTraceKinds> kKinds = {
    TraceKind::kRequirement, TraceKind::kControl,   TraceKind::kThreat,
    TraceKind::kRisk,        TraceKind::kInterface, TraceKind::kEntry,
    TraceKind::kTarget,      TraceKind::kFinding,   TraceKind::kPackage};

std::string Place(const std::string& file, int line) {
  return line > 0 ? fmt::format("{}:{}", file, line) : file;
}

std::string Ids(const Trace& trace, const std::vector<uint32_t>& links, size_t max_ids) {
  std::string ids;
  for (size_t i = 0; i < links.size() && i < max_ids; ++i) {
    if (i > 0) ids += ' ';
    ids += trace.items[links[i]].id;
  }
  if (links.size() > max_ids) ids += fmt::format(" and {} more", links.size() - max_ids);
  return ids;
}

std::string Findings(const TraceItem& item) {
  if (item.findings == 0) return "0";
  return fmt::format("{}, {} open", item.findings, item.open_findings);
}

// Which neighbours a table of one kind shows; all of them would not fit a line.
std::vector<TraceKind> ShownLinks(TraceKind kind) {
  switch (kind) {
    case TraceKind::kRequirement:
      return {TraceKind::kControl, TraceKind::kThreat, TraceKind::kRisk, TraceKind::kInterface,
              TraceKind::kEntry};
    case TraceKind::kControl:
      return {TraceKind::kThreat, TraceKind::kRisk, TraceKind::kRequirement, TraceKind::kTarget};
    case TraceKind::kThreat:
      return {TraceKind::kInterface, TraceKind::kControl, TraceKind::kRisk, TraceKind::kTarget};
    case TraceKind::kRisk:
      return {TraceKind::kControl, TraceKind::kThreat, TraceKind::kRequirement, TraceKind::kTarget};
    case TraceKind::kInterface:
      return {TraceKind::kThreat, TraceKind::kRequirement, TraceKind::kEntry, TraceKind::kTarget};
    case TraceKind::kEntry:
      return {TraceKind::kInterface, TraceKind::kRequirement, TraceKind::kTarget};
    case TraceKind::kTarget:
      return {TraceKind::kEntry, TraceKind::kInterface, TraceKind::kRequirement,
              TraceKind::kPackage};
    case TraceKind::kFinding:
      return {TraceKind::kTarget, TraceKind::kPackage, TraceKind::kThreat};
    case TraceKind::kPackage:
      break;
  }
  return {TraceKind::kTarget};
}

TraceSection GapSection(const Trace& trace, size_t max_rows) {
  TraceSection section{"gaps", "Gaps", {"gap", "of", "id", "what", "where"}, {}, 0};
  for (const TraceGap& gap : trace.gaps) {
    if (section.rows.size() == max_rows) {
      ++section.left_out;
      continue;
    }
    section.rows.push_back(
        {gap.gap, TraceKindName(gap.kind), gap.id, gap.what, Place(gap.file, gap.line)});
  }
  return section;
}

TraceSection CriteriaSection(const Trace& trace, size_t max_rows) {
  TraceSection section{
      "criteria", "Criteria", {"entry", "criterion", "target", "result", "what"}, {}, 0};
  for (const CriterionResult& result : trace.criteria) {
    if (section.rows.size() == max_rows) {
      ++section.left_out;
      continue;
    }
    section.rows.push_back(
        {result.entry, result.criterion, result.target, result.result, result.what});
  }
  return section;
}

TraceSection KindSection(const Trace& trace, TraceKind kind, size_t max_rows) {
  TraceSection section{TraceKindPlural(kind), TraceKindPlural(kind), {"id", "result"}, {}, 0};
  section.title[0] = static_cast<char>(section.title[0] - 'a' + 'A');
  const bool counts = kind < TraceKind::kFinding;
  const auto shown = ShownLinks(kind);
  if (counts) section.columns.emplace_back("findings");
  for (const TraceKind other : shown) section.columns.emplace_back(TraceKindPlural(other));
  section.columns.emplace_back("text");
  for (const TraceItem& item : trace.items) {
    if (item.kind != kind) continue;
    if (section.rows.size() == max_rows) {
      ++section.left_out;
      continue;
    }
    std::vector<std::string> row = {item.id, item.result};
    if (counts) row.push_back(Findings(item));
    for (const TraceKind other : shown) row.push_back(Ids(trace, item.To(other), kMaxListed));
    row.push_back(item.reference.empty() ? item.text : item.text + " [" + item.reference + "]");
    section.rows.push_back(std::move(row));
  }
  return section;
}

std::string OneLine(const std::string& text, size_t max_bytes) {
  std::string line =
      text.size() <= max_bytes ? VisibleText(text) : VisibleText(ClippedText(text, max_bytes));
  std::replace(line.begin(), line.end(), '\n', ' ');
  std::replace(line.begin(), line.end(), '\t', ' ');
  return line;
}

// A string of JSON. What is plain is most of it, and needs no library.
void AppendString(std::string& json, std::string_view text) {
  const auto plain = [](char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; };
  if (std::all_of(text.begin(), text.end(), plain)) {
    json += '"';
    json += text;
    json += '"';
  } else {
    json += common::Json(text).dump(-1, ' ', false, common::Json::error_handler_t::replace);
  }
}

using TextMembers = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// With a comma at the end. No documents are built: together they would be ten times the text.
void AppendMembers(std::string& json, TextMembers members) {
  for (const auto& [name, value] : members) {
    AppendString(json, name);
    json += ": ";
    AppendString(json, value);
    json += ", ";
  }
}

void AppendLinks(std::string& json, const Trace& trace, const TraceItem& item) {
  bool first = true;
  for (const TraceKind kind : kKinds) {
    if (item.To(kind).empty()) continue;
    json += first ? "\"" : ", \"";
    first = false;
    json += TraceKindPlural(kind);
    json += "\": [";
    for (size_t i = 0; i < item.To(kind).size(); ++i) {
      if (i > 0) json += ", ";
      AppendString(json, trace.items[item.To(kind)[i]].id);
    }
    json += ']';
  }
}

}  // namespace

std::vector<TraceSection> TraceSections(const Trace& trace, size_t max_rows) {
  std::vector<TraceSection> sections = {GapSection(trace, max_rows)};
  if (!trace.criteria.empty()) sections.push_back(CriteriaSection(trace, max_rows));
  for (const TraceKind kind : kKinds) {
    TraceSection section = KindSection(trace, kind, max_rows);
    if (!section.rows.empty()) sections.push_back(std::move(section));
  }
  return sections;
}

SectionPage TracePage(const Trace& trace) {
  return {"Traceability", TraceSummary(trace), "No gap was found.",
          "Made by percuss trace. A result is the worst of all that an item is linked to, by the "
          "latest campaign of each target. \"No gap\" says that the links are there and that "
          "something was run, not that it suffices.",
          TraceSections(trace, kMaxPageRows)};
}

std::string TraceSummary(const Trace& trace) {
  const size_t gaps = trace.gaps.size();
  const std::string count =
      gaps == 0 ? "no gap" : common::Counted(static_cast<int64_t>(gaps), "gap");
  return fmt::format("{} in {} items{}{}", count, trace.items.size(),
                     trace.signers_note.empty() ? "" : "; ", trace.signers_note);
}

std::string SectionText(const TraceSection& section) {
  std::string text =
      fmt::format("\n{} ({})\n", section.title, section.rows.size() + section.left_out);
  std::vector<std::vector<std::string>> rows = {section.columns};
  for (const auto& row : section.rows) {
    auto& shown = rows.emplace_back();
    for (size_t i = 0; i < row.size(); ++i) {
      shown.push_back(OneLine(row[i], i + 1 == row.size() ? 4 * kCellBytes : 2 * kCellBytes));
    }
  }
  std::vector<size_t> widths(section.columns.size());
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], std::min(row[i].size(), kCellBytes));
    }
  }
  for (const auto& row : rows) {
    std::string line = " ";
    for (size_t i = 0; i < row.size(); ++i) {
      line += ' ';
      line += row[i].empty() ? "-" : row[i];
      const size_t width = std::max<size_t>(row[i].size(), 1);
      if (i + 1 < row.size()) line.append(widths[i] > width ? widths[i] - width + 1 : 1, ' ');
    }
    text += line + '\n';
  }
  return text;
}

std::string TraceTableText(const Trace& trace) {
  std::string text = TraceSummary(trace) + '\n';
  for (const TraceSection& section : TraceSections(trace, SIZE_MAX)) text += SectionText(section);
  return text;
}

std::string TraceCsv(const Trace& trace) {
  std::unordered_map<std::string, std::string> gaps;
  const auto key = [](TraceKind kind, const std::string& id) {
    return std::string(TraceKindName(kind)) + ' ' + id;
  };
  for (const TraceGap& gap : trace.gaps) {
    std::string& names = gaps[key(gap.kind, gap.id)];
    if (!names.empty()) names += ' ';
    names += gap.gap;
  }
  std::string text = "kind,id,gaps,result,finding_count,open_count";
  for (const TraceKind kind : kKinds) text += std::string(",") + TraceKindPlural(kind);
  text += ",text,reference,file,line\r\n";
  const auto add = [&](const std::vector<std::string>& cells) { text += CsvRow(cells); };
  for (const TraceItem& item : trace.items) {
    std::vector<std::string> cells = {
        TraceKindName(item.kind),          item.id, "", item.result, std::to_string(item.findings),
        std::to_string(item.open_findings)};
    if (const auto found = gaps.find(key(item.kind, item.id)); found != gaps.end()) {
      cells[2] = found->second;
      gaps.erase(found);
    }
    for (const TraceKind kind : kKinds) cells.push_back(Ids(trace, item.To(kind), SIZE_MAX));
    cells.insert(cells.end(), {item.text, item.reference, item.file, std::to_string(item.line)});
    add(cells);
  }
  // Gaps of what is in no list, such as a package that was not given.
  for (const TraceGap& gap : trace.gaps) {
    const auto left = gaps.find(key(gap.kind, gap.id));
    if (left == gaps.end()) continue;
    std::vector<std::string> cells = {TraceKindName(gap.kind), gap.id, left->second, "", "0", "0"};
    cells.resize(cells.size() + kTraceKinds);
    cells.insert(cells.end(), {gap.what, "", gap.file, std::to_string(gap.line)});
    gaps.erase(left);
    add(cells);
  }
  if (!trace.signers_note.empty()) {
    std::vector<std::string> cells = {"records", "signers", "", "", "0", "0"};
    cells.resize(cells.size() + kTraceKinds);
    cells.insert(cells.end(), {trace.signers_note, "", "", "0"});
    add(cells);
  }
  return text;
}

std::string TraceJsonText(const Trace& trace) {
  std::string text = fmt::format(
      "{{\n\"schema\": \"percuss.traceability.v1\",\n"
      "\"summary\": {{\"gaps\": {}, \"items\": {}}},\n\"signers_note\": ",
      trace.gaps.size(), trace.items.size());
  AppendString(text, trace.signers_note);
  text += ",\n\"gaps\": [";
  for (const TraceGap& gap : trace.gaps) {
    text += &gap == trace.gaps.data() ? "\n{" : ",\n{";
    AppendMembers(text, {{"gap", gap.gap},
                         {"kind", TraceKindName(gap.kind)},
                         {"id", gap.id},
                         {"what", gap.what},
                         {"file", gap.file}});
    text += fmt::format("\"line\": {}}}", gap.line);
  }
  text += "],\n\"criteria\": [";
  for (const CriterionResult& result : trace.criteria) {
    text += &result == trace.criteria.data() ? "\n{" : ",\n{";
    AppendMembers(text, {{"entry", result.entry},
                         {"criterion", result.criterion},
                         {"target", result.target},
                         {"result", result.result},
                         {"what", result.what}});
    text += fmt::format("\"line\": {}}}", result.line);
  }
  text += "],\n\"items\": [";
  for (const TraceItem& item : trace.items) {
    text += &item == trace.items.data() ? "\n{" : ",\n{";
    AppendMembers(text, {{"kind", TraceKindName(item.kind)},
                         {"id", item.id},
                         {"text", item.text},
                         {"result", item.result},
                         {"reference", item.reference},
                         {"file", item.file}});
    text += fmt::format("\"line\": {}, \"findings\": {}, \"open_findings\": {}, \"links\": {{",
                        item.line, item.findings, item.open_findings);
    AppendLinks(text, trace, item);
    text += "}}";
  }
  return text + "]\n}\n";
}

}  // namespace percuss::reports

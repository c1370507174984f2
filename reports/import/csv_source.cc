// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "common/memory_budget.h"
#include "reports/export/text.h"
#include "reports/import/source_items.h"

namespace percuss::reports {
namespace {

constexpr size_t kMostColumns = 256;
constexpr size_t kQuotedBytes = 60;

struct Row {
  int line = 0;
  std::string mistake = {};
  std::vector<std::string> cells;
};

class CsvReader {
 public:
  CsvReader(std::string_view text, char delimiter) : text_(text), delimiter_(delimiter) {}

  // Whether there was another row. One with a mistake ends where its line does.
  bool Next(Row& row) {
    row = {line_, "", {}};
    mistake_.clear();
    if (at_ >= text_.size()) return false;
    for (;;) {
      row.cells.emplace_back();
      if (!ReadCell(row.cells.back())) {
        row.line = line_;
        row.mistake = mistake_;
        at_ = std::min(text_.find('\n', at_), text_.size());
        EndLine();
        return true;
      }
      if (at_ < text_.size() && text_[at_] == delimiter_) {
        ++at_;
        continue;
      }
      EndLine();
      return true;
    }
  }

  [[nodiscard]] int Line() const { return line_; }

 private:
  bool ReadCell(std::string& cell) {
    if (at_ < text_.size() && text_[at_] == '"') return ReadQuoted(cell);
    while (at_ < text_.size() && text_[at_] != delimiter_ && text_[at_] != '\n') {
      if (text_[at_] == '"') return Refuse("a quote in the middle of a cell without quotes");
      if (text_[at_] == '\r' && (at_ + 1 == text_.size() || text_[at_ + 1] == '\n')) break;
      cell += text_[at_++];
    }
    return true;
  }

  bool ReadQuoted(std::string& cell) {
    const int begin = line_;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != '"') {
        cell += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        cell += text_[++at_];
      } else {
        ++at_;
        const bool ends = at_ == text_.size() || text_[at_] == delimiter_ || text_[at_] == '\n' ||
                          text_[at_] == '\r';
        return ends || Refuse("text after the quote that ends a cell");
      }
    }
    // What follows an open quote is anybody's guess: at_ is the end.
    line_ = begin;
    return Refuse("a quote that begins here never ends");
  }

  void EndLine() {
    if (at_ < text_.size() && text_[at_] == '\r') ++at_;
    if (at_ < text_.size() && text_[at_] == '\n') ++at_;
    ++line_;
  }

  bool Refuse(const char* what) {
    mistake_ = what;
    return false;
  }

  std::string_view text_;
  char delimiter_;
  size_t at_ = 0;
  int line_ = 1;
  std::string mistake_;
};

bool IsEmpty(const Row& row) {
  return row.mistake.empty() && row.cells.size() == 1 && row.cells[0].empty();
}

std::string WithoutGuard(std::string cell) {
  if (cell.size() < 2 || cell[0] != '\'') return cell;
  const char guarded = cell[1] == '\'' && cell.size() > 2 ? cell[2] : cell[1];
  const bool formula = std::string_view("=+-@\t\r\n").find(guarded) != std::string_view::npos;
  return formula ? cell.substr(1) : cell;
}

enum class Header {
  kGood,
  kBadNames,  // rows can be counted, and mean nothing
  kBad,
};

Header CheckHeader(const Row& header, const std::string& file, char delimiter,
                   std::vector<Problem>& problems) {
  const auto blame = [&](const std::string& what) {
    problems.push_back({file, header.line, what});
  };
  std::set<std::string_view> names;
  for (const std::string& name : header.cells) {
    if (name.empty()) {
      blame("a column has no name");
    } else if (!names.insert(name).second) {
      blame(fmt::format("two columns are called \"{}\"", ClippedText(name, kQuotedBytes)));
    }
  }
  if (header.cells.size() > kMostColumns) {
    blame(fmt::format("more than {} columns", kMostColumns));
  }
  const char other = delimiter == ',' ? ';' : ',';
  const bool has_names = problems.empty();
  if (header.cells.size() == 1 && header.cells[0].find(other) != std::string::npos) {
    blame(
        fmt::format("one column only; for cells apart by '{}' say \"delimiter\": \"{}\" in a "
                    "--map file",
                    other, other));
    return Header::kBad;
  }
  return has_names ? Header::kGood : Header::kBadNames;
}

// The first, up to kMostProblems.
std::vector<int> LinesOfInvalidText(std::string_view text) {
  std::vector<int> lines;
  for (int line = 1; !text.empty() && lines.size() < kMostProblems; ++line) {
    const std::string_view row = text.substr(0, text.find('\n'));
    std::string plain(row);
    for (char& c : plain) {
      if (c == '\t' || c == '\r') c = ' ';
    }
    // What is not UTF-8 shows as the replacement character, and NUL as its picture.
    const std::string visible = VisibleText(plain);
    const auto replaced = [](std::string_view in) {
      size_t count = 0;
      for (size_t at = in.find("\xEF\xBF\xBD"); at != std::string_view::npos;
           at = in.find("\xEF\xBF\xBD", at + 1)) {
        ++count;
      }
      return count;
    };
    if (row.find('\0') != std::string_view::npos || replaced(visible) != replaced(plain)) {
      lines.push_back(line);
    }
    text.remove_prefix(std::min(row.size() + 1, text.size()));
  }
  return lines;
}

}  // namespace

SourceItems ReadCsvItems(std::string_view text, const std::string& file, char delimiter) {
  SourceItems source;
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  for (const int line : LinesOfInvalidText(text)) {
    source.problems.push_back({file, line, "is not UTF-8 text; save it as \"CSV UTF-8\""});
  }
  if (!source.problems.empty()) return source;
  CsvReader reader(text, delimiter);
  Row header;
  while (reader.Next(header) && IsEmpty(header)) {
  }
  if (!header.mistake.empty() || header.cells.empty() || IsEmpty(header)) {
    const bool broken = !header.mistake.empty();
    source.problems.push_back(
        {file, broken ? header.line : reader.Line(), broken ? header.mistake : "has no header"});
    return source;
  }
  const Header names = CheckHeader(header, file, delimiter, source.problems);
  if (names == Header::kBad) return source;
  Row row;
  common::MemoryBudget budget;
  const size_t row_bytes = std::accumulate(
      header.cells.begin(), header.cells.end(), sizeof(SourceItem) + file.size(),
      [](size_t sum, const std::string& name) { return sum + sizeof(SourceField) + name.size(); });
  while (source.problems.size() < kMostProblems && reader.Next(row)) {
    if (IsEmpty(row)) continue;
    if (!row.mistake.empty()) {
      source.problems.push_back({file, row.line, row.mistake});
      continue;
    }
    if (!budget.Take(row_bytes)) {
      source.problems.push_back({file, row.line, common::kBudgetSpent});
      return source;
    }
    if (row.cells.size() != header.cells.size()) {
      source.problems.push_back({file, row.line,
                                 fmt::format("has {} cells where the header has {}",
                                             row.cells.size(), header.cells.size())});
      continue;
    }
    if (names != Header::kGood) continue;
    SourceItem& item = source.items.emplace_back(SourceItem{"", file, row.line, {}});
    for (size_t i = 0; i < row.cells.size(); ++i) {
      item.fields.push_back({header.cells[i], {WithoutGuard(std::move(row.cells[i]))}, false});
    }
  }
  return source;
}

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// Tables that are ready to be shown, whatever they tell of: what a trace, the matrix and the
// metrics have in common. Plain data.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace percuss::reports {

// Of a trace the gaps, or all items of one kind.
struct TraceSection {
  std::string id;  // "gaps", or a kind's plural
  std::string title;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  size_t left_out = 0;  // rows beyond max_rows
};

// Tables under a heading: a page of its own, or a chapter of the report.
struct SectionPage {
  std::string kind;        // "Traceability"
  std::string summary;     // in one line
  std::string when_empty;  // in place of a table without rows
  std::string colophon;    // what made it, and what it does not say
  std::vector<TraceSection> sections;
};

// A SectionPage within the report.
struct SectionChapter {
  std::string id;  // of the chapter in the page
  std::string title;
  std::string why_not;  // in one sentence: there are no tables; empty where there are
  std::string note;     // from what the tables were made, and what they need more
  SectionPage page;
};

// Of one table of a page; what is left out is counted.
constexpr size_t kMaxPageRows = 2000;

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// Reads the members of one object of a validation file. Every mistake becomes a problem with file
// and line, and reading goes on. Not thread-safe; everything that is handed
// over must outlive it, the names of members too: they are literals.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "reports/validation/located_json.h"

namespace percuss::reports {

using common::IsDate;

// Letters, digits, '.', '_' and '-', beginning with a letter or digit, at most 64.
[[nodiscard]] bool IsValidationId(std::string_view text);

// Whether it names a file below a folder: components apart by '/', none of them empty, "." or "..",
// without backslashes and control characters.
[[nodiscard]] bool IsPathBelow(std::string_view text);

// An id that one entry names of another, and the line where it does.
struct Link {
  std::string id;
  int line = 0;
};

// A date, or "2026-01-31T08:00:00Z".
[[nodiscard]] bool IsTime(std::string_view text);

class EntryReader {
 public:
  // `what` says in problems what the object is: "threat".
  EntryReader(const LocatedValue& object, const std::string& file, std::string_view what,
              std::vector<Problem>& problems);

  // Of the entry itself; problems name it from then on.
  std::string Id();
  std::string Text(std::string_view name);  // empty when absent
  std::string RequiredText(std::string_view name);
  std::string Choice(std::string_view name, const std::vector<std::string>& allowed);  // required
  // A list of these words; required.
  std::vector<std::string> Choices(std::string_view name, const std::vector<std::string>& allowed);
  std::string Date(std::string_view name);  // required
  // Required; a date of what was done or said, which nobody has seen whose day has not begun
  // anywhere.
  std::string PastDate(std::string_view name);
  std::string Time(std::string_view name);    // required; a date will do
  std::string Sha256(std::string_view name);  // required
  std::string File(std::string_view name);    // required; see IsPathBelow
  double Amount(std::string_view name);       // a number from 0 on; required
  Link RequiredLink(std::string_view name);
  std::vector<Link> Links(std::string_view name);  // required, may be an empty list
  std::vector<std::string> Texts(std::string_view name);
  // Items of a list of objects; required.
  std::vector<EntryReader> Entries(std::string_view name, std::string_view what);
  EntryReader Entry(std::string_view name);  // required
  [[nodiscard]] bool Has(std::string_view name) const;
  [[nodiscard]] int Line() const { return object_->line; }

  void Mistake(int line, const std::string& what);
  // Call last: a member that was never asked for is a mistake.
  void RefuseOthers();

 private:
  const LocatedValue* Find(std::string_view name);
  const LocatedValue* Require(std::string_view name, LocatedValue::Kind kind, const char* shape);

  const LocatedValue* object_;
  const std::string* file_;
  std::string_view what_;
  std::string_view id_;
  std::vector<Problem>* problems_;
  std::vector<std::string_view> asked_;
};

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// Reads the members of one object of a validation file. Every mistake becomes a problem with file
// and line, and reading goes on. Not thread-safe; value and problems must outlive it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/validation/located_json.h"
#include "reports/validation/validation_files.h"

namespace percuss::reports {

// "2026-01-31", a day that the calendar has.
[[nodiscard]] bool IsDate(std::string_view text);

// Letters, digits, '.', '_' and '-', beginning with a letter or digit, at most 64.
[[nodiscard]] bool IsValidationId(std::string_view text);

class EntryReader {
 public:
  // `what` says in problems what the object is: "threat".
  EntryReader(const LocatedValue& object, std::string file, std::string what,
              std::vector<Problem>& problems);

  // Of the entry itself; problems name it from then on.
  std::string Id();
  std::string Text(const std::string& name);  // empty when absent
  std::string RequiredText(const std::string& name);
  std::string Choice(const std::string& name, const std::vector<std::string>& allowed);  // required
  std::string Date(const std::string& name);                                             // required
  Link RequiredLink(const std::string& name);
  std::vector<Link> Links(const std::string& name);  // required, may be an empty list
  std::vector<std::string> Texts(const std::string& name);
  // Items of a list of objects; required.
  std::vector<EntryReader> Entries(const std::string& name, const std::string& what);
  EntryReader Entry(const std::string& name);  // required
  [[nodiscard]] bool Has(const std::string& name) const;
  [[nodiscard]] int Line() const { return object_->line; }

  void Mistake(int line, const std::string& what);
  // Call last: a member that was never asked for is a mistake.
  void RefuseOthers();

 private:
  const LocatedValue* Find(const std::string& name);
  const LocatedValue* Require(const std::string& name, LocatedValue::Kind kind, const char* shape);

  const LocatedValue* object_;
  std::string file_;
  std::string what_;
  std::vector<Problem>* problems_;
  std::vector<std::string> asked_;
};

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// JSON that a person wrote, with the line of every value: for errors about what a value means, of
// which a file may have thousands. A member that is there twice is a problem, where other readers
// take the last.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace percuss::reports {

struct LocatedValue {
  enum class Kind { kText, kNumber, kList, kObject, kOther };
  Kind kind = Kind::kOther;        // kOther: true, false or null
  int line = 0;                    // from 1; of a member, the line of its name
  double number = 0;               // of kNumber
  std::string text;                // of kText
  std::vector<std::string> names;  // of kObject, one per item
  std::vector<LocatedValue> items;
};

// What is wrong with a file that a person can correct.
struct Problem {
  std::string file;
  int line = 0;  // 0: the file as a whole
  std::string what;

  // "file:line: what", as a compiler would say it.
  [[nodiscard]] std::string Text() const;
};

// Appends a problem for a syntax error, invalid UTF-8, nesting deeper than 32, an object of more
// than 64 members (reading ends there), or a member that is there twice. `file` is what problems
// call the text.
[[nodiscard]] LocatedValue ParseLocated(std::string_view text, const std::string& file,
                                        std::vector<Problem>& problems);

}  // namespace percuss::reports

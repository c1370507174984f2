// SPDX-License-Identifier: Apache-2.0
//
// The rows of the compliance matrix: which clause asks for what to be shown, and which check looks
// for it. The rows are data of the project, matrix.json; a check is one function of ours, found by
// its name in the table of registry.cc. Neither ever says that a device complies.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reports/comply/evidence.h"

namespace percuss::reports {

struct MatrixRow {
  std::string id;
  std::string source;
  std::string clause;
  std::string force;      // statute|regulation|standard|guidance
  std::string must_show;  // in our own words
  std::string rule;       // what the check looks for
  std::string check;
};

// In the order of matrix.json.
[[nodiscard]] const std::vector<MatrixRow>& MatrixRows();
[[nodiscard]] const MatrixRow* FindMatrixRow(std::string_view id);

enum class RowState { kSatisfied, kMissing, kNotApplicable };
// "satisfied", "missing", "not_applicable".
[[nodiscard]] const char* RowStateName(RowState state);

// What a check found for one row.
class RowOutcome {
 public:
  struct Evidence {
    std::string what;
    std::string where;  // file, file:line, package or id
  };
  struct Lack {
    std::string what;
    std::string help;     // the command that would help, or the file and member
    bool denies = false;  // the evidence itself shows that the row applies
  };

  void Shown(std::string what, std::string where = "") {
    shown_.push_back({std::move(what), std::move(where)});
  }
  void Missing(std::string what, std::string help) {
    lacks_.push_back({std::move(what), std::move(help), false});
  }
  // What no "not applicable" of the user's can excuse: a finding is there, and undecided.
  void MissingThough(std::string what, std::string help) {
    lacks_.push_back({std::move(what), std::move(help), true});
  }
  // There is nothing that the row could be about.
  void NotApplicable(std::string because) { because_ = std::move(because); }

  [[nodiscard]] const std::vector<Evidence>& AllShown() const { return shown_; }
  [[nodiscard]] const std::vector<Lack>& Lacks() const { return lacks_; }
  [[nodiscard]] const std::string& Because() const { return because_; }

 private:
  std::vector<Evidence> shown_;
  std::vector<Lack> lacks_;
  std::string because_;
};

using RowCheck = void (*)(const DeviceEvidence& evidence, RowOutcome& outcome);
// nullptr when there is none of that name.
[[nodiscard]] RowCheck FindRowCheck(std::string_view name);

struct RowResult {
  const MatrixRow* row = nullptr;
  RowState state = RowState::kMissing;
  std::vector<RowOutcome::Evidence> shown;  // also of a row that is missing: what is there already
  std::vector<RowOutcome::Lack> lacks;
  std::string because;  // of one that is not applicable
};

struct Compliance {
  std::string as_of;
  std::string signers_note;     // see counted_records.h; empty: nothing is to be said
  std::vector<RowResult> rows;  // in the matrix' order

  [[nodiscard]] size_t Count(RowState state) const;
};

// A row is satisfied when its check misses nothing and shows something. What the user calls not
// applicable in compliance.json is so while the evidence neither shows it nor contradicts.
[[nodiscard]] Compliance EvaluateMatrix(const DeviceEvidence& evidence);

// A problem for every not_applicable entry that names no row, or gives no rationale.
void CheckMatrixIds(const DeviceEvidence& evidence, std::vector<Problem>& problems);

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
#include "reports/comply/matrix.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/json_file.h"
#include "reports/comply/matrix_text.h"

namespace percuss::reports {
namespace {

// The text is ours and its shape is tested: what is wrong with it is our own mistake.
std::vector<MatrixRow> ReadMatrix() {
  std::vector<MatrixRow> rows;
  const common::Json matrix = common::Json::parse(kMatrixText);
  for (const auto& row : matrix.at("rows")) {
    const auto text = [&](const char* name) { return row.at(name).get<std::string>(); };
    rows.push_back({text("id"), text("source"), text("clause"), text("force"), text("must_show"),
                    text("rule"), text("check")});
  }
  return rows;
}

RowResult Judge(const MatrixRow& row, const DeviceEvidence& evidence) {
  RowResult result;
  result.row = &row;
  RowOutcome outcome;
  FindRowCheck(row.check)(evidence, outcome);
  result.shown = outcome.AllShown();
  result.lacks = outcome.Lacks();
  const ListedEntry* waived =
      FindEntry(EntriesOf(evidence.files.compliance, "not_applicable"), row.id);
  const bool denied = std::any_of(result.lacks.begin(), result.lacks.end(),
                                  [](const RowOutcome::Lack& lack) { return lack.denies; });
  if (!result.lacks.empty() && waived != nullptr && !denied) {
    result.state = RowState::kNotApplicable;
    result.because = waived->Text("rationale");
    result.lacks.clear();
    result.shown.push_back(
        {"rationale", fmt::format("{}:{}", FileOf(evidence, "compliance"), waived->line)});
  } else if (!result.lacks.empty()) {
    result.state = RowState::kMissing;
  } else if (!outcome.Because().empty()) {
    result.state = RowState::kNotApplicable;
    result.because = outcome.Because();
  } else if (!result.shown.empty()) {
    result.state = RowState::kSatisfied;
  } else {
    result.lacks.push_back({"there is nothing that shows it", row.rule, false});
  }
  return result;
}

}  // namespace

const std::vector<MatrixRow>& MatrixRows() {
  static const std::vector<MatrixRow> kRows = ReadMatrix();
  return kRows;
}

const MatrixRow* FindMatrixRow(std::string_view id) {
  const auto& rows = MatrixRows();
  const auto at =
      std::find_if(rows.begin(), rows.end(), [&](const MatrixRow& row) { return row.id == id; });
  return at == rows.end() ? nullptr : &*at;
}

const char* RowStateName(RowState state) {
  switch (state) {
    case RowState::kSatisfied:
      return "satisfied";
    case RowState::kNotApplicable:
      return "not_applicable";
    case RowState::kMissing:
      break;
  }
  return "missing";
}

size_t Compliance::Count(RowState state) const {
  return static_cast<size_t>(std::count_if(
      rows.begin(), rows.end(), [&](const RowResult& row) { return row.state == state; }));
}

Compliance EvaluateMatrix(const DeviceEvidence& evidence) {
  Compliance compliance;
  compliance.as_of = evidence.as_of;
  compliance.signers_note = evidence.signers_note;
  for (const MatrixRow& row : MatrixRows()) compliance.rows.push_back(Judge(row, evidence));
  return compliance;
}

void CheckMatrixIds(const DeviceEvidence& evidence, std::vector<Problem>& problems) {
  for (const auto& entry : EntriesOf(evidence.files.compliance, "not_applicable")) {
    const std::string file = FileOf(evidence, "compliance");
    if (FindMatrixRow(entry.id) == nullptr) {
      problems.push_back(
          {file, entry.line,
           fmt::format("the matrix has no row {}; percuss comply --help tells how to list them",
                       entry.id)});
    } else if (!entry.Has("rationale")) {
      problems.push_back(
          {file, entry.line, fmt::format("not applicable row {}: has no \"rationale\"", entry.id)});
    }
  }
}

}  // namespace percuss::reports

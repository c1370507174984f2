// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/signed_dispositions.h"

#include <map>

namespace percuss::reports {
namespace {

std::string TextOf(const common::Json& body, const char* name) {
  const auto it = body.is_object() ? body.find(name) : body.end();
  return it != body.end() && it->is_string() ? it->get<std::string>() : "";
}

// In the words of records.json; empty where nothing is decided.
std::string DecisionOf(const std::string& status) {
  if (status == "false_positive" || status == "duplicate") return "not_a_defect";
  if (status == "fixed" || status == "deferred" || status == "accepted") return status;
  return "";
}

// By finding, the last record on it.
std::map<std::string, const Record*> LastRecords(const RecordChain& chain) {
  std::map<std::string, const Record*> last;
  for (const Record& record : chain.records) {
    if (record.said.kind == "disposition") last[TextOf(record.said.body, "finding")] = &record;
  }
  return last;
}

}  // namespace

void TakeSignedDispositions(const RecordChain& chain, ValidationFiles& files) {
  const auto last = LastRecords(chain);
  for (Disposition& entry : files.dispositions) {
    entry.superseded = entry.superseded || last.contains(entry.finding);
  }
  for (const auto& [finding, record] : last) {
    const std::string decision = DecisionOf(TextOf(record->said.body, "status"));
    if (decision.empty()) continue;
    Disposition& entry = files.dispositions.emplace_back();
    entry.id = "record-" + record->sha256;
    entry.finding = finding;
    entry.decision = decision;
    entry.rationale = TextOf(record->said.body, "rationale");
    entry.date = record->at;
    entry.by = record->said.name;
  }
}

std::vector<FindingDecision> LastDecisions(const RecordChain& chain) {
  std::vector<FindingDecision> decisions;
  for (const auto& [finding, record] : LastRecords(chain)) {
    decisions.push_back({finding, TextOf(record->said.body, "status"),
                         TextOf(record->said.body, "rationale"), record->at, record->said.name});
  }
  return decisions;
}

common::Result<RecordChain> ReadSoundRecords(const std::filesystem::path& file) {
  auto chain = ReadRecords(file, {});
  if (!chain || chain->problems.empty()) return chain;
  const RecordProblem& problem = chain->problems.front();
  return common::Fail(common::ErrorCode::kCorrupt, problem.what, file.string(), problem.line);
}

common::Status TakeRecordFiles(const std::vector<std::string>& paths, ValidationFiles& files) {
  for (const std::string& path : paths) {
    const auto chain = ReadSoundRecords(path);
    if (!chain) return tl::make_unexpected(chain.error());
    TakeSignedDispositions(*chain, files);
  }
  return {};
}

}  // namespace percuss::reports

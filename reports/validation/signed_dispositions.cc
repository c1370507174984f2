// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/signed_dispositions.h"

#include <map>

namespace percuss::reports {
namespace {

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
    if (record.said.kind == "disposition") last[BodyText(record.said.body, "finding")] = &record;
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
    const std::string decision = DecisionOf(BodyText(record->said.body, "status"));
    if (decision.empty()) continue;
    Disposition& entry = files.dispositions.emplace_back();
    entry.id = "record-" + record->sha256;
    entry.finding = finding;
    entry.decision = decision;
    // The key first: the name after it is only what its holder says.
    entry.rationale = "key " + record->key_id + " (" + record->said.name +
                      "): " + BodyText(record->said.body, "rationale");
    entry.date = record->at;
    entry.by = record->said.name;
    // An object: its status was read.
    const common::Json& body = record->said.body;
    if (const auto list = body.find("references"); list != body.end() && list->is_array()) {
      for (const auto& item : *list) {
        if (item.is_string()) entry.references.push_back(item.get<std::string>());
      }
    }
    if (const auto deferral = body.find("deferral"); deferral != body.end()) {
      entry.deferral = {BodyText(*deferral, "risk"), BodyText(*deferral, "timeline"),
                        BodyText(*deferral, "interim_measure"),
                        BodyText(*deferral, "time_to_field")};
    }
  }
}

}  // namespace percuss::reports

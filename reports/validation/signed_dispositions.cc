// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/signed_dispositions.h"

#include <array>
#include <map>

namespace percuss::reports {
namespace {

// In the words of records.json; what it has no word for decides nothing.
std::string DecisionOf(const std::string& status) {
  if (status == "false_positive" || status == "duplicate") return "not_a_defect";
  if (status == "fixed" || status == "deferred" || status == "accepted") return status;
  return status == "confirmed" ? status : "open";
}

}  // namespace

void TakeSignedDispositions(const RecordChain& chain, ValidationFiles& files) {
  // Of each finding in each package the last.
  using Key = std::array<std::string, 3>;
  const auto key_of = [](const RecordDraft& said) -> Key {
    return {BodyText(said.body, "finding"), said.package_id, said.package_sha256};
  };
  // What names no package is of none.
  const auto counts = [](const RecordDraft& said) {
    return said.kind == "disposition" && !said.package_id.empty();
  };
  std::map<Key, const Record*> last;
  for (const Record& record : chain.records) {
    if (counts(record.said)) last[key_of(record.said)] = &record;
  }
  for (const Record& record : chain.records) {
    if (!counts(record.said)) continue;
    const Key key = key_of(record.said);
    if (last[key] != &record) continue;
    Disposition& entry = files.dispositions.emplace_back();
    entry.is_signed = true;
    entry.id = "record-" + record.sha256;
    entry.finding = key[0];
    entry.decision = DecisionOf(BodyText(record.said.body, "status"));
    // The key first: the name after it is only what its holder says.
    entry.rationale = "key " + record.key_id + " (" + record.said.name +
                      "): " + BodyText(record.said.body, "rationale");
    entry.date = record.at;
    entry.by = record.said.name;
    entry.package.id = record.said.package_id;
    entry.package_sha256 = record.said.package_sha256;
    const common::Json& body = record.said.body;
    if (!body.is_object()) continue;
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

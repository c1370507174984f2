// SPDX-License-Identifier: Apache-2.0
//
// What formats for requirements tools are made of: items with an id and named fields. A record, or
// a list of validation entries, becomes items first, so that each such format is written once.
#pragma once

#include <string>
#include <vector>

#include "common/model/run_record.h"
#include "reports/export/package_facts.h"

namespace percuss::reports {

struct ItemField {
  std::string name;                 // of ours, never a text of the record: "interface"
  std::vector<std::string> values;  // one, unless it is a list
  bool is_list = false;             // of ids of other items
};

struct Item {
  std::string type;  // "finding"
  std::string id;    // as hostile as any text
  std::string text;  // what it says; the fields have the rest
  std::vector<ItemField> fields;

  // A field of one text; left out when it is empty.
  void Add(const char* name, const std::string& value);
};

// The campaign, its targets, findings, what was not found or not run, interfaces, criteria and
// sections without content, in that order. Each has a field "result" whose words are those of the
// record; of a finding it is "fail". What could not be judged is never "pass".
[[nodiscard]] std::vector<Item> RecordItems(const common::RunRecord& record,
                                            const PackageFacts& package);

}  // namespace percuss::reports

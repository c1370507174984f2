// SPDX-License-Identifier: Apache-2.0
//
// ReqIF 1.2 (OMG formal/2016-07-01; its schema has the name space of 2011 and fixes
// REQ-IF-VERSION to 1.0): an object type per
// type of item, an object per item, and a specification that lists them. Pure and thread-safe.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/result.h"
#include "reports/export/item.h"
#include "reports/export/package_facts.h"

namespace percuss::reports {

struct ReqifHeader {
  std::string title;
  std::string name_space;  // of the identifiers: the same items have the same ones
  std::string time;        // RFC 3339
};

// Fields become attributes; `relations` says of a field the type of items that it names: where they
// are among the items, relations of the field's name lead to them. The item's text is the attribute
// ReqIF.Text, its id ReqIF.ForeignID, as the ReqIF implementation guide names them.
[[nodiscard]] std::string ReqifText(const std::vector<Item>& items, const ReqifHeader& header,
                                    const std::map<std::string, std::string>& relations);

// RecordItems, with relations from findings to targets and from both to interfaces.
[[nodiscard]] common::Result<std::string> WriteReqif(const common::RunRecord& record,
                                                     const PackageFacts& package);

}  // namespace percuss::reports

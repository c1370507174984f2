// SPDX-License-Identifier: Apache-2.0
//
// Doorstop YAML, as `doorstop export` writes and `doorstop import` reads it: one mapping of uids to
// items (doorstop, docs/reference/item.md). Each item has Doorstop's own attributes, then our
// fields as attributes of the user. Texts are double-quoted scalars with JSON's escapes, which
// YAML 1.1 and 1.2 read alike. Pure and thread-safe.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "reports/export/item.h"
#include "reports/export/package_facts.h"

namespace percuss::reports {

// Attributes of one item, each line indented by `indent` spaces. `links` is the name of the list
// that Doorstop is to follow; empty: none.
[[nodiscard]] std::string DoorstopItemText(const Item& item, size_t number,
                                           const std::string& links, size_t indent);

// RecordItems. A uid is PERCUSS- and the id's letters and digits, so that it stays over campaigns;
// the id itself is the attribute "id", what it is "kind".
[[nodiscard]] common::Result<std::string> WriteDoorstop(const common::RunRecord& record,
                                                        const PackageFacts& package);

}  // namespace percuss::reports

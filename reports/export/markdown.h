// SPDX-License-Identifier: Apache-2.0
//
// A summary in GitHub Flavored Markdown (0.29), for a pull request or a ticket: verdict, reasons,
// findings, what was not tested, denominators. Every text of the record is escaped, so that it can
// neither add markup nor break a table.
#pragma once

#include <string>

#include "common/model/run_record.h"
#include "common/result.h"
#include "reports/export/package_facts.h"

namespace percuss::reports {

[[nodiscard]] common::Result<std::string> WriteMarkdown(const common::RunRecord& record,
                                                        const PackageFacts& package);

}  // namespace percuss::reports

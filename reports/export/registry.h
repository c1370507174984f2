// SPDX-License-Identifier: Apache-2.0
//
// The text formats that a record can be exported to. HTML is not among them: see
// reports/html/html_report.h.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/model/run_record.h"
#include "common/result.h"
#include "reports/export/package_facts.h"

namespace percuss::reports {

using ExportContext = PackageFacts;

struct ExportFormat {
  std::string_view name;       // as in --format
  std::string_view extension;  // with its dot: ".junit.xml"
  std::string_view description;
  // Pure and thread safe. Texts of the record are taken as hostile: the result is well-formed
  // whatever they hold. Errors: kInternal when a library fails; kBadInput when the format has no
  // document without a finding and there is none.
  common::Result<std::string> (*write)(const common::RunRecord& record,
                                       const ExportContext& context);
};

[[nodiscard]] std::span<const ExportFormat> ExportFormats();

// nullptr when there is no such format.
[[nodiscard]] const ExportFormat* FindExportFormat(std::string_view name);

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// How severe a finding is, as the report's chapter on it has it. Pure and thread-safe.
#pragma once

#include <string>

#include "reports/html/page_parts.h"
#include "reports/records/severity.h"

namespace percuss::reports {

// Scores, vector and who signed; nullptr: that nobody scored it.
void AddSeverityFacts(const SignedSeverity* severity, Facts& facts);

// Each answer and who gave it; empty for nullptr.
[[nodiscard]] std::string SeverityTable(Renderer& renderer, const SignedSeverity* severity);

}  // namespace percuss::reports

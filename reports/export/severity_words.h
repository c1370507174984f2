// SPDX-License-Identifier: Apache-2.0
//
// What exports and the report say of how severe a finding is: what a person signed for, or that
// nobody did. Pure and thread-safe.
#pragma once

#include <string>

#include "common/json_file.h"
#include "common/model/run_record.h"
#include "reports/export/package_facts.h"

namespace percuss::reports {

constexpr const char* kNotScored = "not scored: this takes a person who knows the device";

// nullptr: not scored.
[[nodiscard]] const SignedSeverity* SeverityOf(const PackageFacts& package,
                                               const std::string& finding);

// "Ada Smith, product security".
[[nodiscard]] std::string ScoredBy(const SignedSeverity& severity);

// An object of FIRST's JSON schema of CVSS 3.1.
[[nodiscard]] common::Json CvssJson(const SignedSeverity& severity);

// The record's absent sections findings.cvss and findings.mitre_rubric, by what was signed: each
// goes where nothing of it is open, and else says how much is.
void TellScored(const PackageFacts& package, common::RunRecord& record);

// The version of the CWE list that all findings' CWEs are of which name one; empty where they
// differ, or none does.
[[nodiscard]] std::string CweListVersionOf(const common::RunRecord& record);

}  // namespace percuss::reports

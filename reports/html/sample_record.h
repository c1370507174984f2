// SPDX-License-Identifier: Apache-2.0
//
// A record as a real campaign could leave it, for tests of the report and of the exports.
#pragma once

#include <cstddef>
#include <string>

#include "common/model/run_record.h"
#include "reports/export/package_facts.h"

namespace percuss::reports {

// An infusion pump: five targets (one survives, one not judged), seven findings of all sorts,
// curves, timings.
[[nodiscard]] common::RunRecord SampleRecord();
// With the sample's bill of materials.
[[nodiscard]] PackageFacts SamplePackage();
// The same, with a disposition of each kind of the record's findings, in their order, and
// severities of all but the last two.
[[nodiscard]] PackageFacts PackageWithDispositions();
// The device, one of its targets and a library, with some fields missing.
[[nodiscard]] common::Sbom SampleSbom();

// Every text of it replaced by `text`, numbers and structure kept.
[[nodiscard]] common::RunRecord RecordWithAllTexts(const std::string& text);
// The sample with `count` findings.
[[nodiscard]] common::RunRecord RecordWithFindings(size_t count);

}  // namespace percuss::reports

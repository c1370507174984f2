// SPDX-License-Identifier: Apache-2.0
//
// The folder that a premarket submission's cybersecurity documentation needs, by the table of
// documentation elements in appendix 4 of FDA's guidance "Cybersecurity in Medical Devices: Quality
// Management System Considerations and Content of Premarket Submissions" (edition of 2026-02-03).
// Each document is made of what the maker's validation files, the package and signed records say.
// What they do not say is named as not provided, with what would provide it: nothing is invented.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/model/run_record.h"
#include "common/result.h"
#include "reports/comply/evidence.h"
#include "reports/export/package_facts.h"
#include "reports/validation/sections.h"
#include "reports/validation/validation_files.h"

namespace percuss::reports {

struct SubmissionRequest {
  common::RunRecord record;
  PackageFacts facts;
  std::string sbom;  // text of the package's, empty when it has none
  // The package's device, of EvidenceAround, and the texts of the validation files; without them
  // `why_not` says so in words that can follow "not provided:".
  std::optional<DeviceEvidence> evidence = {};
  ValidationTexts texts = {};
  std::string why_not = {};
  std::vector<SectionChapter> chapters = {};  // of the report
};

struct SubmissionFile {
  std::string path;  // relative to the folder
  std::string text;
};

struct SubmissionDocument {
  std::string path;
  std::string title;
  std::string clause;  // of the guidance; empty for what it does not ask for
  std::string status;  // provided|partly provided|not provided
  std::string why;     // what is missing, unless it is provided
};

struct Submission {
  std::vector<SubmissionFile> files;  // README.md and index.json among them
  std::vector<SubmissionDocument> documents;
};

// kInternal when the texts are not those of the evidence. Pure and thread-safe.
[[nodiscard]] common::Result<Submission> LayOutSubmission(const SubmissionRequest& request);

}  // namespace percuss::reports

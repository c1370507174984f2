// SPDX-License-Identifier: Apache-2.0
//
// The folder that a premarket submission's cybersecurity documentation needs, by the table of
// documentation elements in appendix 4 of FDA's guidance "Cybersecurity in Medical Devices: Quality
// Management System Considerations and Content of Premarket Submissions" (edition of 2026-02-03).
// Each document is made of what the maker's validation files, the package and signed records say.
// What they do not say is named as not provided, with what would provide it: nothing is invented.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/model/run_record.h"
#include "common/result.h"
#include "reports/export/package_facts.h"

namespace percuss::reports {

struct SubmissionRequest {
  std::filesystem::path package;  // zip or folder
  PackageFacts facts;
  std::optional<std::filesystem::path> validation;  // folder of validation files
  std::vector<std::string> records;                 // files of signed records
};

struct SubmissionFile {
  std::string path;  // relative to the folder
  std::string text;
};

struct SubmissionDocument {
  std::string path;
  std::string title;
  std::string clause;  // of the guidance
  std::string status;  // provided|partly provided|not provided
  std::string why;     // what is missing, unless it is provided
};

struct Submission {
  std::vector<SubmissionFile> files;  // README.md and index.json among them
  std::vector<SubmissionDocument> documents;
};

// kBadInput when the validation files hold mistakes, naming the first; kCorrupt when a package or a
// file of records is not what was sealed; else as reading them.
[[nodiscard]] common::Result<Submission> LayOutSubmission(const SubmissionRequest& request);

}  // namespace percuss::reports

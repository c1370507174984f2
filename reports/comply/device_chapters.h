// SPDX-License-Identifier: Apache-2.0
//
// What a package's report says of the whole device: trace, matrix and metrics, each the page that
// percuss trace, comply and metrics make, as a chapter. They are made from the validation files
// that the package holds and the package itself, and from whatever else was given. Each chapter
// says what it lacks. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "reports/comply/evidence.h"
#include "reports/validation/sections.h"

namespace percuss::reports {

// The evidence around one package: with it, what `sources` names besides. The validation files are
// those that were loaded; sources.folder is not looked at. kBadInput when they have problems, each
// of which is appended to `problems`; otherwise as GatherEvidence.
[[nodiscard]] common::Result<DeviceEvidence> EvidenceAround(PackageRecord package,
                                                            LoadedValidation validation,
                                                            const EvidenceSources& sources,
                                                            std::vector<Problem>& problems);

// Three chapters: trace with its gaps first, matrix, metrics. The evidence is of EvidenceAround.
[[nodiscard]] std::vector<SectionChapter> DeviceChapters(const DeviceEvidence& evidence);

// The same three, when the package is all that there is, with the documents in it. Never fails:
// where they cannot be made, because there are no validation files or these do not hold together,
// each says why.
[[nodiscard]] std::vector<SectionChapter> DeviceChaptersOf(
    PackageRecord package, const ValidationTexts& snapshot,
    std::shared_ptr<const Documents> documents, const std::string& as_of);

}  // namespace percuss::reports

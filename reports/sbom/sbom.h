// SPDX-License-Identifier: Apache-2.0
//
// Bills of materials of unknown origin, read, and held against what must be in them. Everything
// here is thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/sbom.h"
#include "common/result.h"

namespace percuss::reports {

using common::Sbom;
using common::SbomComponent;
using common::SbomHash;
using common::SbomPatch;

constexpr uint64_t kLargestSbomBytes = uint64_t{64} << 20;

// The kind is told by content: CycloneDX 1.4 to 1.6 as JSON, SPDX 2.3 (2.2 too) as JSON or as tags
// and values. Unknown members are passed over, wrong types are not. kNotFound when there is no such
// file; kBadInput, with line and place ("/components/3/hashes: must be a list"), when it is larger
// than 64 MiB, nested deeper than 64, of another format or version, has more than 100,000
// components, two components of one id, or a relation to one that is not there.
[[nodiscard]] common::Result<Sbom> ReadSbom(const std::filesystem::path& path);

// The same from memory; `name` is what errors call the text.
[[nodiscard]] common::Result<Sbom> ParseSbom(std::string text, const std::string& name);

// What is missing from a bill of materials.
struct SbomGap {
  std::string component;  // id; empty when the document itself lacks it
  std::string field;  // of a component: name|version|supplier|unique_id|dependencies|support_level|
                      // end_of_support; of the document: author|timestamp|components
  std::string what;   // for a person: which component, and what to do
};

// The fields of the NTIA's "Minimum Elements" (July 2021, "Data Fields") and, per component, the
// level of support and the end-of-support date that the FDA's premarket guidance (2026, V.A.4.b)
// adds. Of the document first, then component by component. A date that no calendar has is a gap.
// A supplier may be given as manufacturer; a unique id is a purl, a CPE, another id or a hash.
[[nodiscard]] std::vector<SbomGap> FindSbomGaps(const Sbom& sbom);

}  // namespace percuss::reports

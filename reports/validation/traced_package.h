// SPDX-License-Identifier: Apache-2.0
//
// Of an evidence package, what tracing needs of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/model/run_record.h"
#include "common/result.h"
#include "reports/export/package_facts.h"

namespace percuss::reports {

// What a criterion may ask of a run. Where a value is missing its text says why.
struct TargetFacts {
  int64_t executions = 0;
  int64_t cpu_ns = 0;
  int64_t quiet_s = 0;  // at the end, without new coverage
  std::optional<double> line_coverage_percent;
  std::string why_no_coverage;
  std::optional<int64_t> worst;  // ns, or instructions
  bool worst_is_instructions = false;
  std::string why_no_timing;
  std::optional<double> discovery_bound;
  std::string why_no_discovery;
};

struct TracedTarget {
  std::string id;
  std::string interface_id;
  std::string verdict;
  TargetFacts facts = {};
  std::map<std::string, std::string> builds = {};  // SHA-256 of what was run, by the binary's role
};

struct TracedFinding {
  std::string id;
  std::string target;
  std::string text;         // kind, class, CWE and function
  std::string threat = {};  // the id that it names; may be empty
};

struct TracedPackage {
  std::string file;  // as it was named
  std::string id;
  std::string sha256;  // of the zip; empty for a folder
  std::string signer;  // key id, empty when it is not signed
  std::string started_at;
  std::string verdict;
  std::vector<TracedTarget> targets;
  std::vector<TracedFinding> findings;
  int64_t self_checks = 0;
  int64_t failed_self_checks = 0;
  std::string software_version = {};  // of the device; may be empty
  std::string ended_at = {};
};

// The same zip, or a zip and the folder that it was made of.
[[nodiscard]] bool IsSamePackage(const TracedPackage& one, const TracedPackage& other);

// What a package's run says of a target: its own verdict, or the package's where that is
// inconclusive or an infrastructure error for a reason that no target has alone.
[[nodiscard]] const std::string& VerdictOf(const TracedPackage& package,
                                           const TracedTarget& target);

// The whole of a package, for who asks it more than a trace does.
struct PackageRecord {
  TracedPackage traced;
  common::RunRecord record;
  std::vector<std::string> paths;  // of all its files
  std::string sbom;                // the text of its sbom.cdx.json, empty when it has none
};

// Of a package that is being sealed, or whose seal was seen to be whole; `facts` are what a record
// cannot know of it. Who calls fills in the paths and the bill of materials.
[[nodiscard]] PackageRecord DescribeRecord(common::RunRecord record,
                                           const PackageFacts& facts = {});

// As ReadTracedPackage.
[[nodiscard]] common::Result<PackageRecord> ReadPackageRecord(
    const std::filesystem::path& package, const std::optional<std::filesystem::path>& key_file);

// Verifies first; with a key, also that the package is signed by it. kCorrupt when the package is
// not what was sealed; otherwise as VerifyPackage and ReadRunRecord.
[[nodiscard]] common::Result<TracedPackage> ReadTracedPackage(
    const std::filesystem::path& package, const std::optional<std::filesystem::path>& key_file);

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/traced_package.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/hash.h"
#include "reports/evidence/package_reader.h"
#include "reports/verify/verify.h"

namespace percuss::reports {
namespace {

constexpr const char* kSbomPath = "sbom.cdx.json";

std::string FindingText(const common::Finding& finding) {
  std::string text = finding.kind;
  for (const std::string& word : {finding.bug_class, finding.cwe, finding.known_defect}) {
    if (!word.empty() && word != finding.kind) text += ", " + word;
  }
  if (!finding.function.empty()) text += " in " + finding.function;
  return text;
}

TargetFacts FactsOf(const common::TargetRun& target) {
  TargetFacts facts;
  int64_t last_find_s = 0;
  for (const auto& engine : target.engines) {
    facts.executions += engine.executions;
    facts.cpu_ns += engine.cpu_ns;
    last_find_s = std::max(last_find_s, engine.last_find_s);
  }
  facts.quiet_s = std::max<int64_t>(0, target.actual_wall_s - last_find_s);
  const auto& coverage = target.coverage;
  if (coverage.present && coverage.lines_total > 0) {
    facts.line_coverage_percent = 100.0 * static_cast<double>(coverage.lines_covered) /
                                  static_cast<double>(coverage.lines_total);
  }
  facts.why_no_coverage = coverage.absent_reason;
  if (target.timing.present) facts.worst = target.timing.max;
  facts.worst_is_instructions = target.timing.unit == "guest_instructions";
  facts.why_no_timing = target.timing.absent_reason;
  if (target.discovery.present) facts.discovery_bound = target.discovery.bound;
  facts.why_no_discovery = target.discovery.absent_reason;
  return facts;
}

TracedPackage TracedOf(const common::RunRecord& record) {
  TracedPackage traced;
  traced.started_at = record.campaign.started_at;
  traced.ended_at = record.campaign.ended_at;
  traced.software_version = record.device.software_version;
  traced.verdict = common::VerdictName(record.verdict);
  for (const auto& target : record.targets) {
    auto& run = traced.targets.emplace_back();
    run = {target.id, target.interface_id, common::VerdictName(target.verdict), FactsOf(target)};
    for (const auto& binary : target.binaries) run.builds[binary.role] = binary.sha256;
  }
  for (const auto& finding : record.findings) {
    traced.findings.push_back({finding.id, finding.target, FindingText(finding), finding.threat});
  }
  traced.self_checks = static_cast<int64_t>(record.self_check.size());
  traced.failed_self_checks =
      std::count_if(record.self_check.begin(), record.self_check.end(),
                    [](const common::SelfCheckCase& check) { return !check.passed; });
  return traced;
}

}  // namespace

bool IsSamePackage(const TracedPackage& one, const TracedPackage& other) {
  return one.id == other.id &&
         (one.sha256 == other.sha256 || one.sha256.empty() || other.sha256.empty());
}

const std::string& VerdictOf(const TracedPackage& package, const TracedTarget& target) {
  const bool known = package.verdict == "pass" || package.verdict == "fail";
  const bool told = std::any_of(
      package.targets.begin(), package.targets.end(),
      [&](const TracedTarget& candidate) { return candidate.verdict == package.verdict; });
  return known || told || target.verdict == "fail" ? target.verdict : package.verdict;
}

PackageRecord DescribeRecord(common::RunRecord record, const PackageFacts& facts) {
  PackageRecord all{TracedOf(record), {}, {}, ""};
  all.traced.file = facts.file_name;
  all.traced.id = facts.package_id;
  all.traced.sha256 = facts.package_sha256;
  all.traced.signer = facts.signer;
  all.record = std::move(record);
  return all;
}

common::Result<PackageRecord> ReadPackageRecord(
    const std::filesystem::path& package, const std::optional<std::filesystem::path>& key_file) {
  const auto verified = VerifyPackage(package, key_file);
  if (!verified) return tl::make_unexpected(verified.error());
  if (!verified->problems.empty()) {
    const auto& problem = verified->problems.front();
    return common::Fail(common::ErrorCode::kCorrupt,
                        fmt::format("is no evidence: {}: {}; percuss verify tells more",
                                    problem.path, problem.what),
                        package);
  }
  const auto reader = PackageReader::Open(package);
  if (!reader) return tl::make_unexpected(reader.error());
  auto record = ReadRunRecord(*reader);
  if (!record) return tl::make_unexpected(record.error());
  PackageRecord all = DescribeRecord(std::move(*record));
  all.traced.file = package.string();
  all.traced.id = verified->package_id;
  all.traced.signer = verified->signer;
  if (!reader->IsFolder()) {
    auto digest = common::Sha256FileHex(package);
    if (!digest) return tl::make_unexpected(digest.error());
    all.traced.sha256 = std::move(*digest);
  }
  for (const PackageEntry& entry : reader->List()) all.paths.push_back(entry.path);
  if (reader->Find(kSbomPath) != nullptr) {
    auto sbom = reader->Read(kSbomPath);
    if (!sbom) return tl::make_unexpected(sbom.error());
    all.sbom = std::move(*sbom);
  }
  return all;
}

common::Result<TracedPackage> ReadTracedPackage(
    const std::filesystem::path& package, const std::optional<std::filesystem::path>& key_file) {
  auto all = ReadPackageRecord(package, key_file);
  if (!all) return tl::make_unexpected(all.error());
  return std::move(all->traced);
}

}  // namespace percuss::reports

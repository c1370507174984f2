// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/traced_package.h"

#include <fmt/format.h>

#include "common/hash.h"
#include "reports/evidence/package_reader.h"
#include "reports/verify/verify.h"

namespace percuss::reports {
namespace {

std::string FindingText(const common::Finding& finding) {
  std::string text = finding.kind;
  for (const std::string& word : {finding.bug_class, finding.cwe, finding.known_defect}) {
    if (!word.empty() && word != finding.kind) text += ", " + word;
  }
  if (!finding.function.empty()) text += " in " + finding.function;
  return text;
}

}  // namespace

common::Result<TracedPackage> ReadTracedPackage(
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
  TracedPackage traced;
  traced.file = package.string();
  traced.id = verified->package_id;
  if (!reader->IsFolder()) {
    auto digest = common::Sha256FileHex(package);
    if (!digest) return tl::make_unexpected(digest.error());
    traced.sha256 = std::move(*digest);
  }
  traced.signer = verified->signer;
  traced.started_at = record->campaign.started_at;
  traced.verdict = common::VerdictName(record->verdict);
  for (const auto& target : record->targets) {
    traced.targets.push_back({target.id, target.interface_id, common::VerdictName(target.verdict)});
  }
  for (const auto& finding : record->findings) {
    traced.findings.push_back({finding.id, finding.target, FindingText(finding)});
  }
  return traced;
}

}  // namespace percuss::reports

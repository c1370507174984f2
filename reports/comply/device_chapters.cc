// SPDX-License-Identifier: Apache-2.0
#include "reports/comply/device_chapters.h"

#include <fmt/format.h>

#include "reports/comply/comply_text.h"
#include "reports/comply/matrix.h"
#include "reports/comply/metrics.h"
#include "reports/validation/trace_text.h"
#include "reports/validation/validation_snapshot.h"

namespace percuss::reports {
namespace {

using common::Result;

constexpr const char* kNoFiles =
    "The package holds no validation files: name them in the campaign file (\"validation\"), or "
    "give their folder with percuss report PACKAGE --validation DIR.";

std::vector<SectionChapter> Empty(const std::string& why_not) {
  return {{"trace", "Traceability", why_not, "", {}},
          {"comply", "Compliance matrix", why_not, "", {}},
          {"metrics", "Metrics", why_not, "", {}}};
}

std::string FromWhat(const DeviceEvidence& evidence) {
  const std::string packages =
      evidence.packages.size() == 1
          ? "this package alone"
          : fmt::format("this package and {} more", evidence.packages.size() - 1);
  const std::string files =
      evidence.files.folder == kSnapshotFolder
          ? "the validation files in it, as they were when the campaign began"
          : fmt::format("the validation files in {}", evidence.files.folder.string());
  const size_t records = evidence.records.size();
  return fmt::format("Made from {} and {}; signed records: {}.", packages, files,
                     records == 0   ? "none"
                     : records == 1 ? "1 file"
                                    : fmt::format("{} files", records));
}

// What a chapter lacks while records, or packages of other releases, were not given.
std::string Note(const DeviceEvidence& evidence, const char* without_records,
                 const char* without_packages) {
  std::string text = FromWhat(evidence);
  if (evidence.records.empty()) {
    text +=
        fmt::format(" {} percuss report PACKAGE --records FILE takes them in.", without_records);
  }
  if (evidence.packages.size() == 1) {
    text += fmt::format(" {} percuss report PACKAGE --store FOLDER takes in those of a folder.",
                        without_packages);
  }
  return text;
}

}  // namespace

Result<DeviceEvidence> EvidenceAround(PackageRecord package, LoadedValidation validation,
                                      const EvidenceSources& sources,
                                      std::vector<Problem>& problems) {
  std::vector<PackageRecord> packages;
  packages.push_back(std::move(package));
  auto evidence = JoinEvidence(std::move(validation), std::move(packages), sources, problems);
  if (!evidence) return evidence;
  const size_t before = problems.size();
  CheckMatrixIds(*evidence, problems);
  if (problems.size() == before) return evidence;
  return common::Fail(common::ErrorCode::kBadInput, "is not about the matrix",
                      FileOf(*evidence, "compliance"));
}

std::vector<SectionChapter> DeviceChapters(const DeviceEvidence& evidence) {
  auto chapters = Empty("");
  chapters[0].page = TracePage(evidence.trace);
  chapters[0].note = Note(evidence, "What persons decided since is in signed records.",
                          "What other campaigns tested is in their packages.");
  chapters[1].page = CompliancePage(EvaluateMatrix(evidence));
  chapters[1].note =
      Note(evidence,
           "Dispositions, signatures and the audit trail are in signed records, without which rows "
           "that ask for them are missing.",
           "Rows that compare releases or campaigns need the other packages.");
  chapters[2].page = MetricsPage(ComputeMetrics(evidence));
  chapters[2].note = Note(evidence, "Times of fixes that persons signed are in signed records.",
                          "Trends need the packages of other releases.");
  return chapters;
}

std::vector<SectionChapter> DeviceChaptersOf(PackageRecord package, const ValidationTexts& snapshot,
                                             std::shared_ptr<const Documents> documents,
                                             const std::string& as_of) {
  if (snapshot.empty()) return Empty(kNoFiles);
  EvidenceSources sources;
  sources.as_of = as_of;
  sources.documents = std::move(documents);
  std::vector<Problem> problems;
  const auto evidence = EvidenceAround(
      std::move(package), ParseValidation(snapshot, kSnapshotFolder), sources, problems);
  if (evidence) return DeviceChapters(*evidence);
  if (problems.empty()) return Empty(evidence.error().Text());
  const std::string more =
      problems.size() == 1 ? "" : fmt::format(" (and {} more problems)", problems.size() - 1);
  return Empty(fmt::format("The validation files in the package do not hold together: {}{}.",
                           problems.front().Text(), more));
}

}  // namespace percuss::reports

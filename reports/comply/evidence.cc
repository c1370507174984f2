// SPDX-License-Identifier: Apache-2.0
#include "reports/comply/evidence.h"

#include <algorithm>

#include "common/words.h"
#include "reports/sbom/sbom.h"
#include "reports/validation/signed_dispositions.h"
#include "reports/validation/signed_record_gaps.h"

namespace percuss::reports {
namespace {

using common::ErrorCode;
using common::Result;

DeviceSbom Describe(std::string file, const Result<Sbom>& sbom) {
  DeviceSbom described{std::move(file), 0, {}};
  if (!sbom) {
    described.gaps.push_back(sbom.error().Text());
    return described;
  }
  described.components = sbom->components.size();
  for (const SbomGap& gap : FindSbomGaps(*sbom)) described.gaps.push_back(gap.what);
  return described;
}

Result<Sbom> ReadNamedSbom(const Documents& documents, const std::string& name,
                           const std::string& path) {
  auto text = documents.Read(name);
  if (!text) return tl::make_unexpected(text.error());
  return ParseSbom(std::move(*text), path);
}

void AddDocuments(const Documents& documents, DeviceEvidence& evidence) {
  for (const NamedDocument& named : DocumentsNamedBy(evidence.files.compliance)) {
    DocumentDigest& document = evidence.documents[named.name];
    auto sha256 = documents.Sha256(named.name);
    if (sha256) {
      document.sha256 = std::move(*sha256);
    } else {
      document.why_not = sha256.error().message;
    }
  }
}

void AddSboms(const Documents& documents, DeviceEvidence& evidence) {
  for (const PackageRecord& package : evidence.packages) {
    if (package.sbom.empty()) continue;
    const std::string file = package.traced.file + ":sbom.cdx.json";
    evidence.sboms.push_back(Describe(file, ParseSbom(package.sbom, file)));
  }
  for (const ListedEntry& entry : EntriesOf(evidence.files.compliance, "sboms")) {
    if (!entry.Has("file")) continue;
    const std::string path = (evidence.files.folder / entry.Text("file")).string();
    evidence.sboms.push_back(Describe(path, ReadNamedSbom(documents, entry.Text("file"), path)));
  }
}

common::Status AddRecords(const EvidenceSources& sources, DeviceEvidence& evidence) {
  for (const std::string& file : sources.records) {
    auto chain = ReadCountedRecords(file, sources.signers);
    if (!chain) return tl::make_unexpected(chain.error());
    TakeSignedDispositions(*chain, evidence.files);
    evidence.records.push_back({file, std::move(*chain)});
  }
  evidence.signers_named = sources.signers.Named();
  evidence.signers_note = SignersNote(sources.signers, evidence.records);
  return {};
}

common::Status AddPackages(const EvidenceSources& sources, DeviceEvidence& evidence) {
  for (const std::string& path : sources.packages) {
    auto package = ReadPackageRecord(path, sources.key);
    if (!package) return tl::make_unexpected(package.error());
    const auto& all = evidence.packages;
    const bool again = std::any_of(all.begin(), all.end(), [&](const PackageRecord& one) {
      return IsSamePackage(one.traced, package->traced);
    });
    if (!again) evidence.packages.push_back(std::move(*package));
  }
  return {};
}

void PlaceFindings(DeviceEvidence& evidence) {
  evidence.findings.clear();
  const auto& dispositions = evidence.files.dispositions;
  for (size_t i = 0; i < dispositions.size(); ++i) {
    if (!dispositions[i].superseded) evidence.findings[dispositions[i].finding].said.push_back(i);
  }
  for (size_t i = 0; i < evidence.packages.size(); ++i) {
    for (const TracedFinding& finding : evidence.packages[i].traced.findings) {
      FindingPlaces& places = evidence.findings[finding.id];
      if (places.packages.empty() || places.packages.back() != i) places.packages.push_back(i);
      places.target = finding.target;
    }
  }
}

FindingDecisions DecisionsOn(const DeviceEvidence& evidence, const FindingPlaces& places) {
  std::vector<const Disposition*> said;
  for (const size_t i : places.said) said.push_back(&evidence.files.dispositions.at(i));
  std::vector<const TracedPackage*> packages;
  for (const size_t i : places.packages) packages.push_back(&evidence.packages.at(i).traced);
  return {std::move(said), std::move(packages), places.target};
}

// Once for each: rows of the matrix ask for every finding of every package.
void JudgeFindings(DeviceEvidence& evidence) {
  for (auto& [finding, places] : evidence.findings) {
    const Standing standing = DecisionsOn(evidence, places).Overall();
    for (const size_t i : places.said) {
      if (&evidence.files.dispositions[i] == standing.decision) places.decision = i;
    }
    for (const size_t i : places.packages) {
      if (&evidence.packages[i].traced == standing.open_in) places.open_in = i;
    }
    places.why_open = standing.why_open;
    places.came_back = standing.came_back;
  }
}

}  // namespace

Result<DeviceEvidence> GatherEvidence(const EvidenceSources& sources,
                                      std::vector<Problem>& problems) {
  auto source = OpenValidation(sources.folder);
  if (!source) return tl::make_unexpected(source.error());
  EvidenceSources all = sources;
  all.documents = std::move(source->documents);
  return JoinEvidence(std::move(source->loaded), {}, all, problems);
}

Result<DeviceEvidence> JoinEvidence(LoadedValidation validation,
                                    std::vector<PackageRecord> packages,
                                    const EvidenceSources& sources,
                                    std::vector<Problem>& problems) {
  if (const size_t count = validation.problems.size(); count > 0) {
    problems.insert(problems.end(), validation.problems.begin(), validation.problems.end());
    return common::Fail(
        ErrorCode::kBadInput,
        common::Counted(static_cast<int64_t>(count), "problem") + " in the validation files",
        validation.files.folder);
  }
  DeviceEvidence evidence;
  evidence.files = std::move(validation.files);
  evidence.packages = std::move(packages);
  evidence.as_of = sources.as_of;
  if (auto added = AddRecords(sources, evidence); !added) {
    return tl::make_unexpected(added.error());
  }
  if (auto added = AddPackages(sources, evidence); !added) {
    return tl::make_unexpected(added.error());
  }
  const auto documents = sources.documents ? sources.documents : DocumentsIn(evidence.files.folder);
  AddDocuments(*documents, evidence);
  AddSboms(*documents, evidence);
  if (auto linked = LinkEvidence(evidence); !linked) return tl::make_unexpected(linked.error());
  return evidence;
}

common::Status LinkEvidence(DeviceEvidence& evidence) {
  PlaceFindings(evidence);
  JudgeFindings(evidence);
  std::vector<TracedPackage> traced;
  traced.reserve(evidence.packages.size());
  for (const PackageRecord& package : evidence.packages) traced.push_back(package.traced);
  auto trace = BuildTrace(evidence.files, traced);
  if (!trace) return tl::make_unexpected(trace.error());
  evidence.trace = std::move(*trace);
  for (const auto& [file, chain] : evidence.records) {
    AddSignedRecordGaps(file, chain, evidence.files, evidence.trace);
  }
  evidence.trace.signers_note = evidence.signers_note;
  return {};
}

Standing StandingOf(const DeviceEvidence& evidence, const std::string& finding) {
  const auto at = evidence.findings.find(finding);
  if (at == evidence.findings.end()) return DecisionsOn(evidence, {}).Overall();
  const FindingPlaces& places = at->second;
  Standing standing{nullptr, places.why_open, places.came_back, nullptr};
  if (places.decision) standing.decision = &evidence.files.dispositions.at(*places.decision);
  if (places.open_in) standing.open_in = &evidence.packages.at(*places.open_in).traced;
  return standing;
}

Standing StandingIn(const DeviceEvidence& evidence, const PackageRecord& package,
                    const std::string& finding) {
  const auto at = evidence.findings.find(finding);
  return DecisionsOn(evidence, at == evidence.findings.end() ? FindingPlaces{} : at->second)
      .In(package.traced);
}

const Disposition* DecisionOn(const DeviceEvidence& evidence, const std::string& finding) {
  return StandingOf(evidence, finding).decision;
}

const ListedEntry* VulnerabilityOf(const DeviceEvidence& evidence, const std::string& finding) {
  const auto& all = EntriesOf(evidence.files.postmarket, "vulnerabilities");
  const auto at = std::find_if(all.begin(), all.end(), [&](const ListedEntry& entry) {
    return entry.Text("finding") == finding;
  });
  return at == all.end() ? nullptr : &*at;
}

std::string FileOf(const DeviceEvidence& evidence, const char* kind) {
  return ValidationPath(evidence.files.folder, kind);
}

}  // namespace percuss::reports

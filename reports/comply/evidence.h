// SPDX-License-Identifier: Apache-2.0
//
// All that is known of a device at one time: its validation files, packages, signed records and
// bills of materials. Plain data; what reads it never writes it.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/result.h"
#include "reports/records/counted_records.h"
#include "reports/validation/finding_decisions.h"
#include "reports/validation/named_documents.h"
#include "reports/validation/trace.h"
#include "reports/validation/traced_package.h"
#include "reports/validation/validation_files.h"

namespace percuss::reports {

struct DeviceSbom {
  std::string file;
  size_t components = 0;
  std::vector<std::string> gaps;  // what is missing from it, or why it cannot be read
};

// A document that compliance.json names.
struct DocumentDigest {
  std::string sha256;
  std::string why_not;  // it cannot be read
};

// Where a finding is spoken of, and what StandingOf says of it: numbers of dispositions and of
// packages, which stay true in a copy.
struct FindingPlaces {
  std::vector<size_t> said;  // in order, without what was superseded
  std::vector<size_t> packages;
  std::string target;
  std::optional<size_t> decision;
  std::optional<size_t> open_in;
  std::string why_open;
  bool came_back = false;
};

struct DeviceEvidence {
  ValidationFiles files;  // signed dispositions are among those of the files
  std::vector<PackageRecord> packages;
  std::vector<RecordFile> records;
  std::vector<DeviceSbom> sboms;
  std::map<std::string, DocumentDigest, std::less<>> documents;  // by name
  Trace trace;
  std::unordered_map<std::string, FindingPlaces> findings;  // by id; made by LinkEvidence
  std::string as_of;           // the day for which ages and clocks are told
  bool signers_named = false;  // it is known whose records count
  std::string signers_note;    // see counted_records.h; empty: nothing is to be said
};

struct EvidenceSources {
  std::filesystem::path folder;  // of validation files, or a package that carries them
  std::vector<std::string> packages;
  std::vector<std::string> records;
  std::optional<std::filesystem::path> key;  // of whoever must have signed the packages
  std::string as_of;                         // a date
  RecordSigners signers = {};                // who may have signed the records
  // That compliance.json names; those in the folder of the validation files where none are given.
  std::shared_ptr<const Documents> documents = {};
};

// kBadInput when the validation files have problems, each of which is appended to `problems`.
// A package that is not what was sealed is an error; broken records, and those that others have
// signed than the signers, are told and count for nothing.
[[nodiscard]] common::Result<DeviceEvidence> GatherEvidence(const EvidenceSources& sources,
                                                            std::vector<Problem>& problems);

// The same, of validation files and packages that were read already; the packages come before those
// of `sources`. A package that is named again counts once.
[[nodiscard]] common::Result<DeviceEvidence> JoinEvidence(LoadedValidation validation,
                                                          std::vector<PackageRecord> packages,
                                                          const EvidenceSources& sources,
                                                          std::vector<Problem>& problems);

// Puts trace and findings in order after packages or files were changed.
[[nodiscard]] common::Status LinkEvidence(DeviceEvidence& evidence);

// What holds of a finding, over all packages that have it; in one of them alone. The evidence
// outlives it.
[[nodiscard]] Standing StandingOf(const DeviceEvidence& evidence, const std::string& finding);
[[nodiscard]] Standing StandingIn(const DeviceEvidence& evidence, const PackageRecord& package,
                                  const std::string& finding);

// The decision of StandingOf, or nullptr while the finding is open.
[[nodiscard]] const Disposition* DecisionOn(const DeviceEvidence& evidence,
                                            const std::string& finding);

// The entry of postmarket.json that a finding is, or nullptr.
[[nodiscard]] const ListedEntry* VulnerabilityOf(const DeviceEvidence& evidence,
                                                 const std::string& finding);

// Where a file of the folder is: "device/compliance.json".
[[nodiscard]] std::string FileOf(const DeviceEvidence& evidence, const char* kind);

}  // namespace percuss::reports

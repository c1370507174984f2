// SPDX-License-Identifier: Apache-2.0
//
// Sealing: from a record and a folder of files to one package that can be checked years later
// without us. The order is trace.json, manifest.json (which lists every other file but the
// statement), the statement (whose subjects are all files but itself), the zip. Afterwards the
// folder holds the same files as the zip.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "common/clock.h"
#include "common/model/run_record.h"
#include "common/result.h"
#include "reports/envelope/key.h"

namespace percuss::reports {

struct SealOptions {
  std::filesystem::path zip;
  std::shared_ptr<const Signer> key;  // none: the package is sealed, and says that it is not signed
  std::string signer_role = "tool operator";
  std::string signature_meaning =
      "sealed at the end of the campaign; not an approval of its content";
  std::string prior_package;  // SHA-256 of the package before this one, empty when there is none
  bool supersedes = false;    // whether this one takes the prior one's place
  std::string reason;         // why; must not be empty when it supersedes
  std::string package_id;     // empty: that of FreshPackageId
  const common::Clock* clock = &common::SystemClock();
};

struct SealedPackage {
  std::filesystem::path zip;
  std::string package_id;
  bool is_signed = false;
  std::string key_id;  // empty when not signed
};

// Random, RFC 4122 version 4: for a package whose id must be known before it is sealed.
// kUnavailable when there is no random source.
[[nodiscard]] common::Result<std::string> FreshPackageId();

// The same record, files, key, package_id and time give the same bytes. Writes the zip atomically:
// a crash leaves the old one or none. kBadInput when the folder holds anything but files and
// folders with names that a package can carry (see PathGuard) or passes PackageLimits.
[[nodiscard]] common::Result<SealedPackage> SealPackage(const common::RunRecord& record,
                                                        const std::filesystem::path& staging,
                                                        const SealOptions& options);

// Names, in record.absent, each section of the manifest that this version does not fill or that is
// empty in this record, with the reason. Sections that are already named stay as they are.
// SealPackage calls it too.
void FillAbsentSections(common::RunRecord& record);

// interface → target → findings, from what the record alone says. Schema percuss.trace.v1.
[[nodiscard]] nlohmann::json TraceJson(const common::RunRecord& record);

}  // namespace percuss::reports

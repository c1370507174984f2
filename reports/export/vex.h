// SPDX-License-Identifier: Apache-2.0
//
// What is known of vulnerabilities in products, between a record (or a match with a feed) and the
// formats that say so: OpenVEX 0.2.0 and the VEX profile of CSAF 2.0. The four states are those of
// "Minimum Requirements for Vulnerability Exploitability eXchange" (CISA, April 2023). Pure and
// thread-safe.
//
// A state is never better than what somebody signed for: without a disposition, or with one that
// decides nothing, a finding is under investigation.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/model/run_record.h"
#include "reports/export/package_facts.h"

namespace percuss::reports {

enum class VexStatus { kUnderInvestigation, kAffected, kNotAffected, kFixed };

// What is being done about one that is affected.
enum class VexRemedy { kNone, kNoFixPlanned, kMitigation, kFix };

struct VexProduct {
  std::string iri;  // a package URL
  std::string name;
  std::string sha256;  // of the file, where one is known
  std::string model;
  std::string udi_di;
  int part_of = -1;  // index of the product that it is a component of; -1: it is on its own
};

struct VexStatement {
  std::string id;                    // CVE, or one of ours: "x_percuss_F-0123456789ab"
  std::vector<std::string> aliases;  // other names of the same
  std::string title;
  std::string description;
  int product = 0;  // index
  VexStatus status = VexStatus::kUnderInvestigation;
  std::string justification;  // kNotAffected: one of VexJustifications(), or empty
  std::string impact;         // kNotAffected: why; never empty
  std::string action;         // kAffected: what to do; never empty
  VexRemedy remedy = VexRemedy::kNone;
  std::string notes;                            // who said so
  std::string at;                               // RFC 3339: since when that is known
  std::optional<SignedSeverity> severity = {};  // of what is, or may be, affected
};

struct VexRevision {
  std::string at;
  std::string summary;
};

struct VexDocument {
  std::string id;  // URI
  std::string title;
  std::string author;
  std::string role;
  std::string author_namespace;  // URI
  std::string tooling;
  std::vector<VexRevision> revisions;  // by time; at least one
  std::vector<VexProduct> products;
  std::vector<VexStatement> statements;  // those of one id need not be neighbours
};

// confirmed, accepted, deferred: affected. fixed: affected, and the build of the retest, another
// product, is fixed. false_positive: not affected. open, duplicate and nothing: under
// investigation. A target that could not be judged is under investigation as well.
[[nodiscard]] VexDocument VexOfRecord(const common::RunRecord& record, const PackageFacts& package);

// "x_percuss_" and the finding's id.
[[nodiscard]] std::string VulnerabilityId(const common::Finding& finding);

// Kind, place and reproduction of a finding, for a person.
[[nodiscard]] std::string FindingDescription(const common::Finding& finding,
                                             const PackageFacts& package);

}  // namespace percuss::reports

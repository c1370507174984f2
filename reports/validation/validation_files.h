// SPDX-License-Identifier: Apache-2.0
//
// The validation files of a device: what a maker's quality system knows, kept beside the device's
// source. JSON, one schema each (reports/schema), every entry with an id that stays. The files are
// interfaces.json, requirements.json, threats.json, risks.json, protocol.json and, once something
// was run, records.json; for percuss comply and metrics also compliance.json and postmarket.json.
// docs/validation-files.md tells each member.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/result.h"
#include "reports/validation/entry_reader.h"
#include "reports/validation/listed_entries.h"
#include "reports/validation/located_json.h"

namespace percuss::reports {

struct DeviceInterface {
  std::string id;
  std::string description;
  std::string protocol;
  bool excluded = false;
  std::string rationale;  // of the exclusion
  int line = 0;
};

struct Requirement {
  std::string id;
  std::string text;
  std::string category;
  std::vector<Link> interfaces;
  std::string verified_elsewhere;  // reference to what shows it, where no campaign can
  int line = 0;
};

struct Control {
  std::string id;
  std::string text;
  std::vector<Link> requirements;  // that implement it
  std::string implementation;      // reference to what shows that it is there
  std::string effectiveness;       // and that it works
  int line = 0;
};

struct Threat {
  std::string id;
  std::string text;
  std::string stride;
  std::string asset;
  Link interface;
  std::vector<Link> controls;
  int line = 0;
};

// A safety risk is estimated by severity and probability, a security risk by severity and
// exploitability: `likelihood` is the one or the other, never converted.
struct Risk {
  bool security = false;
  std::string id;
  std::string text;  // the hazardous situation, or what an attacker achieves
  std::string severity;
  std::string likelihood;
  std::vector<Link> controls;
  std::vector<Link> threats;   // of a security risk
  std::vector<Link> leads_to;  // safety risks that a security risk can bring about
  std::string residual_severity;
  std::string residual_likelihood;
  bool residual_acceptable = false;
  int line = 0;
};

struct Criterion {
  std::string id;
  std::string text;
  std::string dated;
  std::string measure;  // reports/validation/acceptance.h; empty: people judge
  double limit = 0;     // at least, or at most, as the measure is
  int line = 0;
};

// What will be tested: targets of campaigns, by the ids that campaign files give them.
struct ProtocolEntry {
  std::string id;
  std::string title;
  std::vector<Link> interfaces;
  std::vector<Link> requirements;
  std::vector<Link> targets;
  std::vector<Link> criteria;
  std::string intent;              // verify|thwart|regression; empty: not said
  std::vector<std::string> tests;  // requirement|mitigation|vulnerability|penetration
  int line = 0;
};

// A signature or approval as plain data.
struct Signature {
  std::string name;
  std::string role;
  std::string date;
  std::string meaning;
};

struct RecordedPackage {
  std::string id;      // package_id of its manifest
  std::string sha256;  // of the zip
  std::string result;
  std::string conclusion;
  std::vector<std::string> actions;
  std::string sample_rationale;
  std::string nonconformity;  // reference to it, or to a CAPA, of a package that did not pass
  int line = 0;
};

// What a deferred finding's disposition says.
struct DeferralText {
  std::string risk;
  std::string timeline;
  std::string interim_measure;
  std::string time_to_field;
};

// What was decided about a finding. A later one names the one that it supersedes; both stay.
struct Disposition {
  std::string id;
  std::string finding;
  std::string decision;  // fixed|deferred|accepted|not_a_defect|third_party; signed: open|confirmed
  std::string rationale;
  std::string date;
  std::string by;
  std::vector<std::string> references;  // ids of a CAPA, issue, risk or requirement
  DeferralText deferral;
  Link package = {};           // whose finding was decided on; no id: not said
  std::string package_sha256;  // of a signed record
  bool is_signed = false;      // it is of a signed record, not of records.json
  bool every_build = false;    // decided in advance, for whatever build has it
  Link supersedes;
  bool superseded = false;
  int line = 0;
};

struct ValidationFiles {
  std::filesystem::path folder;
  std::vector<DeviceInterface> interfaces;
  std::vector<Requirement> requirements;
  std::vector<Control> controls;
  std::vector<Threat> threats;
  std::vector<Risk> risks;
  std::vector<Criterion> criteria;
  std::vector<ProtocolEntry> entries;
  std::vector<Signature> approvals;
  std::vector<RecordedPackage> packages;
  std::vector<Disposition> dispositions;
  std::vector<Signature> signatures;
  // compliance.json
  Policies policies;
  EntryLists compliance;
  // postmarket.json
  EntryLists postmarket;
};

// The names of the files, and of their schemas "percuss.<name>.v1".
inline constexpr const char* kValidationKinds[] = {"interfaces", "requirements", "threats",
                                                   "risks",      "protocol",     "records",
                                                   "compliance", "postmarket"};
constexpr size_t kRequiredKinds = 5;  // of these the first; the others may be missing
constexpr uint64_t kLargestValidationFile = uint64_t{64} << 20;  // bytes

// The text of each file that is there, by its kind.
using ValidationTexts = std::map<std::string, std::string>;

struct LoadedValidation {
  ValidationFiles files;
  ValidationTexts texts;          // from which they were read
  std::vector<Problem> problems;  // all, by file and line; empty: everything holds together
};

// As LoadValidation, of texts that were read already; problems call a file as if it were in
// `folder`. Pure.
[[nodiscard]] LoadedValidation ParseValidation(ValidationTexts texts,
                                               const std::filesystem::path& folder);

// Files beyond kRequiredKinds may be missing. Members of files with problems are as far as they
// could be read. Errors: only what the operating system refuses. Files of up to 64 MiB each.
[[nodiscard]] common::Result<LoadedValidation> LoadValidation(const std::filesystem::path& folder);

// Appends a problem for every id that is there twice, and every link to what is not there.
void CheckLinks(ValidationFiles& files, std::vector<Problem>& problems);

// From the least to the most; never a probability.
[[nodiscard]] const std::vector<std::string>& Exploitabilities();

// The path by which problems and gaps call a file.
[[nodiscard]] std::string ValidationPath(const std::filesystem::path& folder, const char* kind);

}  // namespace percuss::reports

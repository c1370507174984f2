// SPDX-License-Identifier: Apache-2.0
//
// What feeds say of vulnerabilities, whatever format they came in. Plain data; absent texts are
// empty.
#pragma once

#include <string>
#include <vector>

namespace percuss::reports {

struct VersionEvent {
  enum class Kind { kIntroduced, kFixed, kLastAffected, kLimit };
  Kind kind = Kind::kIntroduced;
  std::string version;  // "0" with kIntroduced: before every other
};

struct VersionRange {
  std::string type;  // SEMVER|ECOSYSTEM|GIT, as in OSV
  std::vector<VersionEvent> events;
};

// A package, or a product of an advisory, and which of its versions it is about.
struct AffectedPackage {
  enum class State { kAffected, kNotAffected, kUnknown };
  State state = State::kAffected;
  std::string ecosystem;  // as OSV spells it: "Debian:12"
  std::string name;
  std::string purl;
  std::string cpe;
  std::string version;   // the one version that it is about
  std::string whole;     // name of the product that it is said of as a component
  std::string doubtful;  // why its versions cannot be told, such as a range in words
  std::vector<VersionRange> ranges;
  std::vector<std::string> versions;
};

struct Advisory {
  std::string id;
  std::vector<std::string> aliases;
  std::string summary;
  std::string modified;  // RFC 3339
  bool withdrawn = false;
  std::vector<AffectedPackage> affected;
};

// A vulnerability that is known to be exploited.
struct ExploitedEntry {
  std::string id;  // CVE
  std::string vendor;
  std::string product;
  std::string name;
  std::string added;   // date
  std::string due;     // date until which it must be acted on
  std::string action;  // what is asked for
  bool ransomware = false;
};

struct Feed {
  std::string file;
  std::string kind;    // OSV|CSAF|KEV, or several with commas
  std::string date;    // its own: the newest that it names; empty when it names none
  std::string sha256;  // of the file, or of the set of files
  size_t documents = 0;
  size_t withdrawn = 0;
  std::vector<Advisory> advisories;
  std::vector<ExploitedEntry> exploited;
};

}  // namespace percuss::reports

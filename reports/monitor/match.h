// SPDX-License-Identifier: Apache-2.0
//
// Holds the components of a bill of materials against what feeds say. Pure and thread-safe.
//
// How a component is recognised, best first: the same package URL; the same CPE vendor and product;
// the same name, where it has no package URL that names another registry. Whether its version is
// meant is told by OSV's rule (schema, "Evaluation"), with the ecosystem's own order of versions.
// Whatever cannot be told is a match all the same, and says so.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/model/sbom.h"
#include "reports/monitor/advisory.h"

namespace percuss::reports {

enum class MatchState {
  kAffected,    // the feed says so of this version
  kCannotTell,  // the component is meant, or may be; whether this version is, nobody can tell
};

struct MatchReason {
  std::string feed;      // its file
  std::string advisory;  // id there
  std::string by;        // purl|cpe|name
  std::string why;       // for a person: "2.1.2 is in [2.0.0, 2.1.3)"
  MatchState state = MatchState::kCannotTell;
};

struct Match {
  std::string vulnerability;         // the CVE, where one of its names is one
  std::vector<std::string> aliases;  // its other names, sorted
  std::string summary;
  size_t component = 0;  // index in the bill of materials
  MatchState state = MatchState::kCannotTell;
  std::vector<MatchReason> reasons;
  bool known_exploited = false;
  bool ransomware = false;
  std::string exploited_due;     // date; of the catalogue
  std::string exploited_action;  // likewise
  bool patch_claimed = false;    // the bill of materials says that a patch resolves it
};

struct MatchCounts {
  size_t components = 0;  // compared; the subject of the document is not among them
  size_t nameless = 0;    // without anything to recognise them by
  size_t advisories = 0;
  size_t withdrawn = 0;
};

struct MatchResult {
  // Known exploited ones first, then affected before what cannot be told, then by vulnerability and
  // component.
  std::vector<Match> matches;
  MatchCounts counts;
};

[[nodiscard]] MatchResult MatchFeeds(const common::Sbom& sbom, const std::vector<Feed>& feeds);

// What a component is called where it must be the same in another run: its package URL, else its
// name and version.
[[nodiscard]] std::string ComponentKey(const common::SbomComponent& component);

}  // namespace percuss::reports

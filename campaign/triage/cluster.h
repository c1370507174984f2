// SPDX-License-Identifier: Apache-2.0
//
// Which findings may be one bug: a hypothesis between the strict key, which splits a bug that is
// reached by several ways, and none. The rule:
//
// Two reports of one target are alike by the user's functions on their stacks, each once, innermost
// first: the innermost weighs a half of all, its caller a quarter, and so on by halves; what both
// stacks have in the same order counts with the smaller of its two weights. A broken property
// stands as the innermost function. Of a runaway recursion the order says nothing: its functions
// are a set of equals. The distance is 1 less that share, and kOtherClass more where the classes
// differ and are kin (what leaves a heap block may hit the zone behind it or a page that is not
// mapped), kOtherAccess where one reads and one writes. Classes that are not kin, and other
// targets, are 1 apart. Clusters are the widest groups in which no two are further apart than
// kClusterLimit (complete linkage). No line number counts: a strict key has them.
//
// How often that is right on labelled bugs: docs/triage.md. Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "campaign/triage/crash_report.h"
#include "common/model/finding.h"

namespace percuss::campaign {

inline constexpr double kOtherClass = 0.15;
inline constexpr double kOtherAccess = 0.1;
inline constexpr double kClusterLimit = 0.5;

// What the rule looks at.
struct ClusterItem {
  std::string target;
  std::string strict_key;
  std::string kind;
  std::string bug_class;
  std::string access;
  std::vector<std::string> functions;  // innermost first, each once; a property's id before them
};

[[nodiscard]] ClusterItem ClusterItemOf(const std::string& target, const std::string& strict_key,
                                        const CrashReport& report);
[[nodiscard]] ClusterItem ClusterItemOf(const common::Finding& finding);

// Whether one bug may show both classes, by a data table.
[[nodiscard]] bool AreKin(std::string_view bug_class, std::string_view other);

// 0 (nothing that the rule sees tells them apart) to 1. Symmetric.
[[nodiscard]] double ClusterDistance(const ClusterItem& one, const ClusterItem& other);

// In words, what the distance is made of: "innermost function: a, b; class: x, y". Empty at 0.
[[nodiscard]] std::string WhatTellsApart(const ClusterItem& one, const ClusterItem& other);

// Per item the number of its cluster, from 0 in the order of their first items. At most
// kMostClustered different items of a target are compared; those beyond stay alone.
inline constexpr size_t kMostClustered = 4000;
[[nodiscard]] std::vector<size_t> ClusterItems(const std::vector<ClusterItem>& items);

// Sets cluster ("C-" and 12 hex digits, of the target and the least strict key of its members, so
// that the same findings have the same name in every run) and neighbours of all.
void SetClusters(std::vector<common::Finding>& findings);

}  // namespace percuss::campaign

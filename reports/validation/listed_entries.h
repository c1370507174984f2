// SPDX-License-Identifier: Apache-2.0
//
// The lists of compliance.json and postmarket.json. Their entries are short texts, each of which
// may be missing: that one is missing is what percuss comply tells, row by row, and no mistake in
// the file. So a list is data: a name and, per member, the shape that it must have where it is
// there. docs/validation-files.md and the schemas tell the same.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/validation/entry_reader.h"

namespace percuss::reports {

struct ListedEntry {
  std::string id;
  int line = 0;
  std::map<std::string, std::string, std::less<>> texts;

  // Empty when it is missing.
  [[nodiscard]] const std::string& Text(std::string_view member) const;
  [[nodiscard]] bool Has(std::string_view member) const { return !Text(member).empty(); }
};

// By the list's name.
using EntryLists = std::map<std::string, std::vector<ListedEntry>, std::less<>>;

// The entries of a list, or none.
[[nodiscard]] const std::vector<ListedEntry>& EntriesOf(const EntryLists& lists,
                                                        std::string_view list);
[[nodiscard]] const ListedEntry* FindEntry(const std::vector<ListedEntry>& entries,
                                           std::string_view id);

enum class MemberShape {
  kText,
  kDate,
  kTime,
  kSha256,
  kId,
  kFile,
  kChoice,
};

struct ListMember {
  const char* name;
  MemberShape shape = MemberShape::kText;
  std::vector<std::string> allowed = {};  // of kChoice
  // Of kId: where the entry must be that is named. A list of the same file; "risks"; or nullptr,
  // where percuss cannot know.
  const char* list = nullptr;
};

struct ListShape {
  const char* name;
  const char* what;                           // of an entry, in problems
  std::vector<std::string> allowed_ids = {};  // empty: any
  std::vector<ListMember> members;
};

[[nodiscard]] const std::vector<ListShape>& ComplianceLists();
[[nodiscard]] const std::vector<ListShape>& PostmarketLists();

// fixed, deferred, accepted, not_a_defect, third_party.
[[nodiscard]] const std::vector<std::string>& Decisions();
// From the least to the most: developer, other_team, third_party.
[[nodiscard]] const std::vector<std::string>& Independences();

// What the maker set for itself; a policy that is missing is not set.
struct Policies {
  std::optional<double> retest_interval_days;
  std::optional<double> minimum_executions;  // of each target of the protocol
  std::optional<double> minimum_cpu_hours;
  std::string retention_until;
  std::string independence;
  std::string isao_membership;
};

[[nodiscard]] Policies ReadPolicies(EntryReader reader);
[[nodiscard]] EntryLists ReadLists(EntryReader& root, const std::vector<ListShape>& shapes);

}  // namespace percuss::reports

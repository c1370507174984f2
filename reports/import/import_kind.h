// SPDX-License-Identifier: Apache-2.0
//
// What can be imported: the lists of the validation files, with the members of their entries.
// docs/validation-files.md tells what each means. Plain tables.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace percuss::reports {

struct ImportMember {
  const char* name;  // "residual.severity" is a member of an object in the entry
  bool is_list;      // of ids
  bool optional;     // may be absent in the file; an empty text then means that it is
};

struct ImportKind {
  const char* name;                       // as on the command line: "safety-risks"
  const char* file;                       // one of kValidationKinds
  const char* list;                       // in that file
  const char* entry;                      // what one is called: "safety risk"
  std::span<const ImportMember> members;  // besides "id", in the order in which they are written
};

[[nodiscard]] std::span<const ImportKind> ImportKinds();
// nullptr when there is none of that name.
[[nodiscard]] const ImportKind* FindImportKind(std::string_view name);
// nullptr when entries of that kind have no such member.
[[nodiscard]] const ImportMember* FindMember(const ImportKind& kind, std::string_view name);
// The member that says in a sentence what an entry is: other formats have one for that.
[[nodiscard]] const char* TextMember(const ImportKind& kind);
// "id, text, category".
[[nodiscard]] std::string MemberNames(const ImportKind& kind);

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// How another tool's fields become members of ours: the names that agree, those that each format
// has by itself, and what the user's --map file says (reports/schema/import_map.v1.schema.json,
// docs/validation-files.md).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "reports/import/import_kind.h"
#include "reports/import/source_items.h"

namespace percuss::reports {

struct ImportMap {
  std::map<std::string, std::string> members;  // member of ours to field of the source
  // Member to source's word to ours.
  std::map<std::string, std::map<std::string, std::string>> values;
  std::map<std::string, std::string> defaults;  // member to text, where the source has none
  std::set<std::string> ignore;                 // fields that nobody wants here
  std::vector<std::string> types;               // of items to take; empty: see MapItems
  char delimiter = ',';                         // of CSV
};

// Appends problems for what the schema does not allow or is no member of the kind.
[[nodiscard]] ImportMap ReadImportMap(std::string_view text, const std::string& file,
                                      const ImportKind& kind, std::vector<Problem>& problems);

// The fields that a format calls by names of its own.
struct FormatNames {
  // Member to fields, of which the first that the source has is taken.
  std::map<std::string, std::vector<std::string>> members;
  std::set<std::string> bookkeeping;  // left out without a word from the user
};

struct ImportedEntry {
  std::string id;
  std::string file;
  int line = 0;
  // Absent: the source says nothing of the member. A list has its ids, a text is alone.
  std::map<std::string, std::vector<std::string>> members;
};

struct MappedItems {
  std::vector<ImportedEntry> entries;
  std::vector<std::string> left_out;  // names of fields, sorted
  std::vector<std::string> skipped;
  bool has_places = false;  // of each field it is known what it is, or that it is nothing
};

// A field that has no place is a problem, so that nothing is dropped unseen, as is an entry without
// an id or with one that is there twice. Of sources with types of items those are taken that the
// map names, else the type called like the kind's entry, else the only one.
[[nodiscard]] MappedItems MapItems(const SourceItems& source, const ImportKind& kind,
                                   const FormatNames& names, const ImportMap& map,
                                   std::vector<Problem>& problems);

}  // namespace percuss::reports

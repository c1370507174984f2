// SPDX-License-Identifier: Apache-2.0
//
// What another tool's file says, before anybody asks what it means: items with named fields. The
// readers of each format make these; sources are taken as hostile.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "reports/validation/located_json.h"

namespace percuss::reports {

struct SourceField {
  std::string name;
  std::vector<std::string> values;  // one, unless the source knows lists
  bool is_list = false;
  bool is_reference = false;  // the values are keys of other items
};

struct SourceItem {
  std::string type;  // of the source's own words; empty where a source has one kind of item only
  std::string file;
  int line = 0;
  std::vector<SourceField> fields;
  std::string key = {};  // by which references name it; may be empty
};

struct SourceItems {
  std::vector<SourceItem> items;     // in the source's order
  std::vector<std::string> skipped;  // what was left out and why: "REQ004: not active"
  std::vector<Problem> problems;     // when there are any, `items` is as far as it could be read
};

// So many are told in one go; what is wrong in more places is wrong in its making.
constexpr size_t kMostProblems = 200;

// Of one file; all the files of a folder together may have as much.
constexpr uint64_t kLargestSource = uint64_t{64} << 20;

// RFC 4180 with a header: its cells name the fields. LF alone ends a line too, a UTF-8 byte order
// mark and empty lines are passed over, and an apostrophe before what a spreadsheet would take for
// a formula is not part of the text. `file` is what problems call it. A row with a mistake is left
// out and the next one read, up to kMostProblems mistakes; only what follows a quote that never
// ends cannot be read.
[[nodiscard]] SourceItems ReadCsvItems(std::string_view text, const std::string& file,
                                       char delimiter);

// A Doorstop document: a folder with a YAML file per item, whose name is the item's uid, or the
// one file that `doorstop export` writes, a mapping of uids to items. The uid becomes the field
// "uid". Items that are not active are skipped. Errors: only what the operating system refuses.
[[nodiscard]] common::Result<SourceItems> ReadDoorstopItems(const std::filesystem::path& source);

// ReqIF 1.0 to 1.2, a .reqif file or a .reqifz archive of such: the fields are the attributes by
// their LONG-NAME, XHTML as plain text; "identifier"; and for each type of relation the items that
// it leads to, or "links" where it has no name. Errors: only what the operating system refuses.
[[nodiscard]] common::Result<SourceItems> ReadReqifItems(const std::filesystem::path& source);

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
#include "reports/import/source_format.h"

#include <fmt/format.h>

#include <array>

#include "common/fs.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using common::Result;

bool IsCsv(const stdfs::path& source) { return source.extension() == ".csv"; }

Result<SourceItems> ReadCsv(const stdfs::path& source, char delimiter) {
  const auto text = common::ReadFile(source, kLargestSource);
  if (!text) return tl::make_unexpected(text.error());
  return ReadCsvItems(*text, source.string(), delimiter);
}

FormatNames CsvNames(const ImportKind&) { return {}; }

bool IsDoorstop(const stdfs::path& source) {
  std::error_code ignored;
  return stdfs::is_directory(source, ignored) || source.extension() == ".yml" ||
         source.extension() == ".yaml";
}

Result<SourceItems> ReadDoorstop(const stdfs::path& source, char) {
  return ReadDoorstopItems(source);
}

// Doorstop 2 and 3, docs/reference/item.md: what each item has. Links lead to parents, which for a
// control are the requirements that it comes from; of other kinds only the user knows.
FormatNames DoorstopNames(const ImportKind& kind) {
  FormatNames names;
  names.members = {{"id", {"uid"}}};
  if (std::string_view(kind.name) == "controls") names.members["requirements"] = {"links"};
  names.members[TextMember(kind)] = {"text"};
  names.bookkeeping = {"active", "derived",   "header",   "level",
                       "ref",    "normative", "reviewed", "references"};
  return names;
}

bool IsReqif(const stdfs::path& source) {
  return source.extension() == ".reqif" || source.extension() == ".reqifz";
}

Result<SourceItems> ReadReqif(const stdfs::path& source, char) { return ReadReqifItems(source); }

// Names of the ReqIF implementation guide, and those of StrictDoc.
FormatNames ReqifNames(const ImportKind& kind) {
  FormatNames names;
  names.members = {{"id", {"ReqIF.ForeignID", "UID", "identifier"}},
                   {TextMember(kind), {"ReqIF.Text", "STATEMENT"}}};
  if (std::string_view(kind.name) == "controls")
    names.members["requirements"] = {"links", "Parent"};
  names.bookkeeping = {"identifier", "MID"};
  return names;
}

constexpr std::array<SourceFormat, 3> kFormats = {{
    {"csv", "CSV as in RFC 4180, with a header", &IsCsv, &ReadCsv, &CsvNames},
    {"doorstop", "a folder of Doorstop items, or an export in YAML", &IsDoorstop, &ReadDoorstop,
     &DoorstopNames},
    {"reqif", "ReqIF 1.0 to 1.2, .reqif or .reqifz", &IsReqif, &ReadReqif, &ReqifNames},
}};

}  // namespace

std::span<const SourceFormat> SourceFormats() { return kFormats; }

Result<const SourceFormat*> FindSourceFormat(const std::string& name, const stdfs::path& source) {
  std::string known;
  for (const SourceFormat& format : kFormats) {
    if (name.empty() ? format.claims(source) : format.name == name) return &format;
    known += (known.empty() ? "" : ", ") + std::string(format.name);
  }
  if (!name.empty()) {
    return common::Fail(common::ErrorCode::kBadInput,
                        fmt::format("there is no format \"{}\"; there are: {}", name, known));
  }
  return common::Fail(common::ErrorCode::kBadInput,
                      "its name does not tell its format; say --format with one of: " + known,
                      source.string());
}

}  // namespace percuss::reports

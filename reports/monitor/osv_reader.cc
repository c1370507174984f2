// SPDX-License-Identifier: Apache-2.0
//
// OSV's records, and CISA's catalogue of known exploited vulnerabilities.
#include <algorithm>

#include "reports/monitor/feed.h"

namespace percuss::reports {
namespace {

using common::FieldReader;
using common::Json;

// OSV lets some lists be null.
std::vector<std::string> TextsOrNull(FieldReader& reader, const Json& object, const char* name) {
  if (!object.is_object() || !object.contains(name) || object[name].is_null()) return {};
  return reader.Texts(name);
}

VersionRange ReadRange(FieldReader& reader) {
  VersionRange range;
  range.type = reader.Choice("type", {"GIT", "SEMVER", "ECOSYSTEM"}, "GIT");
  for (FieldReader& event : reader.Objects("events")) {
    using Kind = VersionEvent::Kind;
    static constexpr std::pair<const char*, Kind> kKinds[] = {
        {"introduced", Kind::kIntroduced},
        {"fixed", Kind::kFixed},
        {"last_affected", Kind::kLastAffected},
        {"limit", Kind::kLimit}};
    bool any = false;
    for (const auto& [name, kind] : kKinds) {
      if (!event.Has(name)) continue;
      any = true;
      range.events.push_back({kind, event.RequiredText(name)});
    }
    if (!any) event.Mistake("", "is no event: introduced, fixed, last_affected or limit");
  }
  if (range.events.empty()) reader.Mistake("events", "must not be empty");
  return range;
}

AffectedPackage ReadAffected(FieldReader& reader) {
  AffectedPackage affected;
  if (reader.Has("package")) {
    FieldReader package = reader.Object("package");
    affected.ecosystem = package.RequiredText("ecosystem");
    affected.name = package.RequiredText("name");
    affected.purl = package.Text("purl");
  }
  for (FieldReader& range : reader.Objects("ranges")) {
    FieldReader where = range;
    affected.ranges.push_back(ReadRange(range));
    if (affected.name.empty() && affected.ranges.back().type == "GIT") {
      // Only a repository tells what it is about: its last part is the name.
      std::string repo = where.Text("repo");
      while (!repo.empty() && repo.back() == '/') repo.pop_back();
      affected.name = repo.substr(repo.rfind('/') + 1);
      if (affected.name.size() > 4 && affected.name.substr(affected.name.size() - 4) == ".git") {
        affected.name.resize(affected.name.size() - 4);
      }
      affected.ecosystem = "GIT";
    }
  }
  affected.versions = reader.Texts("versions");
  return affected;
}

}  // namespace

void TakeOsv(common::Document& document, const Json& record, const std::string& pointer,
             Feed& feed) {
  FieldReader reader(document, record, pointer);
  Advisory advisory;
  advisory.id = reader.RequiredText("id");
  advisory.modified = reader.RequiredText("modified");
  advisory.aliases = TextsOrNull(reader, record, "aliases");
  for (std::string& upstream : TextsOrNull(reader, record, "upstream")) {
    advisory.aliases.push_back(std::move(upstream));
  }
  advisory.summary = reader.Text("summary");
  if (advisory.summary.empty()) advisory.summary = reader.Text("details").substr(0, 200);
  advisory.withdrawn = reader.Has("withdrawn");
  if (record.is_object() && record.contains("affected") && !record["affected"].is_null()) {
    for (FieldReader& affected : reader.Objects("affected")) {
      advisory.affected.push_back(ReadAffected(affected));
    }
  }
  feed.advisories.push_back(std::move(advisory));
}

void TakeCatalogue(common::Document& document, Feed& feed) {
  FieldReader root(document, document.json, "");
  feed.date = std::max(feed.date, root.RequiredText("dateReleased"));
  if (!root.Has("vulnerabilities")) root.Mistake("vulnerabilities", "is required");
  for (FieldReader& reader : root.Objects("vulnerabilities")) {
    ExploitedEntry entry;
    entry.id = reader.RequiredText("cveID");
    entry.vendor = reader.Text("vendorProject");
    entry.product = reader.RequiredText("product");
    entry.name = reader.Text("vulnerabilityName");
    entry.added = reader.Text("dateAdded");
    entry.due = reader.Text("dueDate");
    entry.action = reader.Text("requiredAction");
    entry.ransomware = reader.Text("knownRansomwareCampaignUse") == "Known";
    feed.exploited.push_back(std::move(entry));
  }
}

}  // namespace percuss::reports

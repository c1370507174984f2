// SPDX-License-Identifier: Apache-2.0
#include "reports/index/store.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "common/fs.h"
#include "common/hash.h"
#include "common/json_file.h"
#include "common/log.h"
#include "reports/evidence/package_reader.h"
#include "reports/index/index_file.h"
#include "reports/records/record_chain.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using common::Result;

constexpr std::string_view kRecordsEnd = ".jsonl";
constexpr std::string_view kHeadEnd = ".jsonl.head";

// Records without a head, or a head without records: somebody took the other away.
common::Status CheckHalves(const stdfs::path& folder, const std::set<std::string>& paths) {
  const auto lost = [&](const std::string& there, const std::string& missing) {
    return common::Fail(common::ErrorCode::kCorrupt,
                        "is there without " + missing + ": nobody knows what was signed",
                        folder / there);
  };
  for (const std::string& path : paths) {
    if (path.ends_with(kHeadEnd)) {
      const std::string records = path.substr(0, path.size() - std::string_view(".head").size());
      if (!paths.contains(records)) return lost(path, stdfs::path(records).filename().string());
    }
    if (!path.ends_with(kRecordsEnd) || paths.contains(path + ".head")) continue;
    // Lines of JSON are written by other programs too.
    const auto text = common::ReadFile(folder / path);
    if (!text) return tl::make_unexpected(text.error());
    if (text->find(kRecordPayloadType) != std::string::npos) return lost(path, "its .head");
  }
  return {};
}

// Relative paths of what may be a package or records, sorted.
Result<std::vector<std::string>> Candidates(const stdfs::path& folder) {
  auto paths = common::ListTree(folder);
  if (!paths) return tl::make_unexpected(paths.error());
  const std::set<std::string> all(paths->begin(), paths->end());
  if (auto checked = CheckHalves(folder, all); !checked) {
    return tl::make_unexpected(checked.error());
  }
  std::erase_if(*paths, [&](const std::string& path) {
    return !path.ends_with(".zip") &&
           !(path.ends_with(kRecordsEnd) && all.contains(path + ".head"));
  });
  return paths;
}

common::Status DescribePackage(const stdfs::path& path, StoreEntry& entry) {
  const auto reader = PackageReader::Open(path);
  if (!reader) return tl::make_unexpected(reader.error());
  if (reader->Find("manifest.json") == nullptr) return {};
  const auto manifest = ReadManifest(*reader);
  if (!manifest) return tl::make_unexpected(manifest.error());
  const auto record = ReadRunRecord(*reader);
  if (!record) return tl::make_unexpected(record.error());
  entry.kind = StoreEntry::Kind::kPackage;
  const auto identity = manifest->find("identity");
  if (identity != manifest->end() && identity->is_object()) {
    const auto id = identity->find("package_id");
    if (id != identity->end() && id->is_string()) entry.package_id = id->get<std::string>();
  }
  entry.started_at = record->campaign.started_at;
  entry.verdict = common::VerdictName(record->verdict);
  entry.software_version = record->device.software_version;
  return {};
}

Result<std::vector<StoreEntry>> DescribeAll(const stdfs::path& folder) {
  const auto paths = Candidates(folder);
  if (!paths) return tl::make_unexpected(paths.error());
  std::vector<StoreEntry> entries;
  for (const std::string& path : *paths) {
    StoreEntry& entry = entries.emplace_back();
    entry.path = path;
    auto digest = common::Sha256FileHex(folder / path);
    if (!digest) return tl::make_unexpected(digest.error());
    entry.sha256 = std::move(*digest);
    if (path.ends_with(".jsonl")) {
      entry.kind = StoreEntry::Kind::kRecords;
    } else if (auto described = DescribePackage(folder / path, entry); !described) {
      return tl::make_unexpected(described.error());
    }
  }
  return entries;
}

// What differs first.
std::string Difference(const std::vector<StoreEntry>& index, const std::vector<StoreEntry>& now) {
  for (size_t i = 0; i < now.size(); ++i) {
    if (i >= index.size() || index[i] != now[i]) return now[i].path;
  }
  return index.size() > now.size() ? index[now.size()].path : "";
}

Result<Store> Keep(const stdfs::path& folder, std::vector<StoreEntry> entries, std::string why) {
  Store store{folder, std::move(entries), true, std::move(why)};
  if (auto written = WriteIndex(folder / kIndexName, store.entries); !written) {
    common::LogWarning("{}", written.error().Text());
    store.index_made = false;
  }
  return store;
}

std::vector<std::string> Paths(const Store& store, StoreEntry::Kind kind) {
  std::vector<std::string> paths;
  std::set<std::string> seen;
  for (const StoreEntry& entry : store.entries) {
    if (entry.kind != kind || !seen.insert(entry.sha256).second) continue;
    paths.push_back((store.folder / entry.path).string());
  }
  return paths;
}

}  // namespace

const char* StoreKindName(StoreEntry::Kind kind) {
  switch (kind) {
    case StoreEntry::Kind::kPackage:
      return "package";
    case StoreEntry::Kind::kRecords:
      return "records";
    case StoreEntry::Kind::kOther:
      break;
  }
  return "other";
}

std::vector<std::string> Store::Packages() const {
  return Paths(*this, StoreEntry::Kind::kPackage);
}

std::vector<std::string> Store::Records() const { return Paths(*this, StoreEntry::Kind::kRecords); }

Result<Store> OpenStore(const stdfs::path& folder) {
  auto now = DescribeAll(folder);
  if (!now) return tl::make_unexpected(now.error());
  const auto index = ReadIndex(folder / kIndexName);
  if (!index) return Keep(folder, std::move(*now), index.error().message);
  if (*index == *now) return Store{folder, std::move(*now), false, ""};
  const std::string difference = Difference(*index, *now);
  return Keep(folder, std::move(*now), "the index was stale: " + difference);
}

Result<Store> RebuildIndex(const stdfs::path& folder) {
  auto now = DescribeAll(folder);
  if (!now) return tl::make_unexpected(now.error());
  return Keep(folder, std::move(*now), "asked for");
}

}  // namespace percuss::reports

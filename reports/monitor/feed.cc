// SPDX-License-Identifier: Apache-2.0
#include "reports/monitor/feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/fs.h"
#include "common/hash.h"
#include "reports/evidence/archive_source.h"

namespace percuss::reports {
namespace {

using common::ErrorCode;
using common::Fail;
using common::Json;
using common::Status;

constexpr uint64_t kDocumentBytes = uint64_t{64} << 20;
constexpr size_t kMostRecords = 1'000'000;

bool IsJsonName(const std::string& name) {
  return name.size() > 5 && name.compare(name.size() - 5, 5, ".json") == 0;
}

void AddKind(const char* kind, Feed& feed) {
  if ((", " + feed.kind + ",").find(std::string(", ") + kind + ",") != std::string::npos) return;
  feed.kind += (feed.kind.empty() ? "" : ", ") + std::string(kind);
}

bool HasMember(const Json& json, const char* name) {
  return json.is_object() && json.contains(name);
}

void TakeOsvList(common::Document& document, const Json& list, const std::string& pointer,
                 Feed& feed) {
  AddKind("OSV", feed);
  for (size_t i = 0; i < list.size() && document.status; ++i) {
    if (feed.advisories.size() >= kMostRecords) {
      document.Mistake(pointer, "more than 1,000,000 records");
      return;
    }
    TakeOsv(document, list[i], fmt::format("{}/{}", pointer, i), feed);
  }
}

Status TakeText(std::string text, const std::string& name, Feed& feed) {
  if (text.size() > kDocumentBytes)
    return Fail(ErrorCode::kBadInput, "is larger than 64 MiB", name);
  auto json = common::ParseJson(text, name);
  if (!json) return tl::make_unexpected(json.error());
  common::Document document{name, std::move(text), std::move(*json), {}};
  const Json& root = document.json;
  ++feed.documents;
  if (HasMember(root, "document")) {
    AddKind("CSAF", feed);
    TakeCsaf(document, feed);
  } else if (HasMember(root, "catalogVersion")) {
    AddKind("KEV", feed);
    TakeCatalogue(document, feed);
  } else if (root.is_array()) {
    TakeOsvList(document, root, "", feed);
  } else if (HasMember(root, "vulns") && root["vulns"].is_array()) {
    TakeOsvList(document, root["vulns"], "/vulns", feed);
  } else if (HasMember(root, "id") && HasMember(root, "modified")) {
    AddKind("OSV", feed);
    TakeOsv(document, root, "", feed);
  } else {
    return Fail(ErrorCode::kBadInput,
                "is neither OSV (id, modified), nor a CSAF advisory (document), nor a catalogue of "
                "known exploited vulnerabilities (catalogVersion)",
                name, 1);
  }
  return document.status;
}

Status TakeFile(const std::filesystem::path& path, Feed& feed) {
  auto text = common::ReadFile(path, kDocumentBytes);
  if (!text) return tl::make_unexpected(text.error());
  feed.sha256 = common::Sha256Hex(*text);
  return TakeText(std::move(*text), path.string(), feed);
}

Status TakeFolder(const std::filesystem::path& folder, Feed& feed) {
  const auto files = common::ListTree(folder);
  if (!files) return tl::make_unexpected(files.error());
  std::vector<std::string> digests;
  for (const std::string& file : *files) {
    if (!IsJsonName(file)) continue;
    if (auto taken = TakeFile(folder / file, feed); !taken) return taken;
    digests.push_back(feed.sha256);
  }
  feed.sha256 = common::Sha256OfSet(digests);
  return {};
}

Status TakeZip(const std::filesystem::path& zip, Feed& feed) {
  auto digest = common::Sha256FileHex(zip);
  if (!digest) return tl::make_unexpected(digest.error());
  feed.sha256 = *digest;
  std::string content;
  PackageVisitor visitor;
  visitor.wants = IsJsonName;
  visitor.piece = [&](std::string_view bytes) -> Status {
    content += bytes;
    return {};
  };
  visitor.end = [&](const std::string& path, uint64_t, const std::string& damage) -> Status {
    const std::string name = zip.string() + ": " + PrintablePath(path);
    if (!damage.empty()) return Fail(ErrorCode::kCorrupt, damage, name);
    return TakeText(std::exchange(content, {}), name, feed);
  };
  PackageLimits limits;
  limits.entries = kMostRecords;
  limits.file_bytes = kDocumentBytes;
  return WalkZip(zip, limits, visitor);
}

bool IsZip(const std::filesystem::path& path) {
  const auto name = path.extension().string();
  if (name == ".zip") return true;
  const auto start = common::ReadFile(path, kDocumentBytes);
  return start && start->compare(0, 4, "PK\x03\x04") == 0;
}

}  // namespace

common::Result<Feed> ReadFeed(const std::filesystem::path& path) {
  Feed feed;
  feed.file = path.string();
  std::error_code ignored;
  Status taken;
  if (std::filesystem::is_directory(path, ignored)) {
    taken = TakeFolder(path, feed);
  } else if (IsZip(path)) {
    taken = TakeZip(path, feed);
  } else {
    taken = TakeFile(path, feed);
  }
  if (!taken) return tl::make_unexpected(taken.error());
  if (feed.documents == 0) {
    return Fail(ErrorCode::kBadInput, "holds no JSON document: a feed without any would look clean",
                path.string());
  }
  for (const Advisory& advisory : feed.advisories) {
    feed.date = std::max(feed.date, advisory.modified);
    feed.withdrawn += advisory.withdrawn ? 1 : 0;
  }
  return feed;
}

}  // namespace percuss::reports

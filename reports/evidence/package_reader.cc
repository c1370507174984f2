// SPDX-License-Identifier: Apache-2.0
#include "reports/evidence/package_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/fs.h"
#include "common/hash.h"
#include "common/json_file.h"
#include "reports/evidence/archive_source.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;
using common::Result;
using common::Status;

constexpr uint64_t kMaxManifestBytes = uint64_t{256} << 20;

Status Walk(const stdfs::path& package, bool is_folder, const PackageLimits& limits,
            const PackageVisitor& visitor) {
  try {
    return is_folder ? WalkFolder(package, limits, visitor) : WalkZip(package, limits, visitor);
  } catch (const std::bad_alloc&) {
    return Fail(ErrorCode::kUnavailable, "not enough memory to read a file of the package",
                package);
  }
}

// Content that is what Open digested.
Status CheckContent(const SourceFile& file, const PackageEntry& entry, const stdfs::path& package) {
  if (!file.damage.empty()) {
    return Fail(ErrorCode::kCorrupt, PrintablePath(file.path) + " is damaged: " + file.damage,
                package);
  }
  if (common::Sha256Hex(file.content) == entry.sha256) return {};
  return Fail(ErrorCode::kCorrupt, PrintablePath(file.path) + " changed since it was opened",
              package);
}

Status WriteNewFile(const stdfs::path& path, std::string_view bytes, mode_t mode) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  if (fd < 0) return common::FailErrno(errno, "cannot create", path);
  Status status;
  while (!bytes.empty() && status) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      status = common::FailErrno(errno, "cannot write", path);
    } else {
      bytes.remove_prefix(static_cast<size_t>(written));
    }
  }
  if (close(fd) != 0 && status) status = common::FailErrno(errno, "cannot close", path);
  return status;
}

}  // namespace

Result<PackageReader> PackageReader::Open(const stdfs::path& package, const PackageLimits& limits) {
  PackageReader reader;
  reader.path_ = package;
  reader.limits_ = limits;
  std::error_code error;
  const auto kind = stdfs::status(package, error).type();
  if (kind == stdfs::file_type::not_found) {
    return Fail(ErrorCode::kNotFound, "no such package", package);
  }
  if (error) return common::FailErrno(error.value(), "cannot look at", package);
  if (kind != stdfs::file_type::regular && kind != stdfs::file_type::directory) {
    return Fail(ErrorCode::kCorrupt, "a package is a zip file or a folder", package);
  }
  if (access(package.c_str(), R_OK) != 0) return common::FailErrno(errno, "cannot read", package);
  reader.is_folder_ = kind == stdfs::file_type::directory;
  const PackageVisitor visitor{
      [](const std::string&) { return true; },
      [&](SourceFile file) -> Status {
        reader.entries_.push_back({std::move(file.path), file.content.size(),
                                   common::Sha256Hex(file.content), std::move(file.damage)});
        return {};
      }};
  if (auto walked = Walk(package, reader.is_folder_, limits, visitor); !walked) {
    return tl::make_unexpected(walked.error());
  }
  std::sort(reader.entries_.begin(), reader.entries_.end(),
            [](const auto& left, const auto& right) { return left.path < right.path; });
  return reader;
}

const PackageEntry* PackageReader::Find(const std::string& path) const {
  const auto at = std::lower_bound(
      entries_.begin(), entries_.end(), path,
      [](const PackageEntry& entry, const std::string& wanted) { return entry.path < wanted; });
  return at != entries_.end() && at->path == path ? &*at : nullptr;
}

Result<std::string> PackageReader::Read(const std::string& path) const {
  const PackageEntry* entry = Find(path);
  if (entry == nullptr) {
    return Fail(ErrorCode::kNotFound, "has no file " + PrintablePath(path), path_);
  }
  Result<std::string> content =
      Fail(ErrorCode::kCorrupt, PrintablePath(path) + " is gone since it was opened", path_);
  const PackageVisitor visitor{[&](const std::string& name) { return name == path; },
                               [&](SourceFile file) -> Status {
                                 auto sound = CheckContent(file, *entry, path_);
                                 if (sound) content = std::move(file.content);
                                 return sound;
                               }};
  if (auto walked = Walk(path_, is_folder_, limits_, visitor); !walked) {
    return tl::make_unexpected(walked.error());
  }
  return content;
}

Status PackageReader::ExtractTo(const stdfs::path& folder) const {
  if (auto made = common::MakeFolder(folder); !made) return made;
  std::error_code error;
  if (!stdfs::is_empty(folder, error) || error) {
    return Fail(ErrorCode::kBadInput, "the folder to extract to must be empty", folder);
  }
  const PackageVisitor visitor{
      [](const std::string&) { return true; },
      [&](SourceFile file) -> Status {
        const PackageEntry* entry = Find(file.path);
        if (entry == nullptr) {
          return Fail(ErrorCode::kCorrupt,
                      PrintablePath(file.path) + " was not there when it was opened", path_);
        }
        if (auto sound = CheckContent(file, *entry, path_); !sound) return sound;
        const stdfs::path target = folder / file.path;
        if (auto made = common::MakeFolder(target.parent_path()); !made) return made;
        const bool runnable = file.path.rfind("replay/", 0) == 0;
        return WriteNewFile(target, file.content, runnable ? 0755 : 0644);
      }};
  return Walk(path_, is_folder_, limits_, visitor);
}

Result<nlohmann::json> ReadManifest(const PackageReader& reader) {
  const PackageEntry* entry = reader.Find(kManifestPath);
  if (entry != nullptr && entry->bytes > kMaxManifestBytes) {
    return Fail(ErrorCode::kCorrupt, "manifest.json is larger than a manifest may be",
                reader.Path());
  }
  const auto text = reader.Read(kManifestPath);
  if (!text) return tl::make_unexpected(text.error());
  auto json = common::ParseJson(*text, kManifestPath);
  if (!json) return Fail(ErrorCode::kCorrupt, json.error().Text(), reader.Path());
  if (!json->is_object()) {
    return Fail(ErrorCode::kCorrupt, "manifest.json holds no JSON object", reader.Path());
  }
  return json;
}

Result<common::RunRecord> ReadRunRecord(const PackageReader& reader) {
  const auto json = ReadManifest(reader);
  if (!json) return tl::make_unexpected(json.error());
  const auto schema = json->find("schema");
  if (schema == json->end() || *schema != common::RunRecord().schema) {
    return Fail(
        ErrorCode::kBadInput,
        "manifest.json is not of schema percuss.evidence.v1, the one that this version reads",
        reader.Path());
  }
  auto record = common::FromJson<common::RunRecord>(*json, kManifestPath);
  if (!record) return Fail(ErrorCode::kCorrupt, record.error().Text(), reader.Path());
  return record;
}

}  // namespace percuss::reports

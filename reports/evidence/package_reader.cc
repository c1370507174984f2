// SPDX-License-Identifier: Apache-2.0
#include "reports/evidence/package_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/fs.h"
#include "common/hash.h"
#include "common/json_file.h"
#include "common/json_numbers.h"
#include "reports/evidence/archive_source.h"
#include "reports/evidence/stored_zip_scan.h"

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

Status CheckContent(const PackageEntry& entry, const std::string& sha256, const std::string& damage,
                    const stdfs::path& package) {
  if (!damage.empty()) {
    return Fail(ErrorCode::kCorrupt, PrintablePath(entry.path) + " is damaged: " + damage, package);
  }
  if (sha256 == entry.sha256) return {};
  return Fail(ErrorCode::kCorrupt, PrintablePath(entry.path) + " changed since it was opened",
              package);
}

bool Everything(const std::string&) { return true; }

Status WriteAll(int fd, std::string_view bytes, const stdfs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return common::FailErrno(errno, "cannot write", path);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

// Writes the files of a package below a folder, each as far as it was read.
class Extraction {
 public:
  Extraction(const PackageReader& reader, stdfs::path folder)
      : reader_(reader), folder_(std::move(folder)) {}
  Extraction(const Extraction&) = delete;
  Extraction& operator=(const Extraction&) = delete;
  ~Extraction() {
    if (fd_ >= 0) close(fd_);
  }

  // Before the pieces of a file.
  void Begin(const std::string& path) { path_ = path; }
  Status AddPiece(std::string_view bytes) {
    if (auto opened = OpenFile(); !opened) return opened;
    digest_.Add(bytes);
    return WriteAll(fd_, bytes, folder_ / path_);
  }
  Status End(const std::string& path, const std::string& damage) {
    path_ = path;
    if (auto opened = OpenFile(); !opened) return opened;
    const PackageEntry* entry = reader_.Find(path);
    const bool closed = close(fd_) == 0;
    const int reason = errno;
    fd_ = -1;
    if (!closed) return common::FailErrno(reason, "cannot close", folder_ / path);
    auto sound = CheckContent(*entry, digest_.TakeHex(), damage, reader_.Path());
    std::error_code ignored;
    if (!sound) stdfs::remove(folder_ / path, ignored);
    return sound;
  }

 private:
  Status OpenFile() {
    if (fd_ >= 0) return {};
    if (reader_.Find(path_) == nullptr) {
      return Fail(ErrorCode::kCorrupt, PrintablePath(path_) + " was not there when it was opened",
                  reader_.Path());
    }
    const stdfs::path target = folder_ / path_;
    if (auto made = common::MakeFolder(target.parent_path()); !made) return made;
    const mode_t mode = path_.rfind("replay/", 0) == 0 ? 0755 : 0644;
    fd_ = open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    return fd_ < 0 ? common::FailErrno(errno, "cannot create", target) : Status();
  }

  const PackageReader& reader_;
  stdfs::path folder_;
  std::string path_;
  int fd_ = -1;
  common::Sha256Stream digest_;
};

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
  if (auto digested = reader.DigestFiles(); !digested) {
    return tl::make_unexpected(digested.error());
  }
  return reader;
}

// A zip of ours takes one reading. Whatever is not exactly that is read anew and by its directory,
// as every other program does, to say what is wrong with it.
Status PackageReader::DigestFiles() {
  common::Sha256Stream digest;
  const PackageVisitor visitor{
      Everything,
      [&](std::string_view bytes) -> Status {
        digest.Add(bytes);
        return {};
      },
      [&](const std::string& path, uint64_t bytes, const std::string& damage) -> Status {
        entries_.push_back({path, bytes, digest.TakeHex(), damage});
        return {};
      }};
  if (!is_folder_) {
    const auto scan = ScanStoredZip(path_, limits_, visitor);
    if (!scan) return tl::make_unexpected(scan.error());
    differs_at_ = scan->differs_at;
    if (!differs_at_) return {};
    entries_.clear();
    static_cast<void>(digest.TakeHex());
  }
  auto walked = Walk(path_, is_folder_, limits_, visitor);
  std::sort(entries_.begin(), entries_.end(),
            [](const auto& left, const auto& right) { return left.path < right.path; });
  return walked;
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
  std::string bytes;
  const PackageVisitor visitor{
      [&](const std::string& name) { return name == path; },
      [&](std::string_view piece) -> Status {
        bytes += piece;
        return {};
      },
      [&](const std::string&, uint64_t, const std::string& damage) -> Status {
        auto sound = CheckContent(*entry, common::Sha256Hex(bytes), damage, path_);
        if (sound) content = std::move(bytes);
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
  Extraction extraction(*this, folder);
  const PackageVisitor visitor{[&](const std::string& path) {
                                 extraction.Begin(path);
                                 return true;
                               },
                               [&](std::string_view bytes) { return extraction.AddPiece(bytes); },
                               [&](const std::string& path, uint64_t, const std::string& damage) {
                                 return extraction.End(path, damage);
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
  if (!common::NumbersFit(*json)) {
    return Fail(ErrorCode::kCorrupt, "manifest.json: a number in it is out of range",
                reader.Path());
  }
  auto record = common::FromJson<common::RunRecord>(*json, kManifestPath);
  if (!record) return Fail(ErrorCode::kCorrupt, record.error().Text(), reader.Path());
  return record;
}

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
#include "reports/evidence/package.h"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/fs.h"
#include "common/hash.h"
#include "common/json_file.h"
#include "reports/envelope/dsse.h"
#include "reports/envelope/statement.h"
#include "reports/evidence/archive_source.h"
#include "reports/evidence/package_reader.h"
#include "reports/evidence/stored_zip.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;
using common::Json;
using common::Result;
using common::Status;

constexpr int kSchemaVersion = 1;

// RFC 4122, section 4.4.
Result<std::string> RandomUuid() {
  if (sodium_init() < 0) {
    return Fail(ErrorCode::kUnavailable, "libsodium found no random source");
  }
  std::array<unsigned char, 16> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0fU) | 0x40U);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3fU) | 0x80U);
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kHex[bytes.at(i) >> 4U];
    text += kHex[bytes.at(i) & 15U];
  }
  return text;
}

Status CheckOptions(const SealOptions& options) {
  if (options.zip.empty()) return Fail(ErrorCode::kBadInput, "no place for the package was given");
  const bool digest =
      options.prior_package.size() == 64 &&
      options.prior_package.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!options.prior_package.empty() && !digest) {
    return Fail(ErrorCode::kBadInput,
                "the prior package is named by its SHA-256 in lower-case hex");
  }
  if (options.supersedes && (options.prior_package.empty() || options.reason.empty())) {
    return Fail(ErrorCode::kBadInput,
                "a package that supersedes another names that one and the reason");
  }
  return {};
}

// The package cannot hold itself.
Status CheckPlace(const stdfs::path& zip, const stdfs::path& staging) {
  std::error_code error;
  if (!stdfs::is_directory(staging, error)) {
    return Fail(ErrorCode::kNotFound, "there is no such folder to seal", staging);
  }
  const auto relative = stdfs::weakly_canonical(zip, error)
                            .lexically_relative(stdfs::weakly_canonical(staging, error));
  if (!relative.empty() && *relative.begin() != "..") {
    return Fail(ErrorCode::kBadInput, "the package must not lie in the folder that it seals", zip);
  }
  return {};
}

// What an earlier seal left in the folder would otherwise be sealed as if it were evidence.
Status RemoveEarlierSeal(const stdfs::path& staging) {
  for (const char* name :
       {kManifestPath, kTracePath, kSignedStatementPath, kUnsignedStatementPath}) {
    std::error_code error;
    stdfs::remove(staging / name, error);
    if (error) return common::FailErrno(error.value(), "cannot remove", staging / name);
  }
  return {};
}

class Sealer {
 public:
  Sealer(const common::RunRecord& record, stdfs::path staging, const SealOptions& options)
      : record_(record), staging_(std::move(staging)), options_(options) {
    FillAbsentSections(record_);
  }

  Result<SealedPackage> Seal() {
    for (const auto step : {&Sealer::Begin, &Sealer::DigestFiles, &Sealer::WriteManifest,
                            &Sealer::WriteStatement, &Sealer::WriteZip}) {
      if (auto done = (this->*step)(); !done) {
        return tl::make_unexpected(done.error().While("sealing the package"));
      }
    }
    const auto sha256 = common::Sha256FileHex(options_.zip);
    if (!sha256) return tl::make_unexpected(sha256.error());
    const bool is_signed = options_.key.has_value();
    return SealedPackage{options_.zip, *sha256, package_id_, is_signed,
                         is_signed ? options_.key->Public().Id() : std::string()};
  }

 private:
  Status Begin() {
    if (auto checked = CheckOptions(options_); !checked) return checked;
    if (auto apart = CheckPlace(options_.zip, staging_); !apart) return apart;
    created_at_ = common::Rfc3339(options_.clock->UnixS());
    package_id_ = options_.package_id;
    if (package_id_.empty()) {
      auto uuid = RandomUuid();
      if (!uuid) return tl::make_unexpected(uuid.error());
      package_id_ = std::move(*uuid);
    }
    if (auto removed = RemoveEarlierSeal(staging_); !removed) return removed;
    return common::WriteJsonFile(staging_ / kTracePath, TraceJson(record_));
  }

  Status DigestFiles() {
    const auto reader = PackageReader::Open(staging_);
    if (!reader) return tl::make_unexpected(reader.error());
    for (const auto& entry : reader->List()) {
      digests_[entry.path] = entry.sha256;
      files_.push_back({{"path", entry.path}, {"sha256", entry.sha256}, {"bytes", entry.bytes}});
    }
    return {};
  }

  [[nodiscard]] Json Integrity() const {
    Json integrity = {{"files", files_},
                      {"signed", false},
                      {"unsigned_reason", "no key was given; digests alone do not say who sealed"},
                      {"public_key", nullptr},
                      {"signatures", Json::array()},
                      {"time_stamps", Json::array()}};
    if (!options_.key) return integrity;
    const PublicKey& key = options_.key->Public();
    integrity["signed"] = true;
    integrity["unsigned_reason"] = "";
    integrity["public_key"] = {
        {"type", "ed25519"}, {"name", key.name}, {"key_id", key.Id()}, {"public", key.Base64()}};
    integrity["signatures"].push_back({{"key_id", key.Id()},
                                       {"name", key.name},
                                       {"role", options_.signer_role},
                                       {"time", created_at_},
                                       {"meaning", options_.signature_meaning}});
    return integrity;
  }

  Status WriteManifest() {
    Json manifest = record_;
    manifest["identity"] = {
        {"schema_version", kSchemaVersion},  {"package_id", package_id_},
        {"created_at", created_at_},         {"prior_package", options_.prior_package},
        {"supersedes", options_.supersedes}, {"reason", options_.reason}};
    manifest["integrity"] = Integrity();
    const std::string text = common::JsonText(manifest);
    digests_[kManifestPath] = common::Sha256Hex(text);
    return common::WriteFileAtomically(staging_ / kManifestPath, text);
  }

  Status WriteStatement() {
    std::string text = StatementText({digests_, package_id_, common::VerdictName(record_.verdict),
                                      created_at_, digests_[kManifestPath]});
    const char* path = kUnsignedStatementPath;
    if (options_.key) {
      text = EnvelopeText(SignEnvelope(kStatementPayloadType, std::move(text), *options_.key));
      path = kSignedStatementPath;
    }
    digests_[path] = common::Sha256Hex(text);
    return common::WriteFileAtomically(staging_ / path, text);
  }

  // The zip appears under its name only when it is whole and on the disk.
  Status WriteZip() {
    stdfs::path partial = options_.zip;
    partial += ".partial";
    const int fd = open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return common::FailErrno(errno, "cannot create", options_.zip);
    Status status = FillZip(fd);
    if (status && fsync(fd) != 0) status = common::FailErrno(errno, "cannot sync", options_.zip);
    close(fd);
    std::error_code error;
    if (status) {
      stdfs::rename(partial, options_.zip, error);
      if (error)
        status = common::FailErrno(error.value(), "cannot rename into place", options_.zip);
    }
    if (!status) stdfs::remove(partial, error);
    return status;
  }

  Status FillZip(int fd) {
    StoredZipWriter writer([&](std::string_view bytes) -> Status {
      while (!bytes.empty()) {
        const ssize_t written = write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return common::FailErrno(errno, "cannot write", options_.zip);
        bytes.remove_prefix(static_cast<size_t>(written));
      }
      return {};
    });
    size_t packed = 0;
    const PackageVisitor visitor{
        [](const std::string&) { return true; },
        [&](SourceFile file) -> Status {
          const auto known = digests_.find(file.path);
          if (known == digests_.end() || known->second != common::Sha256Hex(file.content)) {
            return Fail(ErrorCode::kIo, "changed while it was being sealed", staging_ / file.path);
          }
          ++packed;
          return writer.Add(file.path, file.content);
        }};
    if (auto walked = WalkFolder(staging_, PackageLimits(), visitor); !walked) return walked;
    if (packed != digests_.size()) {
      return Fail(ErrorCode::kIo, "files vanished while they were being sealed", staging_);
    }
    return writer.Finish();
  }

  common::RunRecord record_;
  stdfs::path staging_;
  const SealOptions& options_;
  std::string package_id_;
  std::string created_at_;
  std::map<std::string, std::string> digests_;
  Json files_ = Json::array();
};

}  // namespace

Result<SealedPackage> SealPackage(const common::RunRecord& record, const stdfs::path& staging,
                                  const SealOptions& options) {
  return Sealer(record, staging, options).Seal();
}

}  // namespace percuss::reports

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
#include "reports/evidence/block_writer.h"
#include "reports/evidence/package_path.h"
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
    for (const auto step : {&Sealer::Begin, &Sealer::Plan, &Sealer::WriteZip}) {
      if (auto done = (this->*step)(); !done) {
        return tl::make_unexpected(done.error().While("sealing the package"));
      }
    }
    const bool is_signed = options_.key != nullptr;
    return SealedPackage{options_.zip, package_id_, is_signed,
                         is_signed ? options_.key->Public().Id() : std::string()};
  }

 private:
  Status Begin() {
    if (auto checked = CheckOptions(options_); !checked) return checked;
    if (auto apart = CheckPlace(options_.zip, staging_); !apart) return apart;
    created_at_ = common::Rfc3339(options_.clock->UnixS());
    package_id_ = options_.package_id;
    if (package_id_.empty()) {
      auto uuid = FreshPackageId();
      if (!uuid) return tl::make_unexpected(uuid.error());
      package_id_ = std::move(*uuid);
    }
    if (auto removed = RemoveEarlierSeal(staging_); !removed) return removed;
    return common::WriteJsonFile(staging_ / kTracePath, TraceJson(record_));
  }

  // Every file is read once, to digest it and to write it in its place in the zip. The manifest's
  // place is among them, and its size is known before the digests in it are: all have 64 digits.
  Status Plan() {
    const auto paths = ListPackageFolder(staging_, limits_);
    if (!paths) return tl::make_unexpected(paths.error());
    std::map<std::string, uint64_t> sizes;
    uint64_t total = 0;
    for (const auto& path : *paths) {
      std::error_code error;
      const uint64_t bytes = stdfs::file_size(staging_ / path, error);
      if (error) return common::FailErrno(error.value(), "cannot look at", staging_ / path);
      if (bytes > limits_.file_bytes || (total += bytes) > limits_.total_bytes) {
        return Fail(ErrorCode::kCorrupt, "takes the package past the size that it may have",
                    staging_ / path);
      }
      sizes[path] = bytes;
      digests_[path] = std::string(64, '0');
    }
    files_ = sizes;
    sizes[kManifestPath] = ManifestText().size();
    sizes[StatementPath()] = StatementBytes();
    for (const auto& [path, bytes] : sizes) {
      if (auto added = layout_.Add(path, bytes); !added) {
        return tl::make_unexpected(added.error());
      }
    }
    return {};
  }

  [[nodiscard]] Json Integrity() const {
    Json files = Json::array();
    for (const auto& [path, bytes] : files_) {
      files.push_back({{"path", path}, {"sha256", digests_.at(path)}, {"bytes", bytes}});
    }
    Json integrity = {{"files", std::move(files)},
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

  [[nodiscard]] std::string ManifestText() const {
    Json manifest = record_;
    manifest["identity"] = {
        {"schema_version", kSchemaVersion},  {"package_id", package_id_},
        {"created_at", created_at_},         {"prior_package", options_.prior_package},
        {"supersedes", options_.supersedes}, {"reason", options_.reason}};
    manifest["integrity"] = Integrity();
    return common::JsonText(manifest);
  }

  [[nodiscard]] const char* StatementPath() const {
    return options_.key ? kSignedStatementPath : kUnsignedStatementPath;
  }

  [[nodiscard]] std::string StatementText(const std::string& manifest_sha256) const {
    auto subjects = digests_;
    subjects[kManifestPath] = manifest_sha256;
    return reports::StatementText({std::move(subjects), package_id_,
                                   common::VerdictName(record_.verdict), created_at_,
                                   manifest_sha256});
  }

  // With the signature that is still to come, which has always the same size.
  [[nodiscard]] uint64_t StatementBytes() const {
    std::string text = StatementText(std::string(64, '0'));
    if (!options_.key) return text.size();
    return EnvelopeText({kStatementPayloadType,
                         std::move(text),
                         {{options_.key->Public().Id(), std::string(kSignatureBytes, '\0')}}})
        .size();
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
    BlockWriter writer(fd);
    for (StoredEntry& entry : layout_.Entries()) {
      if (files_.count(entry.path) == 0) continue;
      if (auto packed = PackFile(entry, writer); !packed) return packed;
    }
    std::string manifest = ManifestText();
    std::string statement = StatementText(common::Sha256Hex(manifest));
    if (options_.key) {
      const auto envelope = SignEnvelope(kStatementPayloadType, statement, *options_.key);
      if (!envelope) return tl::make_unexpected(envelope.error());
      statement = EnvelopeText(*envelope);
    }
    for (StoredEntry& entry : layout_.Entries()) {
      if (files_.count(entry.path) != 0) continue;
      std::string& text = entry.path == kManifestPath ? manifest : statement;
      if (auto kept = common::WriteFileAtomically(staging_ / entry.path, text); !kept) return kept;
      if (text.size() != entry.bytes) {
        return Fail(ErrorCode::kInternal, "has another size than was planned", entry.path);
      }
      entry.crc = AddToCrc32(0, text);
      writer.Write(entry.ContentOffset(), text);
    }
    for (const StoredEntry& entry : layout_.Entries()) {
      std::string header = StoredHeader(entry);
      writer.Write(entry.offset, header);
    }
    uint64_t at = layout_.Entries().back().End();
    auto status = PutStoredDirectory(layout_.Entries(), [&](std::string_view bytes) -> Status {
      std::string block(bytes);
      at += block.size();
      writer.Write(at - block.size(), block);
      return {};
    });
    if (!status) return status;
    const int error = writer.Finish();
    return error == 0 ? Status() : common::FailErrno(error, "cannot write", options_.zip);
  }

  Status PackFile(StoredEntry& entry, BlockWriter& writer) {
    common::Sha256Stream digest;
    uint64_t at = entry.ContentOffset();
    const auto path = staging_ / entry.path;
    const auto bytes = ReadBlocks(path, entry.bytes, [&](std::string& block) -> Status {
      digest.Add(block);
      entry.crc = AddToCrc32(entry.crc, block);
      at += block.size();
      writer.Write(at - block.size(), block);
      return {};
    });
    const bool grew = !bytes && bytes.error().code == ErrorCode::kCorrupt;
    if (grew || (bytes && *bytes != entry.bytes)) {
      return Fail(ErrorCode::kIo, "changed while it was being sealed", path);
    }
    if (!bytes) return tl::make_unexpected(bytes.error());
    digests_[entry.path] = digest.TakeHex();
    return {};
  }

  common::RunRecord record_;
  stdfs::path staging_;
  const SealOptions& options_;
  std::string package_id_;
  std::string created_at_;
  std::map<std::string, std::string> digests_;
  std::map<std::string, uint64_t> files_;  // bytes; all but the manifest and the statement
  PackageLimits limits_;
  StoredZipLayout layout_;
};

}  // namespace

// RFC 4122, section 4.4.
Result<std::string> FreshPackageId() {
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

Result<SealedPackage> SealPackage(const common::RunRecord& record, const stdfs::path& staging,
                                  const SealOptions& options) {
  return Sealer(record, staging, options).Seal();
}

}  // namespace percuss::reports

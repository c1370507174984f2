// SPDX-License-Identifier: Apache-2.0
#include "reports/verify/verify.h"

#include <algorithm>
#include <future>
#include <map>

#include "common/hash.h"
#include "reports/envelope/dsse.h"
#include "reports/envelope/statement.h"
#include "reports/evidence/package_reader.h"
#include "reports/verify/beside.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Json;
using common::Result;

using Digests = std::map<std::string, std::string>;

const Json& Member(const Json& json, const char* name) {
  static const Json kNone;
  const auto member = json.find(name);
  return member == json.end() ? kNone : *member;
}

std::string Text(const Json& json, const char* name) {
  const Json& member = Member(json, name);
  return member.is_string() ? member.get<std::string>() : std::string();
}

// The digests that a list names; none when it is not such a list.
template <typename Digest>
std::optional<Digests> ReadDigests(const Json& list, const char* path_name, Digest&& digest_of) {
  if (!list.is_array()) return std::nullopt;
  Digests digests;
  for (const Json& entry : list) {
    const std::string path = Text(entry, path_name);
    const std::string digest = digest_of(entry);
    if (path.empty() || digest.empty() || !digests.emplace(path, digest).second) {
      return std::nullopt;
    }
  }
  return digests;
}

std::string FileName(const stdfs::path& package) {
  const stdfs::path plain = package.lexically_normal();
  return plain.has_filename() ? plain.filename().string() : plain.parent_path().filename().string();
}

class PackageCheck {
 public:
  PackageCheck(const PackageReader& reader, const std::optional<PublicKey>& key)
      : reader_(reader), key_(key) {}

  // The package's own signature, where it is whole.
  [[nodiscard]] std::optional<SealSignature> Seal() const {
    const auto signer = key_ && result_.key_verified ? key_ : EmbeddedKey();
    if (result_.signer.empty() || !signer) return std::nullopt;
    const Json& said = Member(integrity_, "signatures");
    const Json entry = said.is_array() && !said.empty() ? said[0] : Json::object();
    return SealSignature{*signer,
                         statement_path_,
                         Text(entry, "name"),
                         Text(entry, "role"),
                         Text(entry, "meaning"),
                         Text(identity_, "created_at")};
  }

  VerifyResult Run() {
    result_.files = static_cast<int64_t>(reader_.List().size());
    for (const auto& entry : reader_.List()) {
      if (!entry.damage.empty()) Blame(entry.path, "is damaged in the zip: " + entry.damage);
    }
    ReadManifestFile();
    ReadStatementFile();
    CheckSignature();
    CheckFiles();
    if (problems_.empty()) CheckStatementBytes();
    if (problems_.empty() && !reader_.IsFolder()) {
      if (const auto at = reader_.DiffersAt()) {
        Blame(FileName(reader_.Path()),
              "the zip is not byte for byte what sealing wrote, although its files are: first at "
              "byte " +
                  std::to_string(*at));
      }
    }
    result_.sealed = problems_.empty();
    CheckSigner();
    NoteNotCarried();
    for (const auto& [path, what] : problems_) result_.problems.push_back({path, what});
    return result_;
  }

 private:
  // The first thing found wrong with a file is said, once.
  void Blame(const std::string& path, const std::string& what) { problems_.emplace(path, what); }
  [[nodiscard]] bool IsBlamed(const std::string& path) const { return problems_.count(path) != 0; }
  [[nodiscard]] std::string Actual(const std::string& path) const {
    const PackageEntry* entry = reader_.Find(path);
    return entry == nullptr ? std::string() : entry->sha256;
  }

  void ReadManifestFile() {
    if (reader_.Find(kManifestPath) == nullptr) {
      return Blame(kManifestPath, "is missing, so this is no whole package");
    }
    auto manifest = ReadManifest(reader_);
    if (!manifest) return Blame(kManifestPath, manifest.error().message);
    manifest_ = std::move(*manifest);
    identity_ = Member(manifest_, "identity");
    integrity_ = Member(manifest_, "integrity");
    listed_ = ReadDigests(Member(integrity_, "files"), "path",
                          [](const Json& entry) { return Text(entry, "sha256"); });
    result_.package_id = Text(identity_, "package_id");
    result_.verdict = Text(manifest_, "verdict");
  }

  void ReadStatementFile() {
    const bool has_signed = reader_.Find(kSignedStatementPath) != nullptr;
    const bool has_unsigned = reader_.Find(kUnsignedStatementPath) != nullptr;
    statement_path_ = has_signed ? kSignedStatementPath : kUnsignedStatementPath;
    if (has_signed && has_unsigned) Blame(kUnsignedStatementPath, "was added: there are two");
    if (!has_signed && !has_unsigned) {
      const bool was_signed = Member(integrity_, "signed") == true;
      statement_path_ = was_signed ? kSignedStatementPath : kUnsignedStatementPath;
      return Blame(statement_path_, "is missing");
    }
    const auto text = reader_.Read(statement_path_);
    if (!text) return Blame(statement_path_, text.error().message);
    statement_text_ = *text;
    std::string payload = *text;
    if (has_signed) {
      auto envelope = ParseEnvelope(*text, statement_path_);
      if (!envelope) return Blame(statement_path_, envelope.error().message);
      payload = envelope->payload;
      envelope_ = std::move(*envelope);
    }
    const auto statement = common::ParseJson(payload, statement_path_);
    if (!statement) return Blame(statement_path_, statement.error().message);
    predicate_ = Member(*statement, "predicate");
    subjects_ = ReadDigests(Member(*statement, "subject"), "name", [](const Json& entry) {
      return Text(Member(entry, "digest"), "sha256");
    });
    if (!subjects_) Blame(statement_path_, "has no sound list of subjects");
  }

  [[nodiscard]] std::optional<PublicKey> EmbeddedKey() const {
    const auto key = PublicKeyFromBase64(Text(Member(integrity_, "public_key"), "public"));
    return key ? std::optional<PublicKey>(*key) : std::nullopt;
  }

  bool SignedBy(const std::optional<PublicKey>& key) {
    return envelope_ && key && envelope_->payload_type == kStatementPayloadType &&
           VerifyEnvelope(*envelope_, *key);
  }

  void CheckSignature() {
    const auto embedded = EmbeddedKey();
    if (!envelope_) {
      if (manifest_.is_object() && Member(integrity_, "signed") != false) {
        Blame(statement_path_, "is not signed, but the manifest says that it was");
      }
    } else if (SignedBy(key_)) {
      result_.signer = key_->Id();
      result_.is_signed = result_.key_verified = true;
    } else if (SignedBy(embedded)) {
      result_.signer = embedded->Id();
      result_.is_signed = true;
    } else {
      Blame(statement_path_, "has no valid signature by the key that the manifest names");
    }
  }

  void CheckFiles() {
    const std::string manifest_sha256 = Actual(kManifestPath);
    const bool usable = subjects_ && !IsBlamed(statement_path_);
    if (subjects_ && !manifest_sha256.empty()) {
      const auto named = subjects_->find(kManifestPath);
      const bool differs = named == subjects_->end() || named->second != manifest_sha256;
      if (differs && Text(predicate_, "manifest_sha256") == manifest_sha256) {
        Blame(statement_path_, "contradicts itself about manifest.json");
      } else if (differs) {
        Blame(kManifestPath, "is not the one that was sealed");
      }
    }
    if (!listed_ && !IsBlamed(kManifestPath)) {
      Blame(kManifestPath, "has no sound list of files");
    }
    const bool manifest_sound = listed_ && !IsBlamed(kManifestPath);
    if (usable) CompareWith(*subjects_, manifest_sound ? &*listed_ : nullptr);
    if (listed_ && (manifest_sound || !usable)) CompareWith(*listed_, nullptr);
  }

  // Where the file agrees with `witness`, it is the statement that was changed.
  void CompareWith(const Digests& sealed, const Digests* witness) {
    for (const auto& [path, sha256] : sealed) {
      const PackageEntry* entry = reader_.Find(path);
      const bool vouched = witness != nullptr && witness->count(path) != 0 && entry != nullptr &&
                           witness->at(path) == entry->sha256;
      if (entry == nullptr) {
        Blame(path, "is missing");
      } else if (entry->sha256 != sha256) {
        Blame(vouched ? statement_path_ : path,
              vouched ? "names another digest of " + path : "has another content than was sealed");
      }
    }
    for (const auto& entry : reader_.List()) {
      if (entry.path == statement_path_ || entry.path == kManifestPath) continue;
      if (sealed.count(entry.path) != 0) continue;
      const bool vouched = witness != nullptr && witness->count(entry.path) != 0;
      Blame(vouched ? statement_path_ : entry.path,
            vouched ? "does not name " + entry.path : "was added after sealing");
    }
  }

  // With every file as sealed there is one text that the statement can be.
  void CheckStatementBytes() {
    Statement statement;
    for (const auto& entry : reader_.List()) {
      if (entry.path != statement_path_) statement.subjects[entry.path] = entry.sha256;
    }
    statement.package_id = result_.package_id;
    statement.verdict = result_.verdict;
    statement.created_at = Text(identity_, "created_at");
    statement.manifest_sha256 = Actual(kManifestPath);
    const std::string expected = StatementText(statement);
    const bool same = envelope_
                          ? envelope_->payload == expected &&
                                EnvelopeText(*envelope_) == statement_text_ && EnvelopeNamesSigner()
                          : statement_text_ == expected;
    if (!same) Blame(statement_path_, "is not byte for byte what sealing wrote");
  }

  // Key ids are outside of what is signed; percuss writes one signature, and its key's id.
  [[nodiscard]] bool EnvelopeNamesSigner() const {
    return envelope_->signatures.size() == 1 && envelope_->signatures[0].key_id == result_.signer;
  }

  void CheckSigner() {
    if (!result_.sealed) {
      result_.is_signed = result_.key_verified = false;
      result_.signer.clear();
    }
    if (key_ && !result_.key_verified) {
      result_.is_signed = false;
      if (result_.sealed) {
        Blame(statement_path_, "is not signed by the given key " + key_->Id() +
                                   (result_.signer.empty() ? std::string(", nor by any")
                                                           : ", but by " + result_.signer));
      }
    } else if (result_.is_signed && !result_.key_verified) {
      result_.notes.emplace_back(
          "the key was not verified: it is the one that the package names itself; pass --key with "
          "the signer's public key");
    } else if (result_.sealed && !result_.is_signed) {
      result_.notes.emplace_back(
          "the package is not signed: its digests show that it is whole, not who sealed it");
    }
  }

  // Documents that the validation files in the package name, and that it does not carry.
  void NoteNotCarried() {
    const Json& absent = Member(manifest_, "absent");
    if (!result_.sealed || !absent.is_array()) return;
    for (const Json& row : absent) {
      const std::string section = Text(row, "section");
      if (section.rfind("validation", 0) == 0) {
        result_.notes.push_back(section + ": " + Text(row, "reason"));
      }
    }
  }

  const PackageReader& reader_;
  const std::optional<PublicKey>& key_;
  VerifyResult result_;
  std::map<std::string, std::string> problems_;
  Json manifest_;
  Json identity_;
  Json integrity_;
  Json predicate_;
  std::optional<Digests> listed_;    // by the manifest
  std::optional<Digests> subjects_;  // by the statement
  std::string statement_path_;
  std::string statement_text_;
  std::optional<Envelope> envelope_;
};

// With a trust file it is that file, not the package, which says whose the key is.
void Vouched(VerifyResult& result) {
  const bool trusted = !result.signatures.empty() && result.signatures[0].place.empty() &&
                       result.signatures[0].trusted;
  result.key_verified = trusted;
  result.is_signed = result.is_signed && trusted;
  std::erase_if(result.notes, [](const std::string& note) {
    return note.rfind("the key was not verified", 0) == 0;
  });
}

}  // namespace

Result<VerifyResult> VerifyPackage(const stdfs::path& package,
                                   const std::optional<stdfs::path>& key_file) {
  VerifyOptions options;
  options.key_file = key_file;
  return VerifyPackage(package, options);
}

Result<VerifyResult> VerifyPackage(const stdfs::path& package, const VerifyOptions& options) {
  std::optional<PublicKey> key;
  if (options.key_file) {
    auto loaded = LoadVerificationKey(*options.key_file);
    if (!loaded) return tl::make_unexpected(loaded.error());
    key = *loaded;
  }
  std::optional<TrustFile> trust;
  if (options.trust_file) {
    auto loaded = TrustFile::Load(*options.trust_file);
    if (!loaded) return tl::make_unexpected(loaded.error());
    trust = std::move(*loaded);
  }
  std::error_code ignored;
  const bool is_zip = stdfs::is_regular_file(package, ignored);
  std::future<Result<std::string>> digest;
  if (is_zip && (options.digest || HasAnythingBeside(package))) {
    digest = std::async(std::launch::async, [&] { return common::Sha256FileHex(package); });
  }
  const auto reader = PackageReader::Open(package);
  if (!reader && reader.error().code != ErrorCode::kCorrupt) {
    return tl::make_unexpected(reader.error());
  }
  VerifyResult result;
  std::optional<SealSignature> seal;
  if (reader) {
    PackageCheck check(*reader, key);
    result = check.Run();
    seal = check.Seal();
  } else {
    result.problems.push_back({FileName(package), reader.error().message});
  }
  if (digest.valid()) {
    const auto sha256 = digest.get();
    if (!sha256) return tl::make_unexpected(sha256.error());
    result.sha256 = *sha256;
  }
  if (auto checked = CheckBeside(package, options, trust, seal, result); !checked) {
    return tl::make_unexpected(checked.error());
  }
  if (trust) Vouched(result);
  return result;
}

Json VerifyJson(const VerifyResult& result) {
  Json problems = Json::array();
  for (const auto& problem : result.problems) {
    problems.push_back({{"path", problem.path}, {"what", problem.what}});
  }
  Json signatures = Json::array();
  for (const auto& found : result.signatures) {
    signatures.push_back({{"key_id", found.key_id},
                          {"name", found.name},
                          {"role", found.role},
                          {"meaning", found.meaning},
                          {"time", found.time},
                          {"place", found.place},
                          {"trusted", found.trusted},
                          {"what", found.objection}});
  }
  return {{"sealed", result.sealed},   {"signed", result.is_signed},
          {"signer", result.signer},   {"key_verified", result.key_verified},
          {"files", result.files},     {"package_id", result.package_id},
          {"verdict", result.verdict}, {"problems", std::move(problems)},
          {"notes", result.notes},     {"sha256", result.sha256},
          {"signatures", signatures},  {"time_stamps", StampFilesJson(result.time_stamps)}};
}

int VerifyExitCode(const VerifyResult& result) { return result.problems.empty() ? 0 : 2; }

}  // namespace percuss::reports

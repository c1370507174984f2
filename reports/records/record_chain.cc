// SPDX-License-Identifier: Apache-2.0
#include "reports/records/record_chain.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "common/fs.h"
#include "common/hash.h"
#include "common/json_numbers.h"
#include "reports/envelope/dsse.h"
#include "reports/envelope/visible_text.h"
#include "reports/records/severity.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;
using common::Json;
using common::Result;

constexpr uint64_t kMostBytes = uint64_t{256} << 20;
constexpr const char* kRecordSchema = "percuss.record.v1";
constexpr const char* kHeadSchema = "percuss.records-head.v1";
const std::string kNoRecord(64, '0');

stdfs::path HeadOf(const stdfs::path& file) { return file.string() + ".head"; }

// One line without spaces, members sorted: the only bytes that an envelope has in the file.
std::string Line(const Envelope& envelope) { return Json::parse(EnvelopeText(envelope)).dump(); }

Json PayloadOf(const Record& record, const std::string& previous, const PublicKey& key) {
  const RecordDraft& said = record.said;
  return {{"schema", kRecordSchema},
          {"sequence", record.sequence},
          {"previous", previous},
          {"at", record.at},
          {"kind", said.kind},
          {"by", {{"name", said.name}, {"role", said.role}, {"public_key", key.Base64()}}},
          {"package", {{"id", said.package_id}, {"sha256", said.package_sha256}}},
          {"body", said.body}};
}

// The key that signed the envelope, which is the one that the payload names.
Result<PublicKey> SignerOf(const Envelope& envelope, const Json& payload) {
  auto named = PublicKeyFromBase64(payload.at("by").at("public_key").get<std::string>());
  if (!named) return Fail(ErrorCode::kCorrupt, "names no public key");
  if (envelope.signatures.size() != 1 || envelope.signatures.front().key_id != named->Id() ||
      !VerifyEnvelope(envelope, *named)) {
    return Fail(ErrorCode::kCorrupt, "is not signed by the key that it names");
  }
  return named;
}

bool IsOneOf(const std::vector<PublicKey>& trusted, const PublicKey& key) {
  return trusted.empty() || std::find(trusted.begin(), trusted.end(), key) != trusted.end();
}

std::string SignedByAnother(const PublicKey& key) {
  return "is signed by " + key.Id() + ", no key that was given";
}

// What is wrong with what a record says, where its own body shows it. Empty: nothing.
std::string FalseIn(const RecordDraft& said) {
  return said.kind == "severity" && !ReadSeverity(said.body)
             ? "is a severity whose answers do not give its vector and scores"
             : "";
}

// The payload of the one envelope in `text`, whose bytes it must be exactly.
Result<Envelope> ExactEnvelope(std::string_view text, const std::string& type, bool one_line) {
  auto envelope = ParseEnvelope(text, "");
  if (!envelope) return Fail(ErrorCode::kCorrupt, envelope.error().message);
  if (envelope->payload_type != type) return Fail(ErrorCode::kCorrupt, "is of another type");
  if (text != (one_line ? Line(*envelope) : EnvelopeText(*envelope))) {
    return Fail(ErrorCode::kCorrupt, "is not byte for byte what was written");
  }
  return envelope;
}

// The record in a line that must follow `last`.
Result<Record> ReadLine(std::string_view line, const std::optional<Record>& last) {
  const auto envelope = ExactEnvelope(line, kRecordPayloadType, true);
  if (!envelope) return tl::make_unexpected(envelope.error());
  const auto payload = common::ParseJson(envelope->payload, "");
  if (!payload) return Fail(ErrorCode::kCorrupt, "holds no valid JSON");
  if (payload->is_object() && !common::NumbersFit(payload->value("sequence", Json()))) {
    return Fail(ErrorCode::kCorrupt, "does not follow the record before it");
  }
  try {
    const auto key = SignerOf(*envelope, *payload);
    if (!key) return tl::make_unexpected(key.error());
    Record record;
    record.sequence = payload->at("sequence").get<int64_t>();
    record.sha256 = common::Sha256Hex(line);
    record.at = payload->at("at").get<std::string>();
    record.key_id = key->Id();
    record.key = *key;
    const Json& by = payload->at("by");
    const Json& package = payload->at("package");
    record.said = {payload->at("kind").get<std::string>(),  by.at("name").get<std::string>(),
                   by.at("role").get<std::string>(),        package.at("id").get<std::string>(),
                   package.at("sha256").get<std::string>(), payload->at("body")};
    const std::string previous = last ? last->sha256 : kNoRecord;
    if (payload->at("previous") != previous || record.sequence != (last ? last->sequence + 1 : 1)) {
      return Fail(ErrorCode::kCorrupt, "does not follow the record before it");
    }
    if (*payload != PayloadOf(record, previous, *key)) {
      return Fail(ErrorCode::kCorrupt, "has other members than a record has");
    }
    return record;
  } catch (const nlohmann::json::exception&) {
    return Fail(ErrorCode::kCorrupt, "is no record of schema percuss.record.v1");
  }
}

Json HeadPayload(const Record& last, const std::string& public_key) {
  return {{"schema", kHeadSchema},
          {"records", last.sequence},
          {"sha256", last.sha256},
          {"by", {{"public_key", public_key}}}};
}

// What the head says of the chain: "" when it fits. `signer` becomes whoever signed it.
std::string HeadProblem(const std::string& text, RecordChain& chain,
                        std::optional<PublicKey>& signer) {
  const auto envelope = ExactEnvelope(text, kHeadPayloadType, false);
  if (!envelope) return envelope.error().message;
  const auto payload = common::ParseJson(envelope->payload, "");
  if (!payload) return "holds no valid JSON";
  if (!common::NumbersFit(*payload)) return "tells of other records";
  try {
    const auto key = SignerOf(*envelope, *payload);
    if (!key) return key.error().message;
    signer = *key;
    const auto count = payload->at("records").get<int64_t>();
    const auto records = static_cast<int64_t>(chain.records.size());
    if (count < 1 || count > records) {
      return "tells of " + std::to_string(count) + " records, and " + std::to_string(records) +
             " are there: the end is missing";
    }
    if (*payload != HeadPayload(chain.records[static_cast<size_t>(count) - 1], key->Base64())) {
      return "tells of other records";
    }
    // Whoever appended ended between the two files: its record stands, signed and in its place.
    if (count < records) chain.notes.push_back("the head is one record behind");
    return count + 1 < records ? "is more than one record behind" : "";
  } catch (const nlohmann::json::exception&) {
    return "is no head of schema percuss.records-head.v1";
  }
}

void ReadLines(std::string_view text, const std::vector<PublicKey>& trusted, RecordChain& chain) {
  std::optional<Record> last;
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      chain.problems.push_back({number, "is cut short"});
      return;
    }
    auto record = ReadLine(text.substr(0, end), last);
    if (!record) {
      chain.problems.push_back({number, record.error().message});
      return;
    }
    record->counts = IsOneOf(trusted, record->key);
    const std::string objection =
        record->counts ? FalseIn(record->said) : SignedByAnother(record->key);
    if (!objection.empty()) {
      record->counts = false;
      chain.problems.push_back({number, objection, true});
    }
    text.remove_prefix(end + 1);
    last = *record;
    chain.records.push_back(std::move(*record));
  }
}

void ReadHead(const stdfs::path& file, const std::vector<PublicKey>& trusted, RecordChain& chain) {
  const auto head = common::ReadFile(HeadOf(file), kMostBytes);
  std::optional<PublicKey> signer;
  const std::string problem =
      head ? HeadProblem(*head, chain, signer)
           : "cannot be read, so nobody knows whether the end is missing: " + head.error().Text();
  if (!problem.empty()) {
    chain.problems.push_back({0, "the head " + problem});
  } else if (signer && !IsOneOf(trusted, *signer)) {
    chain.problems.push_back(
        {0, "the head " + SignedByAnother(*signer) + ": records may be missing at the end", true});
  }
}

// The first text of the draft that nobody can sign for, and why; empty: none.
std::string ObjectionTo(const std::string& name, const Json& value) {
  if (value.is_string()) {
    const std::string hidden = HiddenCharacter(value.get<std::string>());
    return hidden.empty() ? "" : "\"" + name + "\" holds " + hidden + ", which cannot be seen";
  }
  if (!value.is_structured()) return "";  // of which items() is the value itself
  for (const auto& item : value.items()) {
    auto objection = ObjectionTo(value.is_object() ? item.key() : name, item.value());
    if (!objection.empty()) return objection;
  }
  return "";
}

std::string ObjectionTo(const RecordDraft& draft) {
  std::string objection = SaidTextObjection(draft.name);
  if (!objection.empty()) return "\"name\" " + objection;
  objection = SaidTextObjection(draft.role);
  if (!objection.empty()) return "\"role\" " + objection;
  return ObjectionTo("body", draft.body);
}

// Held while the two files are read and written by one that appends.
class AppendLock {
 public:
  explicit AppendLock(const stdfs::path& file)
      : fd_(open((file.string() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (fd_ >= 0 && flock(fd_, LOCK_EX) != 0) Close();
  }
  AppendLock(const AppendLock&) = delete;
  AppendLock& operator=(const AppendLock&) = delete;
  ~AppendLock() { Close(); }
  [[nodiscard]] bool Held() const { return fd_ >= 0; }

 private:
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }
  int fd_;
};

Result<RecordChain> ReadForAppending(const stdfs::path& file) {
  std::error_code ignored;
  if (!stdfs::exists(file, ignored) && !stdfs::exists(HeadOf(file), ignored)) return RecordChain();
  auto chain = ReadRecords(file, {});
  if (chain && !chain->problems.empty()) {
    const RecordProblem& problem = chain->problems.front();
    return Fail(ErrorCode::kCorrupt, problem.what + ": nothing is added to broken records",
                problem.line == 0 ? HeadOf(file).string() : file.string(), problem.line);
  }
  return chain;
}

}  // namespace

Result<RecordChain> ReadRecords(const stdfs::path& file, const std::vector<PublicKey>& trusted) {
  const auto text = common::ReadFile(file, kMostBytes);
  if (!text) return tl::make_unexpected(text.error());
  RecordChain chain;
  ReadLines(*text, trusted, chain);
  if (IsWhole(chain)) ReadHead(file, trusted, chain);
  if (trusted.empty()) {
    chain.notes.emplace_back(
        "no key was given: nothing was changed since the signatures, by whom they are is open");
  }
  return chain;
}

const RecordProblem* FirstBreak(const RecordChain& chain) {
  const auto at = std::find_if(chain.problems.begin(), chain.problems.end(),
                               [](const RecordProblem& problem) { return !problem.of_signer; });
  return at == chain.problems.end() ? nullptr : &*at;
}

bool IsWhole(const RecordChain& chain) { return FirstBreak(chain) == nullptr; }

Result<Record> AppendRecord(const stdfs::path& file, const RecordDraft& draft, const Signer& key,
                            const common::Clock& clock) {
  if (const std::string objection = ObjectionTo(draft); !objection.empty()) {
    return Fail(ErrorCode::kBadInput, "a record's " + objection);
  }
  const AppendLock lock(file);
  if (!lock.Held()) return common::FailErrno(errno, "cannot lock", file.string() + ".lock");
  const auto chain = ReadForAppending(file);
  if (!chain) return tl::make_unexpected(chain.error());
  Record record;
  record.sequence = static_cast<int64_t>(chain->records.size()) + 1;
  record.at = common::Rfc3339(clock.UnixS());
  record.key_id = key.Public().Id();
  record.key = key.Public();
  record.said = draft;
  const std::string previous = chain->records.empty() ? kNoRecord : chain->records.back().sha256;
  std::string payload;
  try {
    payload = PayloadOf(record, previous, key.Public()).dump();
  } catch (const nlohmann::json::exception&) {
    return Fail(ErrorCode::kBadInput, "a record's text must be UTF-8");
  }
  const auto envelope = SignEnvelope(kRecordPayloadType, std::move(payload), key);
  if (!envelope) return tl::make_unexpected(envelope.error());
  const std::string line = Line(*envelope);
  record.sha256 = common::Sha256Hex(line);
  const auto head =
      SignEnvelope(kHeadPayloadType, HeadPayload(record, key.Public().Base64()).dump(), key);
  if (!head) return tl::make_unexpected(head.error());
  std::string text;
  if (!chain->records.empty()) {
    auto before = common::ReadFile(file, kMostBytes);
    if (!before) return tl::make_unexpected(before.error());
    text = std::move(*before);
  }
  auto written = common::WriteFileAtomically(file, text + line + "\n");
  if (written) written = common::WriteFileAtomically(HeadOf(file), EnvelopeText(*head));
  if (!written) return tl::make_unexpected(written.error());
  return record;
}

std::string BodyText(const Json& body, const char* name) {
  const auto it = body.is_object() ? body.find(name) : body.end();
  return it != body.end() && it->is_string() ? it->get<std::string>() : "";
}

Json RecordChainJson(const RecordChain& chain) {
  Json records = Json::array();
  for (const Record& record : chain.records) {
    const RecordDraft& said = record.said;
    records.push_back({{"sequence", record.sequence},
                       {"sha256", record.sha256},
                       {"at", record.at},
                       {"kind", said.kind},
                       {"name", said.name},
                       {"role", said.role},
                       {"key_id", record.key_id},
                       {"package", {{"id", said.package_id}, {"sha256", said.package_sha256}}},
                       {"body", said.body}});
  }
  Json problems = Json::array();
  for (const RecordProblem& problem : chain.problems) {
    problems.push_back({{"line", problem.line}, {"what", problem.what}});
  }
  return {{"records", records},
          {"problems", problems},
          {"notes", chain.notes},
          {"time_stamps", StampFilesJson(chain.time_stamps)},
          {"head", chain.records.empty() || !IsWhole(chain) ? "" : chain.records.back().sha256}};
}

}  // namespace percuss::reports

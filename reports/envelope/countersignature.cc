// SPDX-License-Identifier: Apache-2.0
#include "reports/envelope/countersignature.h"

#include <map>

#include "common/fs.h"
#include "reports/envelope/dsse.h"
#include "reports/envelope/statement.h"
#include "reports/envelope/visible_text.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;
using common::Json;
using common::Result;

constexpr uint64_t kMostBytes = uint64_t{16} << 20;

Json StatementOf(const Countersignature& said) {
  return {
      {"_type", kStatementType},
      {"subject", {{{"name", said.package_name}, {"digest", {{"sha256", said.package_sha256}}}}}},
      {"predicateType", kSignaturePredicateType},
      {"predicate",
       {{"package_id", said.package_id},
        {"name", said.name},
        {"role", said.role},
        {"meaning", said.meaning},
        {"time", said.time},
        {"public_key", said.key.Base64()}}}};
}

// The one form that an envelope has on a line.
std::string Line(const Envelope& envelope) { return Json::parse(EnvelopeText(envelope)).dump(); }

Result<Countersignature> ReadLine(std::string_view line) {
  const auto envelope = ParseEnvelope(line, "");
  if (!envelope) return tl::make_unexpected(envelope.error());
  if (envelope->payload_type != kStatementPayloadType || line != Line(*envelope)) {
    return Fail(ErrorCode::kCorrupt, "is not byte for byte what was written");
  }
  const auto payload = common::ParseJson(envelope->payload, "");
  if (!payload) return Fail(ErrorCode::kCorrupt, "holds no valid JSON");
  try {
    const Json& subject = payload->at("subject").at(0);
    const Json& predicate = payload->at("predicate");
    Countersignature said;
    subject.at("name").get_to(said.package_name);
    subject.at("digest").at("sha256").get_to(said.package_sha256);
    predicate.at("package_id").get_to(said.package_id);
    predicate.at("name").get_to(said.name);
    predicate.at("role").get_to(said.role);
    predicate.at("meaning").get_to(said.meaning);
    predicate.at("time").get_to(said.time);
    const auto key = PublicKeyFromBase64(predicate.at("public_key").get<std::string>());
    if (!key) return Fail(ErrorCode::kCorrupt, "names no public key");
    said.key = *key;
    if (*payload != StatementOf(said)) {
      return Fail(ErrorCode::kCorrupt, "has other members than a signature has");
    }
    if (envelope->signatures.size() != 1 || envelope->signatures[0].key_id != key->Id() ||
        !VerifyEnvelope(*envelope, *key)) {
      return Fail(ErrorCode::kCorrupt, "is not signed by the key that it names");
    }
    return said;
  } catch (const nlohmann::json::exception&) {
    return Fail(ErrorCode::kCorrupt, "is no signature of type urn:percuss:signature:v1");
  }
}

}  // namespace

stdfs::path CountersignatureFile(const stdfs::path& package) {
  return package.string() + ".intoto.jsonl";
}

Result<Countersignature> AddCountersignature(const stdfs::path& file, Countersignature what,
                                             const Signer& key, const common::Clock& clock) {
  for (const auto& [name, said] : std::map<std::string, std::string>{
           {"name", what.name}, {"role", what.role}, {"meaning", what.meaning}}) {
    const std::string objection = SaidTextObjection(said);
    if (!objection.empty()) {
      return Fail(ErrorCode::kBadInput, "a signature's \"" + name + "\" " + objection);
    }
  }
  std::string text;
  std::error_code ignored;
  if (stdfs::exists(file, ignored)) {
    auto before = common::ReadFile(file, kMostBytes);
    if (!before) return tl::make_unexpected(before.error());
    text = std::move(*before);
  }
  for (const auto& line : ReadCountersignatures(text)) {
    if (line.problem.empty()) continue;
    return Fail(ErrorCode::kCorrupt, line.problem + ": nothing is added to a broken file", file,
                line.line);
  }
  what.key = key.Public();
  what.time = common::Rfc3339(clock.UnixS());
  std::string payload;
  try {
    payload = StatementOf(what).dump();
  } catch (const nlohmann::json::exception&) {
    return Fail(ErrorCode::kBadInput, "a signature's text must be UTF-8");
  }
  const auto envelope = SignEnvelope(kStatementPayloadType, std::move(payload), key);
  if (!envelope) return tl::make_unexpected(envelope.error());
  auto written = common::WriteFileAtomically(file, text + Line(*envelope) + "\n");
  if (!written) return tl::make_unexpected(written.error());
  return what;
}

std::vector<CountersignatureLine> ReadCountersignatures(std::string_view text) {
  std::vector<CountersignatureLine> lines;
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      lines.push_back({number, {}, "is cut short"});
      break;
    }
    auto said = ReadLine(text.substr(0, end));
    lines.push_back(
        {number, said ? *said : Countersignature(), said ? std::string() : said.error().message});
    text.remove_prefix(end + 1);
  }
  return lines;
}

}  // namespace percuss::reports

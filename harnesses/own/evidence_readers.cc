// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <utility>

#include "common/hash.h"
#include "common/json_file.h"
#include "harnesses/own/input_files.h"
#include "harnesses/own/readers.h"
#include "reports/envelope/countersignature.h"
#include "reports/envelope/dsse.h"
#include "reports/envelope/time_stamp.h"
#include "reports/envelope/trust.h"
#include "reports/evidence/package_reader.h"
#include "reports/evidence/stored_zip.h"
#include "reports/records/record_chain.h"
#include "reports/verify/verify.h"

namespace percuss::own {
namespace {

using common::Json;

// The first byte, which says what the rest is.
char Take(std::string_view& bytes) {
  const char mode = bytes.empty() ? '\0' : bytes.front();
  if (!bytes.empty()) bytes.remove_prefix(1);
  return mode;
}

std::string Zipped(std::string_view bytes) {
  const auto parts = Parts(bytes);
  std::map<std::string, std::string_view> files;
  for (size_t i = 0; i + 1 < parts.size(); i += 2) files[std::string(parts[i])] = parts[i + 1];
  std::string zip;
  reports::StoredZipWriter writer([&zip](std::string_view piece) -> common::Status {
    zip += piece;
    return {};
  });
  for (const auto& [path, content] : files) {
    if (!writer.Add(path, content)) return zip;
  }
  static_cast<void>(writer.Finish());
  return zip;
}

const reports::KeyPair& Key() {
  static const auto key = reports::KeyPair::FromSeed("own", std::string(reports::kSeedBytes, 'o'));
  return *key;
}

void Replace(std::string& text, std::string_view what, const std::string& with) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
}

std::string Signed(const char* type, std::string payload) {
  const auto envelope = reports::SignEnvelope(type, std::move(payload), Key());
  return envelope ? reports::EnvelopeText(*envelope) : "";
}

// A file of records and its head, from payloads.
std::pair<std::string, std::string> SignedChain(std::string_view bytes) {
  std::string file;
  std::string previous(64, '0');
  int64_t count = 0;
  for (const std::string_view part : Parts(bytes)) {
    std::string payload(part);
    Replace(payload, "@K", Key().Public().Base64());
    Replace(payload, "@P", previous);
    const std::string line = Json::parse(Signed(reports::kRecordPayloadType, payload)).dump();
    previous = common::Sha256Hex(line);
    file += line + "\n";
    ++count;
  }
  const Json head = {{"by", {{"public_key", Key().Public().Base64()}}},
                     {"records", count},
                     {"schema", "percuss.records-head.v1"},
                     {"sha256", previous}};
  return {file, Signed(reports::kHeadPayloadType, head.dump())};
}

}  // namespace

bool Package(std::string_view bytes) {
  const char mode = Take(bytes);
  if (mode != 'Z' && mode != 'F') return false;
  const auto zip =
      mode == 'F' ? PutFile("package.zip", Zipped(bytes)) : PutFile("package.zip", bytes);
  const auto reader = reports::PackageReader::Open(zip);
  if (reader) static_cast<void>(reports::ReadRunRecord(*reader));
  const auto result = reports::VerifyPackage(zip, std::nullopt);
  return result && result->sealed && result->problems.empty();
}

bool Records(std::string_view bytes) {
  const char mode = Take(bytes);
  if (mode != 'R' && mode != 'P') return false;
  std::pair<std::string, std::string> files;
  if (mode == 'P') {
    files = SignedChain(bytes);
  } else {
    const auto parts = Parts(bytes);
    files = {std::string(parts.front()), std::string(parts.size() > 1 ? parts[1] : "")};
  }
  const auto file = PutFile("records.jsonl", files.first);
  PutFile("records.jsonl.head", files.second);
  const auto chain = reports::ReadRecords(file, {});
  if (!chain) return false;
  static_cast<void>(reports::RecordChainJson(*chain));
  return chain->problems.empty() && !chain->records.empty();
}

bool BesidePackage(std::string_view bytes) {
  const char mode = Take(bytes);
  if (mode == 'K') return reports::TrustFile::Load(PutFile("trust.json", bytes)).has_value();
  if (mode == 'T') {
    const auto stamp = reports::ReadTimeStamp(bytes, "package.zip.tsr");
    static const auto authority = PutFile("ca.pem", "");
    static_cast<void>(reports::TimeStampObjection(bytes, std::string(64, '0'), authority));
    return stamp.has_value();
  }
  if (mode != 'C') return false;
  bool whole = true;
  for (const auto& line : reports::ReadCountersignatures(bytes)) {
    whole = whole && line.problem.empty();
  }
  return whole;
}

}  // namespace percuss::own

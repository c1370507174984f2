// SPDX-License-Identifier: Apache-2.0
#include "reports/envelope/dsse.h"

#include <algorithm>

#include "common/json_file.h"

namespace percuss::reports {
namespace {

using common::ErrorCode;
using common::Fail;
using common::Json;
using common::Result;

constexpr size_t kMaxSignatures = 64;

bool HasJust(const Json& json, std::initializer_list<const char*> names) {
  return json.is_object() && json.size() == names.size() &&
         std::all_of(names.begin(), names.end(),
                     [&](const char* name) { return json.contains(name); });
}

Result<EnvelopeSignature> ParseSignature(const Json& json, const std::string& name) {
  if (!HasJust(json, {"keyid", "sig"}) || !json["keyid"].is_string() || !json["sig"].is_string()) {
    return Fail(ErrorCode::kBadInput, "a signature needs the texts \"keyid\" and \"sig\"", name);
  }
  auto bytes = Base64Decode(json["sig"].get<std::string>());
  if (!bytes) return Fail(ErrorCode::kBadInput, "\"sig\" " + bytes.error().message, name);
  return EnvelopeSignature{json["keyid"].get<std::string>(), std::move(*bytes)};
}

}  // namespace

std::string PreAuthenticationEncoding(std::string_view payload_type, std::string_view payload) {
  std::string encoded = "DSSEv1 ";
  encoded += std::to_string(payload_type.size());
  encoded += ' ';
  encoded += payload_type;
  encoded += ' ';
  encoded += std::to_string(payload.size());
  encoded += ' ';
  encoded += payload;
  return encoded;
}

Result<Envelope> SignEnvelope(std::string payload_type, std::string payload, const Signer& key) {
  Envelope envelope{std::move(payload_type), std::move(payload), {}};
  auto signature = key.Sign(PreAuthenticationEncoding(envelope.payload_type, envelope.payload));
  if (!signature) return tl::make_unexpected(signature.error());
  envelope.signatures.push_back({key.Public().Id(), std::move(*signature)});
  return envelope;
}

bool VerifyEnvelope(const Envelope& envelope, const PublicKey& key) {
  const std::string encoded = PreAuthenticationEncoding(envelope.payload_type, envelope.payload);
  return std::any_of(envelope.signatures.begin(), envelope.signatures.end(),
                     [&](const EnvelopeSignature& signature) {
                       return VerifySignature(key, encoded, signature.signature);
                     });
}

std::string EnvelopeText(const Envelope& envelope) {
  Json signatures = Json::array();
  for (const auto& signature : envelope.signatures) {
    signatures.push_back({{"keyid", signature.key_id}, {"sig", Base64Encode(signature.signature)}});
  }
  return common::JsonText({{"payload", Base64Encode(envelope.payload)},
                           {"payloadType", envelope.payload_type},
                           {"signatures", std::move(signatures)}});
}

Result<Envelope> ParseEnvelope(std::string_view text, const std::string& name) {
  const auto json = common::ParseJson(text, name);
  if (!json) return tl::make_unexpected(json.error());
  if (!HasJust(*json, {"payload", "payloadType", "signatures"}) ||
      !(*json)["payload"].is_string() || !(*json)["payloadType"].is_string() ||
      !(*json)["signatures"].is_array()) {
    return Fail(ErrorCode::kBadInput,
                "is no DSSE envelope: it needs \"payload\", \"payloadType\" and \"signatures\"",
                name);
  }
  if ((*json)["signatures"].empty() || (*json)["signatures"].size() > kMaxSignatures) {
    return Fail(ErrorCode::kBadInput, "must have 1 to 64 signatures", name);
  }
  auto payload = Base64Decode((*json)["payload"].get<std::string>());
  if (!payload) return Fail(ErrorCode::kBadInput, "\"payload\" " + payload.error().message, name);
  Envelope envelope{(*json)["payloadType"].get<std::string>(), std::move(*payload), {}};
  for (const Json& entry : (*json)["signatures"]) {
    auto signature = ParseSignature(entry, name);
    if (!signature) return tl::make_unexpected(signature.error());
    envelope.signatures.push_back(std::move(*signature));
  }
  return envelope;
}

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// The envelope around signed bytes: DSSE (Dead Simple Signing Envelope) v1.0.2, with Ed25519.
// Signing knows bytes, not meaning. What is signed is the pre-authentication encoding of payload
// type and payload, so that bytes signed as one type can never pass as another.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "reports/envelope/key.h"

namespace percuss::reports {

struct EnvelopeSignature {
  std::string key_id;     // a hint only, as the protocol says: it is not covered by the signature
  std::string signature;  // raw bytes
};

struct Envelope {
  std::string payload_type;
  std::string payload;  // raw bytes
  std::vector<EnvelopeSignature> signatures;
};

// PAE(type, body) = "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body (protocol, "Signature
// Definition").
[[nodiscard]] std::string PreAuthenticationEncoding(std::string_view payload_type,
                                                    std::string_view payload);

// Fails only as the signer does.
[[nodiscard]] common::Result<Envelope> SignEnvelope(std::string payload_type, std::string payload,
                                                    const Signer& key);

// Whether at least one signature in the envelope is by the key; key ids are not trusted.
[[nodiscard]] bool VerifyEnvelope(const Envelope& envelope, const PublicKey& key);

// The JSON form, always the same bytes for the same envelope: sorted members, two spaces of indent,
// a newline at the end.
[[nodiscard]] std::string EnvelopeText(const Envelope& envelope);
// kBadInput on any other member, type or alphabet. `name` is what errors call the text.
[[nodiscard]] common::Result<Envelope> ParseEnvelope(std::string_view text,
                                                     const std::string& name);

}  // namespace percuss::reports

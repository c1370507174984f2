// SPDX-License-Identifier: Apache-2.0
//
// Further signatures under a sealed package, beside it, so that the package stays as it is: the
// file PACKAGE.intoto.jsonl, an in-toto attestation bundle (in-toto attestation framework,
// spec/v1/bundle.md): one DSSE envelope a line. Each holds an in-toto Statement v1 whose one
// subject is the package's zip by SHA-256; its predicate says who signs, in which role, and what
// that means.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "reports/envelope/key.h"

namespace percuss::reports {

constexpr const char* kSignaturePredicateType = "urn:percuss:signature:v1";

struct Countersignature {
  std::string package_name;  // the zip's file name when it was signed
  std::string package_sha256;
  std::string package_id;
  std::string name;  // of the person, who is identified by the key alone
  std::string role;
  std::string meaning;
  std::string time;  // as the signer says
  PublicKey key;     // that signed; its own word until somebody vouches for it
};

[[nodiscard]] std::filesystem::path CountersignatureFile(const std::filesystem::path& package);

// Adds a line; `what.time` and `what.key` are set here. kBadInput for text that is not UTF-8,
// kCorrupt when a line that is there already is none. Replaces the file atomically.
[[nodiscard]] common::Result<Countersignature> AddCountersignature(
    const std::filesystem::path& file, Countersignature what, const Signer& key,
    const common::Clock& clock = common::SystemClock());

struct CountersignatureLine {
  int line = 0;  // from 1
  Countersignature said;
  std::string problem;  // empty: whole, and signed by the key that it names
};
// Every line of the file's text.
[[nodiscard]] std::vector<CountersignatureLine> ReadCountersignatures(std::string_view text);

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// What is signed: an in-toto Statement v1 (in-toto attestation framework, spec/v1/statement.md).
// Its subjects are all files of the package but the statement itself, by SHA-256; its predicate
// names the package and its verdict.
//
// The predicate type is a name that is not meant to resolve: in-toto asks for a URI (TypeURI), not
// for a page behind it.
#pragma once

#include <map>
#include <string>

#include "common/json_file.h"

namespace percuss::reports {

constexpr const char* kStatementType = "https://in-toto.io/Statement/v1";
constexpr const char* kPredicateType = "urn:percuss:evidence:v1";
constexpr const char* kStatementPayloadType = "application/vnd.in-toto+json";

struct Statement {
  std::map<std::string, std::string> subjects;  // path in the package to SHA-256 in lower-case hex
  std::string package_id;
  std::string verdict;
  std::string created_at;
  std::string manifest_sha256;
};

// Always the same bytes for the same statement: sorted members and subjects, two spaces of indent,
// a newline at the end.
[[nodiscard]] std::string StatementText(const Statement& statement);

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// What lies beside a package and is checked with it: time stamps (PACKAGE.tsr, PACKAGE.2.tsr) and
// further signatures (PACKAGE.intoto.jsonl).
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "common/result.h"
#include "reports/envelope/key.h"
#include "reports/envelope/trust.h"
#include "reports/verify/verify.h"

namespace percuss::reports {

struct SealSignature {
  PublicKey key;
  std::string statement_path;
  std::string name, role, meaning, time;  // as the manifest says
};

// Whether anything lies beside the package, for which its digest is wanted.
[[nodiscard]] bool HasAnythingBeside(const std::filesystem::path& package);

// Adds the signatures and time stamps to the result, and what is wrong with them to its problems.
// `seal` is the package's own valid signature, none where there is none.
[[nodiscard]] common::Status CheckBeside(const std::filesystem::path& package,
                                         const VerifyOptions& options,
                                         const std::optional<TrustFile>& trust,
                                         const std::optional<SealSignature>& seal,
                                         VerifyResult& result);

}  // namespace percuss::reports

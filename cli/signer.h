// SPDX-License-Identifier: Apache-2.0
//
// The key that a command signs with: a file, or "pkcs11:..." for one on a token.
#pragma once

#include <memory>
#include <string>

#include "cli/commands.h"
#include "common/result.h"
#include "reports/envelope/key.h"

namespace percuss::cli {

// What --key says wherever it names a key to sign with.
constexpr const char* kSigningKeyHelp =
    "Sign with this .key file, or with a key on a token: pkcs11:token=...;object=... with the PIN "
    "in PERCUSS_PIN or pin-source=file:...";

// For an argument that names such a key: MustExist but for tokens.
CLI::Validator KeyMustExist();

// `wish` empty: the default key, or nullptr when there is none.
[[nodiscard]] common::Result<std::shared_ptr<const reports::Signer>> LoadSigner(
    const std::string& wish);

}  // namespace percuss::cli

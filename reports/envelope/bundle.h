// SPDX-License-Identifier: Apache-2.0
//
// A bundle of signed statements as the in-toto attestation framework has it (spec/v1/bundle.md):
// JSON Lines, a DSSE envelope a line.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "reports/envelope/key.h"

namespace percuss::reports {

// Each line of `statements`, one in-toto statement without its newline, in an envelope signed with
// the key. Thread-safe where the signer is; fails only as the signer does.
[[nodiscard]] common::Result<std::string> SignedBundle(std::string_view statements,
                                                       const Signer& key);

}  // namespace percuss::reports

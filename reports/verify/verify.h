// SPDX-License-Identifier: Apache-2.0
//
// Whether a package is what was sealed: every byte of it, file by file. Needs nothing but the
// package, and a public key to know by whom. percuss_verify.py beside this file does the same and
// shares no code with it.
//
// Without a key of the caller's, a valid signature is checked against the key that the package
// carries: that proves that nothing changed since whoever it was signed, not who it was. Somebody
// who changes a file can seal anew, unsigned or with a key of their own; only the caller's key
// finds that.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/json_file.h"
#include "common/result.h"

namespace percuss::reports {

struct VerifyProblem {
  std::string path;  // in the package; the package's own file name for its container
  std::string what;
};

struct VerifyResult {
  bool sealed = false;        // no file and no byte was changed, added or removed since sealing
  bool is_signed = false;     // and there is a valid signature; with a key given, by that key
  bool key_verified = false;  // the signature is by the key that the caller gave
  std::string signer;         // key id of the valid signature, empty when there is none
  int64_t files = 0;          // in the package
  std::string package_id;
  std::string verdict;  // of the campaign, as the manifest says
  std::vector<VerifyProblem> problems;
  std::vector<std::string>
      notes;  // what a reader must know that is no problem, such as that nothing is signed
};

// An Error only when the question cannot be answered: no such file, no permission, an unreadable
// key file. Everything that is wrong with the package itself, down to not being one, is a problem
// in the result.
[[nodiscard]] common::Result<VerifyResult> VerifyPackage(
    const std::filesystem::path& package, const std::optional<std::filesystem::path>& key_file);

// { "sealed", "signed", "signer", "key_verified", "files", "package_id", "verdict", "problems": [{
// "path", "what" }],
//   "notes": [] }
[[nodiscard]] common::Json VerifyJson(const VerifyResult& result);

// 0 without a problem, 2 with any.
[[nodiscard]] int VerifyExitCode(const VerifyResult& result);

}  // namespace percuss::reports

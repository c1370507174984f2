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
#include "reports/envelope/time_stamp.h"

namespace percuss::reports {

struct VerifyProblem {
  std::string path;  // in the package; the package's own file name for its container
  std::string what;
};

struct VerifyOptions {
  std::optional<std::filesystem::path> key_file;    // that must have sealed it
  std::optional<std::filesystem::path> trust_file;  // keys and their times; see trust.h
  std::optional<std::filesystem::path> tsa_ca;  // for the time stamps, of which there must be one
  int signatures = 0;   // by so many different keys at least, the seal's among them
  bool digest = false;  // whether the zip's own SHA-256 is wanted, which takes a reading more
};

struct FoundSignature {
  std::string key_id;
  std::string name, role, meaning, time;  // as the signer says
  std::string place;      // file and line beside the package; empty for the seal's own
  std::string objection;  // empty: valid, and nothing in the trust file speaks against it
  bool trusted = false;   // a trust file vouches for the key
};

struct VerifyResult {
  bool sealed = false;        // no file and no byte was changed, added or removed since sealing
  bool is_signed = false;     // and there is a valid signature; with a key given, by that key
  bool key_verified = false;  // the signature is by the key that the caller gave
  std::string signer;         // key id of the valid signature, empty when there is none
  int64_t files = 0;          // in the package
  std::string package_id;
  std::string verdict;  // of the campaign, as the manifest says
  std::string sha256;   // of the zip, where it was wanted or something lies beside the package
  std::vector<FoundSignature> signatures;  // the valid ones, the seal's own first
  std::vector<StampFile> time_stamps;      // of the package, beside it
  std::vector<VerifyProblem> problems;
  std::vector<std::string>
      notes;  // what a reader must know that is no problem, such as that nothing is signed
};

// An Error only when the question cannot be answered: no such file, no permission, an unreadable
// key file. Everything that is wrong with the package itself, down to not being one, is a problem
// in the result.
[[nodiscard]] common::Result<VerifyResult> VerifyPackage(const std::filesystem::path& package,
                                                         const VerifyOptions& options);
[[nodiscard]] common::Result<VerifyResult> VerifyPackage(
    const std::filesystem::path& package, const std::optional<std::filesystem::path>& key_file);

// { "sealed", "signed", "signer", "key_verified", "files", "package_id", "verdict", "problems": [{
// "path", "what" }],
//   "notes": [], "signatures": [{ "key_id", "name", "role", "meaning", "time", "place", "trusted",
//   "what" }], "time_stamps": [{ "file", "time", "authority", "verified", "what" }] }
[[nodiscard]] common::Json VerifyJson(const VerifyResult& result);

// 0 without a problem, 2 with any.
[[nodiscard]] int VerifyExitCode(const VerifyResult& result);

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// Time stamps after RFC 3161, through OpenSSL: an authority signs that a SHA-256 was known to it at
// a time. percuss asks for them by files, so that the host needs no network.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/json_file.h"
#include "common/result.h"

namespace percuss::reports {

// A TimeStampReq (section 2.4.1) in DER, for an authority's answer with its certificate. `sha256`
// has 64 hex digits. The nonce is random.
[[nodiscard]] common::Result<std::string> TimeStampRequest(const std::string& sha256);

struct TimeStamp {
  std::string sha256;     // that was stamped, lower-case hex; empty when it is of another algorithm
  std::string time;       // genTime, to the second, RFC 3339
  std::string serial;     // of the stamp, decimal
  std::string authority;  // the signing certificate's subject; empty when it carries none
};

// What a TimeStampResp (section 2.4.2) says; nothing is verified. kBadInput when it is none, and
// when the authority refused, with its reason.
[[nodiscard]] common::Result<TimeStamp> ReadTimeStamp(std::string_view response,
                                                      const std::string& name);

// Why the stamp is not one for `sha256` by an authority below the CA certificates in the PEM file;
// "" when it is. Certificates are judged at the stamp's own time. An Error only when the file of
// certificates cannot be read.
[[nodiscard]] common::Result<std::string> TimeStampObjection(std::string_view response,
                                                             const std::string& sha256,
                                                             const std::filesystem::path& ca_file);

// Answers lie beside what they are for: STEM.tsr, STEM.2.tsr, and so on without a gap. A package's
// stem is its own name, that of record 7 in a file of records is FILE.7.
[[nodiscard]] std::vector<std::filesystem::path> TimeStampFiles(const std::string& stem);
[[nodiscard]] std::filesystem::path NextTimeStampFile(const std::string& stem);
constexpr uint64_t kMostTimeStampBytes = uint64_t{1} << 20;

struct StampFile {
  std::string file;  // its name, without folders
  TimeStamp stamp;
  bool verified = false;  // against the caller's CA, with nothing against it
  std::string objection;
};
// All answers beside STEM, which must be for `sha256`; without `ca_file` nothing but that is
// checked. An Error only when the CA's file cannot be read.
[[nodiscard]] common::Result<std::vector<StampFile>> CheckTimeStamps(
    const std::string& stem, const std::string& sha256,
    const std::optional<std::filesystem::path>& ca_file);
// The earliest time that a verified one proves; empty when there is none.
[[nodiscard]] std::string ProvenTime(const std::vector<StampFile>& stamps);
// [ { "file", "time", "authority", "verified", "what" } ]
[[nodiscard]] common::Json StampFilesJson(const std::vector<StampFile>& stamps);

}  // namespace percuss::reports

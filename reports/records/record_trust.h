// SPDX-License-Identifier: Apache-2.0
//
// Whether those who signed the records were allowed to when they did, and what time stamps beside
// the file (FILE.7.tsr is for record 7, and so for all before it) prove of when that was.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "common/result.h"
#include "reports/envelope/trust.h"
#include "reports/records/record_chain.h"

namespace percuss::reports {

// The stem of the time stamps of a record; see time_stamp.h.
[[nodiscard]] std::string RecordStampStem(const std::filesystem::path& file, int64_t sequence);

// Adds what it finds to the chain's problems, notes and time stamps, and takes back that a record
// counts. The chain is whole. An Error only when the CA's
// file cannot be read.
[[nodiscard]] common::Status CheckRecordTrust(const std::filesystem::path& file,
                                              const std::optional<TrustFile>& trust,
                                              const std::optional<std::filesystem::path>& tsa_ca,
                                              RecordChain& chain);

}  // namespace percuss::reports

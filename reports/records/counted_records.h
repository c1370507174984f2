// SPDX-License-Identifier: Apache-2.0
//
// Records for whoever concludes something from them: those that somebody signed who may.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "reports/envelope/trust.h"
#include "reports/records/record_chain.h"

namespace percuss::reports {

// What every conclusion says where nobody named the keys.
constexpr const char* kSignersUnchecked =
    "signers of the records were not checked (--record-key, --trust)";

// Who may have signed: the keys, or with a trust file those of it alone, each in its time.
struct RecordSigners {
  std::vector<PublicKey> keys;
  std::optional<TrustFile> trust;

  // Without a key of either anybody may.
  [[nodiscard]] bool Named() const { return !keys.empty() || trust.has_value(); }
};

// The file's records that count, and its problems. Where it is not what was written, none counts:
// what stands before the broken place may be what is left of more. Where it is, all but those by
// others than the signers; a problem names each of these with its key, and they are in `uncounted`.
// kBadInput for a trust file without a key; otherwise errors as ReadRecords.
[[nodiscard]] common::Result<RecordChain> ReadCountedRecords(const std::filesystem::path& file,
                                                             const RecordSigners& signers);

struct RecordFile {
  std::string file;
  RecordChain chain;  // what counts of it
};

// What is to be said wherever something is concluded from the records: that the signers were not
// checked, or which records do not count. Empty: nothing.
[[nodiscard]] std::string SignersNote(const RecordSigners& signers,
                                      const std::vector<RecordFile>& files);

}  // namespace percuss::reports

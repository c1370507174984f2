// SPDX-License-Identifier: Apache-2.0
#include "cli/signed_records.h"

#include "reports/records/sound_records.h"
#include "reports/verify/verify.h"

namespace percuss::cli {

using common::Result;

void AddRecordFileOptions(CLI::App& command, RecordFiles& records, const std::string& what) {
  command.add_option("--records", records.files, what + "; may be repeated")
      ->allow_extra_args(false)
      ->check(MustExist());
  command
      .add_option("--record-key", records.keys,
                  "Public key that may have signed the records; may be repeated. Without one, any")
      ->allow_extra_args(false)
      ->check(MustExist());
}

Result<std::vector<reports::PublicKey>> TrustedKeys(const RecordFiles& records) {
  std::vector<reports::PublicKey> trusted;
  for (const std::string& file : records.keys) {
    auto key = reports::LoadVerificationKey(file);
    if (!key) return tl::make_unexpected(key.error());
    trusted.push_back(*key);
  }
  return trusted;
}

Result<reports::RecordChain> ReadRecordFiles(const RecordFiles& records) {
  const auto trusted = TrustedKeys(records);
  if (!trusted) return tl::make_unexpected(trusted.error());
  return reports::ReadSoundRecords(records.files, *trusted);
}

}  // namespace percuss::cli

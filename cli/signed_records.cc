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
  CLI::Option* keys = command
                          .add_option("--record-key", records.keys,
                                      "Public key that may have signed the records; may be "
                                      "repeated. Without one, any, and that is said")
                          ->allow_extra_args(false)
                          ->check(MustExist());
  command
      .add_option("--trust", records.trust,
                  "Trust file: records count that are signed by a key of it, in that key's time")
      ->check(MustExist())
      ->excludes(keys);
}

Result<reports::RecordSigners> SignersOf(const RecordFiles& records) {
  reports::RecordSigners signers;
  for (const std::string& file : records.keys) {
    auto key = reports::LoadVerificationKey(file);
    if (!key) return tl::make_unexpected(key.error());
    signers.keys.push_back(*key);
  }
  if (records.trust.empty()) return signers;
  auto trust = reports::TrustFile::Load(records.trust);
  if (!trust) return tl::make_unexpected(trust.error());
  signers.trust = std::move(*trust);
  return signers;
}

Result<std::vector<reports::RecordFile>> ReadCountedFiles(const std::vector<std::string>& names,
                                                          const reports::RecordSigners& signers) {
  std::vector<reports::RecordFile> files;
  for (const std::string& file : names) {
    auto chain = reports::ReadCountedRecords(file, signers);
    if (!chain) return tl::make_unexpected(chain.error());
    if (const auto* broken = reports::FirstBreak(*chain)) {
      return common::Fail(common::ErrorCode::kCorrupt, broken->what, file, broken->line);
    }
    files.push_back({file, std::move(*chain)});
  }
  return files;
}

Result<reports::RecordChain> ReadRecordFiles(const RecordFiles& records) {
  const auto signers = SignersOf(records);
  if (!signers) return tl::make_unexpected(signers.error());
  return reports::ReadSoundRecords(records.files, *signers);
}

}  // namespace percuss::cli

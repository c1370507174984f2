// SPDX-License-Identifier: Apache-2.0
#include "tests/integrity/sample.h"

#include <fstream>

#include "common/fs.h"
#include "common/hash.h"
#include "reports/evidence/package_fixture.h"
#include "reports/records/record_chain.h"

namespace percuss::tests {
namespace {

namespace stdfs = std::filesystem;
using common::Status;

// Bytes that no compression and no page of zeros makes cheap.
Status WriteNoise(const stdfs::path& file, uint64_t bytes) {
  std::string block(size_t{1} << 20, '\0');
  uint64_t state = bytes + 1;
  std::ofstream out(file, std::ios::binary);
  for (uint64_t left = bytes; left > 0 && out;) {
    for (size_t i = 0; i < block.size(); i += 8) {
      state ^= state << 13U;
      state ^= state >> 7U;
      state ^= state << 17U;
      std::copy_n(reinterpret_cast<const char*>(&state), 8, block.begin() + static_cast<long>(i));
    }
    const uint64_t part = std::min<uint64_t>(left, block.size());
    out.write(block.data(), static_cast<std::streamsize>(part));
    left -= part;
  }
  return out ? Status() : common::Fail(common::ErrorCode::kIo, "cannot write", file);
}

Status WriteRecords(const stdfs::path& file, const std::string& package_id,
                    const std::string& sha256) {
  for (int i = 0; i < 6; ++i) {
    const auto key = reports::KeyPair::FromSeed(
        i % 2 == 0 ? "ada" : "ben", std::string(reports::kSeedBytes, i % 2 == 0 ? 'a' : 'b'));
    if (!key) return tl::make_unexpected(key.error());
    const auto record = reports::AppendRecord(file,
                                              {"signature",
                                               "Ada Größe",
                                               "reviewer",
                                               package_id,
                                               sha256,
                                               {{"meaning", "review " + std::to_string(i)}}},
                                              *key, reports::FixedClock());
    if (!record) return tl::make_unexpected(record.error());
  }
  return {};
}

}  // namespace

Status MakeSample(const stdfs::path& folder, const SampleOptions& wanted) {
  const stdfs::path staging = folder / "staging";
  const std::string finding = "findings/F-0123456789ab/";
  const std::pair<std::string, std::string> files[] = {
      {finding + "input", std::string("\x00\x01\xff input", 9)},
      {finding + "input.min", std::string(64, 'A')},
      {finding + "finding.json", common::JsonText(reports::SampleFinding())},
      {"logs/libfuzzer.log", ""},
      {"replay/pump/pump", "\x7f ELF and so on"},
      {"report.html", wanted.other ? "<!doctype html><p>other" : "<!doctype html>"}};
  for (const auto& [path, text] : files) {
    if (auto made = common::MakeFolder((staging / path).parent_path()); !made) return made;
    if (auto written = common::WriteFileAtomically(staging / path, text); !written) return written;
  }
  for (const char* path : {"replay/image-1", "replay/image-2"}) {
    if (wanted.extra_bytes == 0) break;
    if (auto written = WriteNoise(staging / path, wanted.extra_bytes / 2); !written) return written;
  }
  const auto key = reports::KeyPair::FromSeed("lab", std::string(reports::kSeedBytes, 'l'));
  if (!key) return tl::make_unexpected(key.error());
  if (auto saved = key->Save(folder / "keys"); !saved) return saved;
  const reports::FixedClock clock;
  reports::SealOptions options;
  options.zip = folder / "package.zip";
  options.key = std::make_shared<reports::KeyPair>(*key);
  options.clock = &clock;
  options.package_id = wanted.other ? "00000000-0000-4000-8000-000000000001"
                                    : "00000000-0000-4000-8000-000000000000";
  const auto sealed = reports::SealPackage(reports::SampleRecord(), staging, options);
  if (!sealed) return tl::make_unexpected(sealed.error());
  if (wanted.extra_bytes > 0) return {};
  const auto sha256 = common::Sha256FileHex(sealed->zip);
  if (!sha256) return tl::make_unexpected(sha256.error());
  return WriteRecords(folder / "records.jsonl", sealed->package_id, *sha256);
}

}  // namespace percuss::tests

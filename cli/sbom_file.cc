// SPDX-License-Identifier: Apache-2.0
#include "cli/sbom_file.h"

#include <filesystem>
#include <utility>

#include "common/fs.h"
#include "common/hash.h"
#include "reports/evidence/package_reader.h"
#include "reports/sbom/package_sbom.h"
#include "reports/sbom/sbom.h"
#include "reports/verify/verify.h"

namespace percuss::cli {
namespace {

using common::Result;

constexpr uint64_t kSbomBytes = uint64_t{64} << 20;

bool IsPackage(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return true;
  return std::filesystem::path(path).extension() == ".zip";
}

Result<std::string> PackagedText(const std::string& path) {
  const auto verified = reports::VerifyPackage(path, std::nullopt);
  if (!verified) return tl::make_unexpected(verified.error());
  if (!verified->sealed) {
    return common::Fail(common::ErrorCode::kCorrupt,
                        "the seal is broken: its bill of materials tells nothing", path);
  }
  const auto reader = reports::PackageReader::Open(path);
  if (!reader) return tl::make_unexpected(reader.error());
  if (reader->Find(reports::kSbomPath) == nullptr) {
    return common::Fail(common::ErrorCode::kBadInput,
                        "holds no bill of materials; name a file of one instead", path);
  }
  return reader->Read(reports::kSbomPath);
}

}  // namespace

Result<GivenSbom> ReadGivenSbom(const std::string& path) {
  const bool packaged = IsPackage(path);
  auto text = packaged ? PackagedText(path) : common::ReadFile(path, kSbomBytes);
  if (!text) return tl::make_unexpected(text.error());
  GivenSbom given;
  given.sha256 = common::Sha256Hex(*text);
  auto sbom =
      reports::ParseSbom(std::move(*text), packaged ? path + ": " + reports::kSbomPath : path);
  if (!sbom) return tl::make_unexpected(sbom.error());
  given.sbom = std::move(*sbom);
  return given;
}

}  // namespace percuss::cli

// SPDX-License-Identifier: Apache-2.0
#include "reports/sbom/package_sbom.h"

#include <algorithm>

#include "common/fs.h"
#include "common/hash.h"
#include "reports/sbom/cyclonedx_writer.h"

namespace percuss::reports {
namespace {

using common::Result;
using common::Status;

constexpr const char* kGivenFolder = "sboms";
constexpr const char* kOfTheDevice = "sbom.device";

Status WriteGiven(const UsersSbom& given, const std::filesystem::path& staging,
                  common::SbomSection& section) {
  const bool tags = given.text.find('{') > given.text.find("SPDXVersion:");
  std::string path = tags ? ".spdx" : ".json";
  if (given.target.empty()) {
    path.insert(0, kOfTheDevice);
  } else {
    path.insert(0, std::string(kGivenFolder) + "/" + given.target);
    if (auto made = common::MakeFolder(staging / kGivenFolder); !made) return made;
  }
  section.given.push_back({given.target, path, common::Sha256Hex(given.text), given.sbom.format,
                           given.sbom.spec_version});
  return common::WriteFileAtomically(staging / path, given.text);
}

}  // namespace

Result<UsersSbom> ReadUsersSbom(const std::string& target, const std::filesystem::path& file) {
  auto text = common::ReadFile(file, kLargestSbomBytes);
  if (!text) {
    // Whatever it is, a folder for one: the campaign file names the wrong thing.
    common::Error error = text.error();
    error.code = common::ErrorCode::kBadInput;
    return tl::make_unexpected(error);
  }
  auto sbom = ParseSbom(*text, file.string());
  if (!sbom) return tl::make_unexpected(sbom.error());
  return UsersSbom{target, std::move(*text), std::move(*sbom)};
}

Result<Sbom> AddSbomToPackage(common::RunRecord& record, const std::filesystem::path& staging,
                              std::vector<common::BuildFacts> built,
                              const std::vector<UsersSbom>& given) {
  std::vector<TargetParts> parts;
  parts.reserve(built.size());
  for (common::BuildFacts& facts : built) parts.push_back({std::move(facts), std::nullopt});
  common::SbomSection section;
  const Sbom* device = nullptr;
  for (const UsersSbom& users : given) {
    if (auto written = WriteGiven(users, staging, section); !written) {
      return tl::make_unexpected(written.error());
    }
    if (users.target.empty()) {
      device = &users.sbom;
      continue;
    }
    const auto of_target = std::find_if(parts.begin(), parts.end(), [&](const TargetParts& p) {
      return p.built.target == users.target;
    });
    if (of_target == parts.end()) {
      parts.push_back({{users.target, {}, {}}, users.sbom});
    } else {
      of_target->given = users.sbom;
    }
  }
  Sbom sbom = ComposeSbom(record, parts, device);
  const std::string text = CycloneDxText(CycloneDxJson(sbom));
  section.present = true;
  section.path = kSbomPath;
  section.sha256 = common::Sha256Hex(text);
  section.format = sbom.format;
  section.spec_version = sbom.spec_version;
  section.components = static_cast<int64_t>(sbom.components.size());
  section.gaps = static_cast<int64_t>(FindSbomGaps(sbom).size());
  if (auto written = common::WriteFileAtomically(staging / kSbomPath, text); !written) {
    return tl::make_unexpected(written.error());
  }
  record.sbom = std::move(section);
  return sbom;
}

}  // namespace percuss::reports

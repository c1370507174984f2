// SPDX-License-Identifier: Apache-2.0
#include "reports/verify/container_check.h"

#include <algorithm>
#include <fstream>

#include "reports/evidence/archive_source.h"
#include "reports/evidence/stored_zip.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;
using common::Result;
using common::Status;

// Reads the zip along with what it should be, and stops at the first difference.
class Comparison {
 public:
  explicit Comparison(const stdfs::path& zip) : file_(zip, std::ios::binary) {}

  Status Expect(std::string_view expected) {
    std::string actual(expected.size(), '\0');
    file_.read(actual.data(), static_cast<std::streamsize>(actual.size()));
    actual.resize(static_cast<size_t>(file_.gcount()));
    const auto different =
        std::mismatch(expected.begin(), expected.end(), actual.begin(), actual.end()).first;
    const auto equal = static_cast<uint64_t>(different - expected.begin());
    offset_ += equal;
    if (equal == expected.size()) return {};
    return Fail(ErrorCode::kCorrupt, "differs");
  }
  bool AtEnd() { return file_.peek() == std::ifstream::traits_type::eof(); }
  [[nodiscard]] uint64_t Offset() const { return offset_; }

 private:
  std::ifstream file_;
  uint64_t offset_ = 0;
};

}  // namespace

Result<std::string> DifferenceFromOneForm(const stdfs::path& zip) {
  Comparison comparison(zip);
  bool differs = false;
  StoredZipWriter writer([&](std::string_view bytes) -> Status {
    auto same = comparison.Expect(bytes);
    differs = differs || !same;
    return same;
  });
  const PackageVisitor visitor{[](const std::string&) { return true; },
                               [&](SourceFile file) -> Status {
                                 auto added = writer.Add(file.path, file.content);
                                 differs = differs || !added;
                                 return added;
                               }};
  auto walked = WalkZip(zip, PackageLimits(), visitor);
  if (walked) walked = writer.Finish();
  if (!walked && !differs) return tl::make_unexpected(walked.error());
  if (walked && comparison.AtEnd()) return std::string();
  return "the zip is not byte for byte what sealing wrote, although its files are: first at byte " +
         std::to_string(comparison.Offset());
}

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
#include "cli/package_to_run.h"

#include <fmt/format.h>

#include "reports/verify/verify.h"

namespace percuss::cli {

common::Result<reports::PackageReader> OpenToRun(const std::filesystem::path& package) {
  const auto verified = reports::VerifyPackage(package, std::nullopt);
  if (!verified) return tl::make_unexpected(verified.error());
  if (!verified->sealed) {
    const auto& problem = verified->problems.front();
    return common::Fail(common::ErrorCode::kCorrupt,
                        fmt::format("the seal is broken ({}: {}): nothing of it is run",
                                    problem.path, problem.what),
                        package);
  }
  return reports::PackageReader::Open(package);
}

}  // namespace percuss::cli

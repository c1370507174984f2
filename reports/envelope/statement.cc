// SPDX-License-Identifier: Apache-2.0
#include "reports/envelope/statement.h"

namespace percuss::reports {

using common::Json;

std::string StatementText(const Statement& statement) {
  Json subjects = Json::array();
  for (const auto& [path, sha256] : statement.subjects) {
    subjects.push_back({{"name", path}, {"digest", {{"sha256", sha256}}}});
  }
  return common::JsonText({{"_type", kStatementType},
                           {"subject", std::move(subjects)},
                           {"predicateType", kPredicateType},
                           {"predicate",
                            {{"package_id", statement.package_id},
                             {"verdict", statement.verdict},
                             {"created_at", statement.created_at},
                             {"manifest_sha256", statement.manifest_sha256}}}});
}

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
#include "reports/records/last_dispositions.h"

#include <algorithm>

namespace percuss::reports {
namespace {

std::string FindingOf(const common::Json& body) {
  const auto it = body.is_object() ? body.find("finding") : body.end();
  return it != body.end() && it->is_string() ? it->get<std::string>() : "";
}

}  // namespace

std::vector<SignedDisposition> LastDispositions(const RecordChain& chain,
                                                const std::string& package_id,
                                                const std::string& package_sha256) {
  std::vector<SignedDisposition> last;
  for (const Record& record : chain.records) {
    const bool same_package =
        record.said.package_id == package_id &&
        (package_sha256.empty() || record.said.package_sha256 == package_sha256);
    if (record.said.kind != "disposition" || !same_package) continue;
    SignedDisposition entry;
    if (auto read = ReadDisposition(record.said.body)) {
      entry.said = std::move(*read);
    } else {
      entry.said.finding = FindingOf(record.said.body);
      entry.said.status = "open";
      entry.said.rationale = "the last record of it cannot be read: " + read.error().message;
    }
    entry.name = record.said.name;
    entry.role = record.said.role;
    entry.at = record.at;
    entry.sha256 = record.sha256;
    last.erase(std::remove_if(last.begin(), last.end(),
                              [&](const SignedDisposition& before) {
                                return before.said.finding == entry.said.finding;
                              }),
               last.end());
    last.push_back(std::move(entry));
  }
  return last;
}

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
//
// What was last said of each finding of one package. Pure and thread-safe.
#pragma once

#include <string>
#include <vector>

#include "reports/records/disposition.h"
#include "reports/records/record_chain.h"

namespace percuss::reports {

struct SignedDisposition {
  DispositionDraft said;
  std::string name;
  std::string role;
  std::string at;      // RFC 3339 as the record has it
  std::string sha256;  // of the record
};

// One per finding, in the order in which they were said. What was said of another package does not
// count: the same finding in another build is another statement. A record that cannot be read takes
// back what was said before, as "open". `package_sha256` is empty for a package that is a folder;
// then its id alone decides.
[[nodiscard]] std::vector<SignedDisposition> LastDispositions(const RecordChain& chain,
                                                              const std::string& package_id,
                                                              const std::string& package_sha256);

}  // namespace percuss::reports

// SPDX-License-Identifier: Apache-2.0
#include "reports/envelope/bundle.h"

#include <algorithm>

#include "common/json_file.h"
#include "reports/envelope/dsse.h"
#include "reports/envelope/statement.h"

namespace percuss::reports {

common::Result<std::string> SignedBundle(std::string_view statements, const Signer& key) {
  std::string bundle;
  while (!statements.empty()) {
    const size_t end = std::min(statements.find('\n'), statements.size());
    const auto envelope =
        SignEnvelope(kStatementPayloadType, std::string(statements.substr(0, end)), key);
    if (!envelope) return tl::make_unexpected(envelope.error());
    const common::Json line = {
        {"payload", Base64Encode(envelope->payload)},
        {"payloadType", envelope->payload_type},
        {"signatures",
         common::Json::array({{{"keyid", envelope->signatures[0].key_id},
                               {"sig", Base64Encode(envelope->signatures[0].signature)}}})}};
    bundle += line.dump() + "\n";
    statements.remove_prefix(std::min(end + 1, statements.size()));
  }
  return bundle;
}

}  // namespace percuss::reports

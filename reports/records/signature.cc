// SPDX-License-Identifier: Apache-2.0
#include "reports/records/signature.h"

#include <algorithm>

namespace percuss::reports {

const std::vector<std::string>& SignatureMeanings() {
  static const std::vector<std::string> kMeanings = {"review", "approval", "responsibility",
                                                     "authorship"};
  return kMeanings;
}

bool IsSignatureMeaning(const std::string& meaning) {
  const auto& meanings = SignatureMeanings();
  return std::find(meanings.begin(), meanings.end(), meaning) != meanings.end();
}

}  // namespace percuss::reports

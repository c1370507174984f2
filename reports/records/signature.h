// SPDX-License-Identifier: Apache-2.0
//
// What a person's signature under a package means (21 CFR 11.50), as the body of a record of kind
// "signature", and of a signature beside the package.
#pragma once

#include <string>
#include <vector>

namespace percuss::reports {

// review|approval|responsibility|authorship
[[nodiscard]] const std::vector<std::string>& SignatureMeanings();

[[nodiscard]] bool IsSignatureMeaning(const std::string& meaning);

}  // namespace percuss::reports

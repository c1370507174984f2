// SPDX-License-Identifier: Apache-2.0
//
// Ids and times as other formats want them, made of texts of unknown origin. All pure and
// thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace percuss::reports {

// RFC 9562, section 5.5 (version 5): the same for the same name, whenever and wherever it is made.
// A name space that is no UUID is replaced by one of ours.
[[nodiscard]] std::string NameUuid(std::string_view name_space, std::string_view name);

// 64 digits of lower-case hex.
[[nodiscard]] bool IsSha256(std::string_view text);

// RFC 3339 in UTC with the letters T and Z, a day that the calendar has and a year from 1900 to
// 2999.
[[nodiscard]] bool IsTimestamp(std::string_view text);

// An NCName (XML Names 1.0) of ASCII alone: `prefix`, then letters, digits, '.', '_' and '-' of the
// text; what else it holds becomes '_', and a digest at the end then keeps different texts apart.
[[nodiscard]] std::string NameToken(std::string_view prefix, std::string_view text);

}  // namespace percuss::reports

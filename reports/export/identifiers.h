// SPDX-License-Identifier: Apache-2.0
//
// Texts of unknown origin as the identifiers that formats ask for. All pure and thread safe.
#pragma once

#include <string>
#include <string_view>

namespace percuss::reports {

// RFC 3986, section 2: everything but unreserved characters and the path's separators is
// percent-encoded. The first 2,000 bytes.
[[nodiscard]] std::string UriPath(std::string_view path);

// One part of a path or of a package URL: separators are encoded too. The first 200 bytes, made
// visible.
[[nodiscard]] std::string UriPart(std::string_view text);

// A date and time of RFC 3339, section 5.6, in UTC with "Z": such texts sort by time.
[[nodiscard]] bool IsUtcTime(std::string_view text);

[[nodiscard]] bool IsCveId(std::string_view text);  // "CVE-2020-8597"

// A package URL of type "generic" (ECMA-427), for what no package registry knows. Version and
// digest may be empty.
[[nodiscard]] std::string GenericPurl(std::string_view name, std::string_view version,
                                      std::string_view sha256 = "");

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

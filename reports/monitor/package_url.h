// SPDX-License-Identifier: Apache-2.0
//
// Package URLs (ECMA-427, purl) and CPE names (NISTIR 7695), as far as components are compared by
// them. Pure and thread-safe.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace percuss::reports {

struct PackageUrl {
  std::string type;  // lower case
  std::string name_space;
  std::string name;
  std::string version;  // may be empty
  std::map<std::string, std::string> qualifiers;
};

// Percent-encoding undone; type in lower case, names as their type wants them compared (pypi: lower
// case, '-'; deb, github and others: lower case). Nothing for what is no package URL.
[[nodiscard]] std::optional<PackageUrl> ParsePackageUrl(std::string_view text);

// Whether both name the same package, whatever the version.
[[nodiscard]] bool SamePackage(const PackageUrl& left, const PackageUrl& right);

struct CpeName {
  std::string part;
  std::string vendor;
  std::string product;
  std::string version;  // "*" any, "-" none
};

// Of "cpe:2.3:a:..." and "cpe:/a:...", in lower case, without escapes.
[[nodiscard]] std::optional<CpeName> ParseCpe(std::string_view text);

// Letters and digits alone, in lower case: by which names that people typed are compared.
[[nodiscard]] std::string PlainName(std::string_view text);

}  // namespace percuss::reports

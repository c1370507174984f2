// SPDX-License-Identifier: Apache-2.0
#include "reports/export/identifiers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "common/clock.h"
#include "reports/export/text.h"

namespace percuss::reports {
namespace {

constexpr size_t kUriBytes = 2'000;
constexpr size_t kNameBytes = 200;

}  // namespace

std::string UriPath(std::string_view path) {
  std::string uri;
  for (const char c : path.substr(0, kUriBytes)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte < 0x80 && std::isalnum(byte) != 0) ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return uri;
}

bool IsUtcTime(std::string_view text) { return common::IsDateTime(text) && text.back() == 'Z'; }

bool IsCveId(std::string_view text) {
  if (text.size() < 13 || text.size() > 20 || text.substr(0, 4) != "CVE-" || text[8] != '-') {
    return false;
  }
  const auto digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  return std::all_of(text.begin() + 4, text.begin() + 8, digit) &&
         std::all_of(text.begin() + 9, text.end(), digit);
}

std::string UriPart(std::string_view text) {
  std::string part;
  for (const char c : VisibleText(text.substr(0, kNameBytes))) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte < 0x80 && std::isalnum(byte) != 0) ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    part += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return part;
}

std::string GenericPurl(std::string_view name, std::string_view version, std::string_view sha256) {
  std::string purl = "pkg:generic/" + (name.empty() ? "unnamed" : UriPart(name));
  if (!version.empty()) purl += "@" + UriPart(version);
  if (!sha256.empty()) purl += "?checksum=sha256:" + UriPart(sha256);
  return purl;
}

}  // namespace percuss::reports

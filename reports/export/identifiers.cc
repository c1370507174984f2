// SPDX-License-Identifier: Apache-2.0
#include "reports/export/identifiers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

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

bool IsDateTime(std::string_view text) {
  static constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  if (text.size() < kShape.size() + 1 || text.size() > 30 || text.back() != 'Z') return false;
  for (size_t i = 0; i < text.size() - 1; ++i) {
    const bool digit = std::isdigit(static_cast<unsigned char>(text[i])) != 0;
    if (i < kShape.size() ? (kShape[i] == 'd' ? !digit : text[i] != kShape[i])
                          : !(digit || (i == kShape.size() && text[i] == '.'))) {
      return false;
    }
  }
  return true;
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) {
      return false;
    }
  }
  return true;
}

std::string CweNumber(const std::string& cwe) {
  if (cwe.size() < 5 || cwe.size() > 10 || cwe.compare(0, 4, "CWE-") != 0) return {};
  const std::string number = cwe.substr(4);
  const bool digits = std::all_of(number.begin(), number.end(),
                                  [](unsigned char c) { return std::isdigit(c) != 0; });
  return digits ? number : std::string();
}

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

// SPDX-License-Identifier: Apache-2.0
#include "reports/export/identifiers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "common/clock.h"
#include "common/hash.h"
#include "reports/export/text.h"

namespace percuss::reports {
namespace {

constexpr size_t kUriBytes = 2'000;
constexpr size_t kNameBytes = 200;
// Drawn once; of names whose package has no id.
constexpr std::string_view kOurNameSpace = "1d0f4a5e-7c5b-4f6e-9a43-2b8e0c6d9f17";
constexpr size_t kTokenBytes = 80;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  return std::tolower(static_cast<unsigned char>(c)) - 'a' + 10;
}

std::string BytesOf(std::string_view uuid) {
  std::string bytes;
  int high = -1;
  for (const char c : uuid) {
    if (c == '-') continue;
    if (high < 0) {
      high = HexValue(c);
    } else {
      bytes += static_cast<char>(high * 16 + HexValue(c));
      high = -1;
    }
  }
  return bytes;
}

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

std::string NameUuid(std::string_view name_space, std::string_view name) {
  std::string bytes = BytesOf(IsUuid(name_space) ? name_space : kOurNameSpace);
  bytes += name;
  std::string hex = common::Sha1Hex(bytes).substr(0, 32);
  hex[12] = '5';
  hex[16] = "89ab"[HexValue(hex[16]) & 3];
  for (const size_t at : {8U, 13U, 18U, 23U}) hex.insert(at, 1, '-');
  return hex;
}

bool IsSha256(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return IsDigit(c) || (c >= 'a' && c <= 'f');
         });
}

bool IsTimestamp(std::string_view text) {
  return common::IsDateTime(text) && text.back() == 'Z' && text.size() <= 30 &&
         (text.substr(0, 2) == "19" || text[0] == '2');
}

std::string NameToken(std::string_view prefix, std::string_view text) {
  std::string token(prefix);
  bool changed = text.size() > kTokenBytes;
  for (const char c : text.substr(0, kTokenBytes)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte < 0x80 && (std::isalnum(byte) != 0 || c == '.' || c == '_' || c == '-');
    token += plain ? c : '_';
    changed = changed || !plain;
  }
  if (changed) token += '_' + common::Sha256Hex(text).substr(0, 8);
  return token;
}

}  // namespace percuss::reports

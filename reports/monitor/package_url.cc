// SPDX-License-Identifier: Apache-2.0
#include "reports/monitor/package_url.h"

#include <algorithm>
#include <cctype>
#include <vector>

namespace percuss::reports {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const int lower = std::tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string Decoded(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexValue(text[i + 1]) >= 0 &&
        HexValue(text[i + 2]) >= 0) {
      plain += static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]));
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::string NameOfType(const std::string& type, std::string name) {
  static constexpr std::string_view kLower[] = {
      "deb", "pypi", "github", "bitbucket", "apk", "composer", "hex", "alpm", "golang", "generic"};
  if (std::find(std::begin(kLower), std::end(kLower), type) == std::end(kLower)) return name;
  name = Lower(name);
  if (type == "pypi") std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

}  // namespace

std::optional<PackageUrl> ParsePackageUrl(std::string_view text) {
  if (text.substr(0, 4) != "pkg:") return std::nullopt;
  text.remove_prefix(4);
  text.remove_prefix(std::min(text.find_first_not_of('/'), text.size()));
  text = text.substr(0, text.find('#'));
  PackageUrl url;
  if (const size_t question = text.find('?'); question != std::string_view::npos) {
    std::string_view rest = text.substr(question + 1);
    text = text.substr(0, question);
    while (!rest.empty()) {
      const std::string_view pair = rest.substr(0, rest.find('&'));
      rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
      const size_t equals = pair.find('=');
      if (equals == std::string_view::npos) continue;
      url.qualifiers[Lower(pair.substr(0, equals))] = Decoded(pair.substr(equals + 1));
    }
  }
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  url.type = Lower(text.substr(0, slash));
  text.remove_prefix(slash + 1);
  // An '@' that begins the name belongs to it: pkg:npm/@scope/name, which some tools do not encode.
  const size_t last = text.rfind('/');
  const size_t at = text.find('@', last == std::string_view::npos ? 1 : last + 2);
  if (at != std::string_view::npos) {
    url.version = Decoded(text.substr(at + 1));
    text = text.substr(0, at);
  }
  const size_t end = text.rfind('/');
  url.name =
      NameOfType(url.type, Decoded(end == std::string_view::npos ? text : text.substr(end + 1)));
  if (end != std::string_view::npos) {
    url.name_space = NameOfType(url.type, Decoded(text.substr(0, end)));
  }
  return url.name.empty() ? std::nullopt : std::optional(url);
}

bool SamePackage(const PackageUrl& left, const PackageUrl& right) {
  return left.type == right.type && left.name_space == right.name_space && left.name == right.name;
}

std::optional<CpeName> ParseCpe(std::string_view text) {
  const std::string lower = Lower(text);
  const bool is_uri = lower.rfind("cpe:/", 0) == 0;
  if (!is_uri && lower.rfind("cpe:2.3:", 0) != 0) return std::nullopt;
  std::vector<std::string> fields(1);
  for (size_t i = is_uri ? 5 : 8; i < lower.size(); ++i) {
    if (lower[i] == '\\' && i + 1 < lower.size()) {
      fields.back() += lower[++i];
    } else if (lower[i] == ':') {
      fields.emplace_back();
    } else {
      fields.back() += lower[i];
    }
  }
  if (fields.size() < 3) return std::nullopt;
  fields.resize(std::max<size_t>(fields.size(), 4), "*");
  for (std::string& field : fields) {
    if (is_uri) field = Decoded(field);
  }
  if (fields[3].empty()) fields[3] = "*";
  return CpeName{fields[0], fields[1], fields[2], fields[3]};
}

std::string PlainName(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return plain;
}

}  // namespace percuss::reports

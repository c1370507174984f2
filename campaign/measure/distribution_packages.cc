// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/distribution_packages.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "common/clock.h"
#include "common/fs.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;

constexpr uint64_t kLargestRecord = uint64_t{256} << 20;

std::string_view NextLine(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

// "Package: libc6" to its value where the name is the one asked for.
bool TakeField(std::string_view line, std::string_view name, std::string& value) {
  if (!line.starts_with(name) || line.substr(name.size(), 2) != ": ") return false;
  value = line.substr(name.size() + 2);
  return true;
}

// "A Team <team@lists.debian.org>".
bool IsOfDebian(std::string_view maintainer) {
  return maintainer.ends_with("@debian.org>") || maintainer.ends_with(".debian.org>");
}

// "GNU Libc Maintainers <x@example.org>" to the name.
void DropAddress(std::string& maintainer) {
  const size_t address = maintainer.find(" <");
  if (address != std::string::npos) maintainer.erase(address);
}

// One entry of the status file; the text goes on behind it.
DistributionPackage ReadEntry(std::string_view& text) {
  DistributionPackage package;
  std::string source;
  while (!text.empty()) {
    const std::string_view line = NextLine(text);
    if (line.empty()) break;
    static_cast<void>(
        TakeField(line, "Package", package.name) || TakeField(line, "Version", package.version) ||
        TakeField(line, "Architecture", package.architecture) ||
        TakeField(line, "Maintainer", package.maintainer) || TakeField(line, "Source", source));
  }
  package.of_debian = IsOfDebian(package.maintainer);
  DropAddress(package.maintainer);
  // "glibc (2.36-9)" where the versions differ.
  if (source.empty()) source = package.name;
  const size_t bracket = source.find(" (");
  if (bracket == std::string::npos) {
    package.source = source + " " + package.version;
  } else {
    package.source =
        source.substr(0, bracket) + " " + source.substr(bracket + 2, source.size() - bracket - 3);
  }
  return package;
}

// By name, and by name and architecture, as the names of the lists are.
std::map<std::string, DistributionPackage> ReadStatus(const stdfs::path& file) {
  std::map<std::string, DistributionPackage> packages;
  const auto text = common::ReadFile(file, kLargestRecord);
  if (!text) return packages;
  for (std::string_view rest = *text; !rest.empty();) {
    const DistributionPackage package = ReadEntry(rest);
    if (package.name.empty()) continue;
    packages[package.name + ":" + package.architecture] = package;
    packages.emplace(package.name, package);
  }
  return packages;
}

std::vector<std::string> Cells(std::string_view line) {
  std::vector<std::string> cells;
  for (size_t at = 0; at <= line.size();) {
    const size_t end = std::min(line.find(',', at), line.size());
    cells.emplace_back(line.substr(at, end - at));
    at = end + 1;
  }
  return cells;
}

// The last day with security updates of a release: of long-term support where there is one.
std::string EndOfSupport(const stdfs::path& csv, const std::string& version) {
  const auto text = common::ReadFile(csv, kLargestRecord);
  if (!text || version.empty()) return {};
  std::string_view rest = *text;
  const std::vector<std::string> names = Cells(NextLine(rest));
  while (!rest.empty()) {
    const std::vector<std::string> cells = Cells(NextLine(rest));
    std::map<std::string, std::string> row;
    for (size_t i = 0; i < std::min(names.size(), cells.size()); ++i) row[names[i]] = cells[i];
    if (row["version"] != version) continue;
    const std::string& end = row["eol-lts"].empty() ? row["eol"] : row["eol-lts"];
    return common::IsDate(end) ? end : "";
  }
  return {};
}

std::string Encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || std::string_view("-._~:").find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace

std::map<stdfs::path, DistributionPackage> FindPackages(const stdfs::path& records,
                                                        const std::vector<stdfs::path>& files) {
  std::map<stdfs::path, DistributionPackage> found;
  std::unordered_map<std::string, std::vector<stdfs::path>> wanted;
  for (const stdfs::path& file : files) {
    std::error_code ignored;
    const std::string real = stdfs::weakly_canonical(file, ignored).string();
    for (const std::string& name : {file.string(), real}) {
      wanted[name].push_back(file);
      if (name.starts_with("/usr/")) wanted[name.substr(4)].push_back(file);
    }
  }
  if (wanted.empty()) return found;
  const auto packages = ReadStatus(records / "status");
  if (packages.empty()) return found;
  for (const stdfs::path& list : common::ListFiles(records / "info")) {
    if (list.extension() != ".list") continue;
    const auto package = packages.find(list.stem().string());
    const auto text = common::ReadFile(list, kLargestRecord);
    if (package == packages.end() || !text) continue;
    for (std::string_view rest = *text; !rest.empty();) {
      const auto at = wanted.find(std::string(NextLine(rest)));
      if (at == wanted.end()) continue;
      for (const stdfs::path& file : at->second) found.emplace(file, package->second);
    }
  }
  return found;
}

Distribution ReadDistribution(const stdfs::path& os_release, const stdfs::path& releases) {
  Distribution distribution;
  const auto text = common::ReadFile(os_release, kLargestRecord);
  if (!text) return distribution;
  std::string version;
  for (std::string_view rest = *text; !rest.empty();) {
    const std::string_view line = NextLine(rest);
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    std::string value(line.substr(equals + 1));
    std::erase(value, '"');
    if (line.substr(0, equals) == "ID") distribution.id = value;
    if (line.substr(0, equals) == "VERSION_ID") version = value;
  }
  if (!version.empty()) distribution.release = distribution.id + "-" + version;
  if (distribution.id == "debian") {
    distribution.end_of_support = EndOfSupport(releases / "debian.csv", version);
  }
  if (!distribution.end_of_support.empty()) {
    const std::string today = common::Rfc3339(common::SystemClock().UnixS()).substr(0, 10);
    distribution.support_level =
        today <= distribution.end_of_support ? "actively_maintained" : "no_longer_maintained";
  }
  return distribution;
}

std::string PackageUrl(const Distribution& distribution, const std::string& name,
                       const std::string& version, const std::string& architecture) {
  std::string url = fmt::format("pkg:deb/{}/{}@{}?arch={}", Encoded(distribution.id), Encoded(name),
                                Encoded(version), Encoded(architecture));
  if (!distribution.release.empty()) url += "&distro=" + Encoded(distribution.release);
  return url;
}

}  // namespace percuss::campaign

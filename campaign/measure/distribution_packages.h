// SPDX-License-Identifier: Apache-2.0
//
// Which package of the distribution a file is from, by dpkg's own records (deb(5), dpkg-query(1)):
// info/*.list and status. Thread-safe.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace percuss::campaign {

struct DistributionPackage {
  std::string name;
  std::string version;
  std::string architecture;
  std::string maintainer;  // without the address
  std::string source;      // name and version of its source package: "glibc 2.36-9"
  bool of_debian = false;  // its maintainer is reached through debian.org: no package of others
};

// By file, for those that a package has. `records` is dpkg's folder, /var/lib/dpkg on a host;
// empty where there is none. Files are absolute; a package may list them without the /usr that
// merged folders add.
[[nodiscard]] std::map<std::filesystem::path, DistributionPackage> FindPackages(
    const std::filesystem::path& records, const std::vector<std::filesystem::path>& files);

// "debian" and "debian-12", from os-release(5); until when that release has security updates, from
// the files of the package distro-info-data (debian.csv: eol-lts, else eol). Of other
// distributions, and where that package is not installed, nobody knows: the last two are empty.
struct Distribution {
  std::string id = "debian";
  std::string release;
  std::string support_level = {};   // as SbomComponent has it, for the day that is today
  std::string end_of_support = {};  // a date
};
[[nodiscard]] Distribution ReadDistribution(const std::filesystem::path& os_release,
                                            const std::filesystem::path& releases);

// A package URL (purl-spec, type deb): "pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12".
[[nodiscard]] std::string PackageUrl(const Distribution& distribution, const std::string& name,
                                     const std::string& version, const std::string& architecture);

}  // namespace percuss::campaign

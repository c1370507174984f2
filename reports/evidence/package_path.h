// SPDX-License-Identifier: Apache-2.0
//
// Which names a file in a package may have, and how large a package may be. The same rules bind
// whoever seals and whoever opens a package, so that nothing is sealed that cannot be opened again.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "common/result.h"

namespace percuss::reports {

constexpr const char* kManifestPath = "manifest.json";
constexpr const char* kTracePath = "trace.json";
constexpr const char* kSignedStatementPath = "statement.dsse.json";
constexpr const char* kUnsignedStatementPath = "statement.json";

// Below what a zip without the 64-bit extension can say (APPNOTE 6.3.10, section 4.4.1.4).
struct PackageLimits {
  uint64_t entries = 65'000;
  uint64_t file_bytes = uint64_t{1} << 30;
  uint64_t total_bytes = uint64_t{4'000'000'000};
  // What a compressed container may inflate to: this many times its own size, or free_bytes if that
  // is more.
  uint64_t inflate_ratio = 100;
  uint64_t free_bytes = uint64_t{64} << 20;
};

// Takes paths one by one and refuses what could write outside of a folder, or differ between file
// systems: absolute, drive letters, empty, "." and ".." components, backslashes, anything but
// printable ASCII, more than 255 bytes in a component or 1,024 in all, the same path twice, two
// paths that differ in upper and lower case only, and a path that goes through a file. Errors are
// kCorrupt and name the path, made printable.
class PathGuard {
 public:
  [[nodiscard]] common::Status AddFile(std::string_view path);

 private:
  std::map<std::string, std::string> files_;    // lower case to as spelt
  std::map<std::string, std::string> folders_;  // likewise, every parent of a file
};

// Printable ASCII, other bytes as \xNN, cut at 200 characters: what a message may repeat of a
// hostile name.
[[nodiscard]] std::string PrintablePath(std::string_view path);

}  // namespace percuss::reports

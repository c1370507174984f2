// SPDX-License-Identifier: Apache-2.0
#include "reports/evidence/package_path.h"

#include <algorithm>
#include <array>

namespace percuss::reports {
namespace {

using common::ErrorCode;
using common::Fail;
using common::Status;

constexpr size_t kMaxPathBytes = 1024;
constexpr size_t kMaxComponentBytes = 255;
constexpr size_t kMaxShownBytes = 200;

bool IsPrintable(char c) { return c >= 0x20 && c <= 0x7e; }

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string LowerCase(std::string_view path) {
  std::string lower(path);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

const char* WhatIsWrongWithComponent(std::string_view component) {
  if (component.empty()) return "has an empty component";
  if (component == "." || component == "..") return "has a component of dots";
  if (component.size() > kMaxComponentBytes) return "has a component of more than 255 bytes";
  return nullptr;
}

const char* WhatIsWrong(std::string_view path) {
  if (path.empty()) return "is empty";
  if (path.size() > kMaxPathBytes) return "has more than 1,024 bytes";
  if (path.front() == '/') return "is absolute";
  if (path.size() > 1 && path[1] == ':' && IsLetter(path[0])) return "starts with a drive letter";
  if (path.find('\\') != std::string_view::npos) return "has a backslash";
  if (!std::all_of(path.begin(), path.end(), IsPrintable)) {
    return "has a character that is not printable ASCII";
  }
  while (true) {
    const size_t slash = path.find('/');
    if (const char* wrong = WhatIsWrongWithComponent(path.substr(0, slash))) return wrong;
    if (slash == std::string_view::npos) return nullptr;
    path.remove_prefix(slash + 1);
  }
}

tl::unexpected<common::Error> Refuse(std::string_view path, const std::string& what) {
  return Fail(ErrorCode::kCorrupt, "the name " + PrintablePath(path) + " " + what);
}

}  // namespace

std::string PrintablePath(std::string_view path) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string shown = "'";
  for (const char c : path.substr(0, kMaxShownBytes)) {
    if (IsPrintable(c)) {
      shown += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    shown += "\\x";
    shown += kHex[byte >> 4U];
    shown += kHex[byte & 15U];
  }
  return shown + (path.size() > kMaxShownBytes ? "…'" : "'");
}

Status PathGuard::AddFile(std::string_view path) {
  if (const char* wrong = WhatIsWrong(path)) return Refuse(path, wrong);
  const std::string lower = LowerCase(path);
  if (const auto seen = files_.find(lower); seen != files_.end()) {
    return Refuse(path, seen->second == path
                            ? "occurs twice"
                            : "differs from " + PrintablePath(seen->second) + " in case only");
  }
  if (folders_.count(lower) != 0) return Refuse(path, "is a file and a folder at once");
  for (size_t slash = path.find('/'); slash != std::string_view::npos;
       slash = path.find('/', slash + 1)) {
    const std::string folder = lower.substr(0, slash);
    if (files_.count(folder) != 0) return Refuse(path, "goes through a file");
    const auto known = folders_.emplace(folder, path.substr(0, slash)).first;
    if (known->second != path.substr(0, slash)) {
      return Refuse(
          path, "has a folder that differs from " + PrintablePath(known->second) + " in case only");
    }
  }
  files_.emplace(lower, path);
  return {};
}

}  // namespace percuss::reports

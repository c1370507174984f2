// SPDX-License-Identifier: Apache-2.0
#include "protocols/shipped_models.h"

#include <algorithm>
#include <cstdlib>
#include <system_error>

namespace percuss::protocols {

namespace stdfs = std::filesystem;

stdfs::path ShippedModels() {
  if (const char* named = std::getenv("PERCUSS_MODELS")) return named;
  std::error_code ignored;
  const auto program = stdfs::read_symlink("/proc/self/exe", ignored);
  return program.parent_path().parent_path() / "models";
}

std::vector<std::string> ShippedModelNames() {
  std::vector<std::string> names;
  std::error_code error;
  for (stdfs::directory_iterator at(ShippedModels(), error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() == ".model") names.push_back(at->path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

stdfs::path ModelPath(const std::string& name_or_path) {
  const auto names = ShippedModelNames();
  if (!std::binary_search(names.begin(), names.end(), name_or_path)) return name_or_path;
  return ShippedModels() / (name_or_path + ".model");
}

}  // namespace percuss::protocols

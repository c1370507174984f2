// SPDX-License-Identifier: Apache-2.0
#include "campaign/engine/mutator_libraries.h"

#include <string>
#include <system_error>

#include "campaign/engine/board_target.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;

stdfs::path Library(const std::string& name) {
  std::error_code error;
  const auto path = (stdfs::path(ThisProgram()).parent_path() / "../lib" / name).lexically_normal();
  return stdfs::is_regular_file(path, error) ? path : stdfs::path();
}

}  // namespace

stdfs::path SmallStepsMutator() { return Library("libpercuss_steps.so"); }
stdfs::path StreamsMutator() { return Library("libpercuss_streams.so"); }
stdfs::path ModelMutator() { return Library("libpercuss_model.so"); }

}  // namespace percuss::campaign

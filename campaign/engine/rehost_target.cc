// SPDX-License-Identifier: Apache-2.0
#include "campaign/engine/rehost_target.h"

#include <fmt/format.h>

#include "common/fs.h"
#include "emulation/rehost/core/attached_machine.h"
#include "emulation/rehost/rehost_target.h"

namespace percuss::campaign {

namespace stdfs = std::filesystem;
using common::Result;
using common::Status;

Result<std::vector<std::string>> CheckRehost(RehostSource& source) {
  auto target = emulation::OpenRehost(source.firmware, source.configuration);
  if (!target) return tl::make_unexpected(target.error());
  if (target->symbols && target->symbols->Path() != source.firmware) {
    source.symbols = target->symbols->Path();
  }
  if (!target->machine.lines.empty()) source.message_stream = target->machine.lines[0].data;
  return std::move(target->notes);
}

std::map<std::string, std::string> MessageEnvironment(const RehostSource& source) {
  if (!source.message_stream) return {};
  return {{"PERCUSS_MODEL_STREAM", fmt::format("{:#x}", *source.message_stream)}};
}

Status MakeRehostProgram(const RehostSource& source, const stdfs::path& harness,
                         const stdfs::path& program) {
  const auto target = emulation::OpenRehost(source.firmware, source.configuration);
  if (!target) return tl::make_unexpected(target.error());
  auto bytes = common::ReadFile(harness);
  if (!bytes) return tl::make_unexpected(bytes.error());
  *bytes += rehost::AttachedMachine(target->machine);
  if (auto written = common::WriteFileAtomically(program, *bytes); !written) return written;
  std::error_code error;
  stdfs::permissions(program, stdfs::perms::owner_all, error);
  if (!error) return {};
  return common::Fail(common::ErrorCode::kUnavailable,
                      "cannot be made executable: " + error.message(), program.string());
}

}  // namespace percuss::campaign

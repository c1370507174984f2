// SPDX-License-Identifier: Apache-2.0
#include "campaign/engine/rehost_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "common/fs.h"
#include "emulation/rehost/core/attached_machine.h"
#include "emulation/rehost/rehost_target.h"

namespace percuss::campaign {

namespace stdfs = std::filesystem;
using common::Result;
using common::Status;

namespace {

// Functions that a program enters where it has found something wrong: of C libraries, compilers,
// makers' libraries and kernels, and of the reference device.
constexpr const char* kFailing[] = {"abort",
                                    "__assert",
                                    "__assert_func",
                                    "__assert_fail",
                                    "__assert_no_args",
                                    "__aeabi_assert",
                                    "assert_failed",
                                    "vAssertCalled",
                                    "__stack_chk_fail",
                                    "k_sys_fatal_error_handler",
                                    "firmware_assert_failed",
                                    "firmware_property_broken"};

// Those of a division by zero are only where the firmware has one of its own: that of compilers'
// libraries returns at once, and the firmware goes on with the quotient 0.
constexpr const char* kFailingUnlessReturning[] = {"__aeabi_idiv0", "__aeabi_ldiv0"};

// BX LR and nothing else.
bool ReturnsAtOnce(const rehost::MachineImage& image, uint32_t function) {
  constexpr std::string_view kBxLr = "\x70\x47";
  return std::any_of(image.regions.begin(), image.regions.end(), [&](const rehost::Region& region) {
    const uint32_t at = function - region.begin;
    return function >= region.begin && at < region.bytes.size() &&
           region.bytes.compare(at, kBxLr.size(), kBxLr) == 0;
  });
}

// A configuration that names none has said nothing about them.
void AddFailing(emulation::RehostTarget& target) {
  if (!target.machine.assertions.empty()) return;
  std::string found;
  for (const rehost::Symbol& symbol : target.machine.symbols) {
    const auto is_of = [&](const auto& names) {
      return std::any_of(std::begin(names), std::end(names),
                         [&](const char* name) { return symbol.name == name; });
    };
    if (!is_of(kFailing) &&
        (!is_of(kFailingUnlessReturning) || ReturnsAtOnce(target.machine, symbol.begin))) {
      continue;
    }
    target.machine.assertions.push_back(symbol.begin);
    found += (found.empty() ? "" : ", ") + symbol.name;
  }
  if (!found.empty()) target.notes.push_back("to enter one of these is a failure: " + found);
}

Result<emulation::RehostTarget> Open(const RehostSource& source) {
  auto target = emulation::OpenRehost(source.firmware, source.configuration);
  if (!target) return target;
  target->machine.symbols = emulation::FunctionSymbols(*target);
  AddFailing(*target);
  return target;
}

}  // namespace

Result<std::vector<std::string>> CheckRehost(RehostSource& source) {
  auto target = Open(source);
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
  const auto target = Open(source);
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

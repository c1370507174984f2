// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/confirmation.h"

#include <cstdlib>
#include <system_error>

#include "campaign/supervise/run_tool.h"
#include "campaign/triage/stack_text.h"
#include "common/json_file.h"

namespace percuss::campaign {

namespace {

namespace stdfs = std::filesystem;
using common::Confirmation;

constexpr size_t kReasonBytes = 600;
constexpr int64_t kTimeoutMs = 120'000;
constexpr ProcessLimits kLimits = {
    .address_space_mib = 8192, .file_size_mib = 16, .cpu_s = 100, .processes = 4};

Confirmation NotRun(const std::string& why) {
  Confirmation confirmation;
  confirmation.verdict = "not_run";
  confirmation.reason = why;
  return confirmation;
}

std::string TextOf(const common::Json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_string()) return "";
  return Printable(found->get_ref<const std::string&>(), kReasonBytes);
}

}  // namespace

stdfs::path ConfirmProgram() {
  const char* named = std::getenv("PERCUSS_CONFIRM");
  if (named != nullptr && *named != '\0') return named;
  std::error_code ignored;
  return stdfs::read_symlink("/proc/self/exe", ignored).parent_path() / "percuss-confirm";
}

Confirmation ConfirmOnOtherProcessor(const stdfs::path& program, const stdfs::path& target,
                                     const stdfs::path& input) {
  std::error_code ignored;
  if (!stdfs::is_regular_file(program, ignored)) {
    return NotRun("the program " + program.filename().string() + " is not there");
  }
  const auto said = RunTool({program.string(), "--json", target.string(), input.string()}, {},
                            kTimeoutMs, kLimits);
  if (!said) return NotRun(Printable(said.error().Text(), kReasonBytes));
  const common::Json json = common::Json::parse(*said, nullptr, false);
  if (!json.is_object()) return NotRun("what percuss-confirm says is no JSON");
  Confirmation confirmation;
  confirmation.verdict = TextOf(json, "verdict");
  confirmation.by = TextOf(json, "by");
  confirmation.reason = TextOf(json, "reason");
  const auto count = json.find("instructions");
  if (count != json.end() && count->is_number_integer()) {
    confirmation.instructions = count->get<int64_t>();
  }
  if (confirmation.verdict == "confirmed" || confirmation.verdict == "not_confirmed" ||
      confirmation.verdict == "not_run") {
    return confirmation;
  }
  return NotRun("percuss-confirm does not say whether it confirms");
}

}  // namespace percuss::campaign

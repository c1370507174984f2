// SPDX-License-Identifier: Apache-2.0
#include "cli/emulate_outcome.h"

#include <fmt/format.h>

#include "campaign/triage/firmware_report.h"
#include "cli/emulator_words.h"
#include "common/log.h"
#include "common/model/finding.h"

namespace percuss::cli {
namespace {

using emulation::BoardRun;

// As finding.json has it; null where nobody judged.
common::Json FirmwareJson(const common::FirmwareCrash& firmware) {
  if (firmware.judged.empty()) return nullptr;
  common::Finding finding;
  finding.firmware = firmware;
  return common::Json(finding).at("firmware");
}

common::Json OutcomeJson(const EmulateOutcome& outcome) {
  const BoardRun& run = outcome.run;
  common::Json registers = common::Json::object();
  for (const auto& [number, value] : run.registers) {
    registers[emulation::RegisterName(run, number)] = fmt::format("{:#010x}", value);
  }
  for (const auto& [name, value] : run.fault_registers) {
    registers[name] = fmt::format("{:#010x}", value);
  }
  common::Json trace = common::Json::array();
  for (const TraceLine& line : outcome.trace) {
    trace.push_back({{"address", fmt::format("{:#010x}", line.address)}, {"place", line.place}});
    if (!line.what.empty()) trace.back()["what"] = line.what;
  }
  return {{"ended", run.ended},
          {"rule", run.rule},
          {"instructions", run.instructions},
          {"device_ns", run.device_ns},
          {"unread_bytes", run.unread},
          {"cut_bytes", run.cut},
          {"inconclusive", outcome.inconclusive},
          {"notes", outcome.notes},
          {"registers", registers},
          {"trace", trace},
          {"bad_value", outcome.bad_value},
          {"coverage", outcome.coverage},
          {"firmware", FirmwareJson(outcome.firmware)},
          {"report", outcome.text}};
}

void PrintRun(const EmulateOutcome& outcome) {
  for (const TraceLine& line : outcome.trace) {
    fmt::print("{:#010x} {}{}{}\n", line.address, line.place, line.what.empty() ? "" : ": ",
               line.what);
  }
  fmt::print("{}{}", outcome.text, campaign::FirmwareCrashText(outcome.firmware));
  if (!outcome.text.empty()) return;
  const BoardRun& run = outcome.run;
  fmt::print("{}: the firmware went on after {} instructions{}, {} bytes unread\n", run.rule,
             run.instructions, emulation::DeviceTimeText(run), run.unread);
  if (!outcome.inconclusive.empty()) fmt::print("inconclusive: {}\n", outcome.inconclusive);
}

void PrintOutcome(const EmulateOutcome& outcome) {
  PrintRun(outcome);
  fmt::print("{}", outcome.coverage_text);
}

}  // namespace

void TellOutcome(const EmulateOutcome& outcome, CommandContext& context) {
  context.exit_code = outcome.run.ended == "done" ? kExitPass : kExitFail;
  if (!outcome.inconclusive.empty()) context.exit_code = kExitInconclusive;
  for (const std::string& note : outcome.notes) common::LogWarning("{}", note);
  if (context.json) return PrintJson(OutcomeJson(outcome));
  if (!context.quiet) fmt::print(stderr, "{}", ForPeople(outcome.log));
  PrintOutcome(outcome);
}

}  // namespace percuss::cli

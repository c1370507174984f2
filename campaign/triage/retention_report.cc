// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/retention_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "campaign/triage/crash_parsers.h"
#include "campaign/triage/stack_text.h"
#include "common/json_file.h"
#include "common/json_numbers.h"

namespace percuss::campaign {

namespace {

constexpr std::string_view kMark = "percuss: held more after each input: ";
constexpr std::string_view kRate = "percuss: rate: ";

constexpr std::string_view kClasses[] = {"memory-growth",     "mapping-growth", "thread-growth",
                                         "descriptor-growth", "process-growth", "file-growth"};

std::string FrameText(size_t number, const common::StackFrame& frame) {
  std::string text = fmt::format("    #{} 0x{:x}", number, frame.offset);
  if (frame.function.empty())
    return text + fmt::format("  ({}+0x{:x})\n", frame.module, frame.offset);
  text += " in " + frame.function;
  if (frame.file.empty()) return text + fmt::format(" ({}+0x{:x})\n", frame.module, frame.offset);
  return text + fmt::format(" {}:{}:{}\n", frame.file, frame.line, frame.column);
}

}  // namespace

std::string RetentionReport(const std::string& bug_class, const common::RetentionRate& rate,
                            const std::vector<common::StackFrame>& stack,
                            const std::string& details) {
  std::string text =
      fmt::format("{}{}\n{}{}\n", kMark, bug_class, kRate, common::Json(rate).dump());
  for (size_t i = 0; i < stack.size(); ++i) text += FrameText(i, stack[i]);
  return text + "\n" + details;
}

std::optional<CrashReport> ParseRetention(std::string_view log) {
  const size_t at = log.find(kMark);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = log.substr(at + kMark.size());
  const std::string_view bug_class = TakeLine(rest);
  const auto* const known = std::find(std::begin(kClasses), std::end(kClasses), bug_class);
  if (known == std::end(kClasses) || !rest.starts_with(kRate)) return std::nullopt;
  rest.remove_prefix(kRate.size());
  const auto json = common::ParseJson(TakeLine(rest), "rate");
  if (!json || !common::NumbersFit(*json)) return std::nullopt;
  const auto rate = common::FromJson<common::RetentionRate>(*json, "rate");
  if (!rate) return std::nullopt;
  CrashReport report;
  report.source = "percuss";
  report.kind = "leak";
  report.bug_class = *known;
  report.retention = *rate;
  report.message = common::RetentionText(*rate);
  report.stack = ReadStack(rest);
  return report;
}

}  // namespace percuss::campaign

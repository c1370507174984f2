// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/crash_report.h"

#include <fmt/format.h>

#include <map>

#include "campaign/triage/crash_parsers.h"
#include "campaign/triage/frame_filter.h"
#include "campaign/triage/signal_class.h"
#include "campaign/triage/stack_text.h"
#include "common/words.h"

namespace percuss::campaign {

namespace {

using Parser = std::optional<CrashReport> (*)(std::string_view log);

// The registry, most telling first: a line that names the bug goes before one that only says that
// the process died.
constexpr Parser kParsers[] = {
    ParseSanitizerError, ParseValgrind,    ParseProperty,  ParseRetention,
    ParseFirmware,       ParseGdb,         ParseAssertion, ParseLibraryAbort,
    ParseUbsan,          ParseLeak,        ParseLibfuzzer, ParseSanitizerAbort,
    ParseDeadlySignal,   ParseValgrindEnd, ParseHonggfuzz,
};

std::optional<CrashReport> ParseText(std::string_view log) {
  for (const Parser parser : kParsers) {
    if (std::optional<CrashReport> report = parser(log)) return report;
  }
  return std::nullopt;
}

// What is known when the process said nothing that we understand.
std::optional<CrashReport> ReportFromHint(const CrashHint& hint) {
  CrashReport report;
  report.source = "signal";
  report.kind = "crash";
  if (hint.signal != 0) report.bug_class = ClassOfSignal(hint.signal);
  if (hint.kind == "leak") {
    report.kind = "leak";
    report.bug_class = "memory-leak";
  }
  if (report.bug_class.empty() && hint.kind == "crash") report.bug_class = "unexpected-exit";
  if (report.bug_class.empty() && hint.kind.empty()) return std::nullopt;
  if (report.bug_class.empty()) {
    if (hint.kind == "ok" || hint.kind == "error") return std::nullopt;
    report.source = "supervisor";
    report.kind = hint.kind;
    report.bug_class = hint.kind == "deadline" ? "deadline-missed" : hint.kind;
  }
  report.message = hint.signal != 0 ? fmt::format("signal {}", hint.signal)
                                    : fmt::format("exit code {}", hint.exit_code);
  return report;
}

// The supervisor's clock and memory meter overrule the text, which then only shows where the
// process was stopped.
void ApplyVerdict(const CrashHint& hint, CrashReport& report) {
  if (hint.kind == "hang" || hint.kind == "slow") {
    report.source = "supervisor";
    report.kind = hint.kind;
    report.bug_class = hint.kind;
    report.access.clear();
    report.access_bytes = -1;
    report.property_id.clear();
    report.stride.clear();
    report.threat.clear();
    report.message =
        hint.kind == "hang" ? "stopped at the time limit" : "ended by itself, over the time limit";
  } else if (hint.kind == "oom" && report.kind != "oom") {
    report.source = "supervisor";
    report.kind = "oom";
    report.bug_class = "out-of-memory";
    report.access.clear();
    report.access_bytes = -1;
    report.message = "stopped at the memory limit";
  }
}

// Measured from outside, there is no stack: the numbers are all that tells.
void TellDeadline(std::string_view log, CrashReport& report) {
  constexpr std::string_view kMark = "percuss: deadline-missed: ";
  const size_t at = log.find(kMark);
  if (at == std::string_view::npos) return;
  std::string_view rest = log.substr(at + kMark.size());
  constexpr size_t kMostBytes = 300;
  report.message = Printable(TakeLine(rest), kMostBytes);
}

// Where the stack ran out is chance; the function that recurs most is the defect.
const common::StackFrame* RecurringFrame(const std::vector<common::StackFrame>& stack) {
  std::map<std::string_view, int> counts;
  int most = 1;
  for (const common::StackFrame& frame : stack) {
    if (frame.user_code) most = std::max(most, ++counts[frame.function]);
  }
  // Members of one cycle differ by one at most.
  for (const common::StackFrame& frame : stack) {
    if (frame.user_code && counts[frame.function] + 1 >= most && counts[frame.function] > 1) {
      return &frame;
    }
  }
  return nullptr;
}

}  // namespace

std::optional<CrashReport> ParseCrashReport(std::string_view log, const CrashHint& hint) {
  std::string shortened;
  if (log.size() > kLogLimitBytes) {
    shortened.reserve(kLogLimitBytes + 1);
    shortened.append(log.substr(0, kLogLimitBytes / 2));
    shortened.push_back('\n');
    shortened.append(log.substr(log.size() - kLogLimitBytes / 2));
    log = shortened;
  }
  if (hint.kind == "ok" || hint.kind == "error") return std::nullopt;
  std::optional<CrashReport> report = ParseText(log);
  if (!report) report = ReportFromHint(hint);
  if (!report) return std::nullopt;
  ApplyVerdict(hint, *report);
  if (hint.kind == "deadline" && report->source == "supervisor") TellDeadline(log, *report);
  MarkUserCode(report->stack);
  return report;
}

const common::StackFrame* FirstUserFrame(const CrashReport& report) {
  if (report.bug_class == "stack-overflow") {
    if (const common::StackFrame* frame = RecurringFrame(report.stack)) return frame;
  }
  for (const common::StackFrame& frame : report.stack) {
    if (frame.user_code) return &frame;
  }
  return nullptr;
}

std::string SummaryOf(const CrashReport& report) {
  std::string text = report.bug_class;
  if (!report.property_id.empty()) text += " of " + report.property_id;
  if (!report.access.empty() && report.access_bytes >= 0) {
    text += fmt::format(" ({} of {})", report.access, common::Counted(report.access_bytes, "byte"));
  } else if (!report.access.empty()) {
    text += fmt::format(" ({})", report.access);
  }
  if (!report.retention.of.empty()) {
    text += " (" + common::RetentionText(report.retention) + ")";
  }
  const common::StackFrame* frame = FirstUserFrame(report);
  if (frame == nullptr && report.kind == "deadline") text += ": " + report.message;
  if (frame == nullptr) return text;
  if (!frame->function.empty()) {
    text += " in " + frame->function;
  } else if (!frame->module.empty()) {
    text += fmt::format(" in {}+0x{:x}", frame->module, frame->offset);
  }
  if (!frame->file.empty()) {
    text += " at " + frame->file.substr(frame->file.rfind('/') + 1);
    if (frame->line > 0) text += fmt::format(":{}", frame->line);
  }
  return text;
}

}  // namespace percuss::campaign

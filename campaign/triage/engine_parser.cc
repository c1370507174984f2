// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/crash_parsers.h"
#include "campaign/triage/stack_text.h"

namespace percuss::campaign {

namespace {

struct Wording {
  std::string_view words;  // after "ERROR: libFuzzer: "
  std::string_view bug_class;
  std::string_view kind;
};

constexpr Wording kWordings[] = {
    // One allocation above the limit is the same defect as one that ASan refuses.
    {"out-of-memory (malloc(", "allocation-size-too-big", "oom"},
    {"out-of-memory", "out-of-memory", "oom"},
    {"timeout", "hang", "hang"},
    {"fuzz target exited", "unexpected-exit", "crash"},
    {"fuzz target overwrites its const input", "input-overwritten", "crash"},
};

constexpr std::string_view kMarker = "ERROR: libFuzzer: ";

CrashReport ReportAt(std::string_view log, size_t at) {
  std::string_view rest = log.substr(at + kMarker.size());
  CrashReport report;
  report.source = "libfuzzer";
  report.message = Printable(TakeLine(rest), 300);
  report.stack = ReadStack(rest);
  return report;
}

}  // namespace

std::optional<CrashReport> ParseLibfuzzer(std::string_view log) {
  for (size_t at = log.find(kMarker); at != std::string_view::npos;
       at = log.find(kMarker, at + kMarker.size())) {
    for (const Wording& wording : kWordings) {
      if (log.substr(at + kMarker.size(), wording.words.size()) != wording.words) continue;
      CrashReport report = ReportAt(log, at);
      report.bug_class = wording.bug_class;
      report.kind = wording.kind;
      return report;
    }
  }
  return std::nullopt;
}

std::optional<CrashReport> ParseDeadlySignal(std::string_view log) {
  const size_t at = log.find("ERROR: libFuzzer: deadly signal");
  if (at == std::string_view::npos) return std::nullopt;
  CrashReport report = ReportAt(log, at);
  report.kind = "crash";
  report.bug_class = "abort";
  return report;
}

}  // namespace percuss::campaign

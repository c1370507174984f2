// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "campaign/triage/crash_parsers.h"
#include "campaign/triage/signal_class.h"
#include "campaign/triage/stack_text.h"

namespace percuss::campaign {

namespace {

constexpr size_t kMessageLimit = 300;

// What called abort() says what for.
struct Ending {
  std::string_view function;
  std::string_view bug_class;
  std::string_view kind;
};
constexpr Ending kEndings[] = {
    {"__assert_fail", "assertion-failure", "assertion"},
    {"__GI___assert_fail", "assertion-failure", "assertion"},
    {"__stack_chk_fail", "stack-smashing", "crash"},
    {"__chk_fail", "fortify-overflow", "crash"},
    {"__GI___chk_fail", "fortify-overflow", "crash"},
    {"malloc_printerr", "heap-corruption", "crash"},
    {"std::terminate", "uncaught-exception", "crash"},
    {"__sanitizer::Die", "sanitizer-report", "crash"},  // of what, only its own words say
};

// "#4  0x55 in " or "#4  "; false where the line is no frame.
bool TakeNumberOfFrame(std::string_view& line, common::StackFrame& frame) {
  if (!line.starts_with('#')) return false;
  size_t end = line.find_first_not_of("0123456789", 1);
  if (end == 1 || end == std::string_view::npos || line[end] != ' ') return false;
  end = line.find_first_not_of(' ', end);
  if (end == std::string_view::npos) return false;
  line.remove_prefix(end);
  if (!line.starts_with("0x")) return true;
  const char* const digits = line.data() + 2;
  if (std::from_chars(digits, line.data() + line.size(), frame.offset, 16).ec != std::errc()) {
    return false;
  }
  const size_t in = line.find(" in ");
  if (in == std::string_view::npos) return false;
  line.remove_prefix(in + 4);
  return true;
}

// The function is what stands before " (", behind which are arguments, whatever they hold; the
// place is at the end.
std::optional<common::StackFrame> ParseGdbFrame(std::string_view line) {
  common::StackFrame frame;
  if (!TakeNumberOfFrame(line, frame)) return std::nullopt;
  const size_t at = line.rfind(") at ");
  const size_t from = line.rfind(") from ");
  if (at != std::string_view::npos) {
    SourcePlace place = ParsePlace(line.substr(at + 5));
    frame.file = std::move(place.file);
    frame.line = place.line;
  } else if (from != std::string_view::npos) {
    frame.module = Printable(line.substr(from + 7), 1024);
  }
  const size_t arguments = line.find(" (");
  if (arguments == std::string_view::npos) return std::nullopt;
  line = line.substr(0, arguments);
  if (line != "??" && line != "<signal handler called>") frame.function = BareFunctionName(line);
  return frame;
}

// The name of the signal in the line that names it; what is behind it is left in `log`.
std::optional<std::string_view> FindSignal(std::string_view& log, std::string_view& line) {
  for (const std::string_view marker :
       {"Program received signal ", "Program terminated with signal ", " received signal "}) {
    const size_t at = log.find(marker);
    if (at == std::string_view::npos) continue;
    std::string_view rest = log.substr(at);
    line = TakeLine(rest);
    const std::string_view name = line.substr(std::min(marker.size(), line.size()));
    if (!name.starts_with("SIG")) continue;
    log = rest;
    return name.substr(0, name.find(','));
  }
  return std::nullopt;
}

// The class that the C library's words have, where an argument quotes them.
void RefineHeap(std::string_view frame, CrashReport& report) {
  const size_t quote = frame.find('"');
  if (quote == std::string_view::npos) return;
  if (const auto words = ParseLibraryAbort(frame.substr(quote + 1))) {
    report.bug_class = words->bug_class;
  }
}

void RefineAbort(const common::StackFrame& frame, std::string_view line, CrashReport& report) {
  for (const Ending& ending : kEndings) {
    if (frame.function != ending.function) continue;
    report.bug_class = ending.bug_class;
    report.kind = ending.kind;
    if (ending.bug_class == "heap-corruption") RefineHeap(line, report);
  }
}

}  // namespace

std::optional<CrashReport> ParseGdb(std::string_view log) {
  std::string_view headline;
  const auto signal = FindSignal(log, headline);
  if (!signal) return std::nullopt;
  CrashReport report;
  report.source = "gdb";
  report.kind = "crash";
  report.bug_class = ClassOfSignal(*signal);
  report.message = Printable(headline, kMessageLimit);
  while (!log.empty() && report.stack.size() < kFrameLimit) {
    const std::string_view line = TakeLine(log);
    if (report.stack.empty() && !line.starts_with("#0 ")) continue;
    // Of a core with threads gdb shows where it is before all else: a frame, and whose it is.
    if (line.starts_with("[Current thread is ")) continue;
    auto frame = ParseGdbFrame(line);
    if (!frame) break;
    if (line.starts_with("#0 ") && !report.stack.empty()) {
      if (report.stack.size() > 1) break;
      report.stack.clear();
    }
    if (*signal == "SIGABRT") RefineAbort(*frame, line, report);
    report.stack.push_back(std::move(*frame));
  }
  return report;
}

}  // namespace percuss::campaign

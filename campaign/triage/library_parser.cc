// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <iterator>

#include "campaign/triage/crash_parsers.h"
#include "campaign/triage/stack_text.h"

namespace percuss::campaign {

namespace {

constexpr size_t kMessageLimit = 300;
constexpr size_t kThreatLimit = 64;  // of an id in the validation files

// At the begin of a line.
struct Wording {
  std::string_view words;
  std::string_view bug_class;
};

constexpr Wording kWordings[] = {
    {"*** stack smashing detected ***", "stack-smashing"},
    {"*** buffer overflow detected ***", "fortify-overflow"},
    {"free(): double free detected", "double-free"},
    {"double free or corruption", "double-free"},
    {"free(): invalid pointer", "bad-free"},
    {"munmap_chunk(): invalid pointer", "bad-free"},
    {"realloc(): invalid pointer", "bad-free"},
    {"free(): ", "heap-corruption"},
    {"malloc(): ", "heap-corruption"},
    {"malloc_consolidate(): ", "heap-corruption"},
    {"realloc(): ", "heap-corruption"},
    {"corrupted size vs. prev_size", "heap-corruption"},
    {"corrupted double-linked list", "heap-corruption"},
    {"terminate called ", "uncaught-exception"},
};

constexpr std::string_view kStrides[] = {"spoofing",          "tampering",
                                         "repudiation",       "information_disclosure",
                                         "denial_of_service", "elevation_of_privilege"};

bool IsThreatId(std::string_view text) {
  return !text.empty() && text.size() <= kThreatLimit &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return (c < 0x80 && std::isalnum(c) != 0) || c == '.' || c == '_' || c == '-';
         });
}

// " [spoofing T-09]" at the end of the line. Anything else there is part of the message.
void TakeStride(std::string_view& line, CrashReport& report) {
  const size_t open = line.rfind(" [");
  if (open == std::string_view::npos || line.back() != ']') return;
  std::string_view words = line.substr(open + 2, line.size() - open - 3);
  const size_t blank = words.find(' ');
  const std::string_view stride = words.substr(0, blank);
  if (std::find(std::begin(kStrides), std::end(kStrides), stride) == std::end(kStrides)) return;
  if (blank != std::string_view::npos) {
    if (!IsThreatId(words.substr(blank + 1))) return;
    report.threat = words.substr(blank + 1);
  }
  report.stride = stride;
  line = line.substr(0, open);
}

}  // namespace

// In all of these the stack stands in the report on the abort that follows.

std::optional<CrashReport> ParseProperty(std::string_view log) {
  constexpr std::string_view kMarker = "percuss: property violated: ";
  const size_t at = log.find(kMarker);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = log.substr(at + kMarker.size());
  std::string_view line = TakeLine(rest);
  CrashReport report;
  report.source = "percuss";
  report.kind = "property";
  report.bug_class = "property-violation";
  TakeStride(line, report);
  report.message = Printable(line, kMessageLimit);
  // An id may begin with a weakness ("CWE-294: ...") and then holds a colon of its own.
  size_t id_end = line.find(": ");
  if (line.substr(0, 4) == "CWE-" && id_end != std::string_view::npos) {
    const size_t second = line.find(": ", id_end + 2);
    if (second != std::string_view::npos) id_end = second;
  }
  report.property_id = Printable(line.substr(0, id_end), 128);
  report.stack = ReadStack(rest);
  return report;
}

std::optional<CrashReport> ParseFirmware(std::string_view log) {
  constexpr std::string_view kMarker = "percuss: firmware ";
  const size_t at = log.find(kMarker);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = log.substr(at + kMarker.size());
  const std::string_view line = TakeLine(rest);
  const size_t colon = std::min(line.find(": "), line.size());
  CrashReport report;
  report.source = "board";
  report.bug_class = Printable(line.substr(0, colon), 64);
  report.kind = report.bug_class == "assertion-failure" ? "assertion" : "crash";
  report.message = Printable(line.substr(std::min(colon + 2, line.size())), kMessageLimit);
  for (const std::string_view access : {"write", "read"}) {
    if (report.message.starts_with(std::string(access) + " of ")) report.access = access;
  }
  report.stack = ReadStack(rest);
  // A Linux program's C library says why it gave up.
  if (report.bug_class == "abort") {
    for (const auto& words : {ParseAssertion(log), ParseLibraryAbort(log)}) {
      if (words) return words;
    }
  }
  // The compiler's own ends, where a target has the C library's.
  constexpr Wording kEnds[] = {{"__stack_chk_fail", "stack-smashing"},
                               {"__aeabi_idiv0", "division-by-zero"},
                               {"__aeabi_ldiv0", "division-by-zero"}};
  for (const common::StackFrame& frame : report.stack) {
    for (const Wording& end : kEnds) {
      if (frame.function == end.words) report.bug_class = end.bug_class;
    }
  }
  if (report.bug_class != "assertion-failure") report.kind = "crash";
  if (report.bug_class == "deadline-missed") report.kind = "deadline";
  return report;
}

std::optional<CrashReport> ParseAssertion(std::string_view log) {
  constexpr std::string_view kMarker = ": Assertion `";
  const size_t at = log.find(kMarker);
  if (at == std::string_view::npos) return std::nullopt;
  const size_t newline = log.rfind('\n', at);
  size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
  begin = std::max(begin, at - std::min<size_t>(at, 2048));
  std::string_view rest = log.substr(at + 2);
  const std::string_view assertion = TakeLine(rest);
  if (assertion.find("' failed") == std::string_view::npos) return std::nullopt;
  CrashReport report;
  report.source = "assert";
  report.kind = "assertion";
  report.bug_class = "assertion-failure";
  report.message = Printable(assertion, kMessageLimit);
  report.stack = ReadStack(rest);
  if (!report.stack.empty()) return report;
  // "program: file:line: function: "
  std::string_view where = log.substr(begin, at - begin);
  common::StackFrame frame;
  const size_t function = where.rfind(": ");
  if (function != std::string_view::npos) {
    frame.function = BareFunctionName(where.substr(function + 2));
    where = where.substr(0, function);
  }
  const size_t place_begin = where.rfind(": ");
  if (place_begin != std::string_view::npos) where = where.substr(place_begin + 2);
  SourcePlace place = ParsePlace(where);
  frame.file = std::move(place.file);
  frame.line = place.line;
  report.stack.push_back(std::move(frame));
  return report;
}

std::optional<CrashReport> ParseLibraryAbort(std::string_view log) {
  for (const Wording& wording : kWordings) {
    for (size_t at = log.find(wording.words); at != std::string_view::npos;
         at = log.find(wording.words, at + wording.words.size())) {
      if (at != 0 && log[at - 1] != '\n') continue;
      std::string_view rest = log.substr(at);
      CrashReport report;
      report.source = "glibc";
      report.kind = "crash";
      report.bug_class = wording.bug_class;
      report.message = Printable(TakeLine(rest), kMessageLimit);
      report.stack = ReadStack(rest);
      return report;
    }
  }
  return std::nullopt;
}

}  // namespace percuss::campaign

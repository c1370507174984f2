// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "campaign/triage/crash_parsers.h"
#include "campaign/triage/stack_text.h"

namespace percuss::campaign {

namespace {

constexpr size_t kMessageLimit = 300;
constexpr uint64_t kNullPageEnd = 0x1000;

struct Wording {
  std::string_view words;
  std::string_view bug_class;
  std::string_view kind;
};

// ASan's headlines that are not themselves a class's name; matched at the headline's begin.
constexpr Wording kHeadlines[] = {
    {"attempting double-free", "double-free", "crash"},
    {"attempting free on address which was not malloc", "bad-free", "crash"},
    {"attempting to call malloc_usable_size", "bad-malloc-usable-size", "crash"},
    {"requested allocation size", "allocation-size-too-big", "oom"},
    {"calloc parameters overflow", "calloc-overflow", "crash"},
    {"reallocarray parameters overflow", "reallocarray-overflow", "crash"},
    {"allocator is out of memory", "out-of-memory", "oom"},
    {"out of memory", "out-of-memory", "oom"},
    {"specified RSS limit exceeded", "out-of-memory", "oom"},
    {"hard rss limit exhausted", "out-of-memory", "oom"},
    {"dynamic-stack-buffer-overflow", "stack-buffer-overflow", "crash"},
    {"stack-overflow", "stack-overflow", "crash"},
    {"SEGV on", "segv", "crash"},
    {"FPE on", "division-by-zero", "crash"},
    {"BUS on", "bus-error", "crash"},
    {"ILL on", "illegal-instruction", "crash"},
    {"TRAP on", "trap", "crash"},
    {"ABRT on", "abort", "crash"},
    {"data race", "data-race", "crash"},
    {"thread leak", "thread-leak", "leak"},
    {"lock-order-inversion", "lock-order-inversion", "crash"},
    {"unlock of an unlocked mutex", "unlock-of-unlocked-mutex", "crash"},
    {"destroy of a locked mutex", "destroy-of-locked-mutex", "crash"},
    {"signal-unsafe call inside of a signal", "signal-unsafe-call", "crash"},
};

struct UbsanWording {
  std::string_view words;
  std::string_view bug_class;
  std::string_view access;
};

// Searched for in the message, in this order.
constexpr UbsanWording kUbsanWordings[] = {
    {"division by zero", "division-by-zero", ""},
    {"unsigned integer overflow", "unsigned-integer-overflow", ""},
    {"signed integer overflow", "signed-integer-overflow", ""},
    {"negation of", "signed-integer-overflow", ""},
    {"cannot be represented in type", "signed-integer-overflow", ""},
    {"shift exponent", "invalid-shift", ""},
    {"left shift of", "invalid-shift", ""},
    {"out of bounds for type", "array-index-out-of-bounds", ""},
    {"applying non-zero offset", "pointer-overflow", ""},
    {"applying zero offset", "pointer-overflow", ""},
    {"pointer index expression", "pointer-overflow", ""},
    {"unsigned offset", "pointer-overflow", ""},
    {"load of null pointer", "null-dereference", "read"},
    {"store to null pointer", "null-dereference", "write"},
    {"null pointer passed as argument", "null-argument", ""},
    {"null pointer returned from", "null-return", ""},
    {"null pointer", "null-dereference", ""},
    {"load of misaligned address", "misaligned-access", "read"},
    {"store to misaligned address", "misaligned-access", "write"},
    {"misaligned address", "misaligned-access", ""},
    {"insufficient space for an object", "object-size-mismatch", ""},
    {"is not a valid value for type", "invalid-value", "read"},
    {"outside the range of representable values", "float-cast-overflow", ""},
    {"unreachable program point", "unreachable-code", ""},
    {"end of a value-returning function", "missing-return", ""},
    {"variable length array bound", "invalid-array-length", ""},
    {"pointer to incorrect function type", "function-type-mismatch", ""},
    {"implicit conversion", "implicit-conversion", ""},
    {"does not point to an object of type", "bad-cast", ""},
};

constexpr size_t kIntroductionLimit = 80;
constexpr size_t kHeadlineLimit = 1024;

// The part of the line before `at`; bounded, so that a log of one endless line costs no more than
// others.
std::string_view LineBefore(std::string_view log, size_t at, size_t limit) {
  const size_t begin = at - std::min(at, limit);
  const std::string_view window = log.substr(begin, at - begin);
  const size_t newline = window.rfind('\n');
  return newline == std::string_view::npos ? window : window.substr(newline + 1);
}

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// False when the headline is none that a sanitizer writes.
bool ClassifyHeadline(std::string_view headline, CrashReport& report) {
  for (const Wording& wording : kHeadlines) {
    if (headline.substr(0, wording.words.size()) != wording.words) continue;
    report.bug_class = wording.bug_class;
    report.kind = wording.kind;
    return true;
  }
  const auto end = std::find_if_not(headline.begin(), headline.end(), IsNameCharacter);
  const std::string_view name = headline.substr(0, static_cast<size_t>(end - headline.begin()));
  if (name.size() < 3 || name.size() > 64) return false;
  report.bug_class = name;
  report.kind = "crash";
  return true;
}

// "SEGV on unknown address 0x000000000010 (pc ...": near null is a null dereference.
void RefineSegv(std::string_view headline, std::string_view rest, CrashReport& report) {
  constexpr std::string_view kAddress = "unknown address 0x";
  const size_t at = headline.find(kAddress);
  uint64_t address = 0;
  if (at != std::string_view::npos) {
    const std::string_view digits = headline.substr(at + kAddress.size());
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), address, 16);
    if (parsed.ec == std::errc() && address < kNullPageEnd) report.bug_class = "null-dereference";
  }
  if (at == std::string_view::npos)
    return;  // an address that no load can have; read or write is not known
  for (int i = 0; i < 3; i++) {
    const std::string_view line = TakeLine(rest);
    if (line.find("caused by a READ memory access") != std::string_view::npos) {
      report.access = "read";
    }
    if (line.find("caused by a WRITE memory access") != std::string_view::npos) {
      report.access = "write";
    }
  }
}

// "WRITE of size 4 at 0x...", in the lines after the headline.
void ReadAccess(std::string_view rest, CrashReport& report) {
  for (int i = 0; i < 3; i++) {
    std::string_view line = TakeLine(rest);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    for (const std::string_view word : {"READ", "WRITE", "Read", "Write"}) {
      if (line.substr(0, word.size()) != word) continue;
      constexpr std::string_view kSize = " of size ";
      line.remove_prefix(word.size());
      if (line.substr(0, kSize.size()) != kSize) continue;
      line.remove_prefix(kSize.size());
      int64_t bytes = -1;
      const auto parsed = std::from_chars(line.data(), line.data() + line.size(), bytes);
      if (parsed.ec != std::errc()) continue;
      report.access = word.front() == 'R' ? "read" : "write";
      report.access_bytes = bytes;
      return;
    }
  }
}

// "==12==ERROR: AddressSanitizer: ", "==12==WARNING: MemorySanitizer: " and "WARNING:
// ThreadSanitizer: " introduce a report; a SUMMARY does not.
bool IntroducesReport(std::string_view introduction) {
  return (introduction.find("==") != std::string_view::npos ||
          introduction.find("WARNING: Thread") != std::string_view::npos) &&
         introduction.find("SUMMARY") == std::string_view::npos;
}

std::string_view SourceOf(std::string_view introduction) {
  if (introduction.find("Memory") != std::string_view::npos) return "msan";
  return introduction.find("Thread") != std::string_view::npos ? "tsan" : "asan";
}

std::optional<CrashReport> ParseFamily(std::string_view log, bool want_abort) {
  constexpr std::string_view kMarker = "Sanitizer: ";
  for (size_t at = log.find(kMarker); at != std::string_view::npos;
       at = log.find(kMarker, at + kMarker.size())) {
    const std::string_view introduction = LineBefore(log, at, kIntroductionLimit);
    if (!IntroducesReport(introduction)) continue;
    std::string_view window = log.substr(at + kMarker.size(), kHeadlineLimit);
    const std::string_view headline = TakeLine(window);
    if (headline.substr(0, 8) == "detected") continue;  // LeakSanitizer's
    CrashReport report;
    if (!ClassifyHeadline(headline, report)) continue;
    if ((report.bug_class == "abort") != want_abort) continue;
    report.source = SourceOf(introduction);
    report.message = Printable(headline, kMessageLimit);
    std::string_view rest = log.substr(at);
    (void)TakeLine(rest);
    if (report.bug_class == "segv") {
      RefineSegv(headline, rest, report);
    } else {
      ReadAccess(rest, report);
    }
    if (report.bug_class == "use-of-uninitialized-value") report.access = "read";
    report.stack = ReadStack(rest);
    return report;
  }
  return std::nullopt;
}

}  // namespace

std::optional<CrashReport> ParseSanitizerError(std::string_view log) {
  return ParseFamily(log, false);
}

std::optional<CrashReport> ParseSanitizerAbort(std::string_view log) {
  return ParseFamily(log, true);
}

std::optional<CrashReport> ParseUbsan(std::string_view log) {
  constexpr std::string_view kMarker = ": runtime error: ";
  // Where errors do not stop the process there may be several: the last is the one that did.
  const size_t at = log.rfind(kMarker);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view place_text = LineBefore(log, at, 2048);
  std::string_view rest = log.substr(at + kMarker.size());
  const std::string_view message = TakeLine(rest);
  CrashReport report;
  report.source = "ubsan";
  report.kind = "crash";
  report.bug_class = "undefined-behavior";
  report.message = Printable(message, kMessageLimit);
  for (const UbsanWording& wording : kUbsanWordings) {
    if (message.find(wording.words) == std::string_view::npos) continue;
    report.bug_class = wording.bug_class;
    report.access = wording.access;
    break;
  }
  // The stack follows within the lines that quote the source; without print_stacktrace there is
  // none.
  const size_t end = rest.find("SUMMARY:");
  report.stack = ReadStack(rest.substr(0, end));
  if (report.stack.empty()) {
    SourcePlace place = ParsePlace(place_text);
    common::StackFrame frame;
    frame.file = std::move(place.file);
    frame.line = place.line;
    frame.column = place.column;
    report.stack.push_back(std::move(frame));
  }
  return report;
}

std::optional<CrashReport> ParseLeak(std::string_view log) {
  constexpr std::string_view kMarker = "ERROR: LeakSanitizer: detected memory leaks";
  const size_t at = log.find(kMarker);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = log.substr(at + kMarker.size());
  size_t leak = rest.find("Direct leak of ");
  if (leak == std::string_view::npos) leak = rest.find("Indirect leak of ");
  if (leak != std::string_view::npos) rest = rest.substr(leak);
  CrashReport report;
  report.source = "lsan";
  report.kind = "leak";
  report.bug_class = "memory-leak";
  std::string_view message = rest;
  report.message = Printable(TakeLine(message), kMessageLimit);
  report.stack = ReadStack(rest);
  return report;
}

}  // namespace percuss::campaign

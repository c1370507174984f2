// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "campaign/triage/crash_parsers.h"
#include "campaign/triage/signal_class.h"
#include "campaign/triage/stack_text.h"

namespace percuss::campaign {

namespace {

constexpr size_t kMessageLimit = 300;
constexpr uint64_t kNullPageEnd = 0x1000;
constexpr std::string_view kTerminating = "Process terminating with default action of signal ";
constexpr std::string_view kLeak = " definitely lost in loss record ";

struct Wording {
  std::string_view words;
  std::string_view bug_class;
  std::string_view access;
};

// Memcheck's headlines, at the begin of a line.
constexpr Wording kWordings[] = {
    {"Invalid read of size ", "segv", "read"},
    {"Invalid write of size ", "segv", "write"},
    {"Invalid free() / ", "bad-free", ""},
    {"Mismatched free() / ", "alloc-dealloc-mismatch", ""},
    {"Conditional jump or move depends on uninitialised", "use-of-uninitialized-value", "read"},
    {"Use of uninitialised value", "use-of-uninitialized-value", "read"},
    {"Source and destination overlap in ", "memcpy-param-overlap", ""},
    {"Jump to the invalid address", "segv", ""},
    {"Stack overflow in thread", "stack-overflow", ""},
};

// What it knows of an address, in the line "Address 0x... is ...": the first that is in it counts.
constexpr Wording kPlaces[] = {
    {" free'd", "heap-use-after-free", ""},
    {" alloc'd", "heap-buffer-overflow", ""},
    {"below stack pointer", "stack-use-after-return", ""},
    {"'s stack", "stack-buffer-overflow", ""},
    {"data symbol", "global-buffer-overflow", ""},
};

template <typename Number>
bool ReadNumberAt(std::string_view text, Number& number, int base = 10) {
  return std::from_chars(text.data(), text.data() + text.size(), number, base).ec == std::errc();
}

// Takes "==123== " off; false where the line is not valgrind's.
bool TakeProcess(std::string_view& line) {
  if (!line.starts_with("==")) return false;
  const size_t end = line.find("==", 2);
  if (end == std::string_view::npos || end == 2 || end > 12) return false;
  const std::string_view digits = line.substr(2, end - 2);
  if (digits.find_first_not_of("0123456789") != std::string_view::npos) return false;
  line.remove_prefix(std::min(end + 3, line.size()));
  return true;
}

// The next line that is valgrind's, without its begin; nullopt at the end.
std::optional<std::string_view> NextLine(std::string_view& log) {
  while (!log.empty()) {
    std::string_view line = TakeLine(log);
    if (TakeProcess(line)) return line;
  }
  return std::nullopt;
}

// "   at 0x10924F: FillHeap(char volatile*, int) (faults.cc:22)", "by", "(in /path/of/module)".
std::optional<common::StackFrame> ParseValgrindFrame(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  if (!line.starts_with("at 0x") && !line.starts_with("by 0x")) return std::nullopt;
  common::StackFrame frame;
  if (!ReadNumberAt(line.substr(5), frame.offset, 16)) return std::nullopt;
  const size_t colon = line.find(": ");
  if (colon == std::string_view::npos) return std::nullopt;
  line.remove_prefix(colon + 2);
  const size_t place = line.rfind(" (");
  if (place != std::string_view::npos && line.ends_with(')')) {
    const std::string_view inside = line.substr(place + 2, line.size() - place - 3);
    if (inside.starts_with("in ")) {
      frame.module = Printable(inside.substr(3), 1024);
    } else {
      SourcePlace source = ParsePlace(inside);
      frame.file = std::move(source.file);
      frame.line = source.line;
    }
    line = line.substr(0, place);
  }
  if (line != "???") frame.function = BareFunctionName(line);
  return frame;
}

// The frames that come next, and the line behind them.
std::vector<common::StackFrame> ReadFrames(std::string_view& log, std::string_view& behind) {
  std::vector<common::StackFrame> stack;
  for (int skipped = 0; const auto line = NextLine(log);) {
    behind = *line;
    auto frame = ParseValgrindFrame(*line);
    if (frame) {
      if (stack.size() < kFrameLimit) stack.push_back(std::move(*frame));
    } else if (!stack.empty() || ++skipped > 2) {  // why a signal came stands before its stack
      break;
    }
  }
  return stack;
}

void Refine(std::string_view place, CrashReport& report) {
  place.remove_prefix(std::min(place.find_first_not_of(' '), place.size()));
  if (!place.starts_with("Address 0x")) return;
  if (report.bug_class == "bad-free") {
    const bool freed = place.ends_with(" free'd") && place.find(" 0 bytes inside") != place.npos;
    if (freed) report.bug_class = "double-free";
    return;
  }
  if (report.bug_class != "segv") return;
  const bool known = place.find(" is not stack'd") == std::string_view::npos;
  for (const Wording& wording : kPlaces) {
    if (!known || place.find(wording.words) == std::string_view::npos) continue;
    report.bug_class = wording.bug_class;
    return;
  }
  uint64_t address = 0;
  if (ReadNumberAt(place.substr(10), address, 16) && address < kNullPageEnd) {
    report.bug_class = "null-dereference";
  }
}

CrashReport Begin(std::string_view headline) {
  CrashReport report;
  report.source = "valgrind";
  report.kind = "crash";
  report.message = Printable(headline, kMessageLimit);
  return report;
}

}  // namespace

std::optional<CrashReport> ParseValgrind(std::string_view log) {
  while (const auto line = NextLine(log)) {
    const auto* const wording =
        std::find_if(std::begin(kWordings), std::end(kWordings),
                     [&](const Wording& one) { return line->starts_with(one.words); });
    const bool is_argument = line->starts_with("Syscall param ") &&
                             line->find("uninitialised") != std::string_view::npos;
    if (wording == std::end(kWordings) && !is_argument) continue;
    CrashReport report = Begin(*line);
    report.bug_class = is_argument ? "use-of-uninitialized-value" : wording->bug_class;
    report.access = is_argument ? "read" : wording->access;
    if (line->find(" of size ") != std::string_view::npos && report.bug_class == "segv") {
      (void)ReadNumberAt(line->substr(wording->words.size()), report.access_bytes);
    }
    std::string_view behind;
    report.stack = ReadFrames(log, behind);
    Refine(behind, report);
    return report;
  }
  return std::nullopt;
}

common::MemoryBlock ReadValgrindBlock(std::string_view log) {
  common::MemoryBlock block;
  std::optional<std::string_view> line = NextLine(log);
  while (line) {
    std::string_view text = *line;
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.empty()) break;  // between one error and the next
    const bool is_place = text.starts_with("Address 0x");
    const bool frees = is_place && text.ends_with(" free'd");
    const bool allocates = (is_place && text.ends_with(" alloc'd")) ||
                           text.starts_with("Block was alloc'd at") ||
                           text.starts_with("Uninitialised value was created by");
    const size_t is = text.find(" is ");
    if (is_place && is != std::string_view::npos) {
      block.what = Printable(text.substr(is + 4), kMessageLimit);
    } else if (block.what.empty() && allocates) {
      block.what = Printable(text, kMessageLimit);
    }
    line = NextLine(log);
    for (; line; line = NextLine(log)) {
      auto frame = ParseValgrindFrame(*line);
      if (!frame) break;
      std::vector<common::StackFrame>& stack = frees ? block.freed : block.allocated;
      if ((frees || allocates) && stack.size() < kFrameLimit) stack.push_back(std::move(*frame));
    }
  }
  return block;
}

std::optional<CrashReport> ParseValgrindEnd(std::string_view log) {
  while (const auto line = NextLine(log)) {
    const bool is_leak = line->find(kLeak) != std::string_view::npos;
    if (!is_leak && !line->starts_with(kTerminating)) continue;
    CrashReport report = Begin(*line);
    int signal = 0;
    if (is_leak) {
      report.kind = "leak";
      report.bug_class = "memory-leak";
    } else {
      (void)ReadNumberAt(line->substr(kTerminating.size()), signal);
      report.bug_class = ClassOfSignal(signal);
    }
    std::string_view behind;
    report.stack = ReadFrames(log, behind);
    return report;
  }
  return std::nullopt;
}

}  // namespace percuss::campaign

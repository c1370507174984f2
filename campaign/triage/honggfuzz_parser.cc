// SPDX-License-Identifier: Apache-2.0
//
// What honggfuzz says of a crash.
#include <algorithm>
#include <charconv>

#include "campaign/triage/crash_parsers.h"
#include "campaign/triage/signal_class.h"
#include "campaign/triage/stack_text.h"

namespace percuss::campaign {

namespace {

constexpr size_t kMessageLimit = 300;
constexpr size_t kNameLimit = 1024;

// The text between two marks of a line; empty where one is missing.
std::string Between(std::string_view line, std::string_view begin, std::string_view end) {
  const size_t from = line.find(begin);
  if (from == std::string_view::npos) return "";
  line.remove_prefix(from + begin.size());
  const size_t to = line.find(end);
  if (to == std::string_view::npos) return "";
  return Printable(line.substr(0, to), kNameLimit);
}

int NumberIn(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// " <0x00005555555551a0> [func:parse file:/src/pdu.c line:12 module:/bin/target]"
std::optional<common::StackFrame> HonggfuzzFrame(std::string_view line) {
  if (!line.starts_with(" <0x")) return std::nullopt;
  common::StackFrame frame;
  frame.function = BareFunctionName(Between(line, "[func:", " file:"));
  if (frame.function == "UNKNOWN") frame.function.clear();
  frame.file = Between(line, " file:", " line:");
  frame.line = std::max(0, NumberIn(Between(line, " line:", " module:")));
  frame.module = Between(line, " module:", "]");
  if (frame.file == frame.module) frame.file.clear();
  return frame;
}

// From the first line that is a frame to the first that is none.
std::vector<common::StackFrame> ReadFrames(std::string_view text) {
  std::vector<common::StackFrame> stack;
  while (!text.empty() && stack.size() < kFrameLimit) {
    auto frame = HonggfuzzFrame(TakeLine(text));
    if (!frame) break;
    stack.push_back(std::move(*frame));
  }
  return stack;
}

// What follows the mark at the begin of a line; the rest of the text goes to `rest`.
std::optional<std::string_view> LineWith(std::string_view text, std::string_view mark,
                                         std::string_view& rest) {
  while (!text.empty()) {
    std::string_view line = TakeLine(text);
    if (!line.starts_with(mark)) continue;
    line.remove_prefix(mark.size());
    rest = text;
    return line;
  }
  return std::nullopt;
}

}  // namespace

std::optional<CrashReport> ParseHonggfuzz(std::string_view log) {
  std::string_view rest;
  if (!LineWith(log, "FUZZ_FNAME: ", rest)) return std::nullopt;
  const auto signal = LineWith(rest, "SIGNAL: ", rest);
  if (!signal) return std::nullopt;
  CrashReport report;
  report.source = "honggfuzz";
  report.kind = "crash";
  report.bug_class = ClassOfSignal(signal->substr(0, signal->find(' ')));  // "SIGSEGV (11)"
  report.message = Printable(*signal, kMessageLimit);
  if (LineWith(rest, "STACK:", rest)) report.stack = ReadFrames(rest);
  return report;
}

}  // namespace percuss::campaign

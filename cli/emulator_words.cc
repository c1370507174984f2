// SPDX-License-Identifier: Apache-2.0
#include "cli/emulator_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "campaign/triage/stack_text.h"
#include "campaign/triage/symbolizer.h"

namespace percuss::cli {

std::string ForPeople(std::string_view log) {
  std::string text;
  while (!log.empty()) {
    const std::string_view line = campaign::TakeLine(log);
    if (!line.starts_with("percuss-board: ") && !line.empty()) text += fmt::format("{}\n", line);
  }
  return text;
}

namespace {

// Of the first stack, which ends at an empty line; `text` is up to there.
std::string FirstStackWithNames(const std::string& text) {
  std::vector<common::StackFrame> frames = campaign::ReadStack(text);
  const size_t begin = text.find("    #0 ");
  if (frames.empty() || begin == std::string::npos) return text;
  // What is no code of the image keeps its line.
  std::vector<std::string> nameless;
  for (std::string_view rest = std::string_view(text).substr(begin); !rest.empty();) {
    std::string_view line = campaign::TakeLine(rest);
    const auto frame = campaign::ParseFrame(line);
    if (!frame) break;
    line.remove_prefix(std::min(line.find("0x"), line.size()));
    if (frame->module.empty() && frame->function.empty()) nameless.emplace_back(line);
  }
  auto next_nameless = nameless.begin();
  campaign::Symbolize(frames);
  std::string result = text.substr(0, begin);
  for (size_t i = 0; i < frames.size(); ++i) {
    const common::StackFrame& frame = frames[i];
    if (frame.module.empty() && frame.function.empty() && next_nameless != nameless.end()) {
      result += fmt::format("    #{} {}\n", i, *next_nameless++);
      continue;
    }
    const std::string name = frame.function.empty() ? "" : " in " + frame.function;
    const std::string place =
        frame.function.empty() || frame.file.empty()
            ? fmt::format("{} ({}+{:#x})", name.empty() ? " " : "", frame.module, frame.offset)
            : fmt::format(" {}:{}", frame.file, frame.line);
    result += fmt::format("    #{} {:#x}{}{}\n", i, frame.offset, name, place);
  }
  return result;
}

}  // namespace

std::string WithNames(const std::string& text) {
  std::string result;
  size_t done = 0;
  for (;;) {
    const size_t stack = text.find("    #0 ", done);
    if (stack == std::string::npos) break;
    const size_t end = std::min(text.find("\n\n", stack), text.size() - 1) + 1;
    result += FirstStackWithNames(text.substr(done, end - done));
    done = end;
  }
  return result + text.substr(done);
}

}  // namespace percuss::cli

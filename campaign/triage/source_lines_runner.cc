// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/source_lines_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "campaign/triage/stack_text.h"
#include "campaign/triage/symbolizer.h"

namespace percuss::campaign {

namespace {

using common::StackFrame;

constexpr std::string_view kModule = "image";
constexpr size_t kMostFrames = 256;

std::optional<StackFrame> FrameOfImage(std::string_view line) {
  if (line.find(" (image+0x") == std::string_view::npos) return std::nullopt;
  auto frame = ParseFrame(line);
  if (!frame || frame->module != kModule) return std::nullopt;
  return frame;
}

StackFrame Nameless(const StackFrame& frame, const std::string& module) {
  StackFrame nameless;
  nameless.module = module;
  nameless.offset = frame.offset;
  return nameless;
}

std::string FrameText(size_t number, const StackFrame& frame, uint64_t address) {
  return fmt::format("    #{} {:#x} in {} {}:{}:{}\n", number, address, frame.function, frame.file,
                     frame.line, frame.column);
}

// "#3 0x..." with another number.
std::string Renumbered(std::string_view line, size_t number) {
  const size_t mark = line.find('#');
  const size_t blank = line.find(' ', mark);
  if (mark == std::string_view::npos || blank == std::string_view::npos) return std::string(line);
  return fmt::format("    #{}{}", number, line.substr(blank));
}

// One look-up for all, which the next ones remember.
void LookUpAll(std::string_view log, const std::string& module) {
  std::vector<StackFrame> frames;
  while (!log.empty() && frames.size() < kMostFrames) {
    if (const auto frame = FrameOfImage(TakeLine(log))) {
      frames.push_back(Nameless(*frame, module));
    }
  }
  Symbolize(frames);
}

}  // namespace

std::string WithSourceLines(std::string_view log, const std::filesystem::path& image) {
  const std::string module = image.string();
  if (log.find(" (image+0x") == std::string_view::npos) return std::string(log);
  LookUpAll(log, module);
  std::string text;
  size_t number = 0;
  size_t frames = 0;
  while (!log.empty()) {
    const std::string_view whole = log.substr(0, log.find('\n'));
    std::string_view rest = log;
    const std::string_view line = TakeLine(rest);
    log.remove_prefix(std::min(whole.size() + 1, log.size()));
    const bool is_frame = ParseFrame(line).has_value();
    if (!is_frame) number = 0;
    const auto frame = FrameOfImage(line);
    std::vector<StackFrame> named;
    if (frame && frames++ < kMostFrames) {
      named.push_back(Nameless(*frame, module));
      Symbolize(named);
    }
    if (named.empty() || named.front().file.empty()) {
      text += is_frame ? Renumbered(line, number++) : std::string(whole);
      text += '\n';
      continue;
    }
    for (const StackFrame& one : named) text += FrameText(number++, one, frame->offset);
  }
  return text;
}

SourceLinesRunner::SourceLinesRunner(std::unique_ptr<InputRunner> runner,
                                     std::filesystem::path image)
    : runner_(std::move(runner)), image_(std::move(image)) {}

common::Result<Observation> SourceLinesRunner::Run(
    const std::vector<std::filesystem::path>& history, const std::filesystem::path& input,
    const RunVariation& variation) {
  auto seen = runner_->Run(history, input, variation);
  if (seen) seen->log = WithSourceLines(seen->log, image_);
  return seen;
}

common::Result<Observation> SourceLinesRunner::RunInOrder(const std::vector<std::string>& inputs,
                                                          const std::filesystem::path& folder,
                                                          const RunVariation& variation) {
  auto seen = runner_->RunInOrder(inputs, folder, variation);
  if (seen) seen->log = WithSourceLines(seen->log, image_);
  return seen;
}

}  // namespace percuss::campaign

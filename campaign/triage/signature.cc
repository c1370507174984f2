// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/signature.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "common/hash.h"

namespace percuss::campaign {

namespace {

constexpr size_t kLooseFrames = 3;
constexpr int kRecurs =
    3;  // a function that is this often in an exhausted stack is part of the recursion

std::string BaseName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// What a function is called in a key, with or without its symbol.
std::string NameOf(const common::StackFrame& frame) {
  if (!frame.function.empty()) return frame.function;
  if (!frame.module.empty()) return fmt::format("{}+{:x}", BaseName(frame.module), frame.offset);
  return fmt::format("{}:{}", BaseName(frame.file), frame.line);
}

std::string PlaceOf(const common::StackFrame& frame) {
  if (frame.file.empty() || frame.line <= 0) return NameOf(frame);
  return fmt::format("{}@{}:{}", NameOf(frame), BaseName(frame.file), frame.line);
}

// The user frames, each function once, at its innermost place.
std::vector<const common::StackFrame*> UserFunctions(const std::vector<common::StackFrame>& stack) {
  std::vector<const common::StackFrame*> functions;
  std::set<std::string> seen;
  for (const common::StackFrame& frame : stack) {
    if (frame.user_code && seen.insert(NameOf(frame)).second) functions.push_back(&frame);
  }
  return functions;
}

// Sorted names of the functions that make up a runaway recursion.
std::vector<std::string> RecurringFunctions(const std::vector<common::StackFrame>& stack) {
  std::map<std::string, int> counts;
  for (const common::StackFrame& frame : stack) {
    if (frame.user_code) counts[NameOf(frame)]++;
  }
  std::vector<std::string> names;
  for (const auto& [name, count] : counts) {
    if (count >= kRecurs) names.push_back(name);
  }
  return names;
}

std::vector<std::string> StrictFrames(const CrashReport& report) {
  if (report.bug_class == "stack-overflow") {
    std::vector<std::string> names = RecurringFunctions(report.stack);
    if (!names.empty()) return names;
  }
  // The stack of what missed its deadline is from where it ended, not from where the time went.
  const bool is_sample = IsTimeKind(report.kind) || report.bug_class == "deadline-missed";
  std::vector<std::string> frames;
  for (const common::StackFrame* frame : UserFunctions(report.stack)) {
    frames.push_back(is_sample ? NameOf(*frame) : PlaceOf(*frame));
  }
  return frames;
}

std::string Key(const std::string& head, const std::vector<std::string>& frames) {
  std::string text = head;
  for (const std::string& frame : frames) {
    text += '\n';
    text += frame;
  }
  return common::Sha256Hex(text).substr(0, 16);
}

}  // namespace

bool IsTimeKind(const std::string& kind) { return kind == "hang" || kind == "slow"; }

std::string StrictKey(const CrashReport& report) {
  return Key("strict/1|" + report.bug_class + "|" + report.access + "|" + report.property_id,
             StrictFrames(report));
}

std::string LooseKey(const CrashReport& report) {
  std::vector<std::string> frames;
  if (report.bug_class == "stack-overflow") frames = RecurringFunctions(report.stack);
  if (frames.empty()) {
    for (const common::StackFrame* frame : UserFunctions(report.stack)) {
      frames.push_back(NameOf(*frame));
    }
  }
  frames.resize(std::min(frames.size(), kLooseFrames));
  return Key("loose/1|" + (IsTimeKind(report.kind) ? "time" : report.bug_class), frames);
}

std::string FindingId(const std::string& target, const std::string& strict_key) {
  return "F-" + common::Sha256Hex(target + "\n" + strict_key).substr(0, 12);
}

std::vector<common::StackFrame> CommonOuterStack(const std::vector<common::StackFrame>& one,
                                                 const std::vector<common::StackFrame>& other) {
  const std::vector<const common::StackFrame*> left = UserFunctions(one);
  const std::vector<const common::StackFrame*> right = UserFunctions(other);
  size_t common_frames = 0;
  while (common_frames < std::min(left.size(), right.size()) &&
         NameOf(*left[left.size() - 1 - common_frames]) ==
             NameOf(*right[right.size() - 1 - common_frames])) {
    common_frames++;
  }
  std::vector<common::StackFrame> stack;
  for (size_t i = left.size() - common_frames; i < left.size(); i++) stack.push_back(*left[i]);
  return stack;
}

}  // namespace percuss::campaign
